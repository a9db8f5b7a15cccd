"""Snapshots of GTFS Realtime, to be spoilt by tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from google.protobuf.json_format import ParseDict
from google.transit.gtfs_realtime_pb2 import FeedMessage

NOON = int(datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp())
ENTITIES = [
    {"id": "v1", "vehicle": {
        "trip": {"trip_id": "T1", "start_date": "20260310"}, "vehicle": {"id": "bus-7", "license_plate": "AA-123-AA"},
        "position": {"latitude": 48.8241, "longitude": 2.27304, "bearing": 90.0}, "stop_id": "S1",
        "current_status": "STOPPED_AT", "timestamp": NOON, "occupancy_status": "FEW_SEATS_AVAILABLE"}},
    {"id": "v2", "vehicle": {"vehicle": {"id": "bus-8"}, "position": {"latitude": 0.1, "longitude": -0.0}}},
    {"id": "t1", "trip_update": {
        "trip": {"trip_id": "T1", "route_id": "R1", "schedule_relationship": "SCHEDULED"}, "delay": -30, "timestamp": NOON,
        "stop_time_update": [
            {"stop_sequence": 1, "stop_id": "S1", "arrival": {"delay": 60, "time": NOON}},
            {"stop_sequence": 2, "stop_id": "S2", "schedule_relationship": "SKIPPED"}]}},
    {"id": "t2", "trip_update": {"trip": {"trip_id": "T2", "schedule_relationship": "CANCELED"}}},
    {"id": "a1", "alert": {
        "active_period": [{"start": NOON, "end": NOON + 3600}],
        "informed_entity": [{"route_id": "R1"}, {"stop_id": "S1"}], "cause": "STRIKE", "effect": "NO_SERVICE",
        "header_text": {"translation": [{"text": "Strike", "language": "en"}, {"text": "Grève", "language": "fr"}]},
        "url": {"translation": [{"text": "https://example.org"}]}}},
]  # fmt: skip


def snapshot(entities: list[dict[str, Any]] | None = None, **header: Any) -> bytes:
    """The snapshot's bytes."""
    given = {"gtfs_realtime_version": "2.0", "incrementality": "FULL_DATASET", "timestamp": NOON, **header}
    document = {"header": given, "entity": ENTITIES if entities is None else entities}
    return ParseDict(document, FeedMessage()).SerializeToString()
