"""JSON and JSON Lines: objects counted where they open, without decoding a value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

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

_TABLE = flags(b'"{}[]')
_STEP = np.zeros(256, np.int8)  # what a mark outside of strings adds to the depth
_STEP[[*b"{["]], _STEP[[*b"}]"]] = 1, -1
_OBJECT, _LIST = ord("{"), ord("[")
_BLANK = b" \t\r\n"
_NAMED = 200  # bytes before a list in which its name is looked for
_LONGEST = 64 << 20  # bytes of one line, of which the beginning is held


def records_of_json(path: Path, member: str | None) -> int:
    """The objects of the list that is the document, or that stands at `member` of it.

    Raises:
        Broken: the document has no such list, ends within, is followed by something, or its last object is an
            error and not a record like the first.
    """
    sofar = _Document(member)
    for piece in pieces_of(path):
        # What is left of a string after its escapes are gone ends at the next quote.
        sofar.takes(piece.replace(b"\\\\", b"").replace(b'\\"', b""))
    return sofar.ended()


def records_of_lines(path: Path) -> int:
    """The lines that are not blank.

    Raises:
        Broken: the last one, or the first, is not one JSON object.
    """
    records, first, last, begun = 0, b"", b"", b""
    for piece in pieces_of(path):
        *lines, begun = (begun + piece).split(b"\n")
        if len(begun) > _LONGEST:
            raise Broken(f"has a line of more than {_LONGEST >> 20} MB")
        if given := [line for line in lines if line.strip()]:
            records, first, last = records + len(given), first or given[0], given[-1]
    if begun.strip():
        records, first, last = records + 1, first or begun, begun
    if records:
        _require_record(first)
        _require_record(last, like=first)
    return records


def _require_record(line: bytes, like: bytes | None = None) -> None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise Broken("ends within a record" if like is not None else "holds no JSON object on its first line")
    if like is not None and set(record) != set(json.loads(like)) and (said := said_by(line)):
        raise Broken(f"ends in an error{said}")


@dataclass
class _Document:
    """What was met up to the end of the last piece."""

    member: str | None
    depth: int = 0
    quoted: bool = False
    listed: bool = False  # within the list of records
    found: bool = False  # it has begun
    closed: bool = False  # the document
    records: int = 0
    first: bytes = field(default=b"", repr=False)
    last: bytes = field(default=b"", repr=False)  # the last record from its start on
    behind: bytes = field(default=b"", repr=False)  # the document's end
    before: bytes = field(default=b"", repr=False)  # the last bytes of the piece before

    @property
    def level(self) -> int:
        """The depth within the list."""
        return 1 if self.member is None else 2

    def takes(self, piece: bytes) -> None:
        places, marks = marks_in(piece, _TABLE)
        quoted = within(marks == ord('"'), self.quoted)
        steps = _STEP[marks] * ~quoted
        depth = self.depth + np.cumsum(steps, dtype=np.int32)
        self._ends(piece, places, steps, depth)
        inside = self._inside(piece, places, marks, steps, depth)
        opens = places[inside & (marks == _OBJECT) & (steps > 0) & (depth == self.level + 1)]
        self._keeps(piece, opens)
        self.records += len(opens)
        if len(marks):
            self.depth, self.quoted = int(depth[-1]), bool(quoted[-1])
        self.before = (self.before + piece)[-SHOWN:]

    def ended(self) -> int:
        """The number of records."""
        if self.behind:
            raise Broken(f"goes on behind its document{said_by(self.behind)}")
        if self.found and not self.closed:
            whole = self.records - (self.depth > self.level)
            raise Broken(f"ends within its document, after {whole} records{said_by(self.last)}")
        if not self.found:
            where = f"as its {self.member!r}" if self.member else "as its document"
            raise Broken(f"holds no list {where}{said_by(self.before)}")
        if self.records and _keys(self.last) != _keys(self.first) and (said := said_by(self.last)):
            raise Broken(f"ends in an error{said}")
        return self.records

    def _ends(self, piece: bytes, places: Places, steps: Marks, depth: Places) -> None:
        """Keeps what stands behind the document's end."""
        rest = piece
        if not self.closed:
            ends = np.flatnonzero((depth == 0) & (steps < 0))
            if not len(ends):
                return
            self.closed, rest = True, piece[int(places[ends[0]]) + 1 :]
        self.behind = (self.behind + rest).lstrip(_BLANK)[:SHOWN]

    def _inside(self, piece: bytes, places: Places, marks: Marks, steps: Marks, depth: Places) -> Marks:
        """Which marks stand within the list of records, its own brackets left out."""
        inside = np.zeros(len(marks), bool)
        turns = np.flatnonzero((depth == self.level) & (steps > 0) | (depth == self.level - 1) & (steps < 0))
        start = 0
        for turn in turns.tolist():
            inside[start:turn] = self.listed
            start = turn
            opens = steps[turn] > 0 and marks[turn] == _LIST
            self.listed = bool(opens and self._is_it(piece, int(places[turn])))
            self.found |= self.listed
        inside[start:] = self.listed
        return inside

    def _is_it(self, piece: bytes, at: int) -> bool:
        """Whether the list that opens there is the one with the records."""
        if self.member is None:
            return True
        named = rb'"' + re.escape(self.member).encode() + rb'"\s*:\s*$'
        return re.search(named, self.before[-_NAMED:] + piece[max(0, at - _NAMED) : at]) is not None

    def _keeps(self, piece: bytes, opens: Places) -> None:
        if not self.records:
            begins = piece[int(opens[0]) :] if len(opens) else b""
            self.first = begins[:SHOWN]
        elif len(self.first) < SHOWN:
            self.first += piece[: SHOWN - len(self.first)]
        self.last = (
            piece[int(opens[-1]) :][:SHOWN] if len(opens) else self.last + piece[: SHOWN - len(self.last)]
        )


def _keys(text: bytes) -> set[str] | None:
    """The names in the object that a text begins with; none where it is longer than the text."""
    try:
        return set(json.JSONDecoder().raw_decode(text.decode(errors="replace"))[0])
    except (ValueError, RecursionError, TypeError):
        return None
