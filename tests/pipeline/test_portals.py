"""From a portal to a release: the contract, the whole journey, and what a short answer leaves untouched."""

from __future__ import annotations

import json
from typing import Any

import ckan_portal
import pytest
from ods_portal import portal
from town import Town
from web_habits import Handler, serving

ISSY = 'commune = "92040"'
PARKS = [
    {"id": "P1", "nom": "Mairie", "commune": "92040", "places": 120, "usages": ["auto", "vélo"],
     "geo_point_2d": {"lon": 2.27, "lat": 48.82}},
    {"id": "P2", "nom": "Gare", "commune": "92040", "places": None, "usages": [],
     "geo_point_2d": {"lon": 2.25, "lat": 48.83}},
    {"id": "P3", "nom": "Rives", "commune": "92012", "places": 80, "usages": ["auto"],
     "geo_point_2d": {"lon": 2.24, "lat": 48.84}},
]  # fmt: skip
FIELDS = {
    "id": {"public": True, "about": "Identifiant."},
    "nom": {"public": True, "about": "Nom."},
    "places": {"type": "integer", "public": True, "about": "Places."},
    "usages": {"public": True, "about": "Usages."},
    "geometry": {
        "from": "geo_point_2d",
        "type": "geometry",
        "written_as": "lat_lon",
        "public": True,
        "about": "Position.",
    },
}
CONTRACT = {
    "source": {"kind": "opendatasoft", "connection": "portal", "dataset": "parcs", "where": ISSY},
    "format": {"type": "csv", "delimiter": ";"}, "fields": FIELDS, "ignores": ["commune"],
}  # fmt: skip


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, run: Any) -> Any:
    """Runs the contract against a portal: (exit code, what was told)."""

    def ran(handler: Handler) -> tuple[int, str]:
        with serving(handler) as server:
            connection = {"conn_type": "http", "host": server.url}
            monkeypatch.setenv("AIRFLOW_CONN_PORTAL", json.dumps(connection))
            code, out, told = run("run", "mobility.parks", "--force")
            return code, " ".join((out + told).split())

    return ran


def of_issy(records: list[dict[str, Any]], **more: Any) -> Handler:
    return portal(records, filters={ISSY: lambda one: one["commune"] == "92040"}, **more)


def test_the_citys_part_of_a_regions_dataset_is_published(town: Town, at: Any) -> None:
    town.contract(**CONTRACT)
    code, told = at(of_issy(PARKS))
    assert code == 0, told
    assert town.csv("public").splitlines() == [
        "id,nom,places,usages,geometry",
        'P1,Mairie,120,"auto,vélo",POINT (2.27 48.82)',
        "P2,Gare,,,POINT (2.25 48.83)",
    ]


def test_a_short_export_leaves_the_release_as_it_is(town: Town, at: Any) -> None:
    town.contract(**CONTRACT)
    at(of_issy(PARKS))
    before = town.published("public")
    code, told = at(of_issy([{**PARKS[0], "nom": "Hôtel"}, *PARKS[1:]], miscounted=1))
    assert code != 0
    assert "2 records were received; promised was 3, as the source itself says" in told
    assert town.published("public") == before


CKAN = {
    "source": {"kind": "ckan", "connection": "portal", "resource": ckan_portal.RESOURCE},
    "format": {"type": "csv"}, "fields": {name: FIELDS[name] for name in ("id", "nom", "places")},
    "ignores": ["_id"],
}  # fmt: skip
ROWS = [{name: one[name] for name in ("id", "nom", "places")} for one in PARKS]


def test_a_datastore_is_published_and_its_file_too_once_it_is_inactive(town: Town, at: Any) -> None:
    town.contract(**CKAN)
    code, told = at(ckan_portal.portal(ROWS))
    assert code == 0, told
    assert town.csv("public").splitlines()[1:] == ["P1,Mairie,120", "P2,Gare,", "P3,Rives,80"]
    code, told = at(ckan_portal.portal([], b"id,nom,places\nP1,Mairie,121\nP2,Gare,\nP3,Rives,80\n"))
    assert code == 0, told
    staged = [json.loads(path.read_bytes()) for path in (town.folder / "work").rglob("*.json")]
    findings = [one["met"] for kept in staged for one in kept.get("findings", ())]
    assert "« Arbres »: its datastore is inactive, so its file was taken" in findings
    assert town.csv("public").splitlines()[1:] == ["P1,Mairie,121", "P2,Gare,", "P3,Rives,80"]


def test_the_pages_of_a_datastore_are_one_release(town: Town, at: Any) -> None:
    pages = {"type": "json", "records": "result.records"}
    town.contract(**{**CKAN, "format": pages, "source": {**CKAN["source"], "page_size": 2}})
    code, told = at(ckan_portal.portal(ROWS))
    assert code == 0, told
    assert town.csv("public").splitlines()[1:] == ["P1,Mairie,120", "P2,Gare,", "P3,Rives,80"]


@pytest.mark.parametrize(
    ("contract", "met"),
    [
        ({**CONTRACT, "format": {"type": "xlsx"}}, "format: Opendatasoft exports csv, geojson, json"),
        (
            {**CKAN, "format": {"type": "csv", "delimiter": ";"}},
            "format: a CKAN datastore gives pages of JSON",
        ),
    ],
)
def test_a_format_that_a_portal_does_not_give_is_found_by_the_check(
    town: Town, run: Any, contract: Any, met: str
) -> None:
    town.contract(**contract)
    code, out, told = run("check")
    assert code != 0
    assert met in " ".join((out + told).split())
