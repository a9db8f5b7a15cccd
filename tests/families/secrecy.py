"""Statistical secrecy worked out a second time, with fractions and without our own code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations

Cell = tuple[str, ...]
Parts = dict[Cell, dict[str, Fraction]]  # cell → contributor → what it adds


def parts_of(rows: Iterable[tuple[Cell, str, Fraction]]) -> Parts:
    parts: Parts = defaultdict(lambda: defaultdict(Fraction))
    for cell, who, value in rows:
        parts[cell][who] += value
    return parts


def tells_of_few(parts: Parts, cells: Iterable[Cell], minimum: int, share: Fraction) -> bool:
    """Whether the contributors of these cells together are too few, or one of them is too much."""
    whole: dict[str, Fraction] = defaultdict(Fraction)
    for cell in cells:
        for who, value in parts[cell].items():
            whole[who] += value
    return len(whole) < minimum or max(whole.values()) > share * sum(whole.values())


def lines_of(cells: Iterable[Cell]) -> list[list[Cell]]:
    """The cells behind each total: those that agree in some of the dimensions, or in none."""
    known = sorted(cells)
    lines = []
    for count in range(len(known[0])):
        for kept in combinations(range(len(known[0])), count):
            groups: dict[Cell, list[Cell]] = defaultdict(list)
            for cell in known:
                groups[tuple(cell[place] for place in kept)].append(cell)
            lines += list(groups.values())
    return lines


def given_away(hidden: set[Cell], lines: Iterable[list[Cell]]) -> set[Cell]:
    """Hidden cells that follow from the totals of the lines and the open cells (Gauss and Jordan)."""
    order = sorted(hidden)
    rows = [[Fraction(cell in line) for cell in order] for line in lines if hidden & set(line)]
    done = 0
    for column in range(len(order)):
        pivot = next((row for row in range(done, len(rows)) if rows[row][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        rows[done] = [value / rows[done][column] for value in rows[done]]
        for row in range(len(rows)):
            if row != done and rows[row][column]:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[done], strict=True)]
        done += 1
    return {order[row.index(1)] for row in rows[:done] if sum(map(bool, row)) == 1}
