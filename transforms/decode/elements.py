"""XML read as a stream: the elements at one path, each let go before the next.

expat of the standard library, through ElementTree's C tree of one record: no further dependency (3 MB for
each second of CPU, measured).
A document type is refused, and with it every entity of the document's own (billion laughs, external files).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import IO, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.parsers import expat

from contracts.errors import SourceChanged
from transforms.decode.source import MAX_RECORD, Source

_CHUNK = 1 << 16  # bytes fed at once: a record's tree is ten times its text
_DEEPEST = 100  # elements open around a record; real documents have a dozen


@lru_cache(4096)
def local_name(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]


def elements_at(source: Source, file: IO[bytes], *paths: Sequence[str]) -> Iterator[Element]:
    """The elements at the paths of local names from the root on, whole, in their order.

    A path may end in `*`, any name, and `**` stands before a name that may be anywhere. Each element is
    emptied when the next is asked for. Their encoding is the declaration's.

    Raises:
        SourceChanged: not XML, cut short, with a document type, too deep, or with a record beyond measure.
    """
    parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
    prolog = _Prolog(source)
    opened = _Opened(source, paths)
    held = 0
    while chunk := file.read(_CHUNK):
        prolog.read(chunk)
        parser.feed(chunk)
        before = opened.released
        yield from opened.records(parser)
        held = held + len(chunk) if opened.released == before else 0
        if held > MAX_RECORD:
            raise source.changed(f"has an element of more than {MAX_RECORD >> 20} MB", promised="records")
    _end(source, parser)
    yield from opened.records(parser)


class _Opened:
    """The elements that are open around the records, and how many were let go."""

    def __init__(self, source: Source, paths: Sequence[Sequence[str]]) -> None:
        self._source = source
        self._paths = {tuple(path) for path in paths}
        self._open: list[Element] = []
        self._names: list[str] = []
        self._inside = False
        self.released = 0

    def records(self, parser: XMLPullParser[Element]) -> Iterator[Element]:
        """The records that ended in what was fed."""
        try:
            for event, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
                if event == "start":
                    if not self._inside:
                        self._enter(element)
                elif not self._inside:
                    self._leave()
                elif element is self._open[-1]:
                    yield element
                    self._inside = False
                    self._leave()
        except ParseError as error:
            raise _broken(self._source, error) from error

    def _enter(self, element: Element) -> None:
        self._open.append(element)
        self._names.append(local_name(element.tag))
        names = self._names
        self._inside = not self._paths.isdisjoint(((*names,), (*names[:-1], "*"), ("**", names[-1])))
        if len(self._open) > _DEEPEST:
            raise self._source.changed("is nested deeper than can be read", promised="records near the root")

    def _leave(self) -> None:
        self._open.pop()
        self._names.pop()
        if self._open:
            self._open[-1].clear()
        self.released += 1


def _broken(source: Source, error: ParseError) -> SourceChanged:
    line, column = error.position
    reason = expat.ErrorString(error.code)
    met = f"is not XML on line {line}, at character {column + 1} ({reason})"
    return source.changed(met, promised="XML", remedy="Ask for the file again, or declare another format.")


def _end(source: Source, parser: XMLPullParser[Element]) -> None:
    try:
        parser.close()
    except ParseError as error:
        met = f"ends on line {error.position[0]} within its XML: it is cut short"
        raise source.changed(met, promised="a whole document",
                             remedy="Ask the source for it again.") from error  # fmt: skip


class _Prolog:
    """What stands before the root, looked at by a parser of its own: there a document type would be."""

    def __init__(self, source: Source) -> None:
        self._source, self._ended = source, False
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._end

    def read(self, chunk: bytes) -> None:
        if self._ended:
            return
        try:
            self._parser.Parse(chunk, False)
        except expat.ExpatError:
            self._ended = True  # the other parser says what and where

    def _refuse(self, *declared: object) -> None:
        raise self._source.changed("declares a document type (DTD)", promised="XML without one",
                                   remedy="It may be an attack; ask the source.")  # fmt: skip

    def _end(self, *element: object) -> None:
        self._ended = True
        self._parser.StartElementHandler = None
