"""Columns that seem to tell of persons: by the privacy gate's own eyes, and by what the headers say."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contracts.field import Field
from contracts.personal import Rule, kind_of
from contracts.sql import identifier
from contracts.view import View
from privacy import patterns
from privacy.detectors import has
from privacy.gate import findings_of
from proposal.choosing import Chosen
from proposal.columns import CHUNK, TABLE, cells_of, chunks
from proposal.texts import is_free_text

_VIEW = "people_cells"
_TEXTS = ("string", "siren", "siret")
# What is suspected, and the ground that a person may confirm (Code des relations entre le public et
# l'administration: L311-6 private life, L312-1-2 what must be made anonymous before it is published).
_LIFE = "CRPA L311-6, 1° (vie privée) : "
GROUNDS: dict[str, tuple[str, str]] = {
    "email": ("des adresses électroniques de personnes", _LIFE + "adresses électroniques"),
    "phone": ("des numéros de téléphone", _LIFE + "téléphones"),
    "nir": ("des numéros de sécurité sociale (NIR)", _LIFE + "numéros de sécurité sociale"),
    "iban": ("des comptes bancaires (IBAN)", _LIFE + "comptes bancaires"),
    "plate": ("des plaques d'immatriculation", _LIFE + "plaques d'immatriculation"),
    "sole_trader": ("des SIRET d'entrepreneurs individuels", _LIFE + "entrepreneurs individuels"),
    "birth_date": ("des dates de naissance", _LIFE + "dates de naissance"),
    "home_address": ("des adresses de personnes", _LIFE + "adresses de personnes"),
    "person_name": ("des noms de personnes", _LIFE + "noms de personnes"),
    "free_text": ("du texte libre, où l'on peut parler de personnes",
                  "CRPA L312-1-2 : texte libre, à relire avant diffusion"),
}  # fmt: skip


def suspected(
    connection: duckdb.DuckDBPyConnection, named: Sequence[tuple[str, Chosen]]
) -> dict[str, tuple[str, int | None]]:
    """Field → what is suspected in it (a key of `GROUNDS`) and in how many rows, if it was counted.

    Looked through are all cells of the columns that hold texts; of the others only the names tell.
    """
    found: dict[str, tuple[str, int | None]] = {}
    for chunk in chunks(named, CHUNK):
        for name, seen, count in _looked_through(connection, chunk):
            found.setdefault(name, (seen, count))
    for name, one in named:
        if rule := _by_name(name, one):
            found.setdefault(name, (rule, None))
        elif one.kind == "string" and is_free_text(one.column):
            found.setdefault(name, ("free_text", None))
    return found


def _by_name(name: str, one: Chosen) -> Rule | None:
    plain = Field(
        type=one.kind if one.kind in ("integer", "date", "instant", "boolean", "number") else "string"
    )
    if one.kind in ("geometry", "siret", "siren"):
        return None
    called = plain.model_copy(update={"term": one.guess.term})
    return kind_of(name, called) or kind_of(one.column.header, plain)


def _with_signs(
    connection: duckdb.DuckDBPyConnection, texts: Sequence[tuple[str, Chosen]]
) -> dict[str, Chosen]:
    """The columns in which a cell has a sign of a person; to compile the gate's patterns takes 0.3 s."""
    if not texts:
        return {}
    cells = cells_of([one.column.name for _, one in texts])
    found = connection.execute(
        f"SELECT DISTINCT field FROM ({cells}) WHERE {has('cell', patterns.SUSPECT)} ORDER BY field"
    ).fetchall()
    return {texts[field][0]: texts[field][1] for (field,) in found}


def _looked_through(
    connection: duckdb.DuckDBPyConnection, chunk: Sequence[tuple[str, Chosen]]
) -> list[tuple[str, str, int | None]]:
    texts = _with_signs(connection, [(name, one) for name, one in chunk if one.kind in _TEXTS])
    if not texts:
        return []
    columns = ", ".join(f"{one.column.name} AS {identifier(name)}" for name, one in texts.items())
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {_VIEW} AS SELECT {columns} FROM {TABLE}")
    view = View(
        dataset_id="", name="", audience="public", title="", description="", publisher="", licence="",
        contact="", fields={name: Field(type=one.kind) for name, one in texts.items()}, order=(),
    )  # fmt: skip
    found = findings_of(connection, _VIEW, view)
    critical = [one for one in found if one.severity == "critical" and one.field]
    return [(one.field or "", one.rule.removeprefix("privacy."), one.count) for one in critical]
