"""Where records end in a stretch of JSON, and how many keys it writes: counted without decoding a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MARKS = b'"\\{}[]:'
_IS_MARK = bytes(character in _MARKS for character in range(256))
_STEP = np.zeros(256, np.int8)  # what a mark outside of strings adds to the depth
_STEP[[*b"{["]], _STEP[[*b"}]"]] = 1, -1


@dataclass(frozen=True)
class Structure:
    """Bytes up to the end of the last whole list or object, how many there are, and the keys in them."""

    end: int
    records: int
    keys: int


def structure_of(text: bytes) -> Structure:
    """What is whole in a text that begins between two values; sound JSON is presumed, not proven."""
    places = np.flatnonzero(np.frombuffer(text.translate(_IS_MARK), bool))
    marks = np.frombuffer(text, np.uint8)[places]
    quotes = marks == ord('"')
    if b"\\" in text:
        quotes &= ~_escaped(places, marks)
    outside = (np.cumsum(quotes) & 1) == 0
    steps = _STEP[marks] * outside
    depth = np.cumsum(steps, dtype=np.int32)
    beyond = np.flatnonzero(depth < 0)
    inside = int(beyond[0]) if len(beyond) else len(depth)
    ends = np.flatnonzero((depth[:inside] == 0) & (steps[:inside] < 0))
    if not len(ends):
        return Structure(0, 0, 0)
    last = int(ends[-1])
    colons = (marks[: last + 1] == ord(":")) & outside[: last + 1]
    return Structure(int(places[last]) + 1, len(ends), int(np.count_nonzero(colons)))


def _escaped(places: NDArray[np.intp], marks: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which marks stand after an odd number of backslashes in a row."""
    slashes = marks == ord("\\")
    follows = np.diff(places, prepend=-2) == 1
    before = np.concatenate(([False], slashes[:-1])) & follows
    # A run of backslashes starts where none stands right before; its marks are numbered from there.
    number = np.arange(len(places))
    start = np.maximum.accumulate(np.where(before, 0, number))
    escaped: NDArray[np.bool_] = before & ((number - start) % 2 == 1)
    return escaped
