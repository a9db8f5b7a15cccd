"""The sample's waste sources: a small part of Nantes' containers and structures, and made fill levels."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sample.extracts import Cut, Extract

_CONTAINERS = "01-waste/nantes_conteneurs_pav.json"
_STRUCTURES = "01-waste/nantes_structures_avant_nettoyage.json"
_EACH_TYPE = 3  # codes of each type, with all their copies
_STRUCTURES_KEPT = 45
_SENSORS = 6
_FIRST = datetime(2026, 3, 2)


def containers(data: Path) -> Cut:
    """The first codes of each type, codes of several places, and positions that are none; as they stand."""
    records: list[dict[str, str]] = json.loads((data / _CONTAINERS).read_text("utf-8"))
    places: dict[str, set[tuple[str, str]]] = {}
    first: dict[str, list[str]] = {}
    for one in records:
        places.setdefault(one["code"], set()).add((one["latitude"], one["longitude"]))
        codes = first.setdefault(one["type"], [])
        if one["code"] not in codes and len(codes) < _EACH_TYPE:
            codes.append(one["code"])
    wanted = {code for codes in first.values() for code in codes}
    wanted |= {code for code, met in places.items() if len(met) > 1}
    kept = [one for one in records if one["code"] in wanted or _is_nowhere(one)]
    return _written(kept, len(kept))


def _is_nowhere(one: dict[str, str]) -> bool:
    """Whether the position is no pair of numbers, or no place around Nantes."""
    try:
        return not (47.05 <= float(one["latitude"]) <= 47.5 and -1.9 <= float(one["longitude"]) <= -1.3)
    except ValueError:
        return True


def structures(data: Path) -> Cut:
    """The first features of each kind of contact, and those that have a street written in both ways."""
    document = json.loads((data / _STRUCTURES).read_text("utf-8"))
    seen: Counter[tuple[bool, ...]] = Counter()
    kept = []
    for feature in document["features"]:
        tags: dict[str, Any] = feature["properties"]
        told = " ".join(str(tags.get(name, "")) for name in ("contact:phone", "phone"))
        kind = ("email" in str(tags.keys()), "+33 6" in told or "+33 7" in told, bool(told.strip()))
        seen[kind] += 1
        both = "contact:street" in tags and "addr:street" in tags
        if both or seen[kind] <= _STRUCTURES_KEPT // 5:
            kept.append(feature)
    return _written({**document, "features": kept}, len(kept))


def _written(document: Any, rows: int) -> Cut:
    return Cut((json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode(), rows)


def fill_levels(_: Path) -> Cut:
    """Sensors that tell every two hours how full they are; one says 255 (no echo), one falls silent."""
    drawn = random.Random(1)
    lines = ["sonde;conteneur;releve;taux;prestataire;astreinte"]
    for sensor in range(_SENSORS):
        level = drawn.randrange(60)
        for step in range(36):
            if sensor == 5 and step > 20:
                break
            level = drawn.randrange(8) if level > 90 else level + drawn.randrange(9)
            told = 255 if sensor == 3 and step in (7, 8) else level
            at = _FIRST + timedelta(hours=2 * step, minutes=sensor)
            lines.append(
                f"S{sensor + 1:03};stco_conteneur_VE09{26 + sensor};{at:%Y-%m-%dT%H:%M};{told};"
                "Collecte exemple SARL;01 99 00 00 00"
            )
    return Cut(("\n".join(lines) + "\n").encode(), len(lines) - 1)


EXTRACTS = (
    Extract(
        path="waste_authority/conteneurs.json",
        original=_CONTAINERS,
        title="Points d'apport volontaire (conteneurs, bornes textiles, composteurs) de Nantes Métropole",
        producer="Nantes Métropole, Compostri, Le Relais Atlantique; gathered by vivreanantes",
        origin="vivreanantes/animationtrinantesmetropole:src/assets/data/nantes/ContainersDatas.js @62834091",
        licence="Open Database License 1.0 (ODbL)",
        what="The first codes of each of the 22 types with all their copies, codes of several places, and "
        "the records whose position is none. A foreign city: it stands in for the sample city's own.",
        make=containers,
    ),
    Extract(
        path="waste_authority/structures.geojson",
        original=_STRUCTURES,
        title="Structures du réemploi, de la réparation et du vrac autour de Nantes",
        producer="OpenStreetMap contributors; extracted by vivreanantes",
        origin="vivreanantes/animationtrinantesmetropole:src/assets/data/nantes/DetailStructures/"
        "Structures_AvantOperationsManuelles.json @62834091",
        licence="Open Database License 1.0 (ODbL)",
        what="Some features with and without telephone, mobile and mail, and those with two streets; "
        "features as the original has them.",
        make=structures,
    ),
    Extract(
        path="waste_authority/remplissage.csv",
        original="",
        title="Remplissage de conteneurs",
        producer="made for this sample",
        origin="sample/cut_waste.py",
        licence="CC0 1.0",
        what="Drawn from a fixed seed: six sensors, a reading every two hours, two without echo (255), one "
        "sensor that falls silent; the telephone is one of those kept for fiction.",
        make=fill_levels,
    ),
)
