"""Statistical secrecy of a table of cells: which ones must be hidden, and which more so that they stay so.

*Primary*: a cell tells of few where it, or a sum of it, has fewer contributors than the minimum, or where one
contributor makes up more of a sum than the dominance rule allows (INSEE, Guide du secret statistique: three
units and 85 %; the minimum is the contract's, at least 3).

*Complementary*: who knows a total takes the open cells from it. Readers are taken to know every total of
the table, over any one of its dimensions and over several, whether or not somebody publishes it. Excepted are
totals that are secret by the same rules (who keeps the rules does not publish them) and those of one cell
(they are that cell). So, of each known total, the hidden cells

1. are more than one, and together meet the rules of a cell: the total gives their sum away (the problem of
   singletons; Handbook on Statistical Disclosure Control, ESSnet SDC, chapter on tabular data);
2. are each free: there is another table of counts, none below 1, with the same known totals and the same
   open cells, in which that cell has another count. Two hidden cells a line are not enough for that (a cell
   between two rectangles of hidden ones is what rows less columns leave), so it is proven by finding such
   tables (`freedom`), and a cell that is not proven free counts as given away.

The next cell to hide is always the smallest, then the first by key. Out of scope: how narrow the bounds of a
free cell are, what readers know beside totals, and counts of contributors who stand in several cells: counts
are added up as if each stood in one, while the union of hidden cells is counted as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import duckdb
import numpy as np
import numpy.typing as npt

from transforms.freedom import AT_ONCE, free_cells

CELLS, SHARES, _LINES = "secrecy_cells", "secrecy_shares", "secrecy_lines"
_HELPED_AT_ONCE = 5_000  # cells of a table up to which it is looked up whether hiding all would help


@dataclass(frozen=True)
class Rules:
    """When cells tell of few. `types` are the SQL types of the sums."""

    minimum: int
    dominance: float | None
    types: tuple[str, ...]


def sum_of(column: str, kind: str) -> str:
    """SQL of a sum that is the same for any order of the rows; that of floating point numbers is not so."""
    return f"sum({column} ORDER BY {column})" if kind == "DOUBLE" else f"sum({column})"


def suppress(connection: duckdb.DuckDBPyConnection, by: list[str], rules: Rules) -> None:
    """Adds the column `hidden` to the table of cells.

    CELLS: `cell` (1 …, the smallest count first, then by key), the columns `by` and for each `at_0` … (0 …,
    one number a value), `n` (contributors), and for each sum `n_0` (those with a value), `weight_0` (of
    absolute values), `largest_0` (of one contributor).
    SHARES: `cell`, `who`, and the same of what one contributor adds to a cell.
    """
    connection.execute(
        f"ALTER TABLE {CELLS} ADD COLUMN hidden BOOLEAN DEFAULT FALSE; "
        f"ALTER TABLE {CELLS} ADD COLUMN free BOOLEAN DEFAULT FALSE"
    )
    if not _hide(connection, f"SELECT cell FROM {CELLS} WHERE {_tells(rules, summed=False)}", []):
        return
    sorts = _create_lines(connection, by, rules)
    # The shortest lines first: what they need often serves the wider totals too.
    while any(_hide_in_lines(connection, rules, sort) for sort in sorts) or _hide_around(connection):
        pass
    connection.execute(f"DROP TABLE {_LINES}")


def _tells(rules: Rules, *, summed: bool) -> str:
    """SQL: whether a cell, or the contributors' shares of several, tell of few."""
    count, largest = ("sum({})", "max({})") if summed else ("{}", "{}")
    tests = [f"{count.format('n')} < {rules.minimum}"]
    for index, kind in enumerate(rules.types):
        # Where nobody has a value there is nothing to tell.
        tests.append(f"{count.format(f'n_{index}')} BETWEEN 1 AND {rules.minimum - 1}")
        if rules.dominance is not None:
            weight = sum_of(f"weight_{index}", kind) if summed else f"weight_{index}"
            most = largest.format(f"largest_{index}")
            # A product of decimals would run out of digits.
            test = f"CAST({most} AS DOUBLE) > CAST({rules.dominance!r} AS DOUBLE) * CAST({weight} AS DOUBLE)"
            tests.append(f"coalesce({test}, FALSE)")
    return " OR ".join(tests)


def _create_lines(connection: duckdb.DuckDBPyConnection, by: list[str], rules: Rules) -> range:
    """The sorts of known totals; makes their table: `line`, `cell` in it, `size` (in cells), `sort`.

    A line is the cells that agree in some of the dimensions, in none of them: the whole table. Those over one
    dimension are the first sorts, the whole table is the last.
    """
    kept = [", ".join(columns) for count in reversed(range(len(by))) for columns in combinations(by, count)]
    groups = " UNION ALL ".join(
        f"SELECT min(cell) OVER same * {len(kept)} + {sort} AS line, cell, count(*) OVER same AS size, "
        f"{sort} AS sort FROM {CELLS} WINDOW same AS ({columns and 'PARTITION BY '}{columns})"
        for sort, columns in enumerate(kept)
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_LINES} AS SELECT * FROM ({groups}) WHERE size > 1; "
        f"DELETE FROM {_LINES} WHERE line IN ({_telling_lines(rules, _LINES)})"
    )
    return range(len(kept))


def _telling_lines(rules: Rules, lines: str) -> str:
    """SQL: the lines whose cells together tell of few; a contributor to several of them is one."""
    merged = ["max(n) AS n"]
    for index, kind in enumerate(rules.types):
        merged += [f"max(n_{index}) AS n_{index}"]
        merged += [f"{sum_of(f'{role}_{index}', kind)} AS {role}_{index}" for role in ("weight", "largest")]
    return (
        f"SELECT line FROM (SELECT line, who, {', '.join(merged)} FROM {lines} JOIN {SHARES} USING (cell) "
        f"GROUP BY line, who) GROUP BY line HAVING {_tells(rules, summed=True)}"
    )


def _hide_in_lines(connection: duckdb.DuckDBPyConnection, rules: Rules, sort: int) -> int:
    """How many more cells were hidden, one in each line of the sort that breaks the first rule."""
    lines = f"{_LINES} JOIN {CELLS} USING (cell) WHERE sort = {sort} AND"
    hidden = f"(SELECT line, cell FROM {lines} hidden)"
    alone = f"SELECT line FROM {hidden} GROUP BY line HAVING count(*) = 1"
    telling = _telling_lines(rules, hidden)
    return _hide(
        connection,
        f"SELECT min(cell) FROM {lines} NOT hidden AND line IN ({telling} UNION {alone}) GROUP BY line",
        [],
    )


def _hide_around(connection: duckdb.DuckDBPyConnection) -> int:
    """How many more were hidden, one for each cell that is not free: the smallest of its shortest line."""
    given = _not_free(connection, "hidden", "TRUE", AT_ONCE)
    one_of = "cell IN (SELECT unnest(?::BIGINT[]))"
    connection.execute(f"UPDATE {CELLS} SET free = hidden AND NOT {one_of}", [given])
    (cells,) = connection.execute(f"SELECT count(*) FROM {CELLS}").fetchone() or (0,)
    if given and cells <= _HELPED_AT_ONCE:  # more hidden cells do not help those that the totals give away
        lost = set(_not_free(connection, "TRUE", "hidden", cells))
        given = [cell for cell in given if cell not in lost]
    nearest = (
        f"SELECT line, size, min(cell) AS cell FROM {_LINES} JOIN {CELLS} USING (cell) WHERE NOT hidden "
        "GROUP BY line, size"
    )
    return _hide(
        connection,
        f"SELECT min({{size: nearest.size, cell: nearest.cell}}).cell FROM {_LINES} AS own "
        f"JOIN ({nearest}) AS nearest USING (line) WHERE own.{one_of} GROUP BY own.cell",
        [given],
    )


def _not_free(connection: duckdb.DuckDBPyConnection, unknown: str, wanted: str, at_once: int) -> list[int]:
    """The wanted cells (SQL) that are not free, to readers who do not know those of `unknown` (SQL)."""
    numbers, count, asked, *places = _columns(
        connection,
        f"SELECT cell, n, {wanted} AND NOT free AS wanted, columns('at_.*') FROM {CELLS} "
        f"WHERE {unknown} ORDER BY cell",
    )
    line, cell, sort = _columns(
        connection,
        f"SELECT line, cell, sort FROM {_LINES} JOIN {CELLS} USING (cell) "
        f"WHERE {unknown} ORDER BY line, cell",
    )
    at, pair = np.column_stack(places), np.searchsorted(numbers, cell)
    free = free_cells(at, count, asked.astype(bool), line, pair, sort, at_once=at_once)
    return [int(number) for number in numbers[~free]]


def _columns(connection: duckdb.DuckDBPyConnection, query: str) -> list[npt.NDArray[np.int64]]:
    return [np.asarray(column) for column in connection.execute(query).fetchnumpy().values()]


def _hide(connection: duckdb.DuckDBPyConnection, cells: str, parameters: list[object]) -> int:
    query = f"UPDATE {CELLS} SET hidden = TRUE WHERE cell IN ({cells})"
    (count,) = connection.execute(query, parameters).fetchone() or (0,)
    return int(count)
