"""The hunt: which of many values stand anywhere in what was taken apart, and in which encoding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick

from privacy.encodings import encodings_of, folded
from privacy.scan.parts import Unit

_SHORT_NUMBER = 12  # bytes: a number of fewer is also part of hashes and of longer numbers
_NUMERIC = frozenset(b"0123456789.,-+ ")


class Leak(NamedTuple):
    """Which needle was met, in which encoding, and where; never its value."""

    needle: str
    encoding: str
    place: str


def hunt(units: Iterable[Unit], needles: Mapping[str, str]) -> tuple[Leak, ...]:
    """Every needle met, once for each encoding and place, sorted; `needles`: name → value.

    All needles are looked for in one pass over each unit. A needle's name must not tell its value; where a
    place would tell one (a file named after a person), `***` stands instead.
    """
    hunter = _Hunter(needles)
    met = {Leak(*one, unit.place) for unit in units for one in hunter.met_in(unit.content)}
    return tuple(sorted(leak._replace(place=hunter.masked(leak.place)) for leak in met))


class _Hunter:
    """The automaton of all patterns, and which needles each of them tells of."""

    def __init__(self, needles: Mapping[str, str]) -> None:
        self._owners: dict[bytes, list[tuple[str, str]]] = {}
        for name, value in needles.items():
            for encoding, patterns in encodings_of(value).items():
                for pattern in patterns:
                    self._owners.setdefault(pattern, []).append((name, encoding))
        self._patterns = list(self._owners)
        self._automaton = BytesAhoCorasick(self._patterns)

    def met_in(self, content: bytes) -> set[tuple[str, str]]:
        """(needle, encoding) of all that stand in these bytes."""
        met = {owner for pattern, _, _ in self._matches(content.lower()) for owner in self._owners[pattern]}
        if not content.isascii():
            found = {name for name, _ in met}
            for pattern, _, _ in self._matches(_folded(content)):
                met.update((name, "folded") for name, _ in self._owners[pattern] if name not in found)
        return met

    def masked(self, place: str) -> str:
        """The place without any needle in it."""
        content = place.encode()
        for _, start, end in self._matches(content.lower()):
            content = content[:start] + b"*" * (end - start) + content[end:]
        return "***" if self.met_in(content) else content.decode("utf-8", "replace")

    def _matches(self, content: bytes) -> Iterator[tuple[bytes, int, int]]:
        for number, start, end in self._automaton.find_matches_as_indexes(content, overlapping=True):
            pattern = self._patterns[number]
            if not _is_part_of_more(pattern, content, start, end):
                yield pattern, start, end


def _is_part_of_more(pattern: bytes, content: bytes, start: int, end: int) -> bool:
    """Whether a short number was met within a longer one, or within a hash."""
    if len(pattern) >= _SHORT_NUMBER or not _NUMERIC.issuperset(pattern):
        return False
    before, after = content[max(start - 2, 0) : start], content[end : end + 2]
    if before[-1:].isalnum() or after[:1].isalnum():
        return True
    return (before[1:] == b"." and before[:1].isdigit()) or (after[:1] == b"." and after[1:].isdigit())


def _folded(content: bytes) -> bytes:
    return folded(content.decode("utf-8", "replace")).encode()
