"""Files whose heads name their columns, one after the other as one table: CSV, workbooks, Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from contracts.sql import identifier
from transforms.decode.source import Source
from transforms.decode.tables import (
    Decoded,
    Tally,
    create_lines,
    create_ragged,
    lacking,
    laid_down,
    widen,
    without_records,
)  # fmt: skip


def decode_parts(
    connection: duckdb.DuckDBPyConnection, parts: Iterator[tuple[Source, Decoded]], table: str, place: str,
    promised: Sequence[str] = (),
) -> Decoded:  # fmt: skip
    """The tables of all parts, each laid down before the next is asked for; see `decoding.decode_batch`."""
    create_lines(connection, table, "")
    create_ragged(connection, table, "")
    columns: list[str] = []
    rows = ragged = 0
    for source, part in parts:
        created = len(columns)
        columns += [name for name in part.columns if name not in columns]
        widen(connection, source, table, columns, created)
        tally = _moved(connection, part, table, rows)
        rows, ragged = rows + tally.rows, ragged + tally.ragged
    if not columns:
        return without_records(connection, table, place, promised)
    widen(connection, source, table, [*columns, *lacking(promised, columns)], len(columns))
    return laid_down(connection, table, tuple(columns), Tally(rows, ragged))


def _moved(connection: duckdb.DuckDBPyConnection, part: Decoded, table: str, before: int) -> Tally:
    """The part's rows behind those `before` it, with their lines and what could not be split."""
    names = ", ".join(map(identifier, part.columns))
    tally = part.read(
        f"INSERT INTO {identifier(table)} ({names}) SELECT {names} FROM {identifier(part.table)}"
    )
    connection.execute(
        f"INSERT INTO {identifier(table + '_lines')} "
        f"SELECT first + {before}, line, file FROM {identifier(part.table + '_lines')}"
    )
    connection.execute(
        f"INSERT INTO {identifier(table + '_ragged')} FROM {identifier(part.table + '_ragged')}"
    )
    return tally
