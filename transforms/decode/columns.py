"""The three tables that decoding leaves, filled column by column; columns may join late."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Protocol

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from transforms.decode.headings import columns_from
from transforms.decode.source import MAX_COLUMNS, Source
from transforms.decode.tables import (
    Decoded,
    Tally,
    append,
    create_lines,
    create_ragged,
    lacking,
    laid_down,
    texts_of,
    widen,
)  # fmt: skip

_BATCH_ROWS = 122_880  # one row group of DuckDB
_BATCH_BYTES = 32 << 20
_BATCH_CELLS = 8_000_000  # an absent one takes four bytes
_BATCH_RECORDS = 5_000


class Sink(Protocol):
    """What takes records: as `ColumnTable` does."""

    def add(self, lines: NDArray[np.int64], columns: Sequence[tuple[str, pa.Array]]) -> None:
        """Take rows as columns."""

    def add_record(self, line: int, cells: dict[str, str | None]) -> None:
        """Take one row."""


class ColumnTable:
    """The tables of a file, or of many one after the other, while their records arrive."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, table: str) -> None:
        self._connection, self._source, self._table = connection, source, table
        self._places: dict[str, int] = {}  # the columns in their order
        self._created = self._rows = self._bytes = self._text = 0
        self._shift: int | None = None
        self._batches: list[tuple[int, dict[str, pa.Array]]] = []
        self._records: list[tuple[int, dict[str, str | None]]] = []
        self._lines: list[pa.Table] = []
        create_lines(connection, table, source.name)
        create_ragged(connection, table, source.name)

    def turn_to(self, source: Source) -> None:
        """Go on with another file, whose lines are counted anew."""
        self._add_records()
        self._source, self._shift = source, None

    def lay_out(self, names: Sequence[str]) -> None:
        """Have these columns first, whatever the records hold."""
        for name in names:
            self._places.setdefault(name, len(self._places))

    def add(self, lines: NDArray[np.int64], columns: Sequence[tuple[str, pa.Array]]) -> None:
        """Take rows as columns without NUL; those that the table has and these have not are NULL there."""
        self._add_records()
        self._add(lines, columns)

    def add_record(self, line: int, cells: dict[str, str | None]) -> None:
        """Take one row: its columns, in its order, and their texts."""
        self._text += sum(map(len, filter(None, cells.values())))
        self._records.append((line, cells))
        if len(self._records) >= _BATCH_RECORDS or self._text > _BATCH_BYTES:
            self._add_records()

    def close(self, promised: Sequence[str] = ()) -> Decoded:
        """What was taken, all of it now in the database, with the promised columns that no record had.

        Raises:
            SourceChanged: no record had a column, and none was promised.
        """
        self._add_records()
        met = tuple(self._places)
        for name in lacking(promised, met):
            self._places[name] = len(self._places)
        if not self._places:
            raise self._source.changed("holds no records", promised="at least their names")
        self._flush()
        return laid_down(self._connection, self._table, met, Tally(self._rows, 0))

    def _add_records(self) -> None:
        if not self._records:
            return
        lines = np.array([line for line, _ in self._records], np.int64)
        rows = [cells for _, cells in self._records]
        names = dict.fromkeys(chain.from_iterable(rows))
        if len(names) > MAX_COLUMNS:
            columns_from(self._source, list(names), "its records")
        self._records, self._text = [], 0
        self._add(
            lines, [(name, texts_of(self._source, [cells.get(name) for cells in rows])) for name in names]
        )

    def _add(self, lines: NDArray[np.int64], columns: Sequence[tuple[str, pa.Array]]) -> None:
        for name, texts in columns:
            self._places.setdefault(name, len(self._places))
            self._bytes += texts.nbytes
        self._keep_lines(lines)
        self._batches.append((len(lines), dict(columns)))
        self._rows += len(lines)
        waiting = sum(rows for rows, _ in self._batches)
        many = waiting >= _BATCH_ROWS or waiting * len(self._places) > _BATCH_CELLS
        if self._places and (many or self._bytes > _BATCH_BYTES):
            self._flush()

    def _keep_lines(self, lines: NDArray[np.int64]) -> None:
        """Where the shift between a row's ordinal and its line changes."""
        ordinals = np.arange(self._rows, self._rows + len(lines))
        shifts = lines - ordinals
        changed = np.diff(shifts, prepend=shifts[0] - 1 if self._shift is None else self._shift) != 0
        self._shift = int(shifts[-1])
        if changed.any():
            first, file = pa.array(ordinals[changed]), pa.scalar(self._source.name, pa.string())
            kept = {"first": first, "line": lines[changed], "file": pa.repeat(file, len(first))}
            self._lines.append(pa.table(kept))

    def _flush(self) -> None:
        names = list(self._places)
        widen(self._connection, self._source, self._table, names, self._created)
        self._created = len(names)
        if self._batches:
            joined = {str(place): self._joined(name) for name, place in self._places.items()}
            append(self._connection, self._table, pa.table(joined))
        if self._lines:
            append(self._connection, f"{self._table}_lines", pa.concat_tables(self._lines))
        self._batches, self._lines, self._bytes = [], [], 0

    def _joined(self, name: str) -> pa.ChunkedArray:
        chunks = [columns.get(name, pa.nulls(rows, pa.string())) for rows, columns in self._batches]
        return pa.chunked_array(chunks, pa.string())
