"""The reference tables and the joined tables on real files, held against what csv and json say of them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from released import Released

COG, CANTONS, PARKS, PLACES = (
    "territory.cog",
    "territory.cantons",
    "mobility.parkings",
    "accessibility.places",
)
POINTS, LEVELS, HUB, NOW = (
    "waste.dropoff_points",
    "waste.fill_levels",
    "hub.places",
    "hub.observations_latest",
)
REAL = {
    "geographic_institute/cog_communes.json": "09-territory/cog_communes.json",
    "national_portal/bnls.csv": "02-parking/bnls_france.csv",
    "accessibility_platform/erp.json": "08-accessibility/acceslibre_erp_92_courbevoie_rueil.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Released:
    """Whole real files, but for the sample's drop-off points and made fill levels; joined tables named first."""
    real = {name: shared_data / path for name, path in REAL.items()}
    ids = [HUB, NOW, PARKS, PLACES, POINTS, LEVELS, CANTONS, COG]
    return Released(tmp_path_factory.mktemp("common"), ids, real)


def test_the_code_of_communes_has_every_object_once(city: Released) -> None:
    assert (city.told[COG]["rows_read"], city.told[COG]["rows_rejected"], city.told[COG]["cells_voided"]) == (
        37_590,
        0,
        0,
    )
    kinds = dict(city.rows(COG, "public", "SELECT type_commune, count(*) FROM t GROUP BY 1"))
    assert kinds == {
        "commune": 34_969, "commune déléguée": 2_105, "commune associée": 471, "arrondissement municipal": 45,
    }  # fmt: skip
    assert city.rows(COG, "public", "SELECT count(*) FROM t WHERE insee_commune LIKE '2A%'")[0][0] > 0
    one = "SELECT commune_nom, siren, population, codes_postaux, anciens_codes FROM t WHERE insee_commune = '92040'"
    assert city.rows(COG, "public", one) == [
        ("Issy-les-Moulineaux", "219200409", 67_669, '["92130"]', '["75040"]')
    ]


def test_what_was_merged_and_what_is_part_of_a_city_name_their_commune(city: Released) -> None:
    query = "SELECT insee_commune, type_commune, commune_actuelle FROM t WHERE insee_commune IN ('01120', '75101', '69123') ORDER BY 1"
    assert city.rows(COG, "public", query) == [
        ("01120", "commune associée", "01262"), ("69123", "commune", None), ("75101", "arrondissement municipal", "75056"),
    ]  # fmt: skip
    lost = "SELECT count(*) FROM t WHERE commune_actuelle NOT IN (SELECT insee_commune FROM t WHERE type_commune = 'commune')"
    assert city.rows(COG, "public", lost) == [(0,)]
    assert city.rows(CANTONS, "public", "SELECT count(*), count(geometry) FROM t") == [(23, 23)]


def test_every_commune_of_a_car_park_is_in_the_code(city: Released, shared_data: Path) -> None:
    with (shared_data / REAL["national_portal/bnls.csv"]).open(encoding="utf-8", newline="") as file:
        codes = {row["insee"] for row in csv.DictReader(file, delimiter=";")}
    known = {
        one["code"]
        for one in json.loads((shared_data / REAL["geographic_institute/cog_communes.json"]).read_bytes())
    }
    assert codes <= known
    assert "reference" not in city.findings(PARKS)


def test_the_places_of_all_datasets_are_in_one_table_for_each_audience(
    city: Released, shared_data: Path
) -> None:
    places = json.loads((shared_data / REAL["accessibility_platform/erp.json"]).read_bytes())
    towns = Counter(one["fields"]["commune"] for one in places)
    assert (towns["Rueil-Malmaison"], towns["Courbevoie"], len(places)) == (741, 624, 1_381)
    query = "SELECT dataset_id, count(*), count(longitude), count(DISTINCT id) FROM t GROUP BY 1 ORDER BY 1"
    (drops,) = city.rows(POINTS, "public", "SELECT count(*) FROM t")[0]
    assert city.rows(HUB, "public", query) == [
        (PLACES, 1_365, 1_365, 1_365), (PARKS, 799, 799, 799), (POINTS, drops, drops, drops),
    ]  # fmt: skip
    assert city.rows(HUB, "restricted", query)[0] == (PLACES, 1_381, 1_381, 1_381)


def test_a_quantity_has_one_column_whatever_its_dataset_calls_it(city: Released) -> None:
    total = "SELECT sum(capacite), sum(capacite_pmr) FROM t"
    assert city.rows(HUB, "public", total) == [(261_774, 3_990)]  # domain.md
    issy = "SELECT count(*), sum(capacite), sum(capacite_pmr) FROM t WHERE insee_commune = '92040' AND dataset_id = 'mobility.parkings'"
    assert city.rows(HUB, "public", issy) == [(5, 1_143, 23)]
    named = "SELECT DISTINCT categorie FROM t WHERE dataset_id = 'mobility.parkings'"
    assert city.rows(HUB, "public", named) == [("Parc de stationnement",)]


def test_the_position_is_the_one_of_the_source_to_the_last_digit(city: Released, shared_data: Path) -> None:
    with (shared_data / REAL["national_portal/bnls.csv"]).open(encoding="utf-8", newline="") as file:
        by_id: dict[str, Any] = {row["id"]: row for row in csv.DictReader(file, delimiter=";")}
    query = "SELECT id_local, longitude, latitude FROM t WHERE dataset_id = 'mobility.parkings'"
    for id_local, longitude, latitude in city.rows(HUB, "public", query):
        assert (longitude, latitude) == (float(by_id[id_local]["Xlong"]), float(by_id[id_local]["Ylat"]))


def test_readings_for_agents_alone_are_in_no_public_table(city: Released) -> None:
    sensors = city.rows(
        LEVELS, "restricted", "SELECT capteur_id, max(observed_at) FROM t GROUP BY 1 ORDER BY 1"
    )
    query = "SELECT capteur_id, observed_at FROM t WHERE dataset_id = 'waste.fill_levels' ORDER BY 1"
    assert city.rows(NOW, "restricted", query) == sensors
    assert not city.has(LEVELS, "public")
    assert city.rows(NOW, "public", "SELECT count(*) FROM t") == [(0,)]
