"""GBFS: the files of one feed as rows, the same for 2.x and 3.0, under the names of 3.0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from contracts.errors import SourceChanged
from contracts.formats import GbfsFormat
from contracts.gbfs import DISCOVERY, FEEDS, RENAMED, NotAFeed, by_language, records_in
from contracts.load import instant_text
from transforms.decode.columns import ColumnTable
from transforms.decode.jsonvalues import DECODER, Number, TwiceNamed, flat
from transforms.decode.plaintext import as_utf8
from transforms.decode.source import Source

_TIMES = ("last_reported", "last_updated", "start", "end", "available_until")
_COUNTED = ("vehicle_types_capacity", "vehicle_docks_capacity")  # objects of type: count before 3.0
_WORDS = {"0": False, "1": True}  # of `is_…` in 1.x, which systems that call themselves 2.x still send


def take_gbfs(tables: ColumnTable, sources: Iterable[Source], form: GbfsFormat, place: str) -> None:
    """Takes the records of a feed, one row each; a line is a record's number in its file.

    Nested objects become columns named by path, lists compact JSON, times RFC 3339 in UTC (`…Z`), texts by
    language the one of `form.language`, else the first. Stations have their status beside them, also those
    that only the one or the other file knows; vehicles have their type as `vehicle_type.…`. A name that both
    files have with different values is `status.…` for the second. `feed.last_updated` is the live file's.

    Raises:
        SourceChanged: a file is missing, or is not what the specification says.
    """
    feed, documents = FEEDS[form.feed], _documents(sources)
    main = next((name for name in feed.names if name in documents), None)
    missing = [name for name in (main or feed.names[0], feed.joined) if name and name not in documents]
    if main is None or missing:
        raise SourceChanged(place, f"the files are {', '.join(documents)}", promised=" and ".join(missing))
    records = _records(documents[main], feed.lists, feed.key)
    joined = _records(documents[feed.joined], feed.lists, feed.key) if feed.joined else {}
    looked_up = documents.get(feed.looked_up) if feed.looked_up else None
    others = _records(looked_up, (feed.looked_up,), feed.looked_up_by) if looked_up else {}
    stamp = _time(documents[feed.joined or main][1].get("last_updated"))
    for number, key in enumerate([*records, *(key for key in joined if key not in records)], 1):
        row = {feed.key: key, **_plain(records.get(key, {}), form.language)}
        row |= _beside(row, _plain(joined.get(key, {}), form.language))
        other = _plain(others.get(str(row.get(feed.looked_up_by)), {}), form.language)
        row |= {f"vehicle_type.{name}": value for name, value in other.items() if name != feed.looked_up_by}
        tables.add_record(number, dict(flat({**row, "feed.last_updated": stamp})))


def _documents(sources: Iterable[Source]) -> dict[str, tuple[Source, Any]]:
    """Each file by its name without its ending; the discovery file is none of the feed's."""
    return {
        source.name.removesuffix(".json"): (source, _document(source))
        for source in sources if source.name != DISCOVERY
    }  # fmt: skip


def _document(source: Source) -> Any:
    text = as_utf8(source, "utf-8").path.read_text(encoding="utf-8-sig")
    try:
        return DECODER.decode(text.strip())
    except TwiceNamed as error:
        raise source.changed(str(error), promised="each value once") from error
    except (ValueError, RecursionError) as error:
        raise source.changed("is no whole JSON document", promised="GBFS") from error


def _records(given: tuple[Source, Any], lists: tuple[str, ...], key: str) -> dict[str, Mapping[str, Any]]:
    source, document = given
    try:
        return records_in(document, lists, key)
    except NotAFeed as error:
        raise source.changed(str(error), promised="GBFS 2.x or 3.0") from error


def _beside(row: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"status.{name}" if name in row and row[name] != value else name: value
        for name, value in other.items()
    }


def _plain(record: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The record as 3.0 writes it, one language of its texts, times in UTC."""
    return {
        RENAMED.get(name, name): _value(RENAMED.get(name, name), value, language)
        for name, value in record.items()
    }


def _value(name: str, value: Any, language: str) -> Any:
    if name in _TIMES:
        return _time(value)
    if name in _COUNTED and isinstance(value, dict):
        return [{"vehicle_type_ids": [kind], "count": count} for kind, count in value.items()]
    if name.startswith("is_") and isinstance(value, Number):
        return _WORDS.get(value, value)
    if name == "rental_methods" and isinstance(value, list):
        return [one.lower() if isinstance(one, str) else one for one in value]  # capitals before 2.3
    if isinstance(value, list):
        texts = _texts(value)
        if texts is not None:
            return texts.get(by_language(list(texts), language) or "")
        return [_plain(one, language) if isinstance(one, dict) else one for one in value]
    return value


def _texts(value: list[Any]) -> dict[str, str] | None:
    """Language → text, where it is the list of 3.0."""
    if not value or not all(isinstance(one, dict) and one.keys() == {"text", "language"} for one in value):
        return None
    texts: dict[str, str] = {}
    for one in value:
        texts.setdefault(str(one["language"]), one["text"])
    return texts


def _time(value: Any) -> Any:
    """RFC 3339 in UTC; what is no time stays as it is, and the contract's field refuses it."""
    try:
        if isinstance(value, Number):
            moment = datetime.fromtimestamp(int(value), UTC)
        else:
            moment = datetime.fromisoformat(value)
    except (ValueError, TypeError, OverflowError, OSError):
        return value
    return value if moment.tzinfo is None else instant_text(moment)
