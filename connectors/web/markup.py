"""Small documents of XML: no document type, names without namespaces."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, fromstring

from connectors.connector import FetchedFile
from contracts.errors import SourceChanged


def root_of(file: FetchedFile, place: str) -> Element:
    """The root element.

    Raises:
        SourceChanged: it is not XML, or declares a document type (and with it entities without end).
    """
    text = file.path.read_bytes()
    refuse_doctype(text, file.name, place)
    try:
        return fromstring(text)
    except ParseError as error:
        line, column = error.position
        failure = SourceChanged(place, f"{file.name} is not XML on line {line}, at character {column + 1}")
    raise failure


def refuse_doctype(head: bytes, name: str, place: str) -> None:
    """Nothing, where no document type is declared.

    Raises:
        SourceChanged: one is.
    """
    if b"<!DOCTYPE" in head or b"<!\x00D\x00O\x00C" in head or b"<\x00!\x00D\x00O" in head:
        remedy = "It may be an attack; ask the source."
        raise SourceChanged(place, f"{name} declares a document type (DTD)", remedy=remedy)


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def texts_at(element: Element, *path: str) -> list[str]:
    """The texts of all elements at a path of local names below the element."""
    found = [element]
    for name in path:
        found = [child for one in found for child in one if local(child) == name]
    return [text for one in found if (text := (one.text or "").strip())]
