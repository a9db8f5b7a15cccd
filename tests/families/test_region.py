"""The region's federated portal: its catalogue, and copies filtered to the commune by the portal itself."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from released import Released

from sample.sources import SOURCES, serving

PORTAL = SOURCES / "regional_portal"
API = "regional_portal/api/explore/v2.1/catalog/datasets"
Query = Callable[[str, str], list[Any]]


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Released:
    ids = ["region.catalogue", "region.stations", "region.car_parks"]
    return Released(tmp_path_factory.mktemp("region"), ids)


@pytest.fixture(scope="module")
def rows(region: Released) -> Query:
    return lambda name, query: region.rows(f"region.{name}", "public", query)


def exported(dataset: str) -> list[dict[str, str]]:
    """The whole export, read by the standard library."""
    with (PORTAL / f"{dataset}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def is_inside(longitude: float, latitude: float, ring: list[tuple[float, float]]) -> bool:
    """Ray casting: an odd number of the outline's edges lies to the east."""
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > latitude) != (y2 > latitude) and longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def test_stations_are_those_of_the_export_inside_the_outline(rows: Query) -> None:
    communes = json.loads((SOURCES / "geographic_institute/communes-92-hauts-de-seine.geojson").read_text())
    (ring,) = next(
        one["geometry"]["coordinates"] for one in communes["features"] if one["properties"]["code"] == "92040"
    )
    wanted = set()
    for record in exported("emplacement-des-gares-idf"):
        latitude, longitude = map(float, record["geo_point_2d"].split(","))
        if is_inside(longitude, latitude, ring):
            wanted.add((record["gares_id"], record["nom"], record["id_ref_zdl"], longitude, latitude))
    found = rows("stations", "SELECT id_local, nom, zdl_id, longitude, latitude FROM t")
    assert set(found) == wanted
    # domain.md: inside Issy's outline 7 rows, 6 stations
    assert (len(found), len({row[2] for row in found})) == (7, 6)


def test_car_parks_are_those_of_the_commune(rows: Query) -> None:
    wanted = [one for one in exported("base-nationale-des-lieux-de-stationnement") if one["insee"] == "92040"]
    query = "SELECT id_local, nom, capacite, capacite_pmr FROM t ORDER BY 1"
    assert rows("car_parks", query) == sorted(
        (one["id"], one["nom"], int(one["nb_places"]), int(one["nb_pmr"])) for one in wanted
    )
    # domain.md: 5 parks, 1,143 places, 23 PMR
    assert rows("car_parks", "SELECT count(*), sum(capacite), sum(capacite_pmr) FROM t") == [(5, 1_143, 23)]


def test_the_catalogue_has_the_datasets_of_the_territory_each_a_copy_or_a_link(rows: Query) -> None:
    query = "SELECT dataset_id, diffusion, enregistrements, origine FROM t ORDER BY 1"
    assert rows("catalogue", query) == [
        ("base-nationale-des-lieux-de-stationnement", "copie",
         len(exported("base-nationale-des-lieux-de-stationnement")), "transport.data.gouv.fr"),
        ("emplacement-des-gares-idf", "copie", 119, None),
        ("plan-velo-departemental", "lien", 0, None),
    ]  # fmt: skip


@pytest.mark.parametrize("audience", ["public", "restricted"])
def test_what_is_a_copy_says_that_nobody_harvests_it(region: Released, audience: str) -> None:
    for name in ("catalogue", "stations", "car_parks"):
        manifest = json.loads((region.folder / audience / "region" / name / "manifest.json").read_text())
        assert manifest["harvest"] is False


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as address:
        yield f"{address}/{API}"


def test_the_portal_pages_counts_and_filters(url: str) -> None:
    counters = f"{url}/comptage-velo-donnees-compteurs"
    first = requests.get(
        f"{counters}/records", {"limit": 2, "where": "total_2021 > 1000000"}, timeout=5
    ).json()
    many = [one for one in exported("comptage-velo-donnees-compteurs") if int(one["total_2021"]) > 1_000_000]
    assert first["total_count"] == len(many)
    assert [one["compteur"] for one in first["results"]] == [one["compteur"] for one in many[:2]]
    where = 'not (compteur = "100003096" or total_2021 is null) and coordonnees is not null'
    whole = requests.get(f"{counters}/exports/jsonl", {"limit": -1, "where": where}, timeout=5).text
    assert len(whole.splitlines()) == 67
    assert requests.get(url, {"limit": 1}, timeout=5).json()["total_count"] == 4
    assert requests.get(counters, timeout=5).json()["metas"]["default"]["records_count"] == 68


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/gares/records", {}, 404, "UnknownDatasetError"),
        ("/plan-velo-departemental/records", {}, 404, "UnknownDatasetError"),
        ("/emplacement-des-gares-idf/records", {"where": "nom = "}, 400, "ODSQLError"),
        ("/emplacement-des-gares-idf/records", {"where": "within(geo_point_2d, geom'POLYGON(1)')"}, 400, "ODSQLError"),
        ("/emplacement-des-gares-idf/records", {"limit": 101}, 400, "InvalidRESTParameterError"),
        ("/emplacement-des-gares-idf/exports/xlsx", {}, 400, "InvalidRESTParameterError"),
        ("/emplacement-des-gares-idf/records", {"refine": "mode:RER"}, 400, "InvalidRESTParameterError"),
    ],
)  # fmt: skip
def test_what_the_portal_does_not_know_is_refused(
    url: str, path: str, query: dict[str, Any], status: int, code: str
) -> None:
    met = requests.get(url + path, query, timeout=5)
    assert (met.status_code, met.json()["error_code"]) == (status, code)


def test_no_path_leads_out_of_the_portal(url: str) -> None:
    assert requests.get(url.replace("regional_portal", ".."), timeout=5).status_code == 404
    assert requests.get(url.replace("regional_portal", "national_portal"), timeout=5).status_code == 404
