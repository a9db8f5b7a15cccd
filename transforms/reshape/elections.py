"""Results of elections as the Ministry of the Interior lays them out: a row a zone, a block a candidate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.reshape import ReshapeRefused, Row

# The label that opens a block and what its cell holds, in the ministry's workbooks on data.gouv.fr:
# européennes 2019 (N°Liste), législatives 2022 (N°Panneau), présidentielle 2022 by département (Sexe).
_OPENINGS = {"N°Liste": r"[1-9]\d*", "N°Panneau": r"[1-9]\d*", "Sexe": r"[MF]"}
_VOTES = "Voix"


def candidate_blocks(rows: Iterator[Row]) -> Iterator[Row]:
    """One row for each zone and list: the zone's columns, then the list's block, in the file's order.

    The header names the first block; those of later blocks are blank or say the same again. Zones with fewer
    lists than others end in blank blocks, which yield nothing.

    Raises:
        ReshapeRefused: the header has no such block, or a row's cells do not fall into blocks.
    """
    line, header = next(rows)
    start, labels = _block_in(header)
    yield line, header[:start] + labels
    votes = labels.index(_VOTES)
    opening = re.compile(_OPENINGS[labels[0] or ""])
    for line, cells in rows:
        seen: set[str] = set()
        for place in range(start, len(cells), len(labels)):
            block = cells[place : place + len(labels)]
            if not any(block):
                continue
            _check(line, place, block, votes, opening, seen)
            yield line, cells[:start] + block
        if not seen and any(cells):
            raise ReshapeRefused(f"has on line {line} a zone without any list")


def _block_in(header: list[str | None]) -> tuple[int, list[str | None]]:
    """Where the first block starts, and its labels."""
    start = next((place for place, label in enumerate(header) if label in _OPENINGS), None)
    if start is None:
        raise ReshapeRefused(f"has none of {', '.join(_OPENINGS)} in its header")
    end = header.index(header[start], start + 1) if header[start] in header[start + 1 :] else len(header)
    end = next((place for place in range(start, end) if not header[place]), end)
    labels = header[start:end]
    for place, label in enumerate(header[start:]):
        if label and label != labels[place % len(labels)]:
            met = f"names column {start + place + 1} {label!r}"
            raise ReshapeRefused(f"{met} where a block says {labels[place % len(labels)]!r}")
    if _VOTES not in labels:
        raise ReshapeRefused(f"has no {_VOTES!r} in the block of {labels[0]!r}")
    return start, labels


def _check(
    line: int, place: int, block: list[str | None], votes: int, opening: re.Pattern[str], seen: set[str]
) -> None:
    """A block starts with its list's number, once a zone, and has its votes; else the row has slipped."""
    first = block[0] or ""
    if not opening.fullmatch(first) or votes >= len(block) or not block[votes]:
        raise ReshapeRefused(f"has on line {line}, column {place + 1}, no block of a list with its votes")
    if first.isdigit() and first in seen:
        raise ReshapeRefused(f"has on line {line} the list {first} twice")
    seen.add(first)
