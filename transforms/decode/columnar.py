"""Parquet: every value as the text a contract can type again."""

from __future__ import annotations

import duckdb
import pyarrow as pa
from pyarrow import parquet

from contracts.sql import identifier, literal
from transforms.decode.headings import columns_from
from transforms.decode.reading import readable_path
from transforms.decode.source import Source
from transforms.decode.tables import Decoded, Tally, create_lines, create_ragged, laid_down

_NESTED = ("STRUCT", "MAP", "LIST", "UNION", "VARIANT", "ARRAY")


def decode_parquet(connection: duckdb.DuckDBPyConnection, source: Source, table: str) -> Decoded:
    """The tables of a Parquet file.

    Instants with a zone are written in UTC with `+00`, nested values as JSON, bytes in hexadecimal, all
    else as DuckDB writes it (ISO dates, shortest floats, exact decimals).
    """
    path = literal(str(readable_path(source)))
    reading = f"read_parquet({path}, hive_partitioning = false, file_row_number = false)"
    try:
        # DuckDB renames the second of two columns that differ by capitals; pyarrow names them as they are.
        columns = columns_from(source, parquet.read_schema(source.path).names, "its schema")
        kinds = [str(row[1]) for row in connection.execute(f"DESCRIBE FROM {reading}").fetchall()]
        texts = ", ".join(text_of(name, kind) for name, kind in zip(columns, kinds, strict=True))
        connection.execute(f"CREATE OR REPLACE TABLE {identifier(table)} AS SELECT {texts} FROM {reading}")
    except (duckdb.Error, pa.ArrowInvalid) as error:
        met = f"cannot be read as Parquet ({str(error).splitlines()[0]})"
        raise source.changed(met, promised="Parquet", remedy="Ask the source for it again.") from error
    found = connection.execute(f"SELECT count(*) FROM {identifier(table)}").fetchone()
    rows = int(found[0]) if found else 0
    create_lines(connection, table, source.name)
    create_ragged(connection, table, source.name)
    if rows:
        connection.execute(f"INSERT INTO {identifier(table + '_lines')} (first, line) VALUES (0, 1)")
    return laid_down(connection, table, columns, Tally(rows, 0))


def text_of(name: str, kind: str) -> str:
    """SQL for a column of that DuckDB type as a text that a contract can type again, under its own name."""
    return f"{text_sql(identifier(name), kind)} AS {identifier(name)}"


def text_sql(column: str, kind: str) -> str:
    """The same of any SQL, under no name."""
    text = f"CAST({column} AS VARCHAR)"
    if kind == "BLOB":
        text = f"lower(hex({column}))"
    elif kind == "TIMESTAMP WITH TIME ZONE":
        text = f"CAST({column} AT TIME ZONE 'UTC' AS VARCHAR) || '+00'"
    elif kind.endswith("]") or kind.startswith(_NESTED):
        text = f"CAST(to_json({column}) AS VARCHAR)"
    return text
