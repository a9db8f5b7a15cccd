"""The parking family on the real files: three live sources as one table, and polygons from two surveys."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import shapely
from released import ROOT, Released

SITES, STREETS, RESERVED = "parking.operator_sites", "parking.street_areas", "parking.reserved_spaces"
OPERATOR, PORTAL, METERS = (f"parking.{one}_occupancy" for one in ("operator", "portal", "meter"))
REAL = {
    "parking_operator/static.xml": "datex2_stuttgart_static.xml",
    "parking_operator/realtime.xml": "datex2_stuttgart_realtime.xml",
    "parking_portal/parkhaeuser.json": "ods_basel_parkhaeuser.json",
    "parking_meters/parkplaetze.csv": "offstreet_bietigheim_realtime_cp1252.csv",
    "parking_survey/voirie.geojson": "onstreet_esslingen_epsg25832.geojson",
    "parking_survey/pmr.geojson": "pmr_freiburg_polygons.geojson",
}
SUMS = "SELECT count(*), count(valeur), sum(places_libres), sum(places_occupees), sum(capacite) FROM t"


@pytest.fixture(scope="module")
def parking(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Released:
    """The six contracts on the real files, whose coordinates are another country's: only `crs:` is changed."""
    folder = tmp_path_factory.mktemp("parking")
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    for name in ("operator_sites", "street_areas"):
        contract = config / f"datasets/parking/{name}.yml"
        text = re.sub(r"(?<!_origine: \")(crs: )EPSG:\d+", r"\1EPSG:25832", contract.read_text("utf-8"))
        # Of the real table 48 positions are in metres and one is in degrees, without a word about it.
        contract.write_text(text, "utf-8")
    real = {name: shared_data / "02-parking" / path for name, path in REAL.items()}
    return Released(folder, [SITES, OPERATOR, PORTAL, METERS, STREETS, RESERVED], real, config)


def test_the_table_and_the_status_of_datex_are_one(parking: Released) -> None:
    query = """SELECT count(*), count(places_libres), sum(places_libres), sum(places_occupees), sum(capacite),
               count(observed_at), count(geometry) FROM t"""
    # domain.md; two clocks were never set, one position is no metres
    assert parking.rows(SITES, "public", query) == [(49, 40, 7_639, 3_960, 11_620, 47, 48)]
    assert parking.findings(SITES)["unexpected_rows_expectation"] == 1  # Galeria Kaufhof: 457 of 427


def test_what_has_no_time_is_no_observation(parking: Released) -> None:
    assert parking.told[OPERATOR]["rows_rejected"] == 2
    # the two without a time tell 0 and 0 of 0 and of 111 spaces
    assert parking.rows(OPERATOR, "public", SUMS) == [(47, 38, 7_639, 3_960, 11_620 - 111)]


def test_the_portals_row_of_no_park_is_rejected_and_a_negative_count_is_void(
    parking: Released, shared_data: Path
) -> None:
    rows = json.loads((shared_data / "02-parking/ods_basel_parkhaeuser.json").read_bytes())
    parks = [one for one in rows if one["id2"]]
    assert (len(rows), len(parks)) == (17, 16)
    free, total = sum(one["free"] for one in parks), sum(one["total"] for one in parks)
    taken = sum(one["total"] - one["free"] for one in parks if one["free"] <= one["total"])
    assert parking.rows(PORTAL, "public", SUMS) == [(16, 16, free, taken, total)]
    assert (parking.told[PORTAL]["rows_rejected"], parking.told[PORTAL]["cells_voided"]) == (1, 1)
    assert "unexpected_rows_expectation" in parking.findings(PORTAL)
    assert [(value, reason) for _, field, value, reason, _ in parking.rejects(PORTAL) if field == "places_occupees"] == [
        ("162 − 167", "est inférieur à 0")
    ]  # fmt: skip


def test_where_occupied_places_are_counted_the_free_ones_are_what_is_left(
    parking: Released, shared_data: Path
) -> None:
    text = (shared_data / "02-parking/offstreet_bietigheim_realtime_cp1252.csv").read_text("cp1252")
    rows = list(csv.DictReader(text.splitlines(), delimiter=";"))
    assert sum(int(one["OccupiedSites"]) for one in rows) == 891
    assert parking.rows(METERS, "public", SUMS) == [(14, 14, 649, 891, 1_540)]  # domain.md
    named = parking.rows(METERS, "public", "SELECT capteur_id FROM t WHERE capacite = 106")
    assert named == [("Parkplatz Mühlwiesenstr.",)]
    # the virtual car park, ten days behind the others
    assert parking.findings(METERS)["unexpected_rows_expectation"] == 1


def test_three_sources_are_one_shape(parking: Released) -> None:
    columns = ["capteur_id", "nom", "observed_at", "valeur", "places_libres", "places_occupees", "capacite"]
    assert [parking.columns(one, "public") for one in (OPERATOR, PORTAL, METERS)] == [columns] * 3


def test_stale_meters_are_told(parking: Released) -> None:
    last = "SELECT max(observed_at) FROM t"
    stale = f"SELECT count(*) FROM t WHERE observed_at < ({last}) - INTERVAL 1 DAY"
    ((count,),) = parking.rows(OPERATOR, "public", stale)
    assert count > 20
    assert parking.counts(OPERATOR, "unexpected_rows_expectation") == [1, count]


def test_polygons_are_reprojected(parking: Released) -> None:
    sums = "SELECT count(*), sum(capacite), count(DISTINCT categorie) FROM t"
    assert parking.rows(STREETS, "public", sums) == [(250, 1_364, 17)]  # domain.md
    assert parking.told[STREETS]["cells_voided"] == 6  # outlines without a point
    ((wkb,),) = parking.rows(STREETS, "public", "SELECT ST_AsWKB(geometry) FROM t WHERE id_local = '1'")
    first = shapely.from_wkb(wkb).exterior.coords[0]
    assert first == pytest.approx((9.3060346, 48.7423811), abs=5e-8)  # domain.md, 2×


def test_parts_of_a_group_are_neither_summed_nor_rejected(parking: Released, shared_data: Path) -> None:
    document: dict[str, Any] = json.loads(
        (shared_data / "02-parking/pmr_freiburg_polygons.geojson").read_text("utf-8")
    )
    written = [one["properties"]["anzahl"] for one in document["features"]]
    parts = [one for one in written if "von" in one]
    assert len(written) == 312
    query = """SELECT count(*), count(groupe_rang), count(groupe_taille), sum(capacite_pmr),
               count(*) FILTER (WHERE capacite_pmr IS NOT NULL AND groupe_rang IS NOT NULL) FROM t"""
    alone = sum(int(one) for one in written if one.isdigit())
    assert parking.rows(RESERVED, "public", query) == [(312, len(parts), len(parts), alone, 0)]
    assert parking.told[RESERVED]["rows_rejected"] == parking.told[RESERVED]["cells_voided"] == 0
