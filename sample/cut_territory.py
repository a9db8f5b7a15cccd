"""The sample's reference tables: a part of the official code of communes, and the department's cantons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sample.extracts import Cut, Extract

_COG = "09-territory/cog_communes.json"
_CANTONS = "09-territory/cantons_92.geojson"
_DEPARTMENTS = ("92", "75", "94")
# Of the sample's other car parks and places; Annecy and Montluel took communes in.
_TOWNS = ("69123", "86194", "56121", "74010", "01262")


def communes(data: Path) -> Cut:
    """Whole departments and a few towns, with the parts that each of them has or has taken in."""
    records: list[dict[str, Any]] = json.loads((data / _COG).read_text("utf-8"))
    kept = [
        one for one in records
        if one["departement"] in _DEPARTMENTS
        or {one["code"], one.get("commune"), one.get("chefLieu")} & set(_TOWNS)
    ]  # fmt: skip
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in kept)
    return Cut(f"[\n{lines}\n]\n".encode(), len(kept))


def cantons(data: Path) -> Cut:
    """The file as it stands."""
    content = (data / _CANTONS).read_bytes()
    return Cut(content, len(json.loads(content)["features"]))


EXTRACTS = (
    Extract(
        path="geographic_institute/cog_communes.json",
        original=_COG,
        title="Code officiel géographique, communes (2025)",
        producer="INSEE et DGCL, assemblés par Etalab (@etalab/decoupage-administratif 6.0.0)",
        origin="https://github.com/etalab/decoupage-administratif",
        licence="Licence Ouverte 2.0 (data); MIT (the package)",
        what="Hauts-de-Seine, Paris, Val-de-Marne, five towns, their arrondissements and what they took in.",
        make=communes,
    ),
    Extract(
        path="geographic_institute/cantons-92-hauts-de-seine.geojson",
        original=_CANTONS,
        title="Cantons des Hauts-de-Seine (contours 2018)",
        producer="IGN et INSEE, d'après France GeoJSON",
        origin="https://github.com/gregoiredavid/france-geojson",
        licence="Licence Ouverte 2.0",
        what="Whole.",
        make=cantons,
    ),
)
