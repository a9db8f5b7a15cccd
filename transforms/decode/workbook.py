"""The parts of an XLSX around its sheets: where a sheet lies, its shared texts, which styles are dates.

ECMA-376 part 1; read as calamine reads it, which the small workbooks go through.
"""

from __future__ import annotations

import posixpath
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from transforms.decode.elements import elements_at, local_name
from transforms.decode.source import Source

MAX_TEXTS = 512 << 20  # bytes of shared texts that memory may hold
_WORKBOOK = "xl/workbook.xml"
_DATES = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))  # ECMA-376 part 1, 18.8.30
_DURATION = 46
_LITERALS = re.compile(r'"[^"]*"?|[\\_*].?|\[(?!(?:h+|m+|s+)\])[^\]]*\]?', re.IGNORECASE)
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_MARKS = re.compile(r"\[(?:h+|m+|s+)\]|a[pm/]|[dmhys]", re.IGNORECASE)

Kind = Literal["number", "date", "duration"]


class Texts:
    """The shared texts by their number, kept as bytes: a tenth of what Python's texts would take."""

    def __init__(self, source: Source, texts: Iterator[str]) -> None:
        self._bytes, self._ends = bytearray(), array("Q", [0])
        for text in texts:
            self._bytes += text.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._bytes))
            if len(self._bytes) > MAX_TEXTS:
                met = f"has more than {MAX_TEXTS >> 20} MB of texts"
                raise source.changed(met, promised="a workbook", remedy="Ask for CSV.")

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        return self._bytes[self._ends[number] : self._ends[number + 1]].decode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class Parts:
    """Where a workbook's parts lie inside its archive, and what its numbers mean."""

    sheets: dict[str, str]
    texts: str | None
    styles: Sequence[Kind]
    starts_1904: bool


def parts_of(source: Source, archive: ZipFile) -> Parts | None:
    """The parts of a workbook that is laid out as all are; None where it is not."""
    names = set(archive.namelist())
    relations = "xl/_rels/workbook.xml.rels"
    if not {_WORKBOOK, relations} <= names:
        return None
    elements = partial(_elements, source, archive)
    targets = {
        found.get("Id", ""): posixpath.normpath(posixpath.join("/xl", found.get("Target", "")))[1:]
        for found in elements(relations, "Relationships", "Relationship")
    }
    sheets = {
        found.get("name", ""): targets.get(_attribute(found, "id"), "")
        for found in elements(_WORKBOOK, "workbook", "sheets", "sheet")
    }
    starts = (found.get("date1904") for found in elements(_WORKBOOK, "workbook", "workbookPr"))
    texts, styles = "xl/sharedStrings.xml", "xl/styles.xml"
    return Parts(
        sheets={name: part for name, part in sheets.items() if part in names},
        texts=texts if texts in names else None,
        styles=_styles(elements, styles) if styles in names else (),
        starts_1904=any(start in ("1", "true") for start in starts),
    )


def texts_of(source: Source, archive: ZipFile, parts: Parts) -> Texts:
    """The shared texts.

    Raises:
        SourceChanged: not XML, or more than memory may hold.
    """
    if parts.texts is None:
        return Texts(source, iter(()))
    return Texts(source, map(text_in, _elements(source, archive, parts.texts, "sst", "si")))


def text_in(element: Element) -> str:
    """The text of a shared or inline string: plain, or its runs; never what says how it is pronounced."""
    found = []
    for child in element:
        name = local_name(child.tag)
        if name == "t":
            found.append(child.text or "")
        elif name == "r":
            found += [part.text or "" for part in child if local_name(part.tag) == "t"]
    return unescaped("".join(found))


def unescaped(text: str) -> str:
    """The text with characters that XML cannot hold, which a workbook writes as `_x000D_`."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _elements(source: Source, archive: ZipFile, part: str, *path: str) -> Iterator[Element]:
    with archive.open(part) as file:
        yield from elements_at(source, file, path)


def _attribute(element: Element, name: str) -> str:
    """An attribute of the relationships' namespace, which has two addresses."""
    return next((value for key, value in element.items() if key != name and local_name(key) == name), "")


def _styles(elements: partial[Iterator[Element]], part: str) -> list[Kind]:
    own = {
        found.get("numFmtId"): _kind_of(found.get("formatCode", ""))
        for found in elements(part, "styleSheet", "numFmts", "numFmt")
    }
    numbers = (found.get("numFmtId") for found in elements(part, "styleSheet", "cellXfs", "xf"))
    return [own[number] if number in own else _built_in(int(number or 0)) for number in numbers]


def _built_in(number: int) -> Kind:
    return "date" if number in _DATES else "duration" if number == _DURATION else "number"


def _kind_of(code: str) -> Kind:
    """What a number format shows in its first part: texts between quotes or after a sign are not it."""
    code = _LITERALS.sub("", code).partition(";")[0]
    marked = _MARKS.search(code)
    if marked is None:
        return "number"
    return "duration" if marked.group().startswith("[") else "date"
