"""Contracts that a file holds several times: which record of each counts, and how many there are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from transforms.decode.decptables import BUYERS
from transforms.decode.decpvalues import Row, Tree

REPEATED = ("exemplaires", "versions")


@dataclass
class _Told:
    number: int = 0
    published: str = ""
    copies: int = 0
    versions: set[bytes] = field(default_factory=set)


def newest_of(contracts: Iterable[tuple[str, Tree]]) -> dict[int, Row]:
    """Number of a record in the document, from 1 → its `exemplaires` (records of that buyer and id) and
    `versions` (different ones); only of the newest record of each, by its last date of publication, then by
    its place. One without a buyer or an id stands for itself.
    """
    known: dict[tuple[str, str, str] | int, _Told] = {}
    for number, (kind, contract) in enumerate(contracts, 1):
        who = contract.get(BUYERS[kind][0])
        buyer, name = who.get("id") if isinstance(who, dict) else None, contract.get("id")
        told = known.setdefault((kind, str(buyer), str(name)) if buyer and name else number, _Told())
        published = max(_published(contract), default="")
        if published >= told.published:
            told.number, told.published = number, published
        told.copies += 1
        told.versions.add(hashlib.sha256(json.dumps(contract, sort_keys=True).encode()).digest())
    counted = ((told.number, (str(told.copies), str(len(told.versions)))) for told in known.values())
    return {number: dict(zip(REPEATED, counts, strict=True)) for number, counts in counted}


def _published(tree: Any) -> Iterator[str]:
    """All dates of publication in a record: a modification comes with one of its own."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name.startswith("datePublication") and isinstance(value, str):
                yield value
            else:
                yield from _published(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _published(value)
