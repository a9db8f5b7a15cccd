"""Likeness to a national schema, by the names of its fields (schema.data.gouv.fr, as of November 2026)."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FEW = 5  # names in common below which it is chance


@dataclass(frozen=True)
class Likeness:
    """A schema, how many of its fields the source has, and of how many."""

    schema: str
    met: int
    fields: int

    def __str__(self) -> str:
        return f"{self.met} champs sur {self.fields} de {self.schema}"


def likeness_of(headers: Collection[str]) -> Likeness | None:
    """The schema of which the source has most, if that is more than half of its fields or of the headers."""
    own = {header.lower() for header in headers}
    found = [
        Likeness(schema, sum(name.lower() in own for name in fields), len(fields))
        for schema, fields in _schemas().items()
    ]
    like = [one for one in found if one.met >= _FEW and one.met * 2 > min(one.fields, len(own))]
    return max(like, key=lambda one: (one.met, one.met / one.fields), default=None)


@cache
def _schemas() -> dict[str, list[str]]:
    """Each schema with its version, and the names of its fields."""
    text = Path(__file__).with_name("schemas.json").read_text(encoding="utf-8")
    schemas: dict[str, list[str]] = json.loads(text)
    return schemas
