"""The view as CSV: RFC 4180, UTF-8 without a byte-order mark.

Comma, CRLF, header. An empty cell is a null (an empty text would be `""`, and standardizing leaves none).
Instants are ISO 8601 in UTC, dates ISO, booleans true/false, decimals with a point and their scale,
geometries WKT with 7 decimals. A cell that looks like a formula stays the data that it is.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from contracts.sql import identifier, literal
from contracts.view import View
from distributions.columns import plain


def write_csv(connection: duckdb.DuckDBPyConnection, parquet: Path, view: View, path: Path) -> None:
    """Writes the rows of the Parquet in their order."""
    columns = ", ".join(f"{plain(name, field)} AS {identifier(name)}" for name, field in view.fields.items())
    connection.execute(
        f"COPY (SELECT {columns} FROM read_parquet({literal(str(parquet))})) TO {literal(str(path))}"
        " (FORMAT csv, HEADER, NEW_LINE '\\r\\n')"
    )
