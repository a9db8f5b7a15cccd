"""The mobility family: a real timetable and real counters, and trips of which the public sees cells alone."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pytest
import shapely
from released import Released

from sample.sources import SOURCES

TIMETABLE = ("mobility.stops", "mobility.lines", "mobility.timetable_trips", "mobility.stop_times")
COUNTERS, BIKES, TRIPS = "mobility.bike_counters", "mobility.bike_stations", "mobility.shared_trips"
Cell = tuple[str, str, str]


@pytest.fixture(scope="module")
def mobility(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Released:
    """All contracts; the timetable is Cairns' whole one, the counters are Paris' whole file."""
    real = {
        "transit_operator/gtfs.zip": shared_data / "07-mobility/gtfs_cairns.zip",
        "bike_counters/compteurs.csv": shared_data / "07-mobility/paris_compteurs_velo_totaux_2021.csv",
    }
    return Released(tmp_path_factory.mktemp("mobility"), [*TIMETABLE, COUNTERS, BIKES, TRIPS], real)


def test_the_timetable_is_whole(mobility: Released) -> None:
    counts = [mobility.rows(one, "public", "SELECT count(*) FROM t")[0][0] for one in TIMETABLE]
    assert counts == [416, 22, 1_339, 37_790]  # domain.md
    assert all(mobility.told[one]["cells_voided"] == 0 for one in TIMETABLE)


def test_a_time_past_midnight_is_the_text_that_the_feed_has(mobility: Released, shared_data: Path) -> None:
    with zipfile.ZipFile(shared_data / "07-mobility/gtfs_cairns.zip") as feed:
        rows = list(csv.DictReader(io.TextIOWrapper(feed.open("stop_times.txt"), "utf-8-sig")))
    late = [one["departure_time"] for one in rows if one["departure_time"] >= "24"]
    query = "SELECT count(*) FILTER (WHERE depart >= '24'), max(depart), any_value(typeof(depart)) FROM t"
    assert mobility.rows("mobility.stop_times", "public", query) == [(len(late), max(late), "VARCHAR")]
    assert max(late) == "29:39:00"


def test_every_stop_time_has_its_trip_and_its_stop(mobility: Released) -> None:
    assert not [rule for one in TIMETABLE for rule in mobility.findings(one) if "reference" in rule]


def test_the_counters_add_up_and_have_their_day_and_place(mobility: Released) -> None:
    query = "SELECT count(*), sum(valeur), count(date_installation), count(geometry) FROM t"
    assert mobility.rows(COUNTERS, "public", query) == [(68, 43_887_758, 68, 68)]  # domain.md
    one = (
        "SELECT valeur, date_installation::VARCHAR, ST_AsWKB(geometry) FROM t WHERE capteur_id = '100003096'"
    )
    ((total, day, place),) = mobility.rows(COUNTERS, "public", one)
    point = shapely.from_wkb(place)
    assert (total, day, point.x, point.y) == (265_234, "2012-02-22", 2.33338, 48.83511)


def test_stations_tell_what_they_have_and_one_that_tells_too_much_is_a_finding(mobility: Released) -> None:
    query = (
        "SELECT id_local, capacite, velos_disponibles, bornes_libres, observed_at::VARCHAR FROM t ORDER BY 1"
    )
    assert mobility.rows(BIKES, "public", query)[0] == ("b1", 20, 7, 12, "2026-03-10 11:01:07+00")
    assert mobility.findings(BIKES)["unexpected_rows_expectation"] == 1


@pytest.fixture(scope="module")
def accounts() -> dict[Cell, set[str]]:
    """Cell → who made such a trip, counted without our own code."""
    text = (SOURCES / "mobility_partner/trajets.csv").read_text("utf-8")
    found: dict[Cell, set[str]] = defaultdict(set)
    for one in csv.DictReader(text.splitlines(), delimiter=";"):
        found[one["origin"], one["destination"], one["started_at"][:13]].add(one["account"])
    return found


def test_the_public_sees_cells_of_eleven_people_at_least(
    mobility: Released, accounts: dict[Cell, set[str]]
) -> None:
    assert mobility.columns(TRIPS, "public") == ["origine", "destination", "heure", "abonnes", "secret"]
    rows = mobility.rows(TRIPS, "public", "SELECT origine, destination, heure, abonnes, secret FROM t")
    assert {row[:3] for row in rows} == accounts.keys()
    small = {cell for cell, people in accounts.items() if len(people) < 11}
    hidden = {row[:3] for row in rows if row[4]}
    assert small <= hidden
    assert hidden != accounts.keys()
    assert all(row[3] is None if row[4] else row[3] == len(accounts[row[:3]]) for row in rows)


def test_no_line_of_the_matrix_gives_a_secret_cell_away(
    mobility: Released, accounts: dict[Cell, set[str]]
) -> None:
    rows = mobility.rows(TRIPS, "public", "SELECT origine, destination, heure FROM t WHERE secret")
    secret = {tuple(row) for row in rows}
    for kept in combinations(range(3), 2):
        lines: dict[tuple[str, ...], list[Cell]] = defaultdict(list)
        for cell in accounts:
            lines[tuple(cell[index] for index in kept)].append(cell)
        alone = [line for line in lines.values() if len(secret & set(line)) == 1 and len(line) > 1]
        assert alone == []


def test_agents_keep_the_trips(mobility: Released) -> None:
    query = "SELECT count(*), count(DISTINCT trajet_id), count(DISTINCT abonne_id) <= 400 FROM t"
    assert mobility.rows(TRIPS, "restricted", query) == [(900, 900, True)]
