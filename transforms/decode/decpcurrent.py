"""What holds of a public contract after all its modifications: each overlays the fields that it carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transforms.decode.decptables import CHANGES, CONCESSION, CURRENT_HOLDERS, MARCHE, SUBCONTRACT_CHANGES
from transforms.decode.decpvalues import Row, Tree, flat, items_of

_VALUES = {MARCHE: ("dureeMois", "montant"), CONCESSION: ("dureeMois", "valeurGlobale")}
_ACTS = "actesSousTraitance"


def current_values(kind: str, contract: Tree) -> Row:
    """`actuel.…`: duration and amount after all modifications."""
    return flat(_overlaid(contract, _VALUES[kind], _changes(contract)), (), "actuel.")


def with_current(contract: Tree) -> Tree:
    """The contract with its holders of today as a list of their own, and each subcontract's `actuel`.

    A modification's holders replace all earlier ones; that of a subcontract names it by its `id` (DECP 2.0.2,
    `ModificationActeSousTraitance`).
    """
    told = [change["titulaires"] for change in _changes(contract) if any(_items(change, "titulaires"))]
    added: Tree = {CURRENT_HOLDERS.member: told[-1] if told else contract.get("titulaires")}
    level = SUBCONTRACT_CHANGES
    changes = sorted(
        items_of(contract.get(level.member), level.items, level.member),
        key=lambda change: str(change.get("datePublicationDonnees") or ""),
    )
    acts = list(items_of(contract.get(_ACTS), ("acteSousTraitance",), _ACTS))
    for number, act in enumerate(acts):
        own = [change for change in changes if str(change.get("id")) == str(act.get("id"))]
        acts[number] = {**act, "actuel": _overlaid(act, _VALUES[MARCHE], own)}
    return {**contract, _ACTS: acts, **added}


def _changes(contract: Tree) -> list[Tree]:
    """By day of publication, then id."""
    return sorted(items_of(contract.get(CHANGES.member), CHANGES.items, CHANGES.member), key=_published)


def _items(tree: Tree, member: str) -> Iterator[Tree]:
    return items_of(tree.get(member), CURRENT_HOLDERS.items, member)


def _overlaid(first: Tree, names: tuple[str, ...], changes: list[Tree]) -> dict[str, Any]:
    current = {name: first.get(name) for name in names}
    for change in changes:
        current |= {name: change[name] for name in names if change.get(name) not in (None, "")}
    return current


def _published(change: Tree) -> tuple[str, int]:
    day, number = str(change.get("datePublicationDonneesModification") or ""), str(change.get("id") or "")
    return day, int(number) if number.isdecimal() else 0
