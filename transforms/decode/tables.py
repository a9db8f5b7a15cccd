"""The three tables that decoding leaves in the database, filled row by row where no faster way exists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from contracts.errors import SourceChanged
from contracts.sql import identifier, literal
from transforms.decode.headings import columns_from
from transforms.decode.source import Source

Cells = list[str | None]

_BATCH_CELLS = 400_000  # a batch of usual cells is then some 30 MB of Python texts
_BATCH_TEXT = 32 << 20  # characters, for cells that hold whole polygons
_RAGGED = pa.schema([("line", pa.int64()), ("reason", pa.string()), ("text", pa.string())])
_LINES = pa.schema([("first", pa.int64()), ("line", pa.int64())])


class Tally(NamedTuple):
    """The rows that were read, and the records left out as ragged."""

    rows: int
    ragged: int


@dataclass(frozen=True)
class Decoded:
    """The source's columns in its order, and the one way to read all of its rows.

    `read` runs a statement that copies `table` whole, once and in its order, and proves that nothing was
    left out; only then are `<table>_lines` and `<table>_ragged` filled. It raises SourceChanged.
    """

    table: str
    columns: tuple[str, ...]
    read: Callable[[str], Tally]


def laid_down(
    connection: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...], tally: Tally
) -> Decoded:
    """What stands in the database already, with its lines and its ragged records."""

    def read(statement: str) -> Tally:
        connection.execute(statement)
        return tally

    return Decoded(table, columns, read)


def without_records(
    connection: duckdb.DuckDBPyConnection, table: str, place: str, promised: Sequence[str]
) -> Decoded:
    """An empty table of the promised columns, none of which was met.

    Raises:
        SourceChanged: none is promised, so nothing is known of what the source holds.
    """
    if not promised:
        raise SourceChanged(place, "the source sent no records", promised="at least their names")
    create_lines(connection, table, "")
    create_ragged(connection, table, "")
    typed = ", ".join(f"{identifier(column)} VARCHAR" for column in promised)
    connection.execute(f"CREATE OR REPLACE TABLE {identifier(table)} ({typed})")
    return laid_down(connection, table, (), Tally(0, 0))


def lacking(promised: Sequence[str], met: Sequence[str]) -> list[str]:
    """The promised columns that were not met, not even under a name of other capitals."""
    known = {name.lower() for name in met}
    return [name for name in dict.fromkeys(promised) if name.lower() not in known]


def create_lines(connection: duckdb.DuckDBPyConnection, table: str, file_name: str) -> None:
    """An empty `<table>_lines`: the source line of row `o` is `line + o - first` of the last `first <= o`.

    That one also names the file; unless told, it is this one.
    """
    connection.execute(
        f"CREATE OR REPLACE TABLE {identifier(table + '_lines')} "
        f"(first BIGINT, line BIGINT, file VARCHAR DEFAULT {literal(file_name)})"
    )


def create_ragged(connection: duckdb.DuckDBPyConnection, table: str, file_name: str) -> None:
    """An empty `<table>_ragged`: source line, French reason, the record's first 500 characters, file."""
    connection.execute(
        f"CREATE OR REPLACE TABLE {identifier(table + '_ragged')} "
        f"(line BIGINT, reason VARCHAR, text VARCHAR, file VARCHAR DEFAULT {literal(file_name)})"
    )


def append(
    connection: duckdb.DuckDBPyConnection, table: str, batch: pa.Table, *, by_name: bool = False
) -> None:
    """Add an Arrow table's rows to a table of the same columns; by name, others take their defaults."""
    connection.register("decoding_batch", batch)
    try:
        how = " BY NAME" if by_name else ""
        connection.execute(f"INSERT INTO {identifier(table)}{how} FROM decoding_batch")
    finally:
        connection.unregister("decoding_batch")


def widen(
    connection: duckdb.DuckDBPyConnection, source: Source, table: str, columns: Sequence[str], created: int
) -> None:
    """Create the table, or give it the columns that joined since the first `created` of them."""
    columns_from(source, columns, "its records")
    name = identifier(table)
    if not created:
        typed = ", ".join(f"{identifier(column)} VARCHAR" for column in columns)
        connection.execute(f"CREATE OR REPLACE TABLE {name} ({typed})")
        return
    for column in columns[created:]:
        connection.execute(f"ALTER TABLE {name} ADD COLUMN {identifier(column)} VARCHAR")


def texts_of(source: Source, cells: Sequence[str | None]) -> pa.Array:
    """The cells of one column as Arrow's texts.

    Raises:
        SourceChanged: one is no text: half a character, or a NUL.
    """
    try:
        texts = pa.array(cells, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid) as error:
        met = "holds half a character (a lone surrogate)"
        raise source.changed(met, promised="Unicode", remedy="Have the export mended.") from error
    if pc.any(pc.match_substring(texts, "\0")).as_py():
        raise source.changed("has a NUL character in a cell", promised="text")
    return texts


def wrong_width(met: int, promised: int) -> str:
    """The French reason of a record with too many or too few cells."""
    return f"{met} cellules au lieu de {promised}"


class TextTable:
    """The tables of one file while its rows arrive one by one; columns may join late."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, table: str) -> None:
        self._connection, self._source, self._table = connection, source, table
        self.columns: list[str] = []
        self._created = 0
        self._rows = self._ragged = self._text = 0
        self._shift: int | None = None
        self._batch: list[Sequence[str | None]] = []
        self._lines: list[tuple[int, int]] = []
        self._misfits: list[tuple[int, str, str]] = []
        create_lines(connection, table, source.name)
        create_ragged(connection, table, source.name)

    def add(self, line: int, cells: Sequence[str | None]) -> None:
        """Take a row; cells that it lacks at its end are NULL."""
        ordinal = self._rows
        self._rows += 1
        if line - ordinal != self._shift:
            self._shift = line - ordinal
            self._lines.append((ordinal, line))
        self._batch.append(cells)
        self._text += sum(map(len, filter(None, cells)))
        if len(self._batch) * max(1, len(self.columns)) > _BATCH_CELLS or self._text > _BATCH_TEXT:
            self._flush()

    def reject(self, line: int, cells: Sequence[str | None]) -> None:
        """Take a record that has more cells than there are columns."""
        self._ragged += 1
        text = ";".join(cell or "" for cell in cells)[:500]
        self._misfits.append((line, wrong_width(len(cells), len(self.columns)), text))

    def close(self) -> Decoded:
        """What was taken, all of it now in the database."""
        if not self.columns:
            raise self._source.changed("holds no records", promised="at least their names")
        self._flush()
        tally = Tally(self._rows, self._ragged)
        return laid_down(self._connection, self._table, tuple(self.columns), tally)

    def _flush(self) -> None:
        widen(self._connection, self._source, self._table, self.columns, self._created)
        width = self._created = len(self.columns)
        if self._batch:
            padded = ([*cells, *[None] * (width - len(cells))] for cells in self._batch)
            texts = [texts_of(self._source, cells) for cells in zip(*padded, strict=True)]
            append(self._connection, self._table, pa.table(texts, names=[str(i) for i in range(width)]))
        append(self._connection, f"{self._table}_lines", rows_as(self._lines, _LINES), by_name=True)
        append(self._connection, f"{self._table}_ragged", rows_as(self._misfits, _RAGGED), by_name=True)
        self._batch, self._lines, self._misfits, self._text = [], [], [], 0


def rows_as(rows: Iterable[tuple[int | str, ...]], schema: pa.Schema) -> pa.Table:
    """The rows as an Arrow table."""
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def fill(table: TextTable, rows: Iterable[tuple[int, Cells]], width: int) -> Decoded:
    """The rows laid down in a table that has its columns; those with more cells than columns are ragged.

    Empty cells at a row's end are no cells; blank rows are none.
    """
    for line, cells in rows:
        used = len(cells)
        while used and not (cells[used - 1] or "").strip():
            used -= 1
        if used > width:
            table.reject(line, cells[:used])
        elif used:
            table.add(line, cells[:width])
    return table.close()
