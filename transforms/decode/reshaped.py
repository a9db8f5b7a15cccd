"""Rows through a reshape: the source's cells with their lines go in, a plain table comes out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

import duckdb

from contracts.formats import CsvFormat, Format, SheetFormat
from transforms.decode.headings import columns_from
from transforms.decode.opening import dialect_of, end_above, opening_of
from transforms.decode.plaintext import as_utf8
from transforms.decode.sheets import sheet_rows
from transforms.decode.source import Source
from transforms.decode.tables import Cells, Decoded, TextTable, fill
from transforms.reshape import ReshapeRefused, reshape_named


def decode_reshaped(
    connection: duckdb.DuckDBPyConnection, source: Source, form: Format, table: str, reshape: str
) -> Decoded:
    """The tables of what the reshape yields.

    Raises:
        SourceChanged: no such reshape, a format without rows, or rows not in the shape it knows.
    """
    rows = reshape_named(reshape)(_rows(source, form))
    tables = TextTable(connection, source, table)
    try:
        line, header = next(rows)
        tables.columns += columns_from(source, header, f"line {line} after reshaping")
        return fill(tables, rows, len(header))
    except ReshapeRefused as error:
        raise source.changed(str(error), promised=f"what `reshape: {reshape}` knows") from error
    except StopIteration as error:
        raise source.changed("has no rows to reshape", promised="a header") from error


def _rows(source: Source, form: Format) -> Iterator[tuple[int, Cells]]:
    if isinstance(form, SheetFormat):
        return sheet_rows(source, form)
    if isinstance(form, CsvFormat):
        return _csv_rows(source, form)
    raise source.changed(f"is {form.type} and has no rows to reshape", promised="csv or a workbook")


def _csv_rows(source: Source, form: CsvFormat) -> Iterator[tuple[int, Cells]]:
    text = as_utf8(source, form.encoding)
    opening = opening_of(text, form)
    yield opening.header_line, list(opening.header)
    end = end_above(text, form, opening.region)
    with text.path.open("rb") as file:
        file.seek(opening.region.begin)
        reader = csv.reader(_texts(file, end), dialect_of(form))
        try:
            before = 0
            for cells in reader:
                yield opening.region.line + before, [cell or None for cell in cells]
                before = reader.line_num
        except csv.Error as error:
            met = f"has on line {opening.region.line + reader.line_num - 1} a record that cannot be split"
            raise text.changed(f"{met} ({error})") from error


def _texts(file: BinaryIO, end: int) -> Iterator[str]:
    while file.tell() < end:
        yield file.readline().decode()
