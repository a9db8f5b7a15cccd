"""GTFS Realtime: the rows of one table out of a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.formats import GtfsRtFormat
from contracts.gbfs import by_language
from transforms.decode.columns import ColumnTable
from transforms.decode.jsonvalues import flat
from transforms.decode.source import Source

_PARTS = {"vehicle_positions": "vehicle", "trip_updates": "trip_update", "alerts": "alert"}
_STOPS = "stop_time_update"


def take_gtfs_rt(tables: ColumnTable, source: Source, form: GtfsRtFormat) -> None:
    """Takes the table's rows; a line is an entity's number in the snapshot.

    All columns that the standard has, by path (`trip.trip_id`, `position.latitude`), also those that nobody
    fills; `entity_id` before and `feed.timestamp` behind them. What is not sent is NULL, never a default.
    Enumerations are their names, instants seconds since 1970 (`format: epoch_s`), numbers of single precision
    their shortest digits, lists JSON, texts those of one language.

    Raises:
        SourceChanged: it is no full snapshot.
    """
    feed = _feed_in(source)
    columns = dict.fromkeys(_columns_of(form.table))
    stamp = str(feed.header.timestamp) if feed.header.timestamp else None
    for number, entity in enumerate(feed.entity, 1):
        for record in _records(entity, form.table):
            cells = dict(flat(_plain(record, form.language)))
            tables.add_record(number, columns | {"entity_id": entity.id, **cells, "feed.timestamp": stamp})


def _feed_in(source: Source) -> Any:
    from google.protobuf.message import DecodeError
    from google.transit.gtfs_realtime_pb2 import FeedHeader, FeedMessage

    try:
        feed = FeedMessage.FromString(source.path.read_bytes())
    except DecodeError as error:
        raise source.changed("is no protobuf", promised="GTFS Realtime") from error
    if not feed.IsInitialized() or feed.header.incrementality != FeedHeader.FULL_DATASET:
        raise source.changed("is no full snapshot", promised="GTFS Realtime")
    return feed


def _records(entity: Any, table: str) -> Iterator[dict[str, Any]]:
    """The entity's rows of the table, by the standard's names."""
    from google.protobuf.json_format import MessageToDict

    if table != "stop_time_updates":
        if entity.HasField(_PARTS[table]):
            entity.trip_update.ClearField(_STOPS)
            yield MessageToDict(getattr(entity, _PARTS[table]), preserving_proto_field_name=True)
        return
    update = entity.trip_update
    trip = {"trip": MessageToDict(update.trip, preserving_proto_field_name=True)}
    if update.HasField("timestamp"):
        trip["timestamp"] = str(update.timestamp)
    for stop in update.stop_time_update:
        yield trip | MessageToDict(stop, preserving_proto_field_name=True)


def _columns_of(table: str) -> list[str]:
    from google.transit.gtfs_realtime_pb2 import Alert, TripDescriptor, TripUpdate, VehiclePosition

    if table == "stop_time_updates":
        trip = _paths(TripDescriptor.DESCRIPTOR, "trip.")
        return ["entity_id", *trip, "timestamp", *_paths(TripUpdate.StopTimeUpdate.DESCRIPTOR, "")]
    kinds: dict[str, Any] = {
        "vehicle_positions": VehiclePosition,
        "trip_updates": TripUpdate,
        "alerts": Alert,
    }
    return ["entity_id", *(path for path in _paths(kinds[table].DESCRIPTOR, "") if path != _STOPS)]


def _paths(descriptor: Any, prefix: str) -> Iterator[str]:
    for field in descriptor.fields:
        kind = field.message_type
        if kind is not None and not field.is_repeated and kind.name != "TranslatedString":
            yield from _paths(kind, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name


def _plain(record: dict[str, Any], language: str) -> dict[str, Any]:
    """The record with one language of its texts."""
    return {name: _text(value, language) for name, value in record.items()}


def _text(value: Any, language: str) -> Any:
    if not isinstance(value, dict):
        return value
    if list(value) != ["translation"]:
        return _plain(value, language)
    texts: dict[str, Any] = {}
    for one in value["translation"]:
        texts.setdefault(one.get("language", ""), one.get("text"))
    return texts.get(by_language(list(texts), language) or "")
