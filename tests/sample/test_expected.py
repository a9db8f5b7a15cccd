"""The expected values are those of the sample's bytes, by the standard library, openpyxl and pyproj."""

import csv
import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

import openpyxl
import pytest
import shapely
from pyproj import Transformer

from sample.sources import SOURCES
from tests.sample import expected

PARKING_COLUMNS = ("nb_places", "nb_pmr", "nb_voitures_electriques", "nb_velo", "hauteur_max", "tarif_1h",
                   "tarif_24h", "abo_resident", "abo_non_resident")  # fmt: skip


def delimited(path: str, delimiter: str, encoding: str) -> list[dict[str, str]]:
    with (SOURCES / path).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def total(cells: Iterable[str | None]) -> Decimal:
    """Of the numbers; "N/A", "ND", blanks and prices below the cent are none."""
    numbers = [Decimal(cell) for cell in cells if cell not in ("", "N/A", "ND", None)]
    return sum((number for number in numbers if number == round(number, 2)), Decimal())


@pytest.fixture(scope="module")
def parkings() -> list[dict[str, str]]:
    return delimited("national_portal/bnls.csv", ";", "utf-8")


@pytest.fixture(scope="module")
def stations() -> list[dict[str, str]]:
    return delimited("transport_authority/emplacement-des-gares-idf.csv", ";", "utf-8")


@pytest.fixture(scope="module")
def readings() -> list[dict[str, str]]:
    rows = delimited("grid_operator/eCO2mix_RTE_En-cours-TR.xls", "\t", "cp1252")
    return [row for row in rows if row["Nature"]]  # not the legal notice


@pytest.fixture(scope="module")
def results() -> list[tuple[object, ...]]:
    path = SOURCES / "elections_office/elections/europeennes2019_par_circonscription.xlsx"
    return list(openpyxl.load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True))


def test_car_parks_count_as_expected(parkings: list[dict[str, str]]) -> None:
    assert len(parkings) == expected.PARKINGS.read
    sums = {column: total(row[column] for row in parkings) for column in PARKING_COLUMNS}
    assert sums == expected.PARKINGS.restricted.sums
    for column, filled in expected.PARKINGS.restricted.filled.items():
        assert sum(bool(row[column].strip()) for row in parkings) == filled
    assert (
        sum(row["hauteur_max"] != "N/A" for row in parkings) == expected.PARKINGS.public.filled["hauteur_max"]
    )


def test_two_prices_of_one_car_park_are_below_the_cent(parkings: list[dict[str, str]]) -> None:
    prices = [
        (row["id"], column) for row in parkings for column in PARKING_COLUMNS if row[column] == "66.936"
    ]
    assert prices == [("69123-P-009", "abo_resident"), ("69123-P-009", "abo_non_resident")]


def test_issy_has_its_five_car_parks(parkings: list[dict[str, str]]) -> None:
    issy = [row for row in parkings if row["insee"] == "92040"]
    assert len(issy) == expected.ISSY_PARKINGS.rows
    for column, amount in expected.ISSY_PARKINGS.sums.items():
        assert total(row[column] for row in issy) == amount


def test_stations_count_as_expected(stations: list[dict[str, str]]) -> None:
    assert len(stations) == expected.STATIONS.read
    assert Counter(row["mode"] for row in stations) == expected.STATION_MODES
    assert len({row["id_ref_zdl"] for row in stations}) == expected.STATION_ZONES


def test_lambert_93_positions_are_where_the_source_says_in_wgs_84(stations: list[dict[str, str]]) -> None:
    lambert = Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)
    met = {}
    for row in stations:
        longitude, latitude = lambert.transform(float(row["x"]), float(row["y"]))
        said = [float(part) for part in row["Geo Point"].split(",")]
        assert (latitude, longitude) == pytest.approx(said, abs=1e-8)
        met[row["gares_id"].removesuffix(".0")] = (round(longitude, 7), round(latitude, 7))
    assert {key: met[key] for key in expected.STATIONS.positions} == expected.STATIONS.positions


@pytest.mark.parametrize(
    ("header", "column"),
    [("Consommation", "consommation"), ("Prévision J-1", "prevision_j1"), ("Prévision J", "prevision_j"),
     ("Nucléaire", "nucleaire"), ("Pompage", "pompage"), ("Taux de Co2", "taux_co2"),
     ("Ech. comm. Angleterre", "echanges_angleterre")],
)  # fmt: skip
def test_power_sums_as_expected(readings: list[dict[str, str]], header: str, column: str) -> None:
    assert len(readings) == expected.POWER_READINGS.read
    side = expected.POWER_READINGS.public
    assert total(row[header] for row in readings) == side.sums[column]
    filled = sum(row[header] not in ("", "ND") for row in readings)
    assert side.filled.get(column, filled) == filled


def in_the_department(point: str) -> bool:
    """Whether a point is inside one of the outlines that the sample city has."""
    path = SOURCES / "geographic_institute/communes-92-hauts-de-seine.geojson"
    outlines = [shapely.geometry.shape(one["geometry"]) for one in json.loads(path.read_text())["features"]]
    place = shapely.from_wkt(point.removeprefix("SRID=4326;"))
    return any(outline.covers(place) for outline in outlines)


def test_places_count_as_expected() -> None:
    records = json.loads((SOURCES / "accessibility_platform/erp.json").read_text())
    assert len(records) == expected.PLACES.read == len({record["pk"] for record in records})
    fields = [record["fields"] for record in records]
    assert Counter(each["commune"] for each in fields) == expected.RESTRICTED_TOWNS
    public = [each for each in fields if each["commune"] in expected.PUBLIC_TOWNS]
    for side, seen in ((expected.PLACES.public, public), (expected.PLACES.restricted, fields)):
        assert side.rows == len(seen)
        assert side.filled["numero"] == sum(bool(each["numero"]) for each in seen)
        assert side.filled["activite"] == sum(each["activite"] is not None for each in seen)
        known = sum(bool(each["code_insee"]) or in_the_department(each["geom"]) for each in seen)
        assert side.filled["code_insee"] == known


def test_votes_sum_as_expected(results: list[tuple[object, ...]]) -> None:
    assert len(results) * 34 == expected.EUROPEAN_RESULTS.read
    votes: Counter[object] = Counter()
    for row in results:
        for start in range(18, len(row), 7):
            votes[row[start]] += row[start + 4]  # type: ignore[assignment, operator]
    assert {number: votes[number] for number in expected.VOTES_OF_LISTS} == expected.VOTES_OF_LISTS
    sums = expected.EUROPEAN_RESULTS.public.sums
    assert votes.total() == sums["voix"]
    for index, column in ((4, "inscrits"), (7, "votants"), (9, "blancs"), (12, "nuls"), (15, "exprimes")):
        assert 34 * sum(row[index] for row in results) == sums[column]  # type: ignore[misc]
    abroad = sum(row[0] in ("ZX", "ZZ") for row in results)
    assert (len(results) - abroad) * 34 == expected.EUROPEAN_RESULTS.public.filled["departement_insee"]


def test_outlines_are_as_expected() -> None:
    path = SOURCES / "geographic_institute/communes-92-hauts-de-seine.geojson"
    rings = {
        feature["properties"]["code"]: feature["geometry"]["coordinates"][0]
        for feature in json.loads(path.read_text())["features"]
    }
    assert len(rings) == expected.COMMUNES.read
    assert sum(map(len, rings.values())) == expected.OUTLINE_POINTS
    longitudes, latitudes = zip(*rings["92040"], strict=True)
    assert (min(longitudes), min(latitudes), max(longitudes), max(latitudes)) == expected.ISSY_BOUNDS
