"""Rows laid down by a test, as the decoders and the hand-over leave theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from contracts.view import View
from distributions.parquet import rows_of
from transforms.decode.tables import Decoded, Tally, laid_down
from transforms.views import create_view


def source_in(connection: duckdb.DuckDBPyConnection) -> Decoded:
    """The tables `source`, `source_lines` and `source_ragged` as something decoded."""
    counts = connection.execute(
        "SELECT (SELECT count(*) FROM source), (SELECT count(*) FROM source_ragged)"
    ).fetchone()
    columns = tuple(connection.table("source").columns)
    return laid_down(connection, "source", columns, Tally(*(counts or (0, 0))))


def write_view(
    connection: duckdb.DuckDBPyConnection, view: View, staged: Path, path: Path, **given: Any
) -> None:
    """The view of a staged table as the file that is handed over."""
    create_view(connection, view, staged, "view_to_write", **given)
    connection.execute(f"COPY ({rows_of(connection, 'view_to_write', view)}) TO '{path}' (FORMAT parquet)")
