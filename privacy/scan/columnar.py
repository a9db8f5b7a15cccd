"""A Parquet taken apart: rows, dictionaries, statistics, metadata of the file and of its fields."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contracts.errors import PrivacyRefused
from privacy.scan.pages import dictionary_values, pages_of
from privacy.scan.parts import Allowance, Unit

BATCH = 1 << 16  # rows
_UNREADABLE = (pa.ArrowException, OSError, ValueError, IndexError, KeyError)


def units_in_parquet(place: str, stream: IO[bytes], allowance: Allowance) -> Iterator[Unit]:
    """Everything that a reader of the format can get out of it; memory holds one batch and one page.

    Raises:
        PrivacyRefused: it cannot be read through.
    """
    try:
        file = pq.ParquetFile(stream)
        yield from _footer(place, file)
        yield from _statistics(place, file)
        yield from _pages(place, stream, file, allowance)
        yield from rows_in(place, file)
    except _UNREADABLE as error:
        met = f"cannot be read through ({type(error).__name__})"
        raise PrivacyRefused(place, met, remedy="Write it again.") from error


def rows_in(place: str, file: pq.ParquetFile) -> Iterator[Unit]:
    """The cells that a reader is shown, a batch of a column at a time, one a line."""
    for batch in file.iter_batches(BATCH):
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            yield from _values(f"{place} > column {name} > rows", column)


def _footer(place: str, file: pq.ParquetFile) -> Iterator[Unit]:
    told = file.metadata
    names = "\n".join(told.schema.column(number).path for number in range(told.num_columns))
    yield Unit(f"{place} > column names", names.encode())
    yield Unit(f"{place} > created_by", (told.created_by or "").encode())
    for key, value in (told.metadata or {}).items():
        yield Unit(f"{place} > metadata", key)
        yield Unit(f"{place} > metadata {key.decode('utf-8', 'replace')}", value)
    kept = (told.metadata or {}).get(b"ARROW:schema")
    if kept:
        yield from _arrow_schema(f"{place} > ARROW:schema", kept)


def _arrow_schema(place: str, kept: bytes) -> Iterator[Unit]:
    try:
        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(kept)))
    except (pa.ArrowException, binascii.Error, OSError):
        return  # what is no schema was yielded as it is
    yield Unit(f"{place} > types", schema.to_string(show_field_metadata=False).encode())
    for key, value in (schema.metadata or {}).items():
        yield Unit(f"{place} > metadata {key.decode('utf-8', 'replace')}", key + b"\n" + value)
    for field in schema:
        yield from _field(f"{place} > field {field.name}", field)


def _field(place: str, field: pa.Field) -> Iterator[Unit]:
    for key, value in (field.metadata or {}).items():
        yield Unit(f"{place} > metadata {key.decode('utf-8', 'replace')}", key + b"\n" + value)
    for number in range(field.type.num_fields):
        inner = field.type.field(number)
        yield from _field(f"{place}.{inner.name}", inner)


def _chunks(file: pq.ParquetFile) -> Iterator[tuple[Any, Any]]:
    """Every column chunk's metadata, with its column's."""
    for group in range(file.metadata.num_row_groups):
        for number in range(file.metadata.num_columns):
            yield file.metadata.row_group(group).column(number), file.metadata.schema.column(number)


def _statistics(place: str, file: pq.ParquetFile) -> Iterator[Unit]:
    for chunk, column in _chunks(file):
        if chunk.is_stats_set and chunk.statistics.has_min_max:
            for bound in (chunk.statistics.min, chunk.statistics.max):
                content = bound if isinstance(bound, bytes) else str(bound).encode()
                yield Unit(f"{place} > column {column.path} > statistics", content)


def _pages(place: str, stream: IO[bytes], file: pq.ParquetFile, allowance: Allowance) -> Iterator[Unit]:
    types = _leaves(file.schema_arrow)
    for chunk, column in _chunks(file):
        for page in pages_of(stream, chunk):
            allowance.spend(len(page.content))
            shown = f"{place} > column {column.path} > {'dictionary' if page.is_dictionary else 'page'}"
            yield Unit(shown, page.content)
            kind = types.get(column.path, pa.null())
            if page.is_dictionary:
                values = dictionary_values(page, chunk, kind, column.length)
                if values is not None:
                    yield from _values(shown, values)


def _leaves(schema: pa.Schema) -> dict[str, pa.DataType]:
    """Top-level columns' types by name; a dictionary's is that of its values."""
    return {
        field.name: field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        for field in schema
    }


def _values(place: str, column: pa.Array) -> Iterator[Unit]:
    """The column's values as text, one a line; nested ones flattened."""
    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        yield from _values(place, column.storage)
    elif pa.types.is_dictionary(kind):
        yield from _values(place, column.dictionary)
    elif pa.types.is_map(kind):
        yield from _values(place, column.keys)
        yield from _values(place, column.items)
    elif pa.types.is_nested(kind):
        for inner in column.flatten() if pa.types.is_struct(kind) else [column.flatten()]:
            yield from _values(place, inner)
    elif len(column) > column.null_count:
        yield Unit(place, _lines(column.drop_null()))


def _lines(column: pa.Array) -> bytes:
    as_it_is = pa.types.is_fixed_size_binary(column.type) or pa.types.is_binary(column.type)
    texts = column if as_it_is else pc.cast(column, pa.large_string())
    together = pa.LargeListArray.from_arrays([0, len(texts)], pc.cast(texts, pa.large_binary()))
    joined: bytes = pc.binary_join(together, pa.scalar(b"\n", pa.large_binary()))[0].as_py()
    return joined
