"""Values of public contracts as DECP 2.0 writes them, from JSON or XML, 2.0.x or 1.5 (décret of 2019)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from transforms.decode.elements import local_name
from transforms.decode.jsonvalues import cell, compact

Tree = dict[str, Any]
Row = dict[str, str | None]

# A list of words and the name of each; 2.0.0 wrote some lists under that name.
_WORDS = {
    "techniques": "technique", "modalitesExecution": "modaliteExecution", "typesPrix": "typePrix",
    "considerationsSociales": "considerationSociale",
    "considerationsEnvironnementales": "considerationEnvironnementale",
}  # fmt: skip
_PLURALS = {"technique": "techniques", "modaliteExecution": "modalitesExecution", "typePrix": "typesPrix"}
# 1.5 calls formePrix what 2.0 calls typesPrix, and 2.0's formePrix (Unitaire, Forfaitaire, Mixte) is new.
_OLD_PRICES = {
    "Ferme": "Définitif ferme", "Ferme et actualisable": "Définitif actualisable",
    "Révisable": "Définitif révisable",
}  # fmt: skip
_YES_NO = {"marcheInnovant", "attributionAvance", "sousTraitanceDeclaree"}
_BOOLEANS = {"oui": "true", "1": "true", "non": "false", "0": "false"}  # as the XSD of 2.0.2 has them
_ZONED_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\dZ?)")  # xs:date, and the pattern of 1.5


class UnknownShape(Exception):
    """A member is not of any shape that these files are known to have; its text starts with a verb."""


def tree_of(element: Element) -> Any:
    """An element as JSON would have it: its text, or its members, those that come several times as a list."""
    attributes = {f"@{local_name(key)}": value for key, value in element.items() if not key.startswith("{")}
    if not len(element) and not attributes:
        return element.text or None
    tree: Tree = dict(attributes)
    for child in element:
        name, value = local_name(child.tag), tree_of(child)
        if name in tree:
            before = tree[name]
            tree[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            tree[name] = value
    text = "".join((element.text or "", *(child.tail or "" for child in element)))
    return tree | ({"#text": text} if text.strip() else {})


def items_of(value: Any, names: Collection[str], where: str) -> Iterator[Tree]:
    """The items of a list: each by itself or inside an object of one of the names, one or many.

    Raises:
        UnknownShape: an item is no object.
    """
    if isinstance(value, list):
        for item in value:
            yield from items_of(item, names, where)
    elif isinstance(value, dict):
        wrapped = len(value) == 1 and set(value) <= set(names)
        inner = next(iter(value.values())) if wrapped else value
        if wrapped and (isinstance(inner, (dict, list)) or _is_blank(inner)):
            yield from items_of(inner, (), where)
        elif value:
            yield value
    elif not _is_blank(value):
        raise UnknownShape(f"has under {where!r} what is neither a list nor an object")


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def modern(contract: Tree) -> Tree:
    """The contract with lists of words as such, under the names of 2.0."""
    named = dict(contract)
    for old, new in _PLURALS.items():
        if old in named and new not in named:
            named[new] = named.pop(old)
    for name, inner in _WORDS.items():
        if name in named:
            named[name] = _words(named[name], inner)
    price = named.get("formePrix")
    if not named.get("typesPrix") and isinstance(price, str) and price in _OLD_PRICES:
        named |= {"typesPrix": [_OLD_PRICES[price]], "formePrix": None}
    return named


def _words(value: Any, name: str) -> list[Any]:
    if isinstance(value, dict) and set(value) == {name}:
        value = value[name]
    several = value if isinstance(value, list) else [value]
    words = [one[name] if isinstance(one, dict) and set(one) == {name} else one for one in several]
    return [word for word in words if word not in (None, "")]


def flat(tree: Tree, left_out: Collection[str] = (), prefix: str = "") -> Row:
    """Columns by path and their texts: empty ones none, lists compact JSON, yes and no `true` and `false`.

    Raises:
        UnknownShape: two values have one path.
    """
    return joined(*({name: text} for name, text in _flat(tree, left_out, prefix)))


def joined(*parts: Row) -> Row:
    """One row of several parts; see `flat`."""
    row: Row = {}
    for part in parts:
        if twice := row.keys() & part.keys():
            raise UnknownShape(f"names {min(twice)!r} twice")
        row |= part
    return row


def _flat(tree: Tree, left_out: Collection[str], prefix: str) -> Iterator[tuple[str, str | None]]:
    for name, value in tree.items():
        if name in left_out:
            continue
        if isinstance(value, dict):
            yield from _flat(value, (), f"{prefix}{name}.")
        else:
            yield prefix + name, _text(name, value)


def _text(name: str, value: Any) -> str | None:
    if isinstance(value, list):
        return compact(value) if value else None
    text = cell(value)
    if text is None or not text.strip():
        return None
    if name in _YES_NO:
        return _BOOLEANS.get(text.strip().lower(), text)
    if name.startswith("date") and (dated := _ZONED_DATE.fullmatch(text.strip())):
        return dated[1]
    return text
