"""One visit to the source of a proposal, and what it brings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from connectors.connector import Connector, Fetched, Visit
from contracts.errors import SourceChanged
from contracts.formats import Format
from proposal.address import Reached

Progress = Callable[[int, int | None], None]


def fetched_from(
    reached: Reached, place: str, folder: Path, clock: Callable[[], datetime], contact: str,
    progress: Progress, promised: Format | None,
) -> Fetched:  # fmt: skip
    """What the source sends, in `folder`; `promised` is its format, where it is known beforehand.

    Raises:
        SourceUnavailable, SourceChanged, SourceIncomplete: what the connector met; or nothing at all.
    """
    visit = Visit(
        place=place, folder=folder, clock=clock, contact=contact, progress=progress, promised=promised
    )  # fmt: skip
    fetched = _at_once(reached.connector).fetch(reached.connection, visit)
    fetched.require_whole(place)
    if not fetched.files:
        raise SourceChanged(place, "the source sent nothing", promised="a file to look at")
    return fetched


def _at_once(connector: Connector) -> Connector:
    """The connector that does not wait whether a file still changes: a person has just named it."""
    return (
        connector.model_copy(update={"settle": 0}) if "settle" in type(connector).model_fields else connector
    )
