"""One door for every format: a raw file becomes tables of text in DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb

from contracts.formats import (
    CsvFormat,
    DecpFormat,
    Format,
    GeoJsonFormat,
    GtfsFormat,
    JsonFormat,
    SheetFormat,
    TotemFormat,
    XmlFormat,
)  # fmt: skip
from transforms.decode.columnar import decode_parquet
from transforms.decode.columns import ColumnTable
from transforms.decode.decp import take_decp
from transforms.decode.delimited import decode_delimited
from transforms.decode.gtfs import gtfs_table
from transforms.decode.markup import decode_xml
from transforms.decode.objects import decode_geojson, decode_json
from transforms.decode.packing import unpacked
from transforms.decode.reshaped import decode_reshaped
from transforms.decode.sheets import decode_sheet
from transforms.decode.source import Source
from transforms.decode.tables import Decoded
from transforms.decode.totem import take_totem


def decode(
    connection: duckdb.DuckDBPyConnection, path: Path, file_name: str, format: Format, *,
    table: str, scratch: Path, place: str, reshape: str | None = None,
) -> Decoded:  # fmt: skip
    """What can be read; once it was (`Decoded.read`), the connection has three tables.

    - `<table>`: a VARCHAR column for each source column, under its exact name, in the source's order.
      Absent is NULL; a quoted empty text is empty.
    - `<table>_lines` (first, line): row `o` (from 0) is line `line + o - first` of the last `first <= o`.
      A line is a physical line of a text as received, a row of a sheet, a record of JSON or Parquet from 1.
    - `<table>_ragged` (line, reason, text): the records that could not be split as promised.

    Raises:
        SourceChanged: the file is not what the format promises, or cannot be read without doubt.
    """
    source = unpacked(Source(path, file_name, place, scratch), format)
    if isinstance(format, GtfsFormat):
        found = gtfs_table(source, format)
        if found is None:
            raise source.changed(f"has no {format.table}.txt", promised="that table")
        source, format = found
    if reshape is not None:
        return decode_reshaped(connection, source, format, table, reshape)
    if isinstance(format, CsvFormat):
        return decode_delimited(connection, source, format, table)
    if isinstance(format, SheetFormat):
        return decode_sheet(connection, source, format, table)
    if isinstance(format, JsonFormat):
        return decode_json(connection, source, format, table)
    if isinstance(format, GeoJsonFormat):
        return decode_geojson(connection, source, table)
    if isinstance(format, XmlFormat):
        return decode_xml(connection, source, format, table)
    if isinstance(format, (TotemFormat, DecpFormat)):
        return _decode_national(connection, source, format, table)
    return decode_parquet(connection, source, table)


def _decode_national(
    connection: duckdb.DuckDBPyConnection, source: Source, format: TotemFormat | DecpFormat, table: str
) -> Decoded:
    tables = ColumnTable(connection, source, table)
    if isinstance(format, TotemFormat):
        take_totem(tables, source, format)
    else:
        take_decp(tables, source, format)
    return tables.close()
