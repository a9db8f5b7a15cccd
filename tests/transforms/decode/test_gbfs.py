"""GBFS 2.x and 3.0 of one system give the same rows; the specification's own examples of 2.3 are read."""

import json

import pytest

from contracts.errors import SourceChanged
from contracts.formats import GbfsFormat
from transforms.decode.feeds import decode_feed
from transforms.decode.source import Source

OLD = {
    "station_information": {"last_updated": 1773144000, "ttl": 60, "version": "2.3", "data": {"stations": [
        {"station_id": "a", "name": "Mairie", "lat": 48.8241050, "lon": 2.2730, "rental_methods": ["KEY"],
         "vehicle_type_capacity": {"bike": 12}, "rental_uris": {"web": "https://x.org/a"}},
        {"station_id": "b", "name": "Gare", "lat": 1e1, "lon": 2, "is_virtual_station": 0},
    ]}},
    "station_status": {"last_updated": 1773144001, "ttl": 60, "version": "2.3", "data": {"stations": [
        {"station_id": "b", "num_bikes_available": 0, "is_renting": 1, "last_reported": 1773143990},
        {"station_id": "c", "num_bikes_available": 4, "is_renting": True, "last_reported": None},
    ]}},
}  # fmt: skip
NEW = {
    "station_information": {"last_updated": "2026-03-10T13:00:00+01:00", "ttl": 60, "version": "3.0", "data": {"stations": [
        {"station_id": "a", "name": [{"text": "Town hall", "language": "en"}, {"text": "Mairie", "language": "fr"}],
         "lat": 48.8241050, "lon": 2.2730, "rental_methods": ["key"],
         "vehicle_docks_capacity": [{"vehicle_type_ids": ["bike"], "count": 12}], "rental_uris": {"web": "https://x.org/a"}},
        {"station_id": "b", "name": [{"text": "Gare", "language": "fr"}], "lat": 1e1, "lon": 2, "is_virtual_station": False},
    ]}},
    "station_status": {"last_updated": "2026-03-10T12:00:01Z", "ttl": 60, "version": "3.0", "data": {"stations": [
        {"station_id": "b", "num_vehicles_available": 0, "is_renting": True, "last_reported": "2026-03-10T12:59:50+01:00"},
        {"station_id": "c", "num_vehicles_available": 4, "is_renting": True, "last_reported": None},
    ]}},
}  # fmt: skip


@pytest.fixture
def read(connection, tmp_path):
    """read(name=document, …) → rows as dictionaries without what is absent."""

    def reading(feed, language="fr", **documents):
        sources = []
        for name, document in {"gbfs": {"data": {}}, **documents}.items():
            path = tmp_path / f"{name}.json"
            path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
            sources.append(Source(path, path.name, "velo.test", tmp_path / "scratch"))
        form = GbfsFormat(type="gbfs", feed=feed, language=language)
        decoded = decode_feed(connection, sources, form, table="t", place="velo.test")
        decoded.read("CREATE OR REPLACE TABLE laid AS FROM t")
        rows = connection.execute("FROM laid ORDER BY rowid").fetchall()
        return [
            {name: cell for name, cell in zip(decoded.columns, row, strict=True) if cell is not None}
            for row in rows
        ]

    return reading


def test_both_versions_give_the_same_rows(read):
    rows = read("stations", **OLD)
    assert rows == [
        {
            "station_id": "a", "name": "Mairie", "lat": "48.824105", "lon": "2.273", "rental_methods": '["key"]',
            "vehicle_docks_capacity": '[{"vehicle_type_ids":["bike"],"count":12}]',
            "rental_uris.web": "https://x.org/a", "feed.last_updated": "2026-03-10T12:00:01Z",
        },
        {
            "station_id": "b", "name": "Gare", "lat": "10.0", "lon": "2", "is_virtual_station": "false",
            "num_vehicles_available": "0", "is_renting": "true", "last_reported": "2026-03-10T11:59:50Z",
            "feed.last_updated": "2026-03-10T12:00:01Z",
        },
        {
            "station_id": "c", "num_vehicles_available": "4", "is_renting": "true",
            "feed.last_updated": "2026-03-10T12:00:01Z",
        },
    ]  # fmt: skip
    assert read("stations", **NEW) == rows


@pytest.mark.parametrize(
    ("language", "name"), [("en", "Town hall"), ("de", "Town hall"), ("fr-CA", "Mairie")]
)
def test_the_language_is_the_wanted_one_else_the_first(read, language, name):
    assert read("stations", language, **NEW)[0]["name"] == name


def test_digits_stay_as_they_were_written(read):
    text = json.dumps(OLD["station_information"]).replace("48.824105", "48.82410500")
    assert read("stations", **{**OLD, "station_information": text})[0]["lat"] == "48.82410500"


def test_a_name_of_both_files_with_two_values_is_kept_twice(read):
    odd = json.loads(json.dumps(OLD))
    odd["station_status"]["data"]["stations"][0]["name"] = "La Gare"
    assert {"name": "Gare", "status.name": "La Gare"}.items() <= read("stations", **odd)[1].items()


def test_vehicles_have_their_type_beside_them(read):
    types = {
        "last_updated": 1,
        "data": {"vehicle_types": [{"vehicle_type_id": "t", "form_factor": "bicycle"}]},
    }
    old = {"last_updated": 1773144000, "data": {"bikes": [
        {"bike_id": "1", "vehicle_type_id": "t", "last_reported": 1773144000}, {"bike_id": "2", "vehicle_type_id": "u"}]}}  # fmt: skip
    new = {"last_updated": "2026-03-10T12:00:00Z", "data": {"vehicles": [
        {"vehicle_id": "1", "vehicle_type_id": "t", "last_reported": "2026-03-10T12:00:00Z"},
        {"vehicle_id": "2", "vehicle_type_id": "u"}]}}  # fmt: skip
    rows = read("vehicles", free_bike_status=old, vehicle_types=types)
    assert rows[0]["vehicle_type.form_factor"] == "bicycle"
    assert [row["vehicle_id"] for row in rows] == ["1", "2"]
    assert "vehicle_type.form_factor" not in rows[1]
    assert read("vehicles", vehicle_status=new, vehicle_types=types) == rows
    assert len(read("vehicles", vehicle_status=new)) == 2


def test_times_and_texts_inside_lists_are_made_alike(read):
    alert = {"alert_id": "1", "times": [{"start": 1773144000, "end": 1773147600}], "summary": "Fermée"}
    new = {"alert_id": "1", "times": [{"start": "2026-03-10T12:00:00Z", "end": "2026-03-10T13:00:00Z"}],
           "summary": [{"text": "Fermée", "language": "fr"}]}  # fmt: skip
    rows = read("alerts", system_alerts={"last_updated": 1773144000, "data": {"alerts": [alert]}})
    assert rows[0]["times"] == '[{"start":"2026-03-10T12:00:00Z","end":"2026-03-10T13:00:00Z"}]'
    assert read("alerts", system_alerts={"last_updated": 1773144000, "data": {"alerts": [new]}}) == rows


@pytest.mark.parametrize(
    ("documents", "met"),
    [
        ({}, r"promised was station_information and station_status"),
        ({"station_information": OLD["station_information"]}, r"promised was station_status"),
        ({**OLD, "station_status": '{"data": {"stations": [{"station_id"'}, r"station_status.json is no whole JSON"),
        ({**OLD, "station_status": '{"data": {"stations": [{"station_id": "a", "station_id": "b"}]}}'}, r"names 'station_id' twice"),
        ({**OLD, "station_status": '{"data": {"stations": 1}}'}, r"station_status.json has no list at `data.stations`"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_told(read, documents, met):
    with pytest.raises(SourceChanged, match=met):
        read("stations", **documents)


def test_the_examples_of_the_specification_are_read(read, shared_data):
    folder = shared_data / "07-mobility/gbfs_v2.3"
    files = {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    files.pop("gbfs")
    rows = read("stations", **files)
    assert [(row["name"], row["num_vehicles_available"], row["last_reported"]) for row in rows] == [
        ("Cool bikes", "1", "2025-07-02T06:21:03Z"), ("Cooler bikes", "6", "2025-07-02T06:21:03Z"),
    ]  # fmt: skip
    assert [row["vehicle_type.form_factor"] for row in read("vehicles", **files)] == ["scooter"]
    assert [row["name"] for row in read("regions", **files)] == ["Sahara"]
    assert [row["price"] for row in read("pricing_plans", **files)] == ["0.0"]
    assert [row["station_ids"] for row in read("alerts", **files)] == ['["TST:Station:1"]']
    assert len(read("vehicle_types", **files)) == 2
