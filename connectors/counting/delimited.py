"""CSV: line ends outside of quotes, and as many cells in each record as there are headers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from connectors.counting.pieces import (
    SHOWN,
    Broken,
    Marks,
    Places,
    flags,
    marks_in,
    pieces_of,
    said_by,
    within,
)

_LF, _CR = 10, 13


def records_of_csv(path: Path, delimiter: bytes, quote: bytes) -> int:
    """The records below the header. Quotes are doubled inside quotes (RFC 4180); blank lines are no records.

    Raises:
        Broken: it ends within a quoted text, or a record has more or fewer cells than the header.
    """
    sofar = _Sofar(delimiter, quote)
    for piece in pieces_of(path):
        sofar.takes(piece)
    return sofar.ended()


@dataclass
class _Sofar:
    """What was met up to the end of the last piece."""

    delimiter: bytes
    quote: bytes
    quoted: bool = False  # the last piece ended within quotes
    records: int = 0  # the header among them
    cells: int = 0  # delimiters of the record that has begun
    width: int | None = None  # delimiters of the header
    tail: bytes = field(default=b"", repr=False)  # the record that has begun, or its beginning

    def takes(self, piece: bytes) -> None:
        places, marks = marks_in(piece, flags(self.delimiter + self.quote + b"\n"))
        outside = self._outside(marks)
        ends = outside & (marks == _LF)
        delimiters = np.cumsum(outside & (marks == self.delimiter[0]), dtype=np.int32)
        at = places[ends]
        counts = np.diff(delimiters[ends], prepend=-self.cells)
        self._judge(piece, at, counts)
        total = int(delimiters[-1]) if len(delimiters) else 0
        before = int(delimiters[ends][-1]) if len(at) else -self.cells
        self.cells = total - before
        begun = piece[int(at[-1]) + 1 :] if len(at) else self.tail + piece
        self.tail = begun[:SHOWN]

    def ended(self) -> int:
        """The number of records."""
        if self.quoted:
            raise Broken(f"ends within a quoted text, after {max(0, self.records - 1)} records")
        if self.tail.strip(b"\r\n"):
            self._judge(self.tail + b"\n", np.array([len(self.tail)]), np.array([self.cells]), whole=True)
        if self.width is None:
            raise Broken("has no header")
        return self.records - 1

    def _outside(self, marks: Marks) -> NDArray[np.bool_]:
        """Which marks stand outside of quotes; the quotes themselves do not matter."""
        if not self.quote:
            return np.ones(len(marks), bool)
        inside = within(marks == self.quote[0], self.quoted)
        self.quoted = bool(inside[-1]) if len(inside) else self.quoted
        return ~inside

    def _judge(self, piece: bytes, ends: Places, counts: Places, whole: bool = False) -> None:
        """Counts the records that end in a piece and holds each to the header's width."""
        starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
        widths = ends - starts
        codes = np.frombuffer(piece, np.uint8)
        blank = (widths == 0) | ((widths == 1) & (codes[starts] == _CR))
        if len(ends) and not whole:
            blank[0] = not (self.tail + piece[: int(ends[0])]).strip(b"\r")
        kept = np.flatnonzero(~blank)
        if not len(kept):
            return
        self.width = int(counts[kept[0]]) if self.width is None else self.width
        other = kept[counts[kept] != self.width]
        if len(other):
            first = int(other[0])
            number = self.records + int(np.searchsorted(kept, first))
            begun = b"" if first or whole else self.tail
            record = begun + piece[int(starts[first]) : int(ends[first])][:SHOWN]
            met = f"has {int(counts[first]) + 1} cells in record {number}, {self.width + 1} in its header"
            raise Broken(met + said_by(record))
        self.records += len(kept)
