"""Values of a table that a reference table lacks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.sql import identifier, literal

_EXAMPLES = 5


@dataclass(frozen=True)
class Unknown:
    """How many rows and different values, and a few of these, the least first."""

    rows: int
    values: int
    examples: tuple[str, ...]


def unknown_values(
    connection: duckdb.DuckDBPyConnection, table: Path, name: str, known: Path, target: str
) -> Unknown:
    """The values of a Parquet's column that another's column lacks; an empty cell is none."""
    value, other = (f"CAST({identifier(column)} AS VARCHAR)" for column in (name, target))
    there = f"SELECT {other} FROM read_parquet({literal(str(known))}) WHERE {identifier(target)} IS NOT NULL"
    lost = (
        f"SELECT {value} AS lost, count(*) AS rows FROM read_parquet({literal(str(table))}) "
        f"WHERE {identifier(name)} IS NOT NULL AND {value} NOT IN ({there}) GROUP BY 1"
    )
    rows, values, examples = connection.execute(
        f"SELECT coalesce(sum(rows), 0)::BIGINT, count(*), "
        f"list_slice(list(lost ORDER BY lost), 1, {_EXAMPLES}) FROM ({lost})"
    ).fetchall()[0]
    return Unknown(int(rows), int(values), tuple(map(str, examples or ())))
