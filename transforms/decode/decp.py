"""Public contracts (données essentielles de la commande publique): one table of a file in JSON or XML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.errors import SourceChanged
from contracts.formats import DecpFormat
from transforms.decode.columns import ColumnTable
from transforms.decode.declared import elements_of
from transforms.decode.decpcurrent import current_values, with_current
from transforms.decode.decprepeats import REPEATED, newest_of
from transforms.decode.decptables import BUYERS, CONCESSION, LISTS, MARCHE, PLANS, DecpPlan
from transforms.decode.decpvalues import (
    Row,
    Tree,
    UnknownShape,
    flat,
    items_of,
    joined,
    modern,
    tree_of,
)
from transforms.decode.elements import local_name
from transforms.decode.jsonstream import JsonStream
from transforms.decode.markup import refuse_stranger
from transforms.decode.plaintext import as_utf8
from transforms.decode.source import Source

_ROOT = "marches"
_TYPES = {"Marché": MARCHE, "Contrat de concession": CONCESSION}  # `_type`, up to 2.0.0
_PARTS = {MARCHE: ("acheteur", "titulaires"), CONCESSION: ("autoriteConcedante", "concessionnaires")}
_NATURES = {"Marché": MARCHE, "Accord-cadre": MARCHE, "Concession": CONCESSION, "Délégation": CONCESSION}
_BLANK = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


def take_decp(tables: ColumnTable, source: Source, form: DecpFormat) -> None:
    """Takes one table's rows; a line is the number of their contract in the document from 1.

    The columns are those of DECP 2.0.2 (`decptables.PLANS`), then what else the records hold, named by path.
    Numbers are written as in the source. A contract whose file holds only the other kind has no rows. With
    `repeated: newest` the file is read twice, for the newest record may stand anywhere.

    Raises:
        SourceChanged: neither JSON nor XML of that structure, or without any contract.
    """
    plan = PLANS[form.table]
    once = form.repeated == "newest"
    tables.lay_out((*plan.columns, *(REPEATED if once and not plan.levels else ())))
    number = position = 0
    try:
        newest = newest_of(_contracts(source, form)) if once else {}
        for number, (kind, contract) in enumerate(_contracts(source, form), 1):
            position += kind == plan.kind
            if kind == plan.kind and (number in newest or not once):
                for row in _rows(plan, modern(contract), position):
                    tables.add_record(number, row if plan.levels else row | newest.get(number, {}))
    except UnknownShape as error:
        raise source.changed(f"{error}, in record {number}", promised="what DECP 2.0 has there") from error
    except RecursionError as error:
        raise source.changed("is nested deeper than can be read", promised="flat records") from error
    if not number:
        raise source.changed("holds no contract", promised=f"records at `{_ROOT}`",
                             remedy="Ask the source for the file again.")  # fmt: skip


def _contracts(source: Source, form: DecpFormat) -> Iterator[tuple[str, Tree]]:
    """Each contract with its kind, in the document's order; its first sign says whether it is XML."""
    with source.path.open("rb") as file:
        is_xml = file.read(4096).lstrip(_BLANK).startswith(b"<")
    found = _in_xml(source) if is_xml else _in_json(as_utf8(source, form.encoding))
    for number, (name, contract) in enumerate(found, 1):
        if not isinstance(contract, dict):
            raise source.changed(f"has no object as record {number}", promised="a contract")
        yield _kind_of(source, number, name, contract), contract


def _in_xml(source: Source) -> Iterator[tuple[str, Any]]:
    refuse_stranger(source)
    for element in elements_of(source, (_ROOT, "*")):
        yield local_name(element.tag), tree_of(element)


def _in_json(source: Source) -> Iterator[tuple[str, Any]]:
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        yield from JsonStream(source, file, by_value=True).members((_ROOT,))


def _kind_of(source: Source, number: int, name: str, contract: Tree) -> str:
    """Contract or concession: by the name around it; in the one list of 1.5 by what it says or holds."""
    if name in (MARCHE, CONCESSION):
        return name
    if name:
        raise _unknown(source, f"holds {name!r} under `{_ROOT}`")
    if "_type" in contract:
        if contract["_type"] not in _TYPES:
            raise _unknown(source, f"has the _type {contract['_type']!r} in record {number}")
        return _TYPES[contract.pop("_type")]
    held = [kind for kind, parts in _PARTS.items() if any(part in contract for part in parts)]
    nature = str(contract.get("nature") or "").split(" ")[0]
    if len(held) != 1 and nature not in _NATURES:
        raise _unknown(source, f"does not say what record {number} is")
    return held[0] if len(held) == 1 else _NATURES[nature]


def _unknown(source: Source, met: str) -> SourceChanged:
    return source.changed(met, promised=f"`{MARCHE}` or `{CONCESSION}`",
                          remedy="If the national format changed, this one must learn it.")  # fmt: skip


def _rows(plan: DecpPlan, contract: Tree, position: int) -> Iterator[Row]:
    place: Row = {"position": str(position)}
    if not plan.levels:
        yield joined(flat(contract, LISTS[plan.kind]), place, current_values(plan.kind, contract))
        return
    buyer, name = BUYERS[plan.kind]
    who = contract.get(buyer)
    parts = {each: contract.get(each) for each in ("id", *plan.told)} | place
    known = {buyer: {"id": who.get("id") if isinstance(who, dict) else None}, **parts}
    held = with_current(contract) if plan.overlaid else contract
    yield from _below(plan, held, flat(known, (), f"{name}."))


def _below(plan: DecpPlan, tree: Tree, told: Row, depth: int = 0) -> Iterator[Row]:
    """The rows below an item of the list above, which `told` identifies."""
    level = plan.levels[depth]
    for position, item in enumerate(items_of(tree.get(level.member), level.items, level.member), 1):
        place: Row = {"position": str(position)}
        if depth + 1 == len(plan.levels):
            yield joined(told, flat(item, LISTS[plan.kind]), place)
            continue
        known = {name: item.get(name) for name in level.told} | place
        yield from _below(plan, item, joined(told, flat(known, (), f"{level.items[0]}.")), depth + 1)
