"""The view as an Excel workbook for French readers: sheets Données, Dictionnaire, Licence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from textwrap import wrap
from typing import Any

import duckdb
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from contracts.field import Field
from contracts.sql import identifier, literal
from contracts.view import View
from distributions.columns import plain
from distributions.notice import dictionary_of, licence_of

CLOCK = datetime(2000, 1, 1)  # the time of creation in docProps; a fixed one keeps the bytes the same
ZONE = "Europe/Paris"
CELL = 32_767  # Excel's limit, in UTF-16 units
EXACT = 15  # digits that Excel keeps of a number
LARGEST = 10**EXACT - 1
ROWS_PER_BATCH = 2_000
WIDEST = 60
LINE = 15  # points: Excel's height of a line
LINES = 27  # of a row: Excel ends at 409 points

_FORMATS = {
    "date": "dd/mm/yyyy", "instant": "dd/mm/yyyy hh:mm:ss",
    "boolean": '"VRAI";"VRAI";"FAUX"',  # LibreOffice shows 1 and 0 otherwise; Excel has its own words
}  # fmt: skip
_WIDTHS = {"boolean": 8, "date": 12, "instant": 20, "string": 24, "geometry": 40}  # in characters


def write_workbook(
    connection: duckdb.DuckDBPyConnection, parquet: Path, view: View, rows: int, path: Path
) -> int:
    """Writes the rows of the Parquet in their order; the number of texts that were cut to Excel's limit.

    Text is text: no formula, no link. Dates and instants (at the hour of Paris) are Excel's own from
    1 March 1900 on (earlier ones differ between spreadsheets) and ISO text before; integers and decimals
    of more than 15 digits are text.
    """
    options = {
        "constant_memory": True, "tmpdir": str(path.parent),
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": view.title, "company": view.publisher, "created": CLOCK})
        cut = _write_data(book, _rows(connection, parquet, view), view, rows)
        _write_texts(book, "Dictionnaire", dictionary_of(view))
        _write_texts(book, "Licence", licence_of(view))
    return cut


def _rows(connection: duckdb.DuckDBPyConnection, parquet: Path, view: View) -> Iterator[tuple[Any, ...]]:
    cells = ", ".join(_cell(name, field) for name, field in view.fields.items())
    rows = connection.sql(f"SELECT {cells} FROM read_parquet({literal(str(parquet))})")
    for batch in rows.to_arrow_reader(ROWS_PER_BATCH):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _cell(name: str, field: Field) -> str:
    """SQL for what Excel is given: a boolean, a text, or a DOUBLE (dates: days since 30 December 1899)."""
    column = identifier(name)
    if field.type == "integer":
        return _number_or_text(f"{column} BETWEEN -{LARGEST} AND {LARGEST}", column, column)
    if field.decimal:
        return f"CAST({column} AS {'DOUBLE' if field.decimal[0] <= EXACT else 'VARCHAR'})"
    if field.type == "date":
        return _number_or_text(_in_excel_time(column), _days(column), column)
    if field.type == "instant":
        local = f"timezone('{ZONE}', {column})"
        return _number_or_text(_in_excel_time(local), f"{_days(local)} + epoch({local}::TIME) / 86400", local)
    if field.type in ("boolean", "number"):
        return column
    return f"translate({plain(name, field)}, chr(65534) || chr(65535), chr(65533) || chr(65533))"  # no XML


def _number_or_text(condition: str, number: str, text: str) -> str:
    union = "UNION(number DOUBLE, text VARCHAR)"
    return (
        f"CASE WHEN {condition} THEN union_value(number := CAST({number} AS DOUBLE))::{union}"
        f" ELSE union_value(text := CAST({text} AS VARCHAR))::{union} END"
    )


def _in_excel_time(column: str) -> str:
    return f"{column} >= DATE '1900-03-01' AND {column} < DATE '9999-12-31'"


def _days(column: str) -> str:
    return f"date_diff('day', DATE '1899-12-30', {column}::DATE)"


def _write_data(book: xlsxwriter.Workbook, rows: Iterator[tuple[Any, ...]], view: View, count: int) -> int:
    sheet = book.add_worksheet("Données")
    formats = [book.add_format({"num_format": _number_format(field)}) for field in view.fields.values()]
    _write_header(book, sheet, view.fields)
    sheet.autofilter(0, 0, count, len(view.fields) - 1)
    for index, (name, field) in enumerate(view.fields.items()):
        sheet.set_column(index, index, _width(name, field))
    return sum(
        _write_cell(sheet, line, index, cell, formats[index])
        for line, row in enumerate(rows, start=1)
        for index, cell in enumerate(row)
        if cell is not None
    )


def _write_cell(sheet: Worksheet, line: int, index: int, cell: bool | float | str, style: Format) -> bool:
    """Whether the cell was cut."""
    if isinstance(cell, bool):
        sheet.write_boolean(line, index, cell, style)
    elif isinstance(cell, float):
        sheet.write_number(line, index, cell, style)
    else:
        return _write_text(sheet, line, index, cell)
    return False


def _write_text(sheet: Worksheet, line: int, index: int, text: str) -> bool:
    shown = text
    if len(text) > CELL // 2:
        shown = text.encode("utf-16-le")[: 2 * CELL].decode("utf-16-le", "ignore")
    if shown.startswith("<r>") and shown.endswith("</r>"):
        # XlsxWriter would take it for its own XML and write it unescaped; as three fragments it is text.
        sheet.write_rich_string(line, index, shown[0], shown[1], shown[2:])
    else:
        sheet.write_string(line, index, shown)
    return shown != text


def _number_format(field: Field) -> str:
    if field.decimal:
        return "0." + "0" * field.decimal[1] if field.decimal[1] else "0"
    return _FORMATS.get(field.type, "General")


def _width(name: str, field: Field) -> int:
    """What the name with the filter's button needs, or what the type usually needs."""
    return min(max(len(name) + 4, _WIDTHS.get(field.type, 14)), WIDEST)


def _write_texts(book: xlsxwriter.Workbook, name: str, lines: list[tuple[str, ...]]) -> None:
    """A sheet of texts under a header, its columns as wide as their longest line, its rows as high."""
    sheet = book.add_worksheet(name)
    _write_header(book, sheet, lines[0])
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for index, column in enumerate(zip(*lines, strict=True)):
        sheet.set_column(index, index, min(max(map(len, column)) + 2, WIDEST), wrapped)
    for line, texts in enumerate(lines[1:], start=1):
        sheet.set_row(line, LINE * min(max(map(_lines_of, texts)), LINES))
        for index, text in enumerate(texts):
            if text:
                sheet.write_string(line, index, text, wrapped)


def _lines_of(text: str) -> int:
    """The lines that a wrapped text needs: LibreOffice would leave it the height of one."""
    return sum(len(wrap(part, WIDEST)) or 1 for part in text.splitlines()) or 1


def _write_header(book: xlsxwriter.Workbook, sheet: Worksheet, names: Iterable[str]) -> None:
    bold = book.add_format({"bold": True})
    for index, name in enumerate(names):
        sheet.write_string(0, index, name, bold)
    sheet.freeze_panes(1, 0)
