"""One XML element as nested members: what comes twice is a list, texts are those of one language."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from contracts.gbfs import by_language
from transforms.decode.elements import local_name
from transforms.decode.jsonvalues import compact

Members = dict[str, Any]  # name → a text, None, members, or a list of them; attributes begin with @

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_LANGUAGE = "@lang"
_OWN = "#text"


def members_of(element: Element, language: str) -> Members:
    """The attributes and children of an element, without namespaces."""
    members: Members = {
        f"@{local_name(key)}": value for key, value in element.items() if not key.startswith(_XSI)
    }
    for child in element:
        name, value = local_name(child.tag), _value(child, language)
        if name not in members:
            members[name] = value
        elif isinstance(members[name], list):
            members[name].append(value)
        else:
            members[name] = [members[name], value]
    return members


def flattened(members: Members, lists: Collection[str], path: str = "") -> Iterator[tuple[str, str | None]]:
    """Columns by path and their texts; what `lists` names is compact JSON, a list even if it is one."""
    for name, value in members.items():
        here = path + name
        if here in lists or isinstance(value, list):
            yield here, compact(value if isinstance(value, list) else [value])
        elif isinstance(value, dict):
            yield from flattened(value, lists, f"{here}.")
        else:
            yield here.removesuffix(f".{_OWN}"), value


def _value(element: Element, language: str) -> Any:
    if not len(element) and not element.keys():
        return _text(element.text)
    members = members_of(element, language)
    if list(members) == ["values"] and isinstance(members["values"], dict):
        return _in_language(members["values"], language)
    text = _text(element.text) if not len(element) else None
    return members | {_OWN: text} if text is not None else members or None


def _in_language(values: Members, language: str) -> Any:
    """DATEX II's MultilingualString: `values` of `value`, each with its language or without."""
    given = values.get("value")
    texts: dict[str, Any] = {}
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, dict):
            texts.setdefault(str(one.get(_LANGUAGE, "")), one.get(_OWN))
        else:
            texts.setdefault("", one)
    return texts.get(by_language(list(texts), language) or "")


def _text(text: str | None) -> str | None:
    return (text or "").strip() or None
