"""One query's rows, as they stood at one moment, written down as one Parquet file of texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy
from pyarrow import parquet
from sqlalchemy import text
from sqlalchemy.engine import Connection as Session

from connectors.connector import Visit
from connectors.databases.dialect import ROWS, Column, Dialect, unbound
from connectors.databases.watermark import bound
from contracts.errors import SourceChanged, SourceUnavailable

_FIRST = 10  # rows fetched before it is known how wide they are
_MOST = 10_000  # rows of one batch, which is one row group
_BYTES = 4 << 20  # of text in a batch; the driver, Arrow and the writer take about ten times as much


@dataclass(frozen=True)
class Asked:
    """What is to be read."""

    table: str | None  # with its schema before it
    query: str | None
    order_by: tuple[str, ...]
    watermark: str | None
    most_rows: int
    until: datetime


@dataclass(frozen=True)
class Read:
    """What was read."""

    rows: int
    expected: int
    proof: str


def read(session: Session, dialect: Dialect, asked: Asked, path: Path, visit: Visit) -> Read:
    """Everything that is asked, in the file at `path`.

    Raises:
        SourceChanged: a column is missing or stands twice, or there are more rows than allowed.
        SourceUnavailable: the time is up.
    """
    schema, table = _named(asked.table)
    base = asked.query or f"SELECT * FROM {_quoted(session, asked.table or '')}"
    columns = dialect.columns(session, base)
    _require_columns(columns, (*asked.order_by, *filter(None, [asked.watermark])), visit.place)
    order = asked.order_by or (dialect.primary_key(session, schema, table) if table else ())
    where, values = _since(columns, asked.watermark, visit)
    proof = dialect.proof_of(session, schema, table)
    source = f"FROM (\n{unbound(base)}\n) {ROWS}{where}"
    expected = int(session.execute(text(f"SELECT count(*) {source}"), values).scalar_one())
    if expected > asked.most_rows:
        remedy = "Raise `max_rows:` if so many are expected."
        met, promised = f"the database holds {expected:,} rows", f"at most {asked.most_rows:,}"
        raise SourceChanged(visit.place, met, promised=promised, remedy=remedy)
    rows = _written(
        session, dialect, columns, f"{source}{_order(columns, order)}", values, asked.until, path, visit
    )
    ordered = f", in the order of {', '.join(order)}" if order else ", in an order that nothing fixes"
    return Read(rows, expected, proof + ordered)


def _named(table: str | None) -> tuple[str | None, str | None]:
    schema, _, name = (table or "").rpartition(".")
    return schema or None, name or None


def _quoted(session: Session, table: str) -> str:
    quote = session.dialect.identifier_preparer.quote
    return ".".join(quote(part) for part in table.split("."))


def _require_columns(columns: Sequence[Column], wanted: Sequence[str], place: str) -> None:
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        met = f"the query gives {', '.join(map(repr, twice))} twice" if twice else "the query gives no column"
        raise SourceChanged(place, met, remedy="Name each column once, with AS.")
    missing = [name for name in wanted if name not in names]
    if missing:
        given = ", ".join(map(repr, names))
        met = f"the database gives no column {', '.join(map(repr, missing))}; it gives {given}"
        raise SourceChanged(place, met, remedy="Correct `order_by:` or `watermark:`.")


def _since(columns: Sequence[Column], watermark: str | None, visit: Visit) -> tuple[str, dict[str, object]]:
    """The condition of an increment; rows without a watermark belong to each, so that none is lost."""
    if visit.since is None or watermark is None:
        return "", {}
    column = next(one for one in columns if one.name == watermark)
    try:
        value = bound(visit.since, column.nature)
    except ValueError as error:
        met = f"`watermark: {watermark}` is of another kind: {error}"
        raise SourceChanged(
            visit.place, met, remedy="Name the column that `load.by` is made from."
        ) from error
    source = unbound(column.source)
    return f" WHERE {source} >= :since OR {source} IS NULL", {"since": value}


def _order(columns: Sequence[Column], order: Sequence[str]) -> str:
    sources = {column.name: unbound(column.source) for column in columns}
    return f" ORDER BY {', '.join(sources[name] for name in order)}" if order else ""


def _written(
    session: Session, dialect: Dialect, columns: Sequence[Column], source: str, values: dict[str, object],
    until: datetime, path: Path, visit: Visit,
) -> int:  # fmt: skip
    """How many rows were written."""
    schema = pa.schema(
        [pa.field(column.name, pa.string(), metadata={"sql_type": column.kind}) for column in columns]
    )
    selected = ", ".join(unbound(column.expression) for column in columns)
    streaming = session.execution_options(stream_results=True, max_row_buffer=1)
    result = streaming.execute(text(f"SELECT {selected} {source}"), values)
    rows = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(result, dialect, columns, schema):
            writer.write_batch(batch)
            rows += batch.num_rows
            visit.progress(path.stat().st_size, None)
            if visit.clock() > until:
                raise SourceUnavailable(
                    visit.place, f"the database did not end in time ({rows:,} rows arrived)"
                )
    return rows


def _batches(
    result: sqlalchemy.CursorResult[Any], dialect: Dialect, columns: Sequence[Column], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """The rows in batches whose size follows from the rows alone: the same rows give the same bytes."""
    size = _FIRST
    while rows := result.fetchmany(size):
        arrays = [
            dialect.texts(one, values) for one, values in zip(columns, zip(*rows, strict=True), strict=True)
        ]
        batch = pa.record_batch(arrays, schema=schema)
        yield batch
        size = max(1, min(_MOST, 10 * size, _BYTES * len(rows) // max(1, batch.nbytes)))
