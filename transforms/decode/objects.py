"""JSON, JSON Lines and GeoJSON: one record after the other, numbers kept as they are written.

The standard library's decoder reads each record from a sliding window, so memory holds one record and not the
document. ijson was tried: its C backend (3.6) ends the process on truncated or malformed input.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb

from contracts.formats import JsonFormat
from transforms.decode.jsonstream import JsonStream, Number, decoded_line
from transforms.decode.plaintext import as_utf8
from transforms.decode.source import MAX_RECORD, Source
from transforms.decode.tables import Cells, Decoded, TextTable

Record = Iterable[tuple[str, Any]]


def decode_json(
    connection: duckdb.DuckDBPyConnection, source: Source, form: JsonFormat, table: str
) -> Decoded:
    """The tables of a JSON document or of JSON Lines.

    Nested objects become columns named by path, lists compact JSON text; `null` is NULL; numbers keep their
    digits (`1e400`, `1.10`). The columns are all that appear, in the order of first appearance.
    """
    text = as_utf8(source, form.encoding)
    found = _lines(text) if form.type == "jsonl" else _listed(text, form.records)
    return _collected(connection, text, table, ((at, _flat(record)) for at, record in found))


def decode_geojson(connection: duckdb.DuckDBPyConnection, source: Source, table: str) -> Decoded:
    """The tables of a FeatureCollection: properties, `geometry` as GeoJSON text, `feature.id` where given.

    A `crs` member (GeoJSON 2008) is not read: the contract's field declares the reference system.
    """
    text = as_utf8(source, "utf-8")
    features = _listed(text, "features")
    return _collected(connection, text, table, ((at, _feature(text, at, record)) for at, record in features))


def _listed(source: Source, path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        stream = JsonStream(source, file)
        for number, value in stream.records(path.split(".") if path else []):
            yield number, _object(source, value, f"record {number}")


def _lines(source: Source) -> Iterator[tuple[int, dict[str, Any]]]:
    with source.path.open("rb") as file:
        number = 0
        while raw := file.readline(MAX_RECORD + 1):
            number += 1
            if len(raw) > MAX_RECORD:
                raise source.changed(f"has on line {number} a record of more than {MAX_RECORD >> 20} MB")
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            if line.strip():
                value = decoded_line(source, line, number)
                yield number, _object(source, value, f"line {number}")


def _object(source: Source, value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    kinds = {list: "a list", bool: "true or false", Number: "a number", str: "a text", type(None): "null"}
    raise source.changed(f"has {kinds[type(value)]} as {where}", promised="an object in each record")


def _feature(source: Source, number: int, feature: dict[str, Any]) -> Record:
    if feature.get("type") != "Feature":
        raise source.changed(f"has no Feature as record {number}", promised="a FeatureCollection")
    yield from _flat(_object(source, feature.get("properties") or {}, f"properties of record {number}"))
    yield "geometry", _text(feature.get("geometry"))
    if feature.get("id") is not None:
        yield "feature.id", _text(feature["id"])


def _flat(record: dict[str, Any], prefix: str = "") -> Record:
    """Columns and texts; an empty object has no value and so no column."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, _text(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _compact(value)


def _compact(value: Any) -> str:
    """Compact JSON in which numbers are written as in the source."""
    if isinstance(value, Number):
        return value
    if isinstance(value, list):
        return f"[{','.join(map(_compact, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{_compact(key)}:{_compact(item)}' for key, item in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


def _collected(
    connection: duckdb.DuckDBPyConnection, source: Source, table: str, records: Iterable[tuple[int, Record]]
) -> Decoded:
    tables = TextTable(connection, source, table)
    places: dict[str, int] = {}
    try:
        for line, record in records:
            tables.add(line, _cells(source, tables.columns, places, line, record))
    except RecursionError as error:
        raise source.changed("is nested deeper than can be read", promised="flat records") from error
    return tables.close()


def _cells(source: Source, columns: list[str], places: dict[str, int], line: int, record: Record) -> Cells:
    cells: Cells = [None] * len(columns)
    given: set[str] = set()
    for name, text in record:
        if name in given:
            raise source.changed(f"names {name!r} twice in record {line}", promised="each value once")
        given.add(name)
        if name not in places:
            places[name] = len(columns)
            columns.append(name)
            cells.append(None)
        cells[places[name]] = text
    return cells
