"""The reference tables and the joined tables on real files, held against what csv and json say of them."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from released import ROOT, Released

from sample.sources import SOURCES, connections, serving

COG, PARKS, PLACES = "territory.cog", "mobility.parkings", "accessibility.places"
LEVELS, HUB, NOW = "waste.fill_levels", "hub.places", "hub.observations_latest"
BNLS, COMMUNES = "02-parking/bnls_france.csv", "09-territory/cog_communes.json"
CUT = SOURCES / "geographic_institute" / "cog_communes.json"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Released:
    """The car parks of the country beside the sample's places, readings and communes; joined tables named first."""
    real = {"national_portal/bnls.csv": shared_data / BNLS}
    return Released(tmp_path_factory.mktemp("common"), [HUB, NOW, PARKS, PLACES, LEVELS, COG], real)


@pytest.fixture(scope="module")
def communes(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Callable[[str], list[Any]]:
    """Queries over the staged table `t` of the whole code of communes, and what the run told as `told`."""
    folder = tmp_path_factory.mktemp("communes")
    (folder / "geographic_institute").mkdir()
    shutil.copyfile(shared_data / COMMUNES, folder / "geographic_institute" / "cog_communes.json")
    with serving(folder) as url:
        stores = {
            f"CONCENTRATOR_{name}": str(folder / name)
            for name in ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH")
        }
        environment = {**os.environ, **connections(url, SOURCES), **stores, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "concentrator", "run", COG, "--until", "standardize", "--json"]
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = json.loads(ended.stdout)
    assert (told["rows_read"], told["rows_rejected"], told["cells_voided"]) == (37_590, 0, 0)  # domain.md
    (table,) = (folder / "WORK" / "staging" / "territory" / "cog").rglob("table.parquet")
    return lambda query: duckdb.connect().execute(f"WITH t AS (FROM '{table}') {query}").fetchall()


def test_the_code_of_communes_has_every_object_once(communes: Callable[[str], list[Any]]) -> None:
    assert dict(communes("SELECT type_commune, count(*) FROM t GROUP BY 1")) == {
        "commune": 34_969, "commune déléguée": 2_105, "commune associée": 471, "arrondissement municipal": 45,
    }  # fmt: skip
    assert communes("SELECT count(*) FROM t WHERE insee_commune LIKE '2A%'")[0][0] > 0
    one = "SELECT commune_nom, siren, population, codes_postaux, anciens_codes FROM t WHERE insee_commune = '92040'"
    assert communes(one) == [("Issy-les-Moulineaux", "219200409", 67_669, '["92130"]', '["75040"]')]


def test_what_was_merged_and_what_is_part_of_a_city_name_their_commune(
    communes: Callable[[str], list[Any]],
) -> None:
    query = "SELECT insee_commune, type_commune, commune_actuelle FROM t WHERE insee_commune IN ('01120', '75101', '69123') ORDER BY 1"
    assert communes(query) == [
        ("01120", "commune associée", "01262"), ("69123", "commune", None), ("75101", "arrondissement municipal", "75056"),
    ]  # fmt: skip
    lost = "SELECT count(*) FROM t WHERE commune_actuelle NOT IN (SELECT insee_commune FROM t WHERE type_commune = 'commune')"
    assert communes(lost) == [(0,)]


def test_communes_that_the_reference_table_lacks_are_counted(city: Released, shared_data: Path) -> None:
    with (shared_data / BNLS).open(encoding="utf-8", newline="") as file:
        codes = [row["insee"] for row in csv.DictReader(file, delimiter=";")]
    cut, whole = (
        {one["code"] for one in json.loads(path.read_bytes())} for path in (CUT, shared_data / COMMUNES)
    )
    assert set(codes) <= whole
    lost = sum(code not in cut for code in codes)
    assert lost > 0
    assert city.findings(PARKS)["reference"] == lost
    assert "reference" not in city.findings(PLACES)


def test_the_places_of_all_datasets_are_in_one_table_for_each_audience(city: Released) -> None:
    places = json.loads((SOURCES / "accessibility_platform" / "erp.json").read_bytes())
    shown = sum(one["fields"]["commune"] in ("Rueil-Malmaison", "Courbevoie") for one in places)
    assert shown < len(places)
    query = "SELECT dataset_id, count(*), count(longitude), count(DISTINCT id) FROM t GROUP BY 1 ORDER BY 1"
    assert city.rows(HUB, "public", query) == [(PLACES, shown, shown, shown), (PARKS, 799, 799, 799)]
    every = len(places)
    assert city.rows(HUB, "restricted", query) == [(PLACES, every, every, every), (PARKS, 799, 799, 799)]


def test_a_quantity_has_one_column_whatever_its_dataset_calls_it(city: Released) -> None:
    total = "SELECT sum(capacite), sum(capacite_pmr) FROM t"
    assert city.rows(HUB, "public", total) == [(261_774, 3_990)]  # domain.md
    issy = "SELECT count(*), sum(capacite), sum(capacite_pmr) FROM t WHERE insee_commune = '92040' AND dataset_id = 'mobility.parkings'"
    assert city.rows(HUB, "public", issy) == [(5, 1_143, 23)]
    named = "SELECT DISTINCT categorie FROM t WHERE dataset_id = 'mobility.parkings'"
    assert city.rows(HUB, "public", named) == [("Parc de stationnement",)]


def test_the_position_is_the_one_of_the_source_to_the_last_digit(city: Released, shared_data: Path) -> None:
    with (shared_data / BNLS).open(encoding="utf-8", newline="") as file:
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
