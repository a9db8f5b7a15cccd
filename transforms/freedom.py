"""Which hidden cells have more than one possible count, to readers who know totals and open cells."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]

AT_ONCE = 1_000  # cells of one linear program; the others keep their count, which only makes it harder
_CUBES, _BARREN = 1_000, 30  # cubes tried around each cell, and in vain at a stretch, before linear programs
_MOVED = 1 - 1e-6  # one contributor; HiGHS keeps its constraints to 1e-7


def free_cells(
    at: Numbers, count: Numbers, wanted: Flags, line: Numbers, cell: Numbers, sort: Numbers, *, at_once: int
) -> Flags:
    """Which cells are free, of the wanted ones: another table with the same total in every line says so.

    Of each cell: `at`, its place in each dimension (cells × dimensions), `count`, `wanted`. `line` and `cell`
    (0 …) are the pairs of a known total and a cell in it, `sort` tells sorts of totals apart. Counts are not
    below 1 (not below 0 where they are 0). Free are also a cell in no line, and those not wanted. With more
    than `at_once` cells one that is free may stay unproven. In one and two dimensions the other table is of
    whole numbers; in more, a linear program may find one of broken numbers (one apart or more).
    """
    free = np.ones(len(count), dtype=bool)
    free[cell] = ~wanted[cell]
    room = np.maximum(count - 1, 0)
    _free_in_cubes(at, room, free)
    if len(count) <= at_once:
        return _freed(line, cell, room, free)
    for kind in np.unique(sort[~free[cell]]):
        ordered = cell[sort == kind][np.argsort(line[sort == kind], kind="stable")]
        for first in range(0, len(ordered), at_once):
            part = ordered[first : first + at_once]
            if free[part].all():
                continue
            place = np.full(len(count), -1)
            place[part] = np.arange(len(part))
            inside = place[cell] >= 0
            free[part] = _freed(line[inside], place[cell[inside]], room[part], free[part])
    return free


def _free_in_cubes(at: Numbers, room: Numbers, free: Flags) -> None:
    """Marks cells at the corners of a cube of hidden ones: 1 more and 1 less by turns changes no total.

    The hypercube method (Repsilber; GHMITER in tau-ARGUS), here as a quick proof for most cells.
    """
    sizes = tuple(at.max(axis=0, initial=0) + 1)
    if np.prod(np.array(sizes, dtype=float)) > 2**62:
        return
    code = np.ravel_multi_index(tuple(at.T), sizes)
    order = np.argsort(code)
    dimensions = len(sizes)
    turns = [_turns(at, dimension) for dimension in range(dimensions)]
    chance, barren = np.random.default_rng(0), 0  # fixed: the same cells are hidden every time
    for _ in range(_CUBES):
        tried = np.flatnonzero(~free)
        if not len(tried) or barren == _BARREN:
            return
        steps = chance.integers(1, 2**31, dimensions)
        here = at[tried].T
        there = [at[turn(tried, step), d] for d, (turn, step) in enumerate(zip(turns, steps, strict=True))]
        found = np.all([here[d] != there[d] for d in range(dimensions)], axis=0)
        corners, least = [], {0: np.full(len(tried), 1), 1: np.full(len(tried), 1)}
        for sides in product((0, 1), repeat=dimensions):
            places = tuple((here[d], there[d])[side] for d, side in enumerate(sides))
            asked = np.ravel_multi_index(places, sizes)
            near = order[np.minimum(np.searchsorted(code, asked, sorter=order), len(order) - 1)]
            found &= code[near] == asked
            least[sum(sides) % 2] = np.minimum(least[sum(sides) % 2], room[near])
            corners.append(near)
        found &= (least[0] > 0) | (least[1] > 0)
        barren = 0 if found.any() else barren + 1
        for near in corners:
            free[near[found]] = True


def _turns(at: Numbers, dimension: int) -> Callable[[Numbers, int], Numbers]:
    """A function that gives, of cells, those so many steps on in their lines along the dimension, round."""
    others = np.delete(at, dimension, axis=1)
    order = np.lexsort((at[:, dimension], *others.T))
    position = np.empty(len(at), dtype=np.int64)
    position[order] = np.arange(len(at))
    starts = np.append(True, (others[order][1:] != others[order][:-1]).any(axis=1))
    first = np.flatnonzero(starts)
    round_of = np.cumsum(starts) - 1
    size = np.diff(np.append(first, len(at)))

    def on(cells: Numbers, step: int) -> Numbers:
        mine = round_of[position[cells]]
        there: Numbers = order[first[mine] + (position[cells] - first[mine] + step) % size[mine]]
        return there

    return on


def _freed(line: Numbers, cell: Numbers, room: Numbers, free: Flags) -> Flags:
    """`free` with the cells added that some move sets free.

    The weights have no ties, so a move that changes an unproven cell has a value other than 0 with
    probability 1: where neither the best nor the worst move changes one, none can.
    """
    lines, rows = np.unique(line, return_inverse=True)
    totals = csr_array((np.ones(len(cell)), (rows, cell)), shape=(len(lines), len(room)))
    weights = np.random.default_rng(0)  # fixed, as above
    while not free.all():
        value = np.where(free, 0.0, weights.uniform(1, 2, len(room)) * weights.choice((-1, 1), len(room)))
        moved = _move(totals, room, value) | _move(totals, room, -value)
        if not (moved & ~free).any():
            break
        free = free | moved
    return free


def _move(totals: csr_array, room: Numbers, value: npt.NDArray[np.float64]) -> Flags:
    """The cells that change in the move of least value that changes no total."""
    bounds = np.column_stack([-room, np.full(len(room), np.inf)])
    found = linprog(value, A_eq=totals, b_eq=np.zeros(totals.shape[0]), bounds=bounds)
    return np.zeros(len(room), dtype=bool) if found.x is None else np.asarray(np.abs(found.x) > _MOVED)
