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
    from google.protobuf.json_format import MessageToDict

    feed = _feed_in(source)
    columns = dict.fromkeys(_columns_of(form.table))
    for number, entity in enumerate(feed.entity, 1):
        for message in _messages(entity, form.table):
            record = _plain(MessageToDict(message, preserving_proto_field_name=True), form.language)
            if form.table == "trip_updates":
                record.pop(_STOPS, None)
            elif form.table == "stop_time_updates":
                update = MessageToDict(entity.trip_update, preserving_proto_field_name=True)
                record = {"trip": update.get("trip", {}), "timestamp": update.get("timestamp"), **record}
            cells = {"entity_id": entity.id, **dict(flat(record)), "feed.timestamp": _stamp(feed)}
            tables.add_record(number, columns | cells)


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


def _messages(entity: Any, table: str) -> Iterator[Any]:
    if table == "stop_time_updates":
        yield from entity.trip_update.stop_time_update
    elif entity.HasField(_PARTS[table]):
        yield getattr(entity, _PARTS[table])


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


def _stamp(feed: Any) -> str | None:
    return str(feed.header.timestamp) if feed.header.timestamp else None
