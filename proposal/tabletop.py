"""The first rows of a table: the titles above it, its header, and whether there is one at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

Row = Sequence[str | None]

_DATUM = re.compile(r"[+-]?[\d\s.,]*\d[\d\s.,]*%?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class Top:
    """`header`: the index of its row, None where the first row is data already; `first`: of its first row."""

    header: int | None
    first: int


def top_of(rows: Sequence[Row]) -> Top:
    """Where the header is, among the first rows; at least one of them holds something.

    The header is the first row that fills as many cells as the rows below it have.
    """
    widths = [_width(row) for row in rows]
    usual = _usual(widths)
    first = next((i for i, width in enumerate(widths) if width >= usual), 0)
    if first + 1 < len(rows) and _filled(rows[first]) < usual:
        # A row of the right width with holes in it is a title; the next full one is the header.
        full = next((i for i, row in enumerate(rows[:10]) if _filled(row) >= usual), None)
        first = full if full is not None and full < len(rows) - 1 else first
    below = [row for row in rows[first + 1 :] if _width(row)]
    if not _is_data(rows[first], below):
        return Top(first, first)
    # Rows may go on to the right of a header that names the first of repeated blocks alone.
    short = next((i for i, row in enumerate(rows[:first]) if _names_all(row)), None)
    first = 0 if short is None else short
    return Top(short, first)


def _names_all(row: Row) -> bool:
    """Whether it has three cells or more, none of them empty or a value."""
    cells = [(cell or "").strip() for cell in row[: _width(row)]]
    return len(cells) > 2 and all(cell and not _DATUM.fullmatch(cell) for cell in cells)


def _width(row: Row) -> int:
    """Its cells up to the last that holds something."""
    return max((i for i, cell in enumerate(row, 1) if (cell or "").strip()), default=0)


def _filled(row: Row) -> int:
    return sum(bool((cell or "").strip()) for cell in row)


def _usual(widths: Sequence[int]) -> int:
    """The width that most rows reach; a row's last cells may be empty, so the widest of the frequent ones."""
    counted = Counter(width for width in widths if width)
    if not counted:
        return 1
    most = max(counted.values())
    return max(width for width, count in counted.items() if count * 4 >= most or count * 10 >= len(widths))


def _is_data(row: Row, below: Sequence[Row]) -> bool:
    """Whether the would-be header has values where the rows below have values: then it is one of them."""
    if not below:
        return False
    numbered = [i for i in range(len(row)) if _all_data([other[i] for other in below if i < len(other)])]
    if not numbered:
        return False
    own = [(row[i] or "").strip() for i in numbered]
    if all(_YEAR.fullmatch(cell) for cell in own) and len(set(own)) == len(own) > 1:
        return False  # one column for each year
    return sum(bool(_DATUM.fullmatch(cell)) for cell in own) * 10 >= len(own) * 8


def _all_data(cells: Sequence[str | None]) -> bool:
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    return bool(filled) and sum(bool(_DATUM.fullmatch(cell)) for cell in filled) * 10 >= len(filled) * 9
