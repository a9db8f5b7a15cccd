"""The kinds of mobility and sensors, from their servers to the staged table."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from datex2_parkings import status, table
from gtfs_feeds import FILES, feed
from gtfs_snapshots import snapshot
from town import Town

NOW = datetime.now(UTC).replace(microsecond=0)
ID = {"public": True, "about": "Identifiant."}


def staged(town: Town, run: Any, **contract: Any) -> tuple[list[str], list[str]]:
    """The staged table as lines of CSV, by key, and what was found."""
    town.contract(key=["id"], quality={"rejected": 0.5}, ignores=["*"], **contract)
    code, _, told = run("run", "mobility.parks", "--until", "standardize")
    assert code == 0, told
    kept = [json.loads(path.read_bytes()) for path in (town.folder / "work").rglob("*.json")]
    batch = next(one for one in kept if "rows_kept" in one and "table_key" in one)
    out = town.folder / "staged.csv"
    duckdb.execute(f"COPY (FROM '{town.folder / 'work' / batch['table_key']}') TO '{out}'")
    return out.read_text("utf-8").splitlines(), [one["met"] for one in batch.get("findings", ())]


def test_stations_of_gbfs_are_joined(town: Town, run: Any) -> None:
    stamp = int(NOW.timestamp())
    feeds = [{"name": name, "url": f"{name}.json"} for name in ("station_information", "station_status")]
    data = {
        "gbfs": {"fr": {"feeds": feeds}},
        "station_information": {"stations": [{"station_id": "b", "name": "Gare"}, {"station_id": "a", "name": "Mairie"}]},
        "station_status": {"stations": [{"station_id": "a", "num_bikes_available": 3, "last_reported": 1773144000}]},
    }  # fmt: skip
    for name, one in data.items():
        town.source(
            json.dumps({"last_updated": stamp, "ttl": 0, "version": "2.3", "data": one}), f"{name}.json"
        )
    lines, _ = staged(
        town, run, source={"kind": "gbfs", "connection": "portal"}, format={"type": "gbfs", "feed": "stations"},
        fields={
            "id": {**ID, "from": "station_id"}, "nom": {"from": "name", "public": True, "about": "Nom."},
            "velos": {"from": "num_vehicles_available", "type": "integer", "public": True, "about": "Vélos."},
            "vu": {"from": "last_reported", "type": "instant", "public": True, "about": "Vu."},
        },
    )  # fmt: skip
    assert lines == ["id,nom,velos,vu", "a,Mairie,3,2026-03-10 12:00:00+00", "b,Gare,,"]


def test_stops_of_an_expired_timetable_are_read_with_a_finding(town: Town, run: Any) -> None:
    town.source(feed("reseau/", calendar=FILES["calendar.txt"].replace("20261231", "20260228")), "gtfs.zip")
    fields = {"id": {**ID, "from": "stop_id"}, "nom": {"from": "stop_name", "public": True, "about": "Nom."}}
    source = {"kind": "gtfs", "connection": "portal", "path": "gtfs.zip"}
    lines, found = staged(town, run, source=source, format={"type": "gtfs", "table": "stops"}, fields=fields)
    assert lines == ["id,nom", 'S1,"Mairie, place"', "S2,Gare"]
    assert found == ["the feed has expired: its last day of service was 2026-02-28"]


def test_an_optional_table_that_is_not_there_is_an_empty_table(town: Town, run: Any) -> None:
    town.source(feed(shapes=None), "gtfs.zip")
    source = {"kind": "gtfs", "connection": "portal", "path": "gtfs.zip"}
    lines, _ = staged(
        town,
        run,
        source=source,
        format={"type": "gtfs", "table": "shapes"},
        fields={"id": {**ID, "from": "shape_id"}},
    )
    assert lines == ["id"]


def test_parkings_of_datex2_are_read_with_their_status(town: Town, run: Any) -> None:
    town.source(table("3", time=NOW.isoformat()), "static.xml")
    town.source(status("3", time=NOW.isoformat()), "live.xml")
    lines, _ = staged(
        town, run, source={"kind": "datex2", "connection": "portal", "table": "static.xml", "status": "live.xml"},
        format={"type": "datex2"},
        fields={
            "id": ID, "nom": {"from": "name", "public": True, "about": "Nom."},
            "places": {"from": "capacity", "type": "integer", "public": True, "about": "Places."},
            "libres": {"from": "status.vacant", "type": "integer", "public": True, "about": "Places libres."},
        },
    )  # fmt: skip
    assert lines == ["id,nom,places,libres", "p1,Mairie,80,7", "p2,Gare,120,"]


def test_vehicles_of_gtfs_realtime_are_read(town: Town, run: Any) -> None:
    town.source(snapshot(timestamp=int(NOW.timestamp())), "rt.pb")
    fields = {
        "id": {**ID, "from": "vehicle.id"},
        "lat": {"from": "position.latitude", "type": "number", "public": True, "about": "Latitude."},
        "vu": {"from": "timestamp", "type": "instant", "format": "epoch_s", "public": True, "about": "Vu."},
    }
    source = {"kind": "gtfs_rt", "connection": "portal", "path": "rt.pb"}
    lines, found = staged(
        town, run, source=source, format={"type": "gtfs_rt", "table": "vehicle_positions"}, fields=fields
    )
    assert lines == ["id,lat,vu", "bus-7,48.8241,2026-03-10 12:00:00+00", "bus-8,0.1,"]
    assert found == []


def test_observations_of_sensorthings_are_read_with_their_units(town: Town, run: Any) -> None:
    unit = {"Datastream": {"unitOfMeasurement": {"symbol": "µg/m³"}}}
    values = [
        {"@iot.id": 2, "result": None, "phenomenonTime": "2026-03-10T10:00:00Z/2026-03-10T11:00:00Z", **unit},
        {"@iot.id": 1, "result": 12.5, "phenomenonTime": "2026-03-10T10:00:00Z", **unit},
    ]
    town.source(json.dumps({"@iot.count": 2, "value": values}), "Observations")
    fields = {
        "id": {**ID, "from": "@iot.id"},
        "fin": {"from": "phenomenonTime.end", "type": "instant", "public": True, "about": "Fin."},
        "valeur": {"from": "result", "type": "number", "public": True, "about": "Valeur."},
        "unite": {"from": "Datastream.unitOfMeasurement.symbol", "public": True, "about": "Unité."},
    }
    source = {"kind": "sensorthings", "connection": "portal", "path": "Observations"}
    lines, _ = staged(town, run, source=source, format={"type": "sensorthings"}, fields=fields)
    assert lines == [
        "id,fin,valeur,unite",
        "1,2026-03-10 10:00:00+00,12.5,µg/m³",
        "2,2026-03-10 11:00:00+00,,µg/m³",
    ]


@pytest.mark.parametrize(
    "source",
    [
        {"kind": "gbfs"}, {"kind": "gtfs", "path": "a"}, {"kind": "gtfs_rt", "path": "a"}, {"kind": "datex2", "table": "a"},
        {"kind": "sensorthings", "path": "a"},
    ],
)  # fmt: skip
def test_a_format_that_the_source_does_not_give_is_found_by_the_check(
    town: Town, run: Any, source: dict[str, Any]
) -> None:
    town.contract(source={"connection": "portal", **source})
    code, told, also = run("check")
    assert code == 1
    assert f"format: {{type: {source['kind']}" in " ".join((told + also).split())
