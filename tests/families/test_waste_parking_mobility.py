"""Waste, parking and mobility on the real files, in one run: each process pays for Great Expectations once."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import shapely
from released import ROOT, Released

from sample.sources import SOURCES

POINTS, STRUCTURES, LEVELS = "waste.dropoff_points", "waste.structures", "waste.fill_levels"
SITES, STREETS, RESERVED = "parking.operator_sites", "parking.street_areas", "parking.reserved_spaces"
OPERATOR, PORTAL, METERS = (f"parking.{one}_occupancy" for one in ("operator", "portal", "meter"))
TIMETABLE = ("mobility.stops", "mobility.lines", "mobility.timetable_trips", "mobility.stop_times")
COUNTERS, BIKES, TRIPS = "mobility.bike_counters", "mobility.bike_stations", "mobility.shared_trips"
CONTAINERS_FILE = "01-waste/nantes_conteneurs_pav.json"
STRUCTURES_FILE = "01-waste/nantes_structures_avant_nettoyage.json"
REAL = {  # what is made in the sample and has no real file stays: fill levels, shared bikes and trips
    "waste_authority/conteneurs.json": CONTAINERS_FILE,
    "waste_authority/structures.geojson": STRUCTURES_FILE,
    "parking_operator/static.xml": "02-parking/datex2_stuttgart_static.xml",
    "parking_operator/realtime.xml": "02-parking/datex2_stuttgart_realtime.xml",
    "parking_meters/parkplaetze.csv": "02-parking/offstreet_bietigheim_realtime_cp1252.csv",
    "parking_survey/voirie.geojson": "02-parking/onstreet_esslingen_epsg25832.geojson",
    "parking_survey/pmr.geojson": "02-parking/pmr_freiburg_polygons.geojson",
    "transit_operator/gtfs.zip": "07-mobility/gtfs_cairns.zip",
    "bike_counters/compteurs.csv": "07-mobility/paris_compteurs_velo_totaux_2021.csv",
}
SUMS = "SELECT count(*), count(valeur), sum(places_libres), sum(places_occupees), sum(capacite) FROM t"
Cell = tuple[str, str, str]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Released:
    """All contracts of the three families; two surveys in another country's coordinates: `crs:` is changed."""
    folder = tmp_path_factory.mktemp("city")
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    for name in ("operator_sites", "street_areas"):
        contract = config / f"datasets/parking/{name}.yml"
        text = re.sub(r"(?<!_origine: \")(crs: )EPSG:\d+", r"\1EPSG:25832", contract.read_text("utf-8"))
        # Of the real table 48 positions are in metres and one is in degrees, without a word about it.
        contract.write_text(text, "utf-8")
    ids = [POINTS, STRUCTURES, LEVELS, SITES, OPERATOR, PORTAL, METERS, STREETS, RESERVED]
    real = {name: shared_data / path for name, path in REAL.items()}
    real["parking_portal/parkhaeuser.csv"] = _basel(shared_data, folder / "parkhaeuser.csv")
    return Released(folder, [*ids, *TIMETABLE, COUNTERS, BIKES, TRIPS], real, config)


def _basel(shared_data: Path, path: Path) -> Path:
    """The real export as the sample's portal keeps its records: a CSV with "lat,lon"."""
    rows = json.loads((shared_data / "02-parking/ods_basel_parkhaeuser.json").read_bytes())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        for one in rows:
            place = one["geo_point_2d"]
            writer.writerow(one | {"geo_point_2d": place and f"{place['lat']},{place['lon']}"})
    return path


# Waste


@pytest.fixture(scope="module")
def containers(shared_data: Path) -> list[dict[str, Any]]:
    return json.loads((shared_data / CONTAINERS_FILE).read_text("utf-8"))  # type: ignore[no-any-return]


def test_copies_are_merged_and_reported_and_places_that_share_a_code_stay(
    city: Released, containers: list[dict[str, Any]]
) -> None:
    distinct = {(one["code"], one["latitude"], one["longitude"]) for one in containers}
    assert (len(containers), len(distinct)) == (2278, 1592)  # domain.md
    told = city.told[POINTS]
    assert (told["rows_read"], told["rows_rejected"], told["cells_voided"]) == (2278, 7, 0)
    assert city.findings(POINTS)["duplicates"] == 686
    counts = city.rows(POINTS, "restricted", "SELECT count(*), count(DISTINCT id_local) FROM t")
    assert counts == [(1592 - 7, 1588 - 7)]
    shared = "SELECT id_local, count(*) FROM t GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"
    assert city.rows(POINTS, "public", shared) == [
        ("stco_conteneur_0", 3), ("stco_conteneur_DS0074", 2), ("stco_conteneur_DS0076", 2),
    ]  # fmt: skip


def test_unusable_positions_are_rejected_with_their_reason(city: Released) -> None:
    met = {(field, value, reason) for _, field, value, reason, _ in city.rejects(POINTS)}
    assert {(field, value) for field, value, _ in met if value == "no2"} == {
        ("categorie", "no2"), ("flux", "no2"),  # a template's row
    }  # fmt: skip
    assert {one for one in met if one[1] != "no2"} == {
        ("latitude", "47.0", "est inférieur à 47.05"),
        ("longitude", "47.205462", "est supérieur à -1.3"),
        ("longitude", "1,493267", "n'est pas un nombre (décimales après « . »)"),
        *(("latitude", f"{text},", "n'est pas un nombre (décimales après « . »)")
          for text in ("47.440246", "47.207748", "47.222727", "47.201383")),
    }  # fmt: skip


def test_the_table_of_types_is_the_one_that_the_source_spells_and_nothing_is_guessed(
    city: Released, containers: list[dict[str, Any]]
) -> None:
    assert len({one["type"] for one in containers}) == 22
    unnamed = {
        (one["code"], one["latitude"], one["longitude"]) for one in containers if one["type"] == "Conteneur "
    }
    assert sum(one["type"] == "Conteneur " for one in containers) == 484  # domain.md
    kept = city.rows(
        POINTS, "restricted", "SELECT count(*) FROM t WHERE flux IS NULL AND categorie = 'conteneur'"
    )
    assert kept == [(len(unnamed),)]
    glass = {(one["code"], one["latitude"], one["longitude"]) for one in containers if "verre" in one["type"]}
    told = "SELECT count(*) FROM t WHERE list_contains(string_split(flux, '|'), 'verre')"
    assert city.rows(POINTS, "public", told) == [(len(glass),)]


def test_the_commune_is_the_one_that_the_address_ends_with(
    city: Released, containers: list[dict[str, Any]]
) -> None:
    written = Counter(
        one[1] for one in {
            (one["code"], one["adresseTemp"].strip().rsplit(" ", 1)[-1], one["latitude"])
            for one in containers if " " in one.get("adresseTemp", "")
        }
    )  # fmt: skip
    told = dict(city.rows(POINTS, "public", "SELECT insee_commune, count(*) FROM t GROUP BY 1"))
    assert (told["44109"], told["44143"], told["44114"]) == (
        written["Nantes"], written["Rezé"], written["Orvault"],
    )  # fmt: skip
    query = "SELECT count(*) FROM t WHERE insee_commune IS NULL AND adresse IS NOT NULL"
    assert city.rows(POINTS, "public", query) == [(0,)]


def test_composters_of_residences_are_for_agents_alone(city: Released) -> None:
    residences = "SELECT count(*) FROM t WHERE categorie = 'composteur_residence'"
    assert city.rows(POINTS, "restricted", residences) == [(51 - 2,)]  # two have no position
    assert city.rows(POINTS, "public", residences) == [(0,)]


def test_mobiles_and_mail_stay_with_the_agents(city: Released, shared_data: Path) -> None:
    features = json.loads((shared_data / STRUCTURES_FILE).read_text("utf-8"))["features"]
    written = [
        tags.get("contact:phone") or tags.get("phone") for tags in (one["properties"] for one in features)
    ]
    mobiles = [one for one in written if one and re.search(r"(^|; ?)(\+33 ?|0)[67]", one)]
    fixed = [one for one in written if one and one not in mobiles]
    assert len(features) == 355
    counts = "SELECT count(*), count(telephone), count(telephone_mobile), count(courriel) FROM t"
    mails = sum("contact:email" in one["properties"] or "email" in one["properties"] for one in features)
    assert city.rows(STRUCTURES, "restricted", counts) == [(355, len(fixed), len(mobiles), mails)]
    assert set(city.columns(STRUCTURES, "public")) & {"telephone_mobile", "courriel"} == set()
    shown = [
        text
        for (text,) in city.rows(STRUCTURES, "public", "SELECT telephone FROM t WHERE telephone IS NOT NULL")
    ]
    assert not [text for text in shown if re.search(r"(^|; ?)(\+33 ?|0)[67]", text)]


def test_fill_levels_have_no_public_side(city: Released) -> None:
    assert not city.has(LEVELS, "public")
    query = "SELECT count(*), count(valeur), count(DISTINCT capteur_id), max(valeur) <= 100 FROM t"
    assert city.rows(LEVELS, "restricted", query) == [(201, 199, 6, True)]


# Parking


def test_the_table_and_the_status_of_datex_are_one(city: Released) -> None:
    query = """SELECT count(*), count(places_libres), sum(places_libres), sum(places_occupees), sum(capacite),
               count(observed_at), count(geometry) FROM t"""
    # domain.md; two clocks were never set, one position is no metres
    assert city.rows(SITES, "public", query) == [(49, 40, 7_639, 3_960, 11_620, 47, 48)]
    assert city.findings(SITES)["unexpected_rows_expectation"] == 1  # Galeria Kaufhof: 457 of 427


def test_what_has_no_time_is_no_observation(city: Released) -> None:
    assert city.told[OPERATOR]["rows_rejected"] == 2
    # the two without a time tell 0 and 0 of 0 and of 111 spaces
    assert city.rows(OPERATOR, "public", SUMS) == [(47, 38, 7_639, 3_960, 11_620 - 111)]


def test_the_portals_row_of_no_park_is_rejected_and_a_negative_count_is_void(
    city: Released, shared_data: Path
) -> None:
    rows = json.loads((shared_data / "02-parking/ods_basel_parkhaeuser.json").read_bytes())
    parks = [one for one in rows if one["id2"]]
    assert (len(rows), len(parks)) == (17, 16)
    free, total = sum(one["free"] for one in parks), sum(one["total"] for one in parks)
    taken = sum(one["total"] - one["free"] for one in parks if one["free"] <= one["total"])
    assert city.rows(PORTAL, "public", SUMS) == [(16, 16, free, taken, total)]
    assert (city.told[PORTAL]["rows_rejected"], city.told[PORTAL]["cells_voided"]) == (1, 1)
    assert "unexpected_rows_expectation" in city.findings(PORTAL)
    assert [(value, reason) for _, field, value, reason, _ in city.rejects(PORTAL) if field == "places_occupees"] == [
        ("162 − 167", "est inférieur à 0")
    ]  # fmt: skip


def test_where_occupied_places_are_counted_the_free_ones_are_what_is_left(
    city: Released, shared_data: Path
) -> None:
    text = (shared_data / "02-parking/offstreet_bietigheim_realtime_cp1252.csv").read_text("cp1252")
    rows = list(csv.DictReader(text.splitlines(), delimiter=";"))
    assert sum(int(one["OccupiedSites"]) for one in rows) == 891
    assert city.rows(METERS, "public", SUMS) == [(14, 14, 649, 891, 1_540)]  # domain.md
    named = city.rows(METERS, "public", "SELECT capteur_id FROM t WHERE capacite = 106")
    assert named == [("Parkplatz Mühlwiesenstr.",)]
    # the virtual car park, ten days behind the others
    assert city.findings(METERS)["unexpected_rows_expectation"] == 1


def test_three_sources_are_one_shape(city: Released) -> None:
    columns = ["capteur_id", "nom", "observed_at", "valeur", "places_libres", "places_occupees", "capacite"]
    assert [city.columns(one, "public") for one in (OPERATOR, PORTAL, METERS)] == [columns] * 3


def test_stale_meters_are_told(city: Released) -> None:
    last = "SELECT max(observed_at) FROM t"
    stale = f"SELECT count(*) FROM t WHERE observed_at < ({last}) - INTERVAL 1 DAY"
    ((count,),) = city.rows(OPERATOR, "public", stale)
    assert count > 20
    assert city.counts(OPERATOR, "unexpected_rows_expectation") == [1, count]


def test_polygons_are_reprojected(city: Released) -> None:
    sums = "SELECT count(*), sum(capacite), count(DISTINCT categorie) FROM t"
    assert city.rows(STREETS, "public", sums) == [(250, 1_364, 17)]  # domain.md
    assert city.told[STREETS]["cells_voided"] == 6  # outlines without a point
    ((wkb,),) = city.rows(STREETS, "public", "SELECT ST_AsWKB(geometry) FROM t WHERE id_local = '1'")
    first = shapely.from_wkb(wkb).exterior.coords[0]
    assert first == pytest.approx((9.3060346, 48.7423811), abs=5e-8)  # domain.md, 2×


def test_parts_of_a_group_are_neither_summed_nor_rejected(city: Released, shared_data: Path) -> None:
    document: dict[str, Any] = json.loads(
        (shared_data / "02-parking/pmr_freiburg_polygons.geojson").read_text("utf-8")
    )
    written = [one["properties"]["anzahl"] for one in document["features"]]
    parts = [one for one in written if "von" in one]
    assert len(written) == 312
    query = """SELECT count(*), count(groupe_rang), count(groupe_taille), sum(capacite_pmr),
               count(*) FILTER (WHERE capacite_pmr IS NOT NULL AND groupe_rang IS NOT NULL) FROM t"""
    alone = sum(int(one) for one in written if one.isdigit())
    assert city.rows(RESERVED, "public", query) == [(312, len(parts), len(parts), alone, 0)]
    assert city.told[RESERVED]["rows_rejected"] == city.told[RESERVED]["cells_voided"] == 0


# Mobility


def test_the_timetable_is_whole(city: Released) -> None:
    counts = [city.rows(one, "public", "SELECT count(*) FROM t")[0][0] for one in TIMETABLE]
    assert counts == [416, 22, 1_339, 37_790]  # domain.md
    assert all(city.told[one]["cells_voided"] == 0 for one in TIMETABLE)


def test_a_time_past_midnight_is_the_text_that_the_feed_has(city: Released, shared_data: Path) -> None:
    with zipfile.ZipFile(shared_data / "07-mobility/gtfs_cairns.zip") as feed:
        rows = list(csv.DictReader(io.TextIOWrapper(feed.open("stop_times.txt"), "utf-8-sig")))
    late = [one["departure_time"] for one in rows if one["departure_time"] >= "24"]
    query = "SELECT count(*) FILTER (WHERE depart >= '24'), max(depart), any_value(typeof(depart)) FROM t"
    assert city.rows("mobility.stop_times", "public", query) == [(len(late), max(late), "VARCHAR")]
    assert max(late) == "29:39:00"


def test_every_stop_time_has_its_trip_and_its_stop(city: Released) -> None:
    assert not [rule for one in TIMETABLE for rule in city.findings(one) if "reference" in rule]


def test_the_counters_add_up_and_have_their_day_and_place(city: Released) -> None:
    query = "SELECT count(*), sum(valeur), count(date_installation), count(geometry) FROM t"
    assert city.rows(COUNTERS, "public", query) == [(68, 43_887_758, 68, 68)]  # domain.md
    one = (
        "SELECT valeur, date_installation::VARCHAR, ST_AsWKB(geometry) FROM t WHERE capteur_id = '100003096'"
    )
    ((total, day, place),) = city.rows(COUNTERS, "public", one)
    point = shapely.from_wkb(place)
    assert (total, day, point.x, point.y) == (265_234, "2012-02-22", 2.33338, 48.83511)


def test_stations_tell_what_they_have_and_one_that_tells_too_much_is_a_finding(city: Released) -> None:
    query = (
        "SELECT id_local, capacite, velos_disponibles, bornes_libres, observed_at::VARCHAR FROM t ORDER BY 1"
    )
    assert city.rows(BIKES, "public", query)[0] == ("b1", 20, 7, 12, "2026-03-10 11:01:07+00")
    assert city.findings(BIKES)["unexpected_rows_expectation"] == 1


@pytest.fixture(scope="module")
def accounts() -> dict[Cell, set[str]]:
    """Cell → who made such a trip, counted without our own code."""
    text = (SOURCES / "mobility_partner/trajets.csv").read_text("utf-8")
    found: dict[Cell, set[str]] = defaultdict(set)
    for one in csv.DictReader(text.splitlines(), delimiter=";"):
        found[one["origin"], one["destination"], one["started_at"][:13]].add(one["account"])
    return found


def test_the_public_sees_cells_of_eleven_people_at_least(
    city: Released, accounts: dict[Cell, set[str]]
) -> None:
    assert city.columns(TRIPS, "public") == ["origine", "destination", "heure", "abonnes", "secret"]
    rows = city.rows(TRIPS, "public", "SELECT origine, destination, heure, abonnes, secret FROM t")
    assert {row[:3] for row in rows} == accounts.keys()
    small = {cell for cell, people in accounts.items() if len(people) < 11}
    hidden = {row[:3] for row in rows if row[4]}
    assert small <= hidden
    assert hidden != accounts.keys()
    assert all(row[3] is None if row[4] else row[3] == len(accounts[row[:3]]) for row in rows)


def test_no_line_of_the_matrix_gives_a_secret_cell_away(
    city: Released, accounts: dict[Cell, set[str]]
) -> None:
    rows = city.rows(TRIPS, "public", "SELECT origine, destination, heure FROM t WHERE secret")
    secret = {tuple(row) for row in rows}
    for kept in combinations(range(3), 2):
        lines: dict[tuple[str, ...], list[Cell]] = defaultdict(list)
        for cell in accounts:
            lines[tuple(cell[index] for index in kept)].append(cell)
        alone = [line for line in lines.values() if len(secret & set(line)) == 1 and len(line) > 1]
        assert alone == []


def test_agents_keep_the_trips(city: Released) -> None:
    query = "SELECT count(*), count(DISTINCT trajet_id), count(DISTINCT abonne_id) <= 400 FROM t"
    assert city.rows(TRIPS, "restricted", query) == [(900, 900, True)]
