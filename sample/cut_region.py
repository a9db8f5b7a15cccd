"""The regional portal: its catalogue (made) and its datasets (cut from shared exports)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sample import cutting
from sample.extracts import Cut, Extract
from sample.portal import CATALOGUE

PORTAL = "regional_portal"
STATIONS, PARKS, COUNTERS = (
    "emplacement-des-gares-idf", "base-nationale-des-lieux-de-stationnement",
    "comptage-velo-donnees-compteurs",
)  # fmt: skip
# The export writes labels; the API has technical names. Kept are those that tell where a station is.
STATION_COLUMNS = {
    "Geo Point": ("geo_point_2d", "geo_point_2d"), "gares_id": ("gares_id", "int"), "nom": ("nom", "text"),
    "nom_sur": ("nom_sur", "text"), "id_ref_lda": ("id_ref_lda", "int"), "nom_lda": ("nom_lda", "text"),
    "id_ref_zdl": ("id_ref_zdl", "int"), "nom_zdl": ("nom_zdl", "text"), "mode": ("mode", "text"),
    "ligne": ("ligne", "text"), "exploitant": ("exploitant", "text"), "x": ("x", "double"),
    "y": ("y", "double"),
}  # fmt: skip
PARK_NUMBERS = {
    "nb_places": "int", "nb_pr": "int", "nb_pmr": "int", "nb_voitures_electriques": "int", "Xlong": "double",
    "Ylat": "double",
}  # fmt: skip
# A telephone in a free text is no part of what a portal would copy: left out with the operators' own ids.
PARK_LEFT_OUT = ("info", "id_source")
COUNTER_COLUMNS = {
    "Compteur": ("compteur", "text"), "Total sur 2021": ("total_2021", "int"),
    "Coordonnees": ("coordonnees", "geo_point_2d"), "Date d'installation": ("date_installation", "text"),
}  # fmt: skip
Types = dict[str, str]


def stations(data: Path) -> Cut:
    """The stations of the sample, as the API's CSV would have them."""
    rows = csv.DictReader(io.StringIO(cutting.stations(data).content.decode()), delimiter=";")
    return _written(rows, STATION_COLUMNS)


def parks(data: Path) -> Cut:
    """The car parks of the department."""
    rows = csv.DictReader(io.StringIO(cutting.parkings(data).content.decode()), delimiter=";")
    columns = {name: (name, kind) for name, kind in _park_types(rows.fieldnames or ()).items()}
    return _written((row for row in rows if row["insee"].startswith("92")), columns)


def counters(data: Path) -> Cut:
    """Every counter of Paris: none of them in the city."""
    text = (data / "07-mobility/paris_compteurs_velo_totaux_2021.csv").read_text("utf-8")
    return _written(csv.DictReader(io.StringIO(text)), COUNTER_COLUMNS)


def catalogue(data: Path) -> Cut:
    """What the API says of each dataset, and one that the portal only links to."""
    park_types = _park_types(cutting.parkings(data).content.decode().partition("\r\n")[0].split(";"))
    odbl, ouverte = "Open Database License (ODbL)", "Licence Ouverte v2.0 (Etalab)"
    region, paris, hauts_de_seine = "Île-de-France", "Paris", "Hauts-de-Seine"
    entries = [
        _entry(
            STATIONS, "Gares et stations du réseau ferré d'Île-de-France", "Île-de-France Mobilités", odbl,
            "2022-03-15T08:00:00+00:00", [region, hauts_de_seine], dict(STATION_COLUMNS.values()),
        ),
        _entry(
            PARKS, "Base nationale des lieux de stationnement (Hauts-de-Seine)", "transport.data.gouv.fr",
            ouverte, "2022-02-01T08:00:00+00:00", [hauts_de_seine], park_types, "transport.data.gouv.fr",
        ),
        _entry(
            COUNTERS, "Comptage vélo, totaux par compteur", "Ville de Paris", odbl,
            "2022-01-10T08:00:00+00:00", [paris], dict(COUNTER_COLUMNS.values()), "opendata.paris.fr",
        ),
        _entry(
            "plan-velo-departemental", "Plan vélo départemental (exemple de lien)", "Exemple de département",
            ouverte, "2025-05-05T08:00:00+00:00", [hauts_de_seine], {},
        ),
    ]  # fmt: skip
    return Cut((json.dumps(entries, indent=1, ensure_ascii=False) + "\n").encode(), len(entries))


def _entry(
    dataset_id: str, title: str, publisher: str, licence: str, modified: str, territory: list[str],
    types: Types, source: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    default = {
        "title": title, "publisher": publisher, "license": licence, "modified": modified,
        "territory": territory, "federated": source is not None, "source_domain_address": source,
    }  # fmt: skip
    return {"dataset_id": dataset_id, "has_records": bool(types), "types": types, "default": default}


def _park_types(names: Any) -> Types:
    return {name: PARK_NUMBERS.get(name, "text") for name in names if name not in PARK_LEFT_OUT}


def _written(rows: Any, columns: dict[str, tuple[str, str]]) -> Cut:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(name for name, _ in columns.values())
    cells = [[_whole(row[column], kind) for column, (_, kind) in columns.items()] for row in rows]
    writer.writerows(cells)
    return Cut(text.getvalue().encode(), len(cells))


def _whole(cell: str, kind: str) -> str:
    """The CSV writes whole numbers as 73604.0, which the API has as integers."""
    return cell.removesuffix(".0") if kind == "int" else cell


def _extract(name: str, original: str, title: str, producer: str, origin: str, licence: str, what: str,
             make: Callable[[Path], Cut]) -> Extract:  # fmt: skip
    return Extract(f"{PORTAL}/{name}", original, title, producer, origin, licence, what, make)


EXTRACTS = (
    _extract(
        CATALOGUE, "", "Catalogue of a regional Opendatasoft portal", "made for this sample",
        "sample/cut_region.py", "CC0 1.0",
        "Made, for no real catalogue is among the shared files: what the Explore API says of three datasets "
        "that are real, and of one that it only links to.",
        catalogue,
    ),
    _extract(
        f"{STATIONS}.csv", "07-mobility/idfm_emplacement_gares_idf.csv",
        "Gares et stations du réseau ferré d'Île-de-France", "Île-de-France Mobilités",
        "l-eg116/StatA2S4-MetroVeloAuto:emplacement-des-gares-idf.csv @18b85565",
        "Open Database License 1.0 (ODbL)",
        "Stations inside Hauts-de-Seine or named after Issy, under the API's technical names; fewer columns.",
        stations,
    ),
    _extract(
        f"{PARKS}.csv", "02-parking/bnls_france.csv", "Base nationale des lieux de stationnement (BNLS)",
        "transport.data.gouv.fr, from the cities and operators who declare their car parks",
        "volcanomakingkit/ressources.tipe:bnls.csv @2791ad6f", "Licence Ouverte 2.0 (etalab-2.0)",
        f"Car parks of Hauts-de-Seine, without {' and '.join(PARK_LEFT_OUT)}.",
        parks,
    ),
    _extract(
        f"{COUNTERS}.csv", "07-mobility/paris_compteurs_velo_totaux_2021.csv",
        "Comptage vélo, totaux de 2021 par compteur", "Ville de Paris",
        "l-eg116/StatA2S4-MetroVeloAuto:comptage-velo-donnees-compteurs.csv @18b85565",
        "Open Database License 1.0 (ODbL)", "The whole file, under technical names.",
        counters,
    ),
)  # fmt: skip
