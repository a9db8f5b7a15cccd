"""A SQLite file (GeoPackage) taken apart: every table, whoever declared it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import IO

from contracts.errors import PrivacyRefused
from contracts.sql import identifier
from privacy.scan.parts import Unit, size_of

ROWS = 20_000  # read at once


def units_in_database(place: str, stream: IO[bytes]) -> Iterator[Unit]:
    """Each table's rows as text, and the schema; deleted rows are plain bytes in the file's free pages.

    Raises:
        PrivacyRefused: it cannot be read through.
    """
    size_of(stream)
    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(stream.read())
            database.text_factory = bytes
            tables = database.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
            ).fetchall()
            for name, sql in tables:
                yield Unit(f"{place} > schema", sql or b"")
                yield from _rows(place, database, name.decode("utf-8", "replace"))
    except sqlite3.Error as error:
        met = f"cannot be read through ({type(error).__name__})"
        raise PrivacyRefused(place, met, remedy="Write it again.") from error


def _rows(place: str, database: sqlite3.Connection, table: str) -> Iterator[Unit]:
    """The cells, one a line; SQLite itself puts a row's cells together, many times faster than Python."""
    columns = [name.decode() for _, name, *_ in database.execute(f"PRAGMA table_info({identifier(table)})")]
    line = " || x'0a' || ".join(f"coalesce(CAST({identifier(name)} AS TEXT), '')" for name in columns)
    cursor = database.execute(f"SELECT CAST({line} AS BLOB) FROM {identifier(table)}")
    while rows := cursor.fetchmany(ROWS):
        yield Unit(f"{place} > table {table}", b"\n".join(cells for (cells,) in rows))
