"""Where each record of a delimited text starts, found without splitting it: the proof beside DuckDB's.

A quote opens a cell only at the cell's start (blanks may precede it); doubled, it is a character (RFC 4180).
What follows a closing quote up to the next delimiter makes the record unfit, but opens nothing. Blank lines
are no records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.errors import SourceChanged
from transforms.decode.source import CHUNK, MAX_RECORD, Source

Offsets = NDArray[np.int64]
_LF, _CR, _SPACE = 10, 13, 32


@dataclass(frozen=True)
class Region:
    """The part of a UTF-8 file that holds records, the line its first byte stands on, and the marks."""

    begin: int
    end: int
    line: int
    delimiter: bytes
    quote: bytes


@dataclass(frozen=True)
class Block:
    """A run of whole records, one of them after the other.

    `starts` are byte offsets in the file, `lines` physical lines from 1; `crlf`/`lf` tell whether a record
    ends so; `carriage_returns` are the offsets in `content` of those that belong to such line ends, and
    `feeds` counts the physical lines that end in it.
    """

    offset: int
    line: int
    content: bytes
    starts: Offsets
    lines: Offsets
    carriage_returns: Offsets
    feeds: int
    crlf: bool
    lf: bool

    @property
    def longest(self) -> int:
        """Bytes of the longest record, its line end and blank lines before it included."""
        edges = np.append(self.starts, self.offset + len(self.content))
        return int(np.diff(edges).max(initial=0))


def blocks_of(source: Source, region: Region) -> Iterator[Block]:
    """All records of the region in order, some megabytes at a time.

    Raises:
        SourceChanged: a record is longer than `MAX_RECORD`, a quote never closes, or a lone CR ends a line.
    """
    line, offset, tail = region.line, region.begin, b""
    with source.path.open("rb") as file:
        file.seek(region.begin)
        while chunk := file.read(min(CHUNK, region.end - offset - len(tail))):
            buffer = tail + chunk
            last = offset + len(buffer) == region.end
            block = block_in(source, region, buffer, offset, line, last=last)
            yield block
            line += block.feeds
            offset += len(block.content)
            tail = buffer[len(block.content) :]
            if len(tail) > MAX_RECORD:
                raise _too_long(source, line)


def block_in(source: Source, region: Region, buffer: bytes, offset: int, line: int, *, last: bool) -> Block:
    """The whole records at the head of a buffer that starts with a record."""
    codes = np.frombuffer(buffer, np.uint8)
    opens, closes, unclosed = _quoted(source, buffer, codes, region, line)
    feeds = np.flatnonzero(codes == _LF)
    ends = _outside(feeds, opens, closes, unclosed)
    if last and unclosed is not None:
        raise _unclosed(source, buffer, unclosed, line)
    size = len(buffer) if last else int(ends[-1]) + 1 if len(ends) else 0
    returns = _returns(source, codes[:size], opens, closes, line)
    starts = np.concatenate(([0], ends + 1))
    starts = starts[starts < size]
    widths = np.append(ends, size)[: len(starts)] - starts
    starts = starts[(widths > 1) | ((widths == 1) & (codes[starts] != _CR))]
    lines = line + np.searchsorted(feeds, starts)
    return Block(
        offset, line, buffer[:size], starts + offset, lines, returns, int(np.searchsorted(feeds, size)),
        crlf=len(returns) > 0, lf=len(ends) > len(returns),
    )  # fmt: skip


def _quoted(
    source: Source, buffer: bytes, codes: NDArray[np.uint8], region: Region, line: int
) -> tuple[Offsets, Offsets, int | None]:
    """Where quoted stretches open and close, and where one opens that does not close in the buffer."""
    nothing = np.empty(0, np.int64)
    if not region.quote or region.quote not in buffer:
        return nothing, nothing, None
    quotes = np.flatnonzero(codes == region.quote[0])
    opens, closes = quotes[0::2], quotes[1::2]
    delimiter = region.delimiter[0]
    before = codes[opens - 1]
    doubled = np.zeros(len(opens), bool)
    doubled[1:] = opens[1:] - 1 == closes[: len(opens) - 1]
    opened = doubled | (opens == 0) | (before == delimiter) | (before == _LF)
    after = codes[np.minimum(closes + 1, len(codes) - 1)]
    closed = (after == delimiter) | (after == _LF) | (after == _CR) | (after == region.quote[0])
    closed |= closes == len(codes) - 1
    if not (opened.all() and closed.all()):
        return _walked(source, buffer, quotes.tolist(), region, line)
    if len(opens) == len(closes):
        return opens, closes, None
    return opens[:-1], closes, _first_of_doubled(opens, closes)


def _first_of_doubled(opens: Offsets, closes: Offsets) -> int:
    """The start of the last cell: `""` inside it looks like a close and an open."""
    index = len(opens) - 1
    while index > 0 and opens[index] == closes[index - 1] + 1:
        index -= 1
    return int(opens[index])


def _walked(
    source: Source, buffer: bytes, quotes: list[int], region: Region, line: int
) -> tuple[Offsets, Offsets, int | None]:
    """Same as `_quoted`, quote by quote, for buffers where quotes also stand inside cells."""
    opens: list[int] = []
    closes: list[int] = []
    index = 0
    while index < len(quotes):
        start = quotes[index]
        index += 1
        if not _at_cell_start(buffer, start, region.delimiter):
            continue
        while index + 1 < len(quotes) and quotes[index + 1] == quotes[index] + 1:
            index += 2
        if index == len(quotes):
            return np.array(opens, np.int64), np.array(closes, np.int64), start
        opens.append(start)
        closes.append(quotes[index])
        index += 1
        if index < len(quotes) and not buffer[closes[-1] + 1 : quotes[index]].strip(b" "):
            raise _reopened(source, line + buffer.count(b"\n", 0, closes[-1]))
    return np.array(opens, np.int64), np.array(closes, np.int64), None


def _at_cell_start(buffer: bytes, quote: int, delimiter: bytes) -> bool:
    place = quote - 1
    while place >= 0 and buffer[place] == _SPACE and delimiter != b" ":
        place -= 1
    return place < 0 or buffer[place] == _LF or buffer[place : place + 1] == delimiter


def _outside(places: Offsets, opens: Offsets, closes: Offsets, unclosed: int | None) -> Offsets:
    """Those places that no quoted stretch covers."""
    if unclosed is not None:
        places = places[places < unclosed]
    if not len(opens):
        return places
    kept: Offsets = places[np.searchsorted(opens, places) == np.searchsorted(closes, places)]
    return kept


def _returns(source: Source, codes: NDArray[np.uint8], opens: Offsets, closes: Offsets, line: int) -> Offsets:
    """The carriage returns that belong to record ends."""
    returns = _outside(np.flatnonzero(codes == _CR), opens, closes, None)
    after = returns + 1
    stray = returns[(after == len(codes)) | (codes[np.minimum(after, len(codes) - 1)] != _LF)]
    if len(stray):
        where = line + int(np.count_nonzero(codes[: stray[0]] == _LF))
        met = f"has on line {where} a carriage return that ends no line"
        raise source.changed(met, promised="lines ending with LF or CRLF", remedy="Have the export mended.")
    return returns


def _unclosed(source: Source, buffer: bytes, quote: int, line: int) -> SourceChanged:
    at = line + buffer.count(b"\n", 0, quote)
    last = line + buffer.rstrip(b"\r\n").count(b"\n")
    met = f"has on line {at} a quote that never closes and swallows all up to line {last}"
    remedy = 'The file may be cut short; if its quotes are plain characters, declare `quote: ""`.'
    return source.changed(met, promised="closed quotes", remedy=remedy)


def _reopened(source: Source, line: int) -> SourceChanged:
    """DuckDB would join the two texts, other readers keep the second with its quotes."""
    met = f"has on line {line} a quoted text and another one beside it in one cell"
    return source.changed(met, promised="one text in a cell", remedy="Have the quotes inside it doubled.")


def _too_long(source: Source, line: int) -> SourceChanged:
    met = f"has on line {line} a record of more than {MAX_RECORD >> 20} MB"
    return source.changed(met, remedy="A quote may be missing there, or the delimiter is another.")
