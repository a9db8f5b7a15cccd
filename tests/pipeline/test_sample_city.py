"""The six sample datasets from their sources to both stores, held against values worked out apart."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyogrio.raw
import pytest
import shapely

from sample.sources import SOURCES, connections, serving
from tests.sample.expected import EXPECTED, ISSY_BOUNDS, ISSY_PARKINGS, OUTLINE_POINTS, VOTES_OF_LISTS, Side

ROOT = Path(__file__).parents[2]
FULL = {  # source of the sample → the whole real file
    "national_portal/bnls.csv": "02-parking/bnls_france.csv",
    "transport_authority/emplacement-des-gares-idf.csv": "07-mobility/idfm_emplacement_gares_idf.csv",
    "grid_operator/eCO2mix_RTE_En-cours-TR.xls": "06-iot-energy/rte_eco2mix_en_cours_tr_2016.xls.tsv",
    "accessibility_platform/erp.json": "08-accessibility/acceslibre_erp_92_courbevoie_rueil.json",
    "elections_office/elections/europeennes2019_par_circonscription.xlsx":
        "03-elections/europeennes2019_par_circonscription.xlsx",
    "geographic_institute/communes-92-hauts-de-seine.geojson": "09-territory/communes_92.geojson",
}  # fmt: skip


class Released:
    """What a run of the command line left in the stores, and what it told."""

    def __init__(self, folder: Path, sources: Path) -> None:
        self.folder = folder
        with serving(sources) as url:
            stores = {
                f"CONCENTRATOR_{name}": str(folder / name.lower())
                for name in ("WORK", "PUBLIC", "RESTRICTED")
            }
            environment = {**os.environ, **connections(url, sources), **stores,
                           "CONCENTRATOR_SCRATCH": str(folder / "scratch")}  # fmt: skip
            command = [sys.executable, "-m", "concentrator", "run", *sorted(EXPECTED), "--json"]
            ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        self.told = {one["dataset_id"]: one for one in map(json.loads, ended.stdout.splitlines())}

    def file(self, dataset_id: str, audience: str, extension: str) -> Path:
        theme, name = dataset_id.split(".")
        return self.folder / audience / theme / name / f"{name}.{extension}"

    def rows(self, dataset_id: str, audience: str, query: str) -> list[Any]:
        """`query` over the Parquet, called `t`."""
        path = self.file(dataset_id, audience, "parquet")
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"WITH t AS (FROM '{path}') {query}").fetchall()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Released:
    return Released(tmp_path_factory.mktemp("city"), SOURCES)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Released:
    """The same contracts on the whole real files."""
    folder = tmp_path_factory.mktemp("full")
    for name, real in FULL.items():
        target = folder / "sources" / name
        target.parent.mkdir(parents=True)
        shutil.copyfile(shared_data / real, target)
    return Released(folder, folder / "sources")


def side_of(released: Released, dataset_id: str, audience: str, expected: Side) -> Side:
    """What the release holds of what is expected."""
    (rows,) = released.rows(dataset_id, audience, "SELECT count(*) FROM t")[0]
    columns = len(released.rows(dataset_id, audience, "SELECT column_name FROM (DESCRIBE t)"))
    sums = {
        name: released.rows(dataset_id, audience, f'SELECT sum("{name}") FROM t')[0][0]
        for name in expected.sums
    }
    filled = {
        name: released.rows(dataset_id, audience, f'SELECT count("{name}") FROM t')[0][0]
        for name in expected.filled
    }
    return Side(rows, columns, sums, filled)


@pytest.mark.parametrize("dataset_id", EXPECTED)
def test_counts_are_those_worked_out_apart(city: Released, dataset_id: str) -> None:
    told, expected = city.told[dataset_id], EXPECTED[dataset_id]
    assert (told["rows_read"], told["rows_rejected"], told["cells_voided"]) == (
        expected.read, expected.rejected, expected.voided,
    )  # fmt: skip


@pytest.mark.parametrize("audience", ["public", "restricted"])
@pytest.mark.parametrize("dataset_id", EXPECTED)
def test_rows_columns_and_sums_are_those_worked_out_apart(
    city: Released, dataset_id: str, audience: str
) -> None:
    expected: Side = getattr(EXPECTED[dataset_id], audience)
    assert side_of(city, dataset_id, audience, expected) == expected


@pytest.mark.parametrize("dataset_id", EXPECTED)
def test_cells_are_those_a_person_looked_up(city: Released, dataset_id: str) -> None:
    expected = EXPECTED[dataset_id]
    looked_up = [("public", cell) for cell in expected.cells] + [
        ("restricted", cell) for cell in expected.cells
    ]
    for audience, (key, cells) in [*looked_up, *(("restricted", cell) for cell in expected.restricted_cells)]:
        columns = ", ".join(f'"{name}"' for name in cells)
        where = " AND ".join(f'"{name}" = ?' for name in key)
        path = city.file(dataset_id, audience, "parquet")
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.execute(
            f"SELECT {columns} FROM '{path}' WHERE {where}", list(key.values())
        ).fetchall()
        assert [dict(zip(cells, row, strict=True)) for row in rows] == [cells]


@pytest.mark.parametrize("dataset_id", [name for name, one in EXPECTED.items() if one.positions])
def test_positions_are_right_to_a_centimetre(city: Released, dataset_id: str) -> None:
    key = {"accessibility.places": "id"}.get(dataset_id, "id_local")
    query = f"SELECT {key}, ST_AsWKB(geometry) FROM t"
    points = {key: shapely.from_wkb(wkb) for key, wkb in city.rows(dataset_id, "public", query)}
    for key, position in EXPECTED[dataset_id].positions.items():
        assert (points[key].x, points[key].y) == pytest.approx(position, abs=1e-7)


def test_outlines_are_whole(city: Released) -> None:
    features = json.loads(city.file("territory.communes", "public", "geojson").read_bytes())["features"]
    shapes = {
        feature["properties"]["insee_commune"]: shapely.from_geojson(json.dumps(feature["geometry"]))
        for feature in features
    }
    assert sum(shapely.get_num_coordinates(shape) for shape in shapes.values()) == OUTLINE_POINTS
    assert shapes["92040"].bounds == pytest.approx(ISSY_BOUNDS)


def test_votes_of_lists_are_right(city: Released) -> None:
    query = "SELECT candidat_numero, sum(voix) FROM t GROUP BY ALL"
    votes = dict(city.rows("elections.european_results", "public", query))
    assert {number: votes[number] for number in VOTES_OF_LISTS} == VOTES_OF_LISTS


def test_every_format_holds_the_same_rows(city: Released) -> None:
    import pandas
    import pyarrow.parquet

    for dataset_id, expected in EXPECTED.items():
        rows = expected.public.rows
        assert len(pandas.read_csv(city.file(dataset_id, "public", "csv"), dtype=str)) == rows
        assert pyarrow.parquet.read_metadata(city.file(dataset_id, "public", "parquet")).num_rows == rows
        assert len(pandas.read_excel(city.file(dataset_id, "public", "xlsx"), engine="calamine")) == rows
        package = city.file(dataset_id, "public", "gpkg")
        if package.exists():
            assert pyogrio.read_info(package)["features"] == rows


def test_what_is_hidden_stands_in_no_public_file(city: Released) -> None:
    hidden = {
        "mobility.parkings": ["info", "id_source"],
        "accessibility.places": ["siret", "cree_le", "modifie_le"],
    }
    for dataset_id, columns in hidden.items():
        text = b"".join(
            path.read_bytes() for path in city.file(dataset_id, "public", "csv").parent.glob("*.[cmg]*")
        )
        for column in columns:
            assert f'"{column}"'.encode() not in text
    assert b"LORIENT" not in city.file("accessibility.places", "public", "csv").read_bytes().upper()
    assert b"LORIENT" in city.file("accessibility.places", "restricted", "csv").read_bytes().upper()


def test_car_parks_of_france_count_right(full: Released) -> None:
    query = "SELECT count(*), sum(nb_places), sum(nb_pmr) FROM t"
    assert full.rows("mobility.parkings", "public", query) == [(799, 261_774, 3_990)]
    issy = "SELECT count(*), sum(nb_places), sum(nb_pmr), sum(nb_voitures_electriques) FROM t WHERE insee = '92040'"
    assert full.rows("mobility.parkings", "public", issy) == [(5, *ISSY_PARKINGS.sums.values())]


def test_the_power_series_is_whole_and_integrates_right(full: Released) -> None:
    query = (
        "SELECT count(*), count(consommation), sum(consommation), min(consommation), max(consommation) FROM t"
    )
    assert full.rows("energy.power_readings", "public", query) == [
        (2_496, 2_344, 105_641_396, 30_810, 56_223)
    ]


def test_the_european_election_of_all_constituencies_counts_right(full: Released) -> None:
    votes = "SELECT count(*), sum(voix), sum(voix) FILTER (candidat_numero = 23), sum(voix) FILTER (candidat_numero = 5) FROM t"
    assert full.rows("elections.european_results", "public", votes) == [
        (19_618, 22_655_174, 5_286_939, 5_079_015)
    ]
    zones = "SELECT sum(inscrits), sum(votants), sum(blancs), sum(nuls), sum(exprimes) FROM t WHERE candidat_numero = 1"
    assert full.rows("elections.european_results", "public", zones) == [
        (47_345_328, 23_730_740, 555_033, 520_533, 22_655_174)
    ]


def test_stations_and_places_count_right(full: Released) -> None:
    assert full.rows("mobility.stations", "public", "SELECT count(*) FROM t") == [(1_173,)]
    towns = "SELECT commune, count(*) FROM t GROUP BY ALL ORDER BY 2"
    assert full.rows("accessibility.places", "restricted", towns) == [
        ("Lorient", 16), ("Courbevoie", 624), ("Rueil-Malmaison", 741),
    ]  # fmt: skip
    # By the simplified outlines two places of Rueil are in Garches (shapely): told, and not mended.
    codes = "SELECT code_insee, count(*) FROM t GROUP BY ALL ORDER BY 2"
    assert full.rows("accessibility.places", "public", codes) == [
        ("92033", 2),
        ("92026", 624),
        ("92063", 739),
    ]


def test_seven_station_rows_are_inside_issy(full: Released) -> None:
    (issy,) = full.rows(
        "territory.communes", "public", "SELECT ST_AsWKB(geometry) FROM t WHERE insee_commune = '92040'"
    )
    outline = shapely.from_wkb(issy[0])
    rows = full.rows("mobility.stations", "public", "SELECT zdl_id, ST_AsWKB(geometry) FROM t")
    inside = [zone for zone, wkb in rows if outline.contains(shapely.from_wkb(wkb))]
    assert (len(inside), len(set(inside))) == (7, 6)
