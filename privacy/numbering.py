"""Public columns that number the rows: their gaps would tell how many rows are hidden, and where."""

from __future__ import annotations

from pathlib import Path

import duckdb

from contracts.batch import Finding
from contracts.sql import identifier, literal
from contracts.view import View

_LEAST = 2  # rows that can be numbered


def findings_of(
    connection: duckdb.DuckDBPyConnection, staged: Path, view: View, shown: str
) -> tuple[Finding, ...]:
    """A critical finding for each public column that numbers all staged rows, where `shown` lacks some.

    Such a column holds whole numbers, or text of digits, that are n, n + 1 … in any order, none twice, none
    missing. How many rows are hidden is not told, and with a waiver of the rule it is a warning. Not seen: a
    numbering with gaps of its own, or one that starts again (each year, each street).
    """
    source = f"read_parquet({literal(str(staged))})"
    rows, public = (_row(connection, f"SELECT count(*) FROM {one}")[0] for one in (source, identifier(shown)))
    if view.aggregate is not None or public == rows or rows < _LEAST:
        return ()
    names = [
        name for name, field in view.fields.items()
        if name not in view.precisions and field.type in ("integer", "string", "siren", "siret")
    ]  # fmt: skip
    return tuple(_finding(view, name) for name in names if _numbers(connection, source, name, rows))


def _numbers(connection: duckdb.DuckDBPyConnection, source: str, name: str, rows: int) -> bool:
    """Whether the column numbers that many rows; text other than up to 18 digits is no number."""
    text = f"CAST({identifier(name)} AS VARCHAR)"
    number = f"CASE WHEN regexp_full_match({text}, '-?[0-9]{{1,18}}') THEN CAST({text} AS BIGINT) END"
    least, most, different = _row(
        connection, f"SELECT min(n), max(n), count(DISTINCT n) FROM (SELECT {number} AS n FROM {source})"
    )
    return bool(different == rows and most - least + 1 == rows)


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    return connection.execute(query).fetchone() or ()


def _finding(view: View, name: str) -> Finding:
    met = "numbers all rows, so that its gaps tell of the hidden ones"
    waiver = next((one for one in view.waivers if one.rule == "row_number" and one.field == name), None)
    if waiver is None:
        return Finding(rule="privacy.row_number", severity="critical", field=name, met=met)
    met = f"{met}, as {waiver.approved_by} approved"
    return Finding(rule="privacy.row_number", severity="warning", field=name, met=met)
