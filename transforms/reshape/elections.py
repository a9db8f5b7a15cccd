"""Results of elections as the Ministry of the Interior lays them out: a row a zone, a block a candidate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.reshape import ReshapeRefused, Row

# The label that opens a block and what its cell holds, in the ministry's workbooks on data.gouv.fr:
# européennes 2019 (N°Liste), législatives 2022 (N°Panneau), présidentielle 2022 by département (Sexe).
_OPENINGS = {"N°Liste": r"[1-9]\d*", "N°Panneau": r"[1-9]\d*", "Sexe": r"[MF]"}
_VOTES = "Voix"
# The rows below each heading of the sheet "FE Metro OM", présidentielle 2017.
_COUNTS = ["Inscrits", "Abstentions", "Votants", "Blancs", "Nuls", "Exprimés"]
_STACKED = [".", "Nombre", "Candidat", _VOTES]


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
    for line, zone, blocks in _zones(rows, start, labels):
        for block in blocks:
            yield line, zone + block


def zones(rows: Iterator[Row]) -> Iterator[Row]:
    """One row for each zone, without its lists: the general results. The blocks must be sound all the same.

    Raises:
        ReshapeRefused: as `candidate_blocks`.
    """
    line, header = next(rows)
    start, labels = _block_in(header)
    yield line, header[:start]
    for line, zone, _ in _zones(rows, start, labels):
        yield line, zone


def stacked_zones(rows: Iterator[Row]) -> Iterator[Row]:
    """One row for each zone and candidate of a sheet that has zones below each other.

    Of each zone there is its name, a heading, then a row for each count, with the candidates and their total
    beside them (présidentielle 2017, "France entière", "Métropole" and "Outre-mer").

    Raises:
        ReshapeRefused: the sheet is laid out otherwise, or a zone's total is not that of its candidates.
    """
    yield 1, ["Zone", *_COUNTS, "Candidat", _VOTES]
    name, places = "", []
    for line, cells in rows:
        filled = [cell for cell in cells if cell]
        if cells[:2] == _STACKED[:2]:
            places = _places(line, cells)
            below = [next(rows, (line, [])) for _ in _COUNTS]
            yield from _stacked(line, name, [_padded(row, len(cells)) for _, row in below], places)
        elif len(filled) == 1:
            name = filled[0] or ""  # the sheet's title, then the zone's
        else:
            raise ReshapeRefused(f"has on line {line} neither a zone's name nor its heading")
    if not places:
        raise ReshapeRefused(f"has no heading {', '.join(_STACKED)}")


def _places(line: int, heading: list[str | None]) -> list[int]:
    missing = [label for label in _STACKED if label not in heading]
    if missing:
        raise ReshapeRefused(f"has on line {line} a heading without {', '.join(missing)}")
    return [heading.index(label) for label in _STACKED]


def _padded(cells: list[str | None], width: int) -> list[str | None]:
    return cells + [None] * (width - len(cells))


def _stacked(line: int, name: str, below: list[list[str | None]], places: list[int]) -> Iterator[Row]:
    label, number, candidate, votes = places
    if [row[label] for row in below] != _COUNTS:
        raise ReshapeRefused(f"has below line {line} other rows than {', '.join(_COUNTS)}")
    zone = [name, *(row[number] for row in below)]
    found = [(row[candidate], row[votes]) for row in below if row[candidate]]
    totals = [row[votes] for row in below if row[votes] and not row[candidate]]
    if totals != [str(sum(int(count) for _, count in found if count and count.isdigit()))]:
        raise ReshapeRefused(f"has below line {line} a total that is not its candidates' votes")
    for offset, (who, count) in enumerate(found, 1):
        yield line + offset, [*zone, who, count]


def _zones(
    rows: Iterator[Row], start: int, labels: list[str | None]
) -> Iterator[tuple[int, list[str | None], list[list[str | None]]]]:
    """(line, the zone's cells, its blocks) of each row that is not blank."""
    votes = labels.index(_VOTES)
    opening = re.compile(_OPENINGS[labels[0] or ""])
    for line, cells in rows:
        seen: set[str] = set()
        blocks = []
        for place in range(start, len(cells), len(labels)):
            block = cells[place : place + len(labels)]
            if not any(block):
                continue
            _check(line, place, block, votes, opening, seen)
            blocks.append(block)
        if blocks:
            yield line, cells[:start], blocks
        elif any(cells):
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
