"""What the GTFS Schedule reference says of a feed's files (gtfs.org, revised 2 July 2025)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

REQUIRED = ("agency", "routes", "trips", "stop_times")
EITHER = (("calendar", "calendar_dates"), ("stops", "locations.geojson"))  # one of each pair
OPTIONAL = (
    "areas", "attributions", "booking_rules", "calendar", "calendar_dates", "cars", "fare_attributes",
    "fare_leg_join_rules", "fare_leg_rules", "fare_media", "fare_products", "fare_rules",
    "fare_transfer_rules", "feed_info", "frequencies", "levels", "location_group_stops", "location_groups",
    "networks", "pathways", "rider_categories", "route_networks", "shapes", "stop_areas", "stops",
    "timeframes", "transfers", "translations",
)  # fmt: skip


class NotAFeed(ValueError):
    """An archive is no GTFS feed; its text starts with a verb."""


def members_in(names: Iterable[str]) -> Mapping[str, str]:
    """Table → the archive's name of its file, all of one folder, be it the root or another.

    `locations.geojson` keeps its ending. What macOS leaves beside is passed over.

    Raises:
        NotAFeed: no folder or more than one holds `routes.txt`, or a required file is missing.
    """
    files = {name.replace("\\", "/"): name for name in names}
    plain = [path for path in files if not path.startswith("__MACOSX/") and not path.endswith("/")]
    folders = [_folder(path) for path in plain if path.rpartition("/")[2].lower() == "routes.txt"]
    if len(folders) != 1:
        where = " and ".join(f"{folder or '/'!r}" for folder in sorted(folders))
        raise NotAFeed(f"holds feeds in {where}" if folders else "holds no routes.txt")
    found = {
        path.rpartition("/")[2].lower().removesuffix(".txt"): files[path]
        for path in plain if _folder(path) == folders[0]
    }  # fmt: skip
    missing = [f"{name}.txt" for name in REQUIRED if name not in found]
    missing += [f"{first}.txt" for first, other in EITHER if first not in found and other not in found]
    if missing:
        raise NotAFeed(f"holds no {', '.join(missing)}")
    return found


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
