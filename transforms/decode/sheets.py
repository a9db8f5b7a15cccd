"""Workbooks: one sheet of an XLSX, XLS or ODS as text, row by row."""

from __future__ import annotations

import zipfile
from collections import deque
from collections.abc import Iterator
from itertools import islice

import duckdb
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from contracts.errors import SourceChanged
from contracts.formats import SheetFormat
from transforms.decode.cellvalues import Value, shown
from transforms.decode.headings import columns_from
from transforms.decode.nature import nature_of
from transforms.decode.packing import refuse_bomb
from transforms.decode.sheetstream import streamed_rows
from transforms.decode.source import Source
from transforms.decode.tables import Cells, Decoded, TextTable, fill
from transforms.decode.workbook import parts_of

# calamine holds a workbook whole: 11 MB of XLSX (150,000 rows of 10 cells) took 165 MB (measured), so that
# this many bytes, packed, take some 1 GB.
MAX_WORKBOOK = 64 << 20
HELD_WHOLE = (
    32 << 20
)  # bytes of an XLSX's largest part, unpacked: a million cells, 200 MB in calamine's hands
_OLE = b"\xd0\xcf\x11\xe0"


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
    headed = False
    number = 0
    waiting: deque[tuple[int, Cells]] = deque()
    for number, cells in _rows(source, form):
        if number >= form.header and not headed:
            headed = True
            yield form.header, _header(source, form, cells if number == form.header else [])
        elif number > form.header and any((cell or "").strip() for cell in cells):
            waiting.append((number, cells))
        if len(waiting) > form.skip_bottom:
            yield waiting.popleft()
    if not headed:
        met = f"has {number} rows in the sheet {form.sheet!r}"
        raise source.changed(met, promised=f"a header in row {form.header}")


def sheet_sizes(source: Source, form: SheetFormat) -> dict[str, int]:
    """Each sheet and how much it holds, in units that only compare within one workbook.

    Raises:
        SourceChanged: no workbook that can be read.
    """
    _refuse_stranger(source, form)
    if form.type == "xlsx":
        with zipfile.ZipFile(source.path) as archive:
            if parts := parts_of(source, archive):
                return {name: archive.getinfo(part).file_size for name, part in parts.sheets.items()}
    workbook = _workbook(source, form)
    sheets = {name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names}
    return {name: sheet.height * sheet.width for name, sheet in sheets.items()}


def first_rows(source: Source, form: SheetFormat, count: int) -> list[tuple[int, Cells]]:
    """(row number, cells) of the first rows of a sheet, blank ones too."""
    return list(islice(_rows(source, form), count))


def _header(source: Source, form: SheetFormat, cells: Cells) -> Cells:
    while cells and not (cells[-1] or "").strip():
        cells.pop()
    if not cells:
        met = f"has nothing in row {form.header} of the sheet {form.sheet!r}"
        raise source.changed(met, promised="its header", remedy="Declare `header:`.")
    return cells


def _rows(source: Source, form: SheetFormat) -> Iterator[tuple[int, Cells]]:
    """(row number, cells) of a sheet, row by row where it is large."""
    _refuse_stranger(source, form)
    if form.type == "xlsx" and _starts_with(source, b"PK"):
        with zipfile.ZipFile(source.path) as archive:
            large = any(member.file_size > HELD_WHOLE for member in archive.infolist())
            if large and (parts := parts_of(source, archive)):
                yield from streamed_rows(source, archive, parts, _named(source, form, list(parts.sheets)))
                return
    for number, row in enumerate(_values(_sheet(source, form), source), 1):
        yield number, [shown(value) for value in row]


def _values(sheet: CalamineSheet, source: Source) -> list[list[Value]]:
    try:
        return sheet.to_python(skip_empty_area=False)
    except OverflowError as error:
        raise source.changed(
            "has a duration beyond a million years", remedy="Look at its formats."
        ) from error


def _named(source: Source, form: SheetFormat, names: list[str]) -> str:
    """The name of the sheet that the contract takes."""
    wanted = form.sheet
    if isinstance(wanted, int) and 1 <= wanted <= len(names):
        wanted = names[wanted - 1]
    if wanted not in names:
        listed = ", ".join(f'"{name}"' for name in names)
        raise source.changed(f"has no sheet {wanted!r}, but {listed}", remedy="Mend `sheet:`.")
    return str(wanted)


def _sheet(source: Source, form: SheetFormat) -> CalamineSheet:
    workbook = _workbook(source, form)
    name = _named(source, form, workbook.sheet_names)
    try:
        return workbook.get_sheet_by_name(name)
    except CalamineError as error:
        raise source.changed(f"has a sheet {name!r} that cannot be read ({error})") from error


def _workbook(source: Source, form: SheetFormat) -> CalamineWorkbook:
    size = source.path.stat().st_size
    if size > MAX_WORKBOOK:
        met = f"is a workbook of {size >> 20} MB"
        raise source.changed(met, promised=f"at most {MAX_WORKBOOK >> 20}", remedy="Ask for CSV.")
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
    if not source.path.stat().st_size:
        raise source.changed("is empty", promised=form.type)
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
