"""Cells instead of rows: counts and sums by cell, with those that tell of few kept secret."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contracts.audience import Aggregate
from contracts.sql import identifier
from transforms.suppression import CELLS, SHARES, Rules, sum_of, suppress


def create_cells(
    connection: duckdb.DuckDBPyConnection, cells: Aggregate, types: Sequence[str], query: str, name: str
) -> None:
    """Makes `name` the public table: the fields of `cells.by`, the count, the sums, whether it is secret.

    `query` gives the rows: `by_0` …, `who` (the contributor; null: not known, or each row is one), `of_0` ….
    `types` are the SQL types of the sums. There is a row for each cell that occurs, by key, nulls last and a
    cell of their own; a secret cell's count and sums are null. What is counted are contributors, the known
    ones, or else rows; the sum of a cell without values is null. The same rows in any order, on any number of
    threads, give the same table.
    """
    by = [f"by_{index}" for index in range(len(cells.by))]
    _create_shares(connection, cells, types, query, by)
    suppress(connection, by, Rules(cells.minimum, cells.dominance, tuple(types)))
    keys = [f"{column} AS {identifier(field)}" for column, field in zip(by, cells.by, strict=True)]
    totals = [(f"total_{index}", kind) for index, kind in enumerate(types)]
    measures = [
        f"CASE WHEN NOT hidden THEN CAST({column} AS {kind}) END AS {identifier(field)}"
        for field, (column, kind) in zip((cells.count, *cells.sums), [("n", "BIGINT"), *totals], strict=True)
    ]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS SELECT {', '.join([*keys, *measures])}, "
        f"hidden AS {identifier(cells.secret)} FROM {CELLS} ORDER BY {_by_key(by)}; "
        f"DROP TABLE {CELLS}; DROP TABLE {SHARES}"
    )


def _create_shares(
    connection: duckdb.DuckDBPyConnection, cells: Aggregate, types: Sequence[str], query: str, by: list[str]
) -> None:
    """Makes the tables that `suppress` reads: the cells, and what each contributor adds to each of them."""
    keys = ", ".join(by)
    places = ", ".join(
        f"dense_rank() OVER (ORDER BY {column} NULLS LAST) - 1 AS at_{index}"
        for index, column in enumerate(by)
    )
    grouped, parts = (keys, _parts_of_rows) if cells.contributor is None else (f"{keys}, who", _parts_of_one)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE parts AS SELECT {grouped}, {', '.join(parts(types))} "
        f"FROM ({query}) GROUP BY {grouped}; "
        f"CREATE OR REPLACE TEMP TABLE {CELLS} AS "
        f"SELECT row_number() OVER (ORDER BY n, {_by_key(by)}) AS cell, {places}, * "
        f"FROM (SELECT {keys}, {', '.join(_whole(types))} FROM parts GROUP BY {keys})"
    )
    same = " AND ".join(f"parts.{column} IS NOT DISTINCT FROM {CELLS}.{column}" for column in by)
    who = "cell" if cells.contributor is None else "who"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {SHARES} AS SELECT cell, {who} AS who, parts.* EXCLUDE ({grouped}) "
        f"FROM parts JOIN {CELLS} ON {same}; DROP TABLE parts"
    )


def _parts_of_rows(types: Sequence[str]) -> list[str]:
    """SQL of what rows, each its own contributor, add to a cell."""
    parts = ["count(*) AS n"]
    for index, kind in enumerate(types):
        value = f"of_{index}"
        parts += [f"count({value}) AS n_{index}", f"{sum_of(value, kind)} AS total_{index}"]
        parts += [f"{sum_of(f'abs({value})', kind)} AS weight_{index}"]
        parts += [f"max(abs({value})) AS largest_{index}"]
    return parts


def _parts_of_one(types: Sequence[str]) -> list[str]:
    """SQL of what one contributor adds to a cell; those not known are together one, and count for none."""
    parts = ["CAST(who IS NOT NULL AS BIGINT) AS n"]
    for index, kind in enumerate(types):
        total = sum_of(f"of_{index}", kind)
        parts += [f"CAST(who IS NOT NULL AND count(of_{index}) > 0 AS BIGINT) AS n_{index}"]
        parts += [f"{total} AS total_{index}"]
        parts += [f"abs({total}) AS {role}_{index}" for role in ("weight", "largest")]
    return parts


def _whole(types: Sequence[str]) -> list[str]:
    """SQL of a cell's parts together."""
    whole = ["CAST(sum(n) AS BIGINT) AS n"]
    for index, kind in enumerate(types):
        whole += [f"sum(n_{index}) AS n_{index}", f"max(largest_{index}) AS largest_{index}"]
        whole += [f"{sum_of(f'{role}_{index}', kind)} AS {role}_{index}" for role in ("total", "weight")]
    return whole


def _by_key(by: list[str]) -> str:
    return ", ".join(f"{column} NULLS LAST" for column in by)
