"""The top and the bottom of a delimited text: lines to skip, the header, and where the records lie."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from contracts.formats import CsvFormat
from transforms.decode.headings import columns_from
from transforms.decode.plaintext import UTF8_BOM
from transforms.decode.records import Region
from transforms.decode.source import MAX_RECORD, Source

_DELIMITERS = (";", ",", "\t", "|")
_BOTTOM = 1 << 20  # bytes looked at for the lines below the data: notes, never a table of their own


@dataclass
class _Lines:
    """Physical lines with where they are: iterating gives each as text."""

    source: Source
    file: BinaryIO
    number: int = 0
    read: list[bytes] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        while raw := self.file.readline(MAX_RECORD + 1):
            self.number += 1
            if len(raw) > MAX_RECORD:
                met = f"has on line {self.number} more than {MAX_RECORD >> 20} MB without a line end"
                raise self.source.changed(met, remedy="The line ends or the file are broken.")
            self.read.append(raw)
            yield raw.removeprefix(UTF8_BOM).decode() if self.number == 1 else raw.decode()


@dataclass(frozen=True)
class Opening:
    """The columns, the region of the records, and the lines above them as they stand in the file."""

    header: tuple[str, ...]
    header_line: int
    region: Region
    above: bytes


def dialect_of(form: CsvFormat) -> type[csv.Dialect]:
    """The declared dialect, for Python's reader."""

    class Declared(csv.Dialect):
        delimiter = form.delimiter
        quotechar = form.quote or None
        doublequote = True
        quoting = csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE
        lineterminator = "\n"
        strict = True

    return Declared


def opening_of(source: Source, form: CsvFormat) -> Opening:
    """What stands above the records; the region ends with the file.

    Raises:
        SourceChanged: the file ends before its header, or the header cannot be read.
    """
    if not (form.delimiter + form.quote).isascii():
        met = f"cannot be split by {form.delimiter!r} and {form.quote!r}"
        raise source.changed(met, promised="marks of ASCII", remedy="Ask for another delimiter.")
    with source.path.open("rb") as file:
        lines = _Lines(source, file)
        texts = iter(lines)
        skipped = form.skip_top + (form.header - 1 if form.header else 0)
        for _ in range(skipped):
            if next(texts, None) is None:
                met = f"ends on line {lines.number}"
                raise source.changed(met, promised=f"{skipped} lines above the header")
        header_line = lines.number + 1
        header = form.columns if form.header is None else _header(source, form, texts, header_line)
        above = b"".join(lines.read)
        begin = len(above) or (len(UTF8_BOM) if file.read(3) == UTF8_BOM else 0)
    region = Region(
        begin, source.path.stat().st_size, lines.number + 1, form.delimiter.encode(), form.quote.encode()
    )
    return Opening(header, header_line, region, above)


def _header(source: Source, form: CsvFormat, texts: Iterator[str], line: int) -> tuple[str, ...]:
    try:
        cells = next(csv.reader(texts, dialect_of(form)), None)
    except csv.Error as error:
        raise source.changed(f"has on line {line} a header that cannot be split ({error})") from error
    if cells is None:
        raise source.changed(f"ends before line {line}", promised="the header there")
    if not cells:
        raise source.changed(f"has a blank line {line}", promised="the header there",
                             remedy="Declare `header:` or `skip_top:`.")  # fmt: skip
    if form.trailing_delimiter and len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return tuple(_unwrapped(cell, form.quote) for cell in cells)


def _unwrapped(cell: str, quote: str) -> str:
    """The cell without quotes that stand after a blank, which DuckDB takes off and Python's reader keeps."""
    inner = cell.strip(" ")
    if cell != inner and quote and len(inner) > 1 and inner[0] == inner[-1] == quote:
        return inner[1:-1].replace(quote * 2, quote)
    return cell


def columns_in(source: Source, form: CsvFormat, opening: Opening) -> tuple[str, ...]:
    """The checked names of the columns.

    Raises:
        SourceChanged: they cannot name columns, or the delimiter is another one.
    """
    if len(opening.header) == 1 and form.header is not None:
        _suspect_delimiter(source, form, opening)
    return columns_from(source, opening.header, f"line {opening.header_line}")


def _suspect_delimiter(source: Source, form: CsvFormat, opening: Opening) -> None:
    """One column while another mark stands as often in the header as in the first record is no one column."""
    with source.path.open("rb") as file:
        file.seek(opening.region.begin)
        record = file.readline(MAX_RECORD).decode("utf-8", "replace")
    for mark in _DELIMITERS:
        met = opening.header[0].count(mark)
        if mark != form.delimiter and met and (not record.strip() or record.count(mark) >= met):
            one = f"has one column under the delimiter {_shown(form.delimiter)}"
            raise source.changed(one, promised="a table", remedy=f"Is it {_shown(mark)}?")


def _shown(mark: str) -> str:
    return "TAB" if mark == "\t" else f"“{mark}”"


def end_above(source: Source, form: CsvFormat, region: Region) -> int:
    """Where the records end: the byte after the last line that is not declared as `skip_bottom`.

    Raises:
        SourceChanged: the last lines are not those that the contract names.
    """
    if not form.skip_bottom:
        return region.end
    count = form.skip_bottom if isinstance(form.skip_bottom, int) else len(form.skip_bottom)
    begin = max(region.begin, region.end - _BOTTOM)
    with source.path.open("rb") as file:
        file.seek(begin)
        content = file.read(region.end - begin)
    lines = [(start, line) for start, line in _placed_lines(content) if line.strip()][-count:]
    if len(lines) < count:
        raise source.changed(f"has fewer than {count} lines below its header", promised="as many to skip")
    if not isinstance(form.skip_bottom, int):
        for (_, line), beginning in zip(lines, form.skip_bottom, strict=True):
            if not line.decode("utf-8", "replace").startswith(beginning):
                promised = f"one of the last lines to begin with {beginning!r}"
                raise source.changed("ends otherwise than it did", promised=promised,
                                     remedy="Look at the file's end and mend `skip_bottom`.")  # fmt: skip
    return begin + lines[0][0]


def _placed_lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    for line in content.splitlines(keepends=True):
        yield start, line
        start += len(line)
