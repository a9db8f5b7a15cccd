"""A large XLSX's sheet row by row; cell for cell what calamine, which holds sheets whole, makes of it."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from xml.etree.ElementTree import Element

from transforms.decode.cellvalues import Value, shown
from transforms.decode.elements import elements_at, local_name
from transforms.decode.source import Source
from transforms.decode.workbook import Kind, Parts, Texts, text_in, texts_of, unescaped

_EPOCH = datetime(1899, 12, 30)
_DAY = 86_400_000  # milliseconds: what calamine rounds to
_1904 = 1462  # days from one epoch to the other
_ROW = ("worksheet", "sheetData", "row")

Cells = list[str | None]


def streamed_rows(
    source: Source, archive: zipfile.ZipFile, parts: Parts, sheet: str
) -> Iterator[tuple[int, Cells]]:
    """(row number, cells) of the rows that the sheet writes, blank ones among them.

    Raises:
        SourceChanged: the sheet cannot be read to its end, or a cell is none.
    """
    try:
        reading = _Reading(source, parts, texts_of(source, archive, parts))
        with archive.open(parts.sheets[sheet]) as file:
            number = 0
            for row in elements_at(source, file, _ROW):
                before, number = number, int(row.get("r", number + 1))
                if number <= before:
                    raise source.changed(f"writes row {number} of its sheet after row {before}")
                yield number, reading.cells(row)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise source.changed(f"is a workbook that cannot be unpacked ({error})", promised="a whole one",
                             remedy="Ask the source for it again.") from error  # fmt: skip


class _Reading:
    """What the cells of one sheet refer to."""

    def __init__(self, source: Source, parts: Parts, texts: Texts) -> None:
        self._source, self._parts, self._texts = source, parts, texts

    def cells(self, row: Element) -> Cells:
        cells: Cells = []
        for cell in row:
            place = _place(cell.get("r", "")) if "r" in cell.attrib else len(cells)
            text = self._text(cell)
            if text is None:
                continue
            if place >= len(cells):
                cells += [None] * (place + 1 - len(cells))
            cells[place] = text
        return cells

    def _text(self, cell: Element) -> str | None:
        kind = cell.get("t")
        if kind == "inlineStr":
            return "".join(text_in(part) for part in cell if local_name(part.tag) == "is") or None
        written = next((part.text for part in cell if part.tag.endswith("}v")), None)
        if not written or kind == "e":
            return None
        try:
            return self._read(kind, written, cell)
        except (ValueError, IndexError, OverflowError) as error:
            met = f"has in cell {cell.get('r', '')} what is no value of its type {kind!r}"
            raise self._source.changed(met, remedy="Open it in a spreadsheet and save it again.") from error

    def _read(self, kind: str | None, written: str, cell: Element) -> str | None:
        if kind == "s":
            return self._texts[int(written)] or None
        if kind == "b":
            return shown(written != "0")
        if kind == "d":
            return datetime.fromisoformat(written).isoformat(" ") if "T" in written else written
        if kind == "n" or (kind is None and _is_number(written)):
            style = int(cell.get("s", 0))
            styles = self._parts.styles
            return shown(self._value(float(written), styles[style] if style < len(styles) else "number"))
        return unescaped(written)

    def _value(self, number: float, kind: Kind) -> Value:
        if kind == "number":
            return number
        if kind == "duration":
            return timedelta(milliseconds=_rounded(number * _DAY))
        try:
            return _moment(number, number + _1904 if self._parts.starts_1904 else number)
        except OverflowError:  # later than the year 9999: calamine gives the number
            return number


def _is_number(written: str) -> bool:
    try:
        float(written)
    except ValueError:
        return False
    return "_" not in written and written == written.strip()


def _rounded(value: float) -> int:
    """To the nearest, halves away from zero."""
    return int(value + 0.5) if value >= 0 else -int(0.5 - value)


def _moment(number: float, days: float) -> Value:
    """A time where no day is counted, a date where no part of a day is.

    Spreadsheets count a 29 February 1900 that was none: before it (60), days are one less.
    """
    moment = _EPOCH + timedelta(milliseconds=_rounded((days if days >= 60 else days + 1) * _DAY))
    if number < 1:
        return moment.time()
    return moment.date() if number.is_integer() else moment


@lru_cache(1 << 16)
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _place(reference: str) -> int:
    """A cell's column from 0."""
    return _column(reference.rstrip("0123456789"))
