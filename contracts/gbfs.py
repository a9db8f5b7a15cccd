"""What the General Bikeshare Feed Specification says of its files, in 1.x, 2.x and 3.0.

MobilityData, gbfs.md v2.3 (5 April 2022) and v3.0 (11 April 2024). 3.0 renamed bikes to vehicles, wrote times
as RFC 3339 instead of POSIX seconds, and texts as a list of them by language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

FeedName = Literal["stations", "vehicles", "vehicle_types", "regions", "pricing_plans", "alerts"]


@dataclass(frozen=True)
class Feed:
    """What makes the rows of a feed: one file, and another that is joined to it."""

    names: tuple[str, ...]  # of the file: in 3.0, then in 2.x where it was another
    lists: tuple[str, ...]  # where the records stand below `data`, likewise
    key: str
    joined: str = ""  # of the same key
    looked_up: str = ""  # of which the record's `looked_up_by` names one; optional at the source
    looked_up_by: str = ""


FEEDS: dict[FeedName, Feed] = {
    "stations": Feed(("station_information",), ("stations",), "station_id", joined="station_status"),
    "vehicles": Feed(
        ("vehicle_status", "free_bike_status"),
        ("vehicles", "bikes"),
        "vehicle_id",
        looked_up="vehicle_types",
        looked_up_by="vehicle_type_id",
    ),
    "vehicle_types": Feed(("vehicle_types",), ("vehicle_types",), "vehicle_type_id"),
    "regions": Feed(("system_regions",), ("regions",), "region_id"),
    "pricing_plans": Feed(("system_pricing_plans",), ("plans",), "plan_id"),
    "alerts": Feed(("system_alerts",), ("alerts",), "alert_id"),
}
RENAMED = {  # 2.x → 3.0; what is counted by type becomes a list in `VALUES`
    "bike_id": "vehicle_id",
    "num_bikes_available": "num_vehicles_available",
    "num_bikes_disabled": "num_vehicles_disabled",
    "vehicle_capacity": "vehicle_types_capacity",
    "vehicle_type_capacity": "vehicle_docks_capacity",
}
DISCOVERY = "gbfs.json"


class NotAFeed(ValueError):
    """A document is not what the specification says; its text starts with a verb."""


def records_in(document: Any, lists: Sequence[str], key: str) -> dict[str, Mapping[str, Any]]:
    """The records by their key, in order; a record that comes twice alike counts once.

    Raises:
        NotAFeed: no list of objects with that key, or two that differ under one key.
    """
    data = document.get("data") if isinstance(document, dict) else None
    name = next((name for name in lists if isinstance(data, dict) and name in data), lists[0])
    found = data.get(name) if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise NotAFeed(f"has no list at `data.{name}`")
    old = {new: before for before, new in RENAMED.items()}.get(key, key)
    records: dict[str, Mapping[str, Any]] = {}
    for number, record in enumerate(found, 1):
        identity = record.get(key, record.get(old)) if isinstance(record, dict) else None
        if not isinstance(identity, str | int) or isinstance(identity, bool) or identity == "":
            raise NotAFeed(f"has no {key!r} in record {number}")
        if records.setdefault(str(identity), record) != record:
            raise NotAFeed(f"has two records that differ under one {key!r}, the second as record {number}")
    return records


def by_language(offered: Sequence[str], wanted: str) -> str | None:
    """The wanted language, else one of its regions (`fr-CA` for `fr`), else the first; none of none."""
    base = wanted.lower().partition("-")[0]
    exact = (one for one in offered if one.lower() == wanted.lower())
    near = (one for one in offered if one.lower().partition("-")[0] == base)
    return next(exact, None) or next(near, None) or next(iter(offered), None)
