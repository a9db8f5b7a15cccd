"""What goes through the hand-over store: the record beside a projected view."""

from __future__ import annotations

from contracts.model import Frozen
from contracts.view import View
from pipeline.releasing import Offer


class HandedView(Frozen):
    """What the publisher is told of the rows it is handed; nothing of how they were chosen."""

    view: View
    offer: Offer
    sha256: str
