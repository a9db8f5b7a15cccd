"""What the differences between a public table of cells and earlier releases of it tell of few."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array

from contracts.audience import Aggregate
from contracts.batch import Finding
from contracts.sql import identifier, literal
from contracts.view import View

Numbers = npt.NDArray[np.float64]
_COMPARED, _LINES = "differencing_cells", "differencing_lines"
_BOTH = "NOT was_secret AND NOT now_secret"


def findings_against(
    connection: duckdb.DuckDBPyConnection, now: str, before: Sequence[Path], view: View
) -> tuple[Finding, ...]:
    """Critical findings on the table `now`, held against each earlier release; none of a view by rows.

    `before` are Parquet files of releases, each in a folder of the release's name; those with other cells or
    another count are passed over. A finding counts cells; with a waiver of the rule it is a warning.

    - A cell that is secret now is worked out: an earlier release shows it, and nothing that both show in its
      lines has changed, so it stands to reason that it has not either; or such cells and the totals of
      unchanged lines leave it less room than suppression grants (linear programming).
    - A cell that both show changed by fewer contributors than the minimum, and a sum of it changed: the
      difference is the sum of those few.

    Not seen are differences over several releases taken together, between tables of different cells, and
    totals that others publish.
    """
    if view.aggregate is None:
        return ()
    findings: list[Finding] = []
    for path in before:
        sums = _compare(connection, now, path, view.aggregate)
        if sums is not None:
            findings += _findings(connection, path.parent.name, view, sums)
            connection.execute(f"DROP TABLE {_COMPARED}; DROP TABLE {_LINES}")
    return tuple(findings)


def _findings(
    connection: duckdb.DuckDBPyConnection, release: str, view: View, sums: list[str]
) -> list[Finding]:
    minimum = view.aggregate.minimum if view.aggregate else 0
    counts = {
        f"holds secret cells that can be worked out from release {release}": _worked_out(connection, minimum),
        f"differs from release {release} by few contributors": _few(connection, minimum, sums),
    }
    waiver = next((waiver for waiver in view.waivers if waiver.rule == "differencing"), None)
    return [
        Finding(
            rule="privacy.differencing", severity="warning" if waiver else "critical", count=count,
            met=f"{met}, as {waiver.approved_by} approved" if waiver else met,
        )
        for met, count in counts.items() if count
    ]  # fmt: skip


def _compare(
    connection: duckdb.DuckDBPyConnection, now: str, path: Path, cells: Aggregate
) -> list[str] | None:
    """The sums that both releases have; makes the tables of cells and lines. None: they do not compare.

    A line is quiet where both releases have the same cells of it, some cell is open in both, and each cell
    that is has the same count.
    """
    earlier = f"read_parquet({literal(str(path))})"
    types, known = _types(connection, identifier(now)), _types(connection, earlier)
    if not {*cells.by, cells.count, cells.secret} <= known.keys():
        return None
    sums = [name for name in cells.sums if name in known]
    by = [f"by_{index}" for index in range(len(cells.by))]
    sides = " UNION ALL BY NAME ".join(
        _side(source, kinds, types, cells, sums, side)
        for source, kinds, side in ((earlier, known, "was"), (identifier(now), types, "now"))
    )
    values = ", ".join(f"max({side}_{what}) AS {side}_{what}" for side in ("was", "now") for what in
                       ("n", "secret", *(f"sum_{index}" for index in range(len(sums)))))  # fmt: skip
    others = [", ".join(by[:index] + by[index + 1 :]) for index in range(len(by))]
    same = f"was_secret IS NOT NULL AND now_secret IS NOT NULL AND (was_n = now_n OR NOT ({_BOTH}))"
    lines = " UNION ALL ".join(
        f"SELECT min(cell) OVER line * {len(by)} + {index} AS line, cell, count(*) OVER line AS size, "
        f"bool_and({same}) OVER line AND bool_or({_BOTH}) OVER line AS quiet "
        f"FROM {_COMPARED} WINDOW line AS ({columns and 'PARTITION BY '}{columns})"
        for index, columns in enumerate(others)
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_COMPARED} AS SELECT row_number() OVER () AS cell, * "
        f"FROM (SELECT {', '.join(by)}, {values} FROM ({sides}) GROUP BY {', '.join(by)}); "
        f"CREATE OR REPLACE TEMP TABLE {_LINES} AS SELECT * FROM ({lines}) WHERE size > 1"
    )
    return sums


def _types(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    return {name: kind for name, kind, *_ in described}


def _side(
    source: str, kinds: dict[str, str], types: dict[str, str], cells: Aggregate, sums: list[str], side: str
) -> str:
    """SQL of one release's cells; what does not fit the type of the other is null, and so is unlike it."""
    columns = {
        **{name: f"by_{index}" for index, name in enumerate(cells.by)}, cells.count: f"{side}_n",
        cells.secret: f"{side}_secret", **{name: f"{side}_sum_{index}" for index, name in enumerate(sums)},
    }  # fmt: skip
    selected = []
    for name, alias in columns.items():
        # A published geometry comes back as one, the view has it as WKB.
        column = f"ST_AsWKB({identifier(name)})" if kinds[name].startswith("GEOMETRY") else identifier(name)
        selected.append(f"TRY_CAST({column} AS {types[name]}) AS {alias}")
    return f"SELECT {', '.join(selected)} FROM {source}"


def _few(connection: duckdb.DuckDBPyConnection, minimum: int, sums: list[str]) -> int:
    changed = " OR ".join(f"was_sum_{index} IS DISTINCT FROM now_sum_{index}" for index in range(len(sums)))
    return _count(
        connection,
        f"SELECT count(*) FROM {_COMPARED} WHERE {_BOTH} AND abs(now_n - was_n) BETWEEN 1 AND {minimum - 1} "
        f"AND ({changed or 'FALSE'})",
    )


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int((connection.execute(query).fetchone() or (0,))[0])


def _worked_out(connection: duckdb.DuckDBPyConnection, minimum: int) -> int:
    """Cells secret now that the earlier release tells of, as it stands or by the totals of quiet lines."""
    remembered = (
        f"SELECT cell FROM {_LINES} JOIN {_COMPARED} USING (cell) WHERE now_secret AND NOT was_secret "
        "GROUP BY cell HAVING bool_and(quiet)"
    )
    table = connection.execute(
        f"SELECT line, cell, was_n, cell IN ({remembered}) AS remembered FROM {_LINES} "
        f"JOIN {_COMPARED} USING (cell) WHERE now_secret AND quiet ORDER BY line, cell"
    ).fetchnumpy()
    line, cell, known = (np.asarray(table[name]) for name in ("line", "cell", "remembered"))
    was: Numbers = np.ma.filled(np.ma.asarray(table["was_n"], dtype=float), np.nan)
    lines, row = np.unique(line, return_inverse=True)
    left = np.bincount(row, weights=~known, minlength=len(lines))[row]
    alone = cell[~known & (left == 1) & (np.bincount(row, minlength=len(lines))[row] > 1)]
    told = np.union1d(cell[known], alone)
    return len(np.union1d(told, _bounded(row, cell, was, told, minimum)))


def _bounded(
    row: npt.NDArray[np.int64],
    cell: npt.NDArray[np.int64],
    was: Numbers,
    told: npt.NDArray[np.int64],
    minimum: int,
) -> npt.NDArray[np.int64]:
    """The cells not told that totals of lines, known where all was open then, leave too little room.

    That is less than `minimum - 2`, the room of two cells of 1 or more that just reach the minimum together.
    """  # fmt: skip
    total = np.bincount(row, weights=was)  # null in a line that had secret cells
    open_then = ~np.isnan(total[row])
    cells, place = np.unique(cell[open_then], return_inverse=True)
    rows, line = np.unique(row[open_then], return_inverse=True)
    if not len(rows):
        return cells
    sums = csr_array((np.ones(len(line)), (line, place)), shape=(len(rows), len(cells)))
    narrow = []
    for index in np.flatnonzero(~np.isin(cells, told)):
        aim = np.zeros(len(cells))
        aim[index] = 1
        ends = [linprog(sign * aim, A_eq=sums, b_eq=total[rows], bounds=(1, None)).fun for sign in (1, -1)]
        if None not in ends and -ends[1] - ends[0] < minimum - 2:
            narrow.append(cells[index])
    return np.array(narrow, dtype=np.int64)
