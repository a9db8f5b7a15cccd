"""XML: elements and attributes of one record after the other as columns named by path."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from xml.etree.ElementTree import Element, iterparse

from contracts.errors import SourceChanged
from contracts.formats import XmlFormat
from transforms.decode.columns import ColumnTable
from transforms.decode.declared import elements_of
from transforms.decode.elements import local_name
from transforms.decode.jsonvalues import compact
from transforms.decode.nature import nature_of
from transforms.decode.source import Source

_ABOUT_XML = "{http://www.w3.org/2001/XMLSchema-instance}"  # xsi:nil, xsi:type, xsi:schemaLocation
_OWN = "#text"


def take_xml(tables: ColumnTable, source: Source, form: XmlFormat, *, may_be_empty: bool = False) -> None:
    """Takes the records of an XML document; a line is a record's number from 1.

    Namespaces are left out of names. `a.b` is the text of an element, `a.@b` an attribute; an empty element
    is NULL. What `form.lists` names becomes compact JSON: objects of members, `@` attributes and `#text`.

    Raises:
        SourceChanged: not XML, no records, an element twice in a record that may come once, or bytes that
            contradict the declared encoding.
    """
    refuse_stranger(source)
    lists = frozenset(form.lists)
    number = 0
    for number, element in enumerate(elements_of(source, form.records.split(".")), 1):
        tables.add_record(number, cells_of(source, number, element, lists))
    if not number and not may_be_empty:
        raise _no_records(source, form)


def refuse_stranger(source: Source) -> None:
    """Nothing, when the file begins as XML does.

    Raises:
        SourceChanged: it is empty, or of another nature.
    """
    with source.path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise source.changed("is empty", promised="XML", remedy="Ask the source for the file again.")
    nature = nature_of(head)
    if nature and "XML" not in nature.what:
        raise source.changed(f"is {nature.what}", promised="XML", remedy=nature.remedy)


def _no_records(source: Source, form: XmlFormat) -> SourceChanged:
    with source.path.open("rb") as file:
        root = next(iterparse(file, ("start",)))[1]
    met = f"holds no records: its root is {local_name(root.tag)!r}"
    return source.changed(met, promised=f"elements at `{form.records}`", remedy="Mend `records:`.")


class _Repeated(ValueError):
    """An element or attribute comes twice; its text is the path."""


def cells_of(source: Source, number: int, element: Element, lists: Collection[str]) -> dict[str, str | None]:
    """The attributes, members and texts of a record, named by path.

    Raises:
        SourceChanged: an element comes twice that may come once.
    """
    cells: dict[str, str | None] = {}
    try:
        _take(cells, element, "", lists)
    except _Repeated as error:
        remedy = "If it may come several times, declare it under `lists:`."
        met = f"names {str(error)!r} twice in record {number}"
        raise source.changed(met, promised="each element once", remedy=remedy) from error
    except RecursionError as error:
        raise source.changed("is nested deeper than can be read", promised="flat records") from error
    return cells


def _take(cells: dict[str, str | None], element: Element, path: str, lists: Collection[str]) -> None:
    """Put the attributes, the children and the own text of an element into the cells."""
    before = len(cells)
    for key, value in element.items():
        if not key.startswith(_ABOUT_XML):
            _put(cells, f"{path}@{local_name(key)}", value)
    listed: dict[str, list[Any]] = {}
    for child in element:
        name = path + local_name(child.tag)
        if name in lists:
            listed.setdefault(name, []).append(_value(child, name + ".", lists))
        elif len(child) or child.keys():
            _take(cells, child, name + ".", lists)
        else:
            _put(cells, name, child.text or None)
    for name, values in listed.items():
        _put(cells, name, compact(values))
    text = _own_text(element)
    if text is not None or (path and len(cells) == before):
        _put(cells, path.removesuffix(".") or _OWN, text)


def _value(element: Element, path: str, lists: Collection[str]) -> dict[str, Any] | str | None:
    """An item of a list: the text of a plain element, the members of another with its own text as `#text`."""
    members: dict[str, Any] = {}
    for key, value in element.items():
        if not key.startswith(_ABOUT_XML):
            _put(members, f"@{local_name(key)}", value)
    for child in element:
        name = local_name(child.tag)
        inner = _value(child, f"{path}{name}.", lists)
        if path + name in lists:
            members.setdefault(name, []).append(inner)
        else:
            _put(members, name, inner)
    text = _own_text(element)
    return members | ({_OWN: text} if text is not None else {}) if members else text


def _put(members: dict[str, Any], name: str, value: Any) -> None:
    if name in members:
        raise _Repeated(name)
    members[name] = value


def _own_text(element: Element) -> str | None:
    """All text that stands right in the element; blanks between its children are none."""
    if not len(element):
        return element.text or None
    text = "".join((element.text or "", *(child.tail or "" for child in element)))
    return text if text.strip() else None
