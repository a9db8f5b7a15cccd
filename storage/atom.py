"""Atom documents (RFC 4287): entries written in a fixed order, so that equal facts are equal bytes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from xml.etree import ElementTree

MEDIA_TYPE = "application/atom+xml"

_ATOM = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

ElementTree.register_namespace("", _ATOM)


class Entry(NamedTuple):
    """One event, told in French and English; `href` leads to what it speaks of, if that is kept."""

    id: str
    title: str
    published: str
    updated: str
    author: str
    fr: str
    en: str
    href: str | None


def document(feed_id: str, title: str, entries: Iterable[Entry]) -> bytes:
    """The feed's UTF-8 XML, in the order given; it was updated when its latest entry was."""
    entries = tuple(entries)
    root = ElementTree.Element(f"{{{_ATOM}}}feed", {_LANGUAGE: "fr"})
    _add(root, "id", feed_id)
    _add(root, "title", title)
    _add(root, "updated", max((entry.updated for entry in entries), default="1970-01-01T00:00:00Z"))
    _add(root, "link", "", rel="self", href="changes.atom")
    for entry in entries:
        _add_entry(root, entry)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def entries_in(content: bytes | None) -> tuple[Entry, ...]:
    """The entries of a document made here; none where it is missing or was damaged."""
    try:
        root = ElementTree.fromstring(content or b"")
    except ElementTree.ParseError:
        return ()
    return tuple(_read(element) for element in root.iterfind(f"{{{_ATOM}}}entry"))


def time_of(moment: datetime) -> str:
    """RFC 3339, UTC, to the second; sorts as text."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _add_entry(root: ElementTree.Element, entry: Entry) -> None:
    element = ElementTree.SubElement(root, f"{{{_ATOM}}}entry")
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "published", entry.published)
    _add(element, "updated", entry.updated)
    author = _add(element, "author", "")
    _add(author, "name", entry.author)
    if entry.href is not None:
        _add(element, "link", "", rel="alternate", type="application/json", href=entry.href)
    _add(element, "summary", entry.fr)
    _add(element, "content", entry.en, type="text").set(_LANGUAGE, "en")


def _add(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    element.text = _printable(text) or None
    return element


def _printable(text: str) -> str:
    """XML has no way to write a control character."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _read(element: ElementTree.Element) -> Entry:
    def text(path: str) -> str:
        return element.findtext(path, "", {"": _ATOM})

    link = element.find("link", {"": _ATOM})
    return Entry(
        id=text("id"), title=text("title"), published=text("published"), updated=text("updated"),
        author=text("author/name"), fr=text("summary"), en=text("content"),
        href=None if link is None else link.get("href"),
    )  # fmt: skip
