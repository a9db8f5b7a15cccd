"""Tables out of snapshots of GTFS Realtime."""

import pytest
from gtfs_snapshots import ENTITIES, NOON, snapshot

from contracts.errors import SourceChanged

POSITION = (
    "entity_id",
    "trip.trip_id",
    "vehicle.id",
    "position.latitude",
    "position.longitude",
    "current_status",
    "timestamp",
)


@pytest.fixture
def table(read):
    """table(name, bytes) → rows as dictionaries without what is absent."""

    def reading(name, content=None, **form):
        found = read(content or snapshot(), "rt.pb", type="gtfs_rt", table=name, **form)
        named = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
        return [{column: cell for column, cell in row.items() if cell is not None} for row in named]

    return reading


def test_vehicles_have_their_positions_in_the_digits_that_were_meant(table):
    first, second = table("vehicle_positions")
    assert [first[name] for name in POSITION] == [
        "v1",
        "T1",
        "bus-7",
        "48.8241",
        "2.27304",
        "STOPPED_AT",
        str(NOON),
    ]
    assert (first["position.bearing"], first["occupancy_status"], first["feed.timestamp"]) == (
        "90.0",
        "FEW_SEATS_AVAILABLE",
        str(NOON),
    )
    assert second == {
        "entity_id": "v2",
        "vehicle.id": "bus-8",
        "position.latitude": "0.1",
        "position.longitude": "-0.0",
        "feed.timestamp": str(NOON),
    }


def test_trips_and_their_stops_are_tables_of_their_own(table):
    trips = table("trip_updates")
    assert [(row["trip.trip_id"], row["trip.schedule_relationship"], row.get("delay")) for row in trips] == [
        ("T1", "SCHEDULED", "-30"), ("T2", "CANCELED", None),
    ]  # fmt: skip
    assert "stop_time_update" not in trips[0]
    stops = table("stop_time_updates")
    assert [(row["trip.trip_id"], row["stop_sequence"], row.get("arrival.delay"), row.get("schedule_relationship")) for row in stops] == [
        ("T1", "1", "60", None), ("T1", "2", None, "SKIPPED"),
    ]  # fmt: skip


@pytest.mark.parametrize(("language", "text"), [("fr", "Grève"), ("en", "Strike"), ("de", "Strike")])
def test_alerts_have_one_language_and_lists_of_what_they_concern(table, language, text):
    (alert,) = table("alerts", language=language)
    assert (alert["header_text"], alert["url"], alert["cause"]) == (text, "https://example.org", "STRIKE")
    assert alert["informed_entity"] == '[{"route_id":"R1"},{"stop_id":"S1"}]'
    assert alert["active_period"] == f'[{{"start":"{NOON}","end":"{NOON + 3600}"}}]'


def test_all_columns_are_there_even_if_nobody_fills_them(read):
    one = read(snapshot(ENTITIES[1:2]), "rt.pb", type="gtfs_rt", table="vehicle_positions")
    all_of_them = read(snapshot(), "rt.pb", type="gtfs_rt", table="vehicle_positions")
    assert one.columns == all_of_them.columns
    assert {"position.speed", "trip.modified_trip.start_date", "multi_carriage_details"} <= set(one.columns)


@pytest.mark.parametrize(
    ("content", "met"),
    [(snapshot(incrementality="DIFFERENTIAL"), "no full snapshot"), (b"text", "no protobuf")],
)
def test_what_is_no_snapshot_is_told(table, content, met):
    with pytest.raises(SourceChanged, match=met):
        table("alerts", content)
