"""GTFS Realtime: one snapshot at one address, looked into before it is landed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.message import DecodeError
from google.transit.gtfs_realtime_pb2 import FeedHeader, FeedMessage
from pydantic import Field as Setting

from connectors.connector import Fetched, FetchedFile, Visit
from connectors.http_file import HttpFile
from contracts.connection import Connection
from contracts.errors import SourceChanged
from contracts.formats import Format, GtfsRtFormat

_VERSIONS = ("1.0", "2.0")
_SKEW = timedelta(minutes=5)  # clocks differ


class GtfsRt(HttpFile):
    """What a contract says of `kind: gtfs_rt`; which table, by `format: {type: gtfs_rt, table: …}`."""

    accept: str = Setting(
        "application/x-protobuf, application/octet-stream, */*", description="As in http_file."
    )
    max_bytes: int = Setting(64_000_000, ge=1, description="More is refused; it is read into memory.")
    max_age: float = Setting(60, gt=0, description="Minutes; an older snapshot is a warning.")

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """The snapshot as it was sent, with the number of the table's rows in it.

        Raises:
            SourceUnavailable, SourceIncomplete: as the session.
            SourceChanged: it is no GTFS Realtime, or a difference instead of a snapshot.
        """
        fetched = super().fetch(connection, visit)
        if fetched.unchanged:
            return fetched
        (file,) = fetched.files
        feed = _feed_in(file, visit.place)
        rows = _rows_of(feed, visit.promised.table) if isinstance(visit.promised, GtfsRtFormat) else None
        return fetched.model_copy(
            update={
                "rows": rows, "expected": None if rows else rows,  # a snapshot without one: there is none
                "proof": f"{fetched.proof}; a full snapshot of {len(feed.entity)} entities",
                "warnings": tuple(self._odd(feed, visit.clock())),
            }
        )  # fmt: skip

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None for one of its tables."""
        fits = isinstance(promised, GtfsRtFormat)
        remedy = "Say `format: {type: gtfs_rt, table: vehicle_positions}`."
        return None if fits else ("GTFS Realtime is protobuf", remedy)

    def _odd(self, feed: Any, now: datetime) -> Iterator[str]:
        if not feed.header.timestamp:
            yield "the snapshot does not say when it was made"
            return
        try:
            made = datetime.fromtimestamp(feed.header.timestamp, UTC)
        except (ValueError, OverflowError, OSError):
            yield f"the snapshot says that it was made {feed.header.timestamp} s after 1970"
            return
        if made > now + _SKEW:
            yield f"the snapshot says that it was made at {made:%Y-%m-%d %H:%M} UTC, which is to come"
        elif now - made > timedelta(minutes=self.max_age):
            minutes = (now - made) / timedelta(minutes=1)
            yield f"the snapshot was made {minutes:.0f} min ago; promised was at most {self.max_age:g} min"


def _feed_in(file: FetchedFile, place: str) -> Any:
    try:
        feed = FeedMessage.FromString(file.path.read_bytes())
    except DecodeError as error:
        remedy = "Open its address: it may be a page, or text for people (`?debug`)."
        raise SourceChanged(
            place, f"{file.name} is no protobuf", promised="GTFS Realtime", remedy=remedy
        ) from error
    if not feed.IsInitialized() or feed.header.gtfs_realtime_version not in _VERSIONS:
        met = f"{file.name} has no header of version {' or '.join(_VERSIONS)}"
        raise SourceChanged(place, met, promised="GTFS Realtime")
    if feed.header.incrementality != FeedHeader.FULL_DATASET:
        met = f"{file.name} is a difference (incrementality DIFFERENTIAL)"
        raise SourceChanged(
            place, met, promised="a full snapshot", remedy="Ask for the address of the full one."
        )
    return feed


def _rows_of(feed: Any, table: str) -> int:
    if table == "stop_time_updates":
        return sum(len(entity.trip_update.stop_time_update) for entity in feed.entity)
    part = {"vehicle_positions": "vehicle", "trip_updates": "trip_update", "alerts": "alert"}[table]
    return sum(entity.HasField(part) for entity in feed.entity)
