"""One reading of a column: a field's options, what they say of its cells, and where they hesitate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Guess:
    """`says` completes « 60/60 valeurs … »; `notes` are whole French sentences."""

    options: dict[str, Any]
    says: str
    notes: tuple[str, ...] = ()
    rival: bool = False  # of equals it gives way to the one before it, which then hesitates
    needs_all: bool = False  # one cell that does not fit refutes it
    term: str | None = None

    def noting(self, *notes: str) -> Guess:
        """The same with more notes."""
        return replace(self, notes=(*self.notes, *notes))
