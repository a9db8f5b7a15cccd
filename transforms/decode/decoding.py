"""One door for every format: the raw files of a batch become tables of text in DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

import duckdb

from contracts.formats import (
    ArcgisFormat,
    CsvFormat,
    DecpFormat,
    Format,
    GeoJsonFormat,
    GmlFormat,
    GtfsFormat,
    GtfsRtFormat,
    JsonFormat,
    SensorthingsFormat,
    SheetFormat,
    TotemFormat,
    XmlFormat,
)  # fmt: skip
from transforms.decode.arcgis import ArcgisPages
from transforms.decode.columnar import decode_parquet
from transforms.decode.columns import ColumnTable
from transforms.decode.decp import take_decp
from transforms.decode.delimited import decode_delimited
from transforms.decode.feeds import JOINED, decode_feed
from transforms.decode.gml import take_gml
from transforms.decode.gtfs import gtfs_table
from transforms.decode.gtfs_rt import take_gtfs_rt
from transforms.decode.joined import decode_joined
from transforms.decode.markup import take_xml
from transforms.decode.objects import take_geojson, take_json
from transforms.decode.packing import unpacked
from transforms.decode.parts import decode_parts
from transforms.decode.reshaped import decode_reshaped
from transforms.decode.sensorthings import take_sensorthings
from transforms.decode.sheets import decode_sheet
from transforms.decode.source import Source
from transforms.decode.tables import Decoded, without_records
from transforms.decode.totem import TotemActs

Taking = Callable[[ColumnTable, Source], None]

_PART = "decoding_part"


def decode(
    connection: duckdb.DuckDBPyConnection, path: Path, file_name: str, format: Format, *,
    table: str, scratch: Path, place: str, reshape: str | None = None,
) -> Decoded:  # fmt: skip
    """What can be read of one file; once it was (`Decoded.read`), the connection has three tables.

    - `<table>`: a VARCHAR column for each source column, under its exact name, in the source's order.
      Absent is NULL; a quoted empty text is empty.
    - `<table>_lines` (first, line, file): row `o` (from 0) is line `line + o - first` of the last
      `first <= o`, in that file. A line is a physical line of a text as received, a row of a sheet, a record
      of JSON or Parquet from 1.
    - `<table>_ragged` (line, reason, text, file): the records that could not be split as promised.

    Raises:
        SourceChanged: the file is not what the format promises, or cannot be read without doubt.
    """
    source = unpacked(Source(path, file_name, place, scratch), format)
    if reshape is None and isinstance(format, JOINED):
        return decode_feed(connection, (source,), format, table=table, place=place)
    take = None if reshape else _taking(format)
    if take is not None:
        tables = ColumnTable(connection, source, table)
        take(tables, source)
        return tables.close()
    if isinstance(format, SheetFormat) and isinstance(format.sheet, tuple):
        return decode_parts(connection, _decoded_each(connection, [source], format, reshape), table, place)
    found = _decode_one(connection, source, format, table, reshape)
    if found is None:
        name = format.table if isinstance(format, GtfsFormat) else ""
        raise source.changed(f"has no {name}.txt", promised="that table")
    return found


def decode_batch(
    connection: duckdb.DuckDBPyConnection, sources: Iterable[Source], format: Format, *, table: str,
    place: str, reshape: str | None = None, counted: bool = False, promised: Sequence[str] = (),
) -> Decoded:  # fmt: skip
    """The same of many files, as one table: file after file, columns by name in order of appearance.

    A column that a file lacks is NULL in its rows. `promised` columns are there even if no file has them,
    but not among `Decoded.columns`. Where the connector `counted` the records, a file without any is one
    that holds none, for the sum would show a loss; otherwise it is doubtful. Each source is read before the
    next is asked for.

    Raises:
        SourceChanged: a file is not what the format promises, or no column was met and none is promised.
    """
    given = (unpacked(source, format) for source in sources if source.path.stat().st_size or not counted)
    if reshape is None and isinstance(format, JOINED):
        return decode_feed(connection, given, format, table=table, place=place, promised=promised)
    take = None if reshape else _taking(format, may_be_empty=counted)
    if take is not None:
        return _decode_records(connection, given, take, table, place, promised)
    if reshape is None and isinstance(format, CsvFormat):
        parts = decode_joined(connection, given, format, _PART)
    else:
        parts = _decoded_each(connection, given, format, reshape)
    return decode_parts(connection, parts, table, place, promised)


def _decoded_each(
    connection: duckdb.DuckDBPyConnection, sources: Iterable[Source], format: Format, reshape: str | None
) -> Iterator[tuple[Source, Decoded]]:
    """Each file, or each of its sheets that the contract takes, in its own table until the next."""
    for source in sources:
        for one, form in _sheets_of(source, format):
            part = _decode_one(connection, one, form, _PART, reshape)
            if part is not None:
                yield one, part


def _sheets_of(source: Source, format: Format) -> Iterator[tuple[Source, Format]]:
    if not isinstance(format, SheetFormat) or not isinstance(format.sheet, tuple):
        yield source, format
        return
    for sheet in format.sheet:
        yield replace(source, name=f"{source.name}, {sheet}"), format.model_copy(update={"sheet": sheet})


def records_name_columns(format: Format) -> bool:
    """Whether each record names its own columns, and may leave out one that is empty in it."""
    return _taking(format) is not None


def _taking(format: Format, *, may_be_empty: bool = False) -> Taking | None:
    """How records that name their own columns are taken from a file; None where a file's head names them."""
    if isinstance(format, JsonFormat):
        return partial(take_json, form=format)
    if isinstance(format, GeoJsonFormat):
        return take_geojson
    if isinstance(format, XmlFormat):
        return partial(take_xml, form=format, may_be_empty=may_be_empty)
    if isinstance(format, GmlFormat):
        return partial(take_gml, form=format, may_be_empty=may_be_empty)
    if isinstance(format, ArcgisFormat):
        return ArcgisPages(format)
    if isinstance(format, TotemFormat):
        return TotemActs(format)
    if isinstance(format, DecpFormat):
        return partial(take_decp, form=format)
    if isinstance(format, SensorthingsFormat):
        return take_sensorthings
    if isinstance(format, GtfsRtFormat):
        return partial(take_gtfs_rt, form=format)
    return None


def _decode_records(
    connection: duckdb.DuckDBPyConnection, sources: Iterator[Source], take: Taking, table: str, place: str,
    promised: Sequence[str],
) -> Decoded:  # fmt: skip
    """The records of all files in one sink: a page of an API costs no statement of its own."""
    first = next(sources, None)
    if first is None:
        return without_records(connection, table, place, promised)
    tables = ColumnTable(connection, first, table)
    for source in chain((first,), sources):
        tables.turn_to(source)
        take(tables, source)
    return tables.close(promised)


def _decode_one(
    connection: duckdb.DuckDBPyConnection, source: Source, format: Format, table: str, reshape: str | None
) -> Decoded | None:
    """The tables of one file; None for a feed without the optional table that the contract takes."""
    if isinstance(format, GtfsFormat):
        found = gtfs_table(source, format)
        if found is None:
            return None
        source, format = found
    if reshape is not None:
        return decode_reshaped(connection, source, format, table, reshape)
    if isinstance(format, CsvFormat):
        return decode_delimited(connection, source, format, table)
    if isinstance(format, SheetFormat):
        return decode_sheet(connection, source, format, table)
    return decode_parquet(connection, source, table)
