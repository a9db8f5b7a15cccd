"""Workbooks: one sheet of an XLSX, XLS or ODS as text, row by row."""

from __future__ import annotations

import zipfile
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

import duckdb
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from contracts.errors import SourceChanged
from contracts.formats import SheetFormat
from transforms.decode.headings import columns_from
from transforms.decode.nature import nature_of
from transforms.decode.packing import refuse_bomb
from transforms.decode.source import Source
from transforms.decode.tables import Cells, Decoded, TextTable, fill

# calamine holds a workbook whole: 11 MB of XLSX (150,000 rows of 10 cells) took 165 MB (measured), so that
# this many bytes, packed, take some 1 GB.
MAX_WORKBOOK = 64 << 20
_EXACT = 2**53  # beyond it a workbook's numbers are rounded, and their digits not those that were typed
_OLE = b"\xd0\xcf\x11\xe0"

Value = int | float | str | bool | time | date | datetime | timedelta


def decode_sheet(
    connection: duckdb.DuckDBPyConnection, source: Source, form: SheetFormat, table: str
) -> Decoded:
    """The tables of a sheet; a line is the sheet's row.

    Whole numbers have no decimals (81883), others up to 15 digits, which is all that a spreadsheet shows and
    takes (a sum stored as 0.30000000000000004 is 0.3); dates are ISO, with a time only where
    it is not midnight; booleans `true`/`false`. A merged range has its value in the first cell.
    Formula errors (#N/A) arrive as empty cells: calamine does not give their text.
    """
    rows = sheet_rows(source, form)
    _, header = next(rows)
    tables = TextTable(connection, source, table)
    tables.columns += columns_from(source, header, f"row {form.header}")
    return fill(tables, rows, len(header))


def sheet_rows(source: Source, form: SheetFormat) -> Iterator[tuple[int, Cells]]:
    """(row number, cells) from the header row on, blank rows and the declared bottom left out.

    Raises:
        SourceChanged: no such workbook or sheet, or no header in its row.
    """
    sheet = _sheet(source, form)
    values: list[list[Value]] = sheet.to_python(skip_empty_area=False)
    if len(values) < form.header:
        met = f"has {len(values)} rows in the sheet {sheet.name!r}"
        raise source.changed(met, promised=f"a header in row {form.header}")
    header = _trimmed([_text(value) for value in values[form.header - 1]])
    if not header:
        met = f"has nothing in row {form.header} of the sheet {sheet.name!r}"
        raise source.changed(met, promised="its header", remedy="Declare `header:`.")
    yield form.header, header
    waiting: deque[tuple[int, Cells]] = deque()
    for number, row in enumerate(islice(values, form.header, None), form.header + 1):
        cells = [_text(value) for value in row]
        if any((cell or "").strip() for cell in cells):
            waiting.append((number, cells))
        if len(waiting) > form.skip_bottom:
            yield waiting.popleft()


def _trimmed(cells: Cells) -> Cells:
    while cells and not (cells[-1] or "").strip():
        cells.pop()
    return cells


def _sheet(source: Source, form: SheetFormat) -> CalamineSheet:
    workbook = _workbook(source, form)
    names = workbook.sheet_names
    wanted = form.sheet
    if isinstance(wanted, int) and 1 <= wanted <= len(names):
        wanted = names[wanted - 1]
    if wanted not in names:
        listed = ", ".join(f'"{name}"' for name in names)
        raise source.changed(f"has no sheet {wanted!r}, but {listed}", remedy="Mend `sheet:`.")
    try:
        return workbook.get_sheet_by_name(str(wanted))
    except CalamineError as error:
        raise source.changed(f"has a sheet {wanted!r} that cannot be read ({error})") from error


def _workbook(source: Source, form: SheetFormat) -> CalamineWorkbook:
    _refuse_stranger(source, form)
    try:
        return CalamineWorkbook.from_path(source.path)
    except PasswordError as error:
        raise _locked(source) from error
    except (CalamineError, OSError) as error:
        if form.type == "xlsx" and _starts_with(source, _OLE):
            raise _locked(source) from error
        raise source.changed(f"is no workbook that can be read ({error})", promised=form.type,
                             remedy="Open it in a spreadsheet and save it again.") from error  # fmt: skip


def _locked(source: Source) -> SourceChanged:
    return source.changed("is protected by a password", promised="an open workbook",
                          remedy="Have it saved without one.")  # fmt: skip


def _refuse_stranger(source: Source, form: SheetFormat) -> None:
    """A text named .xls, a web page, an empty file, a bomb: known before calamine sees them."""
    size = source.path.stat().st_size
    if not size:
        raise source.changed("is empty", promised=form.type)
    if size > MAX_WORKBOOK:
        met = f"is a workbook of {size >> 20} MB"
        raise source.changed(met, promised=f"at most {MAX_WORKBOOK >> 20}", remedy="Ask for CSV.")
    if _starts_with(source, b"PK"):
        _refuse_bomb(source)
    elif not _starts_with(source, _OLE):
        with source.path.open("rb") as file:
            nature = nature_of(file.read(4096))
        what = nature.what if nature else "no workbook but a text"
        remedy = nature.remedy if nature else "Declare `type: csv` with its delimiter and encoding."
        raise source.changed(f"is {what}", promised=form.type, remedy=remedy)


def _refuse_bomb(source: Source) -> None:
    try:
        with zipfile.ZipFile(source.path) as archive:
            refuse_bomb(source, archive.infolist())
    except zipfile.BadZipFile as error:
        raise source.changed("is a workbook that was cut short", promised="a whole one",
                             remedy="Ask the source for it again.") from error  # fmt: skip


def _starts_with(source: Source, signature: bytes) -> bool:
    with source.path.open("rb") as file:
        return file.read(len(signature)) == signature


def _text(value: Value) -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else f"{value:.15g}"
    if isinstance(value, (int, timedelta)):
        return str(value) if isinstance(value, int) else _hours(value)
    return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()


def _hours(duration: timedelta) -> str:
    """`30:05:00`: a spreadsheet's durations go beyond a day."""
    seconds = int(duration.total_seconds())
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
