"""JSON, JSON Lines and GeoJSON: numbers as they are written, memory for a window and not for the document.

ijson was tried: its C backend (3.6) ends the process on truncated or malformed input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
import pyarrow as pa

from contracts.formats import JsonFormat
from transforms.decode.columns import Sink
from transforms.decode.jsonstream import JsonStream, Run
from transforms.decode.jsonvalues import Number, cell, decoded_line, flat
from transforms.decode.nested import rows_below
from transforms.decode.plaintext import UTF8_BOM, as_utf8
from transforms.decode.source import MAX_RECORD, Source
from transforms.decode.spreading import Doubtful, Records, columns_of, records_in, records_on
from transforms.decode.structure import Structure, structure_of

Columns = list[tuple[str, pa.Array]]
Record = Iterable[tuple[str, str | None]]

_WINDOW = 1 << 20  # bytes of lines taken at once


@dataclass(frozen=True)
class _Kind:
    """How a record becomes cells: many at once where they are sound, or by its value."""

    columns: Callable[[Records, Structure], Columns]
    record: Callable[[Source, int, dict[str, Any]], Record]


def take_json(tables: Sink, source: Source, form: JsonFormat) -> None:
    """Takes the records of a JSON document or of JSON Lines.

    Nested objects become columns named by path, lists compact JSON text; `null` is NULL; numbers keep their
    digits (`1e400`, `1.10`). The columns are all that appear, in the order of first appearance. With `each:`
    a row is an item of that list in a record, and its line is the record's.
    """
    text = as_utf8(source, form.encoding)
    with _nested_in_measure(text):
        if form.each is not None:
            for number, record in _records(text, form):
                for row in rows_below(text, number, record, form.each):
                    tables.add_record(number, _cells(text, number, row))
        elif form.type == "jsonl":
            _take_lines(text, tables)
        else:
            _take_list(text, tables, form.records, _JSON)


def _records(source: Source, form: JsonFormat) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each record with its number or line, by its value."""
    if form.type == "jsonl":
        for number, line in _lines(source):
            yield number, _object(source, decoded_line(source, line, number), f"line {number}")
        return
    path = form.records.split(".") if form.records else []
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        for item in JsonStream(source, file, by_value=True).runs(path):
            if not isinstance(item, Run):
                yield item[0], _object(source, item[1], f"record {item[0]}")


def _lines(source: Source) -> Iterator[tuple[int, str]]:
    before = 0
    for text in _whole_lines(source):
        for number, line in enumerate(text.split(b"\n"), before + 1):
            if line.decode().strip():
                yield number, line.decode()
        before += text.count(b"\n")


def take_geojson(tables: Sink, source: Source) -> None:
    """Takes the features of a FeatureCollection: properties, `geometry` as text, `feature.id` where given.

    A `crs` member (GeoJSON 2008) is not read: the contract's field declares the reference system.
    """
    text = as_utf8(source, "utf-8")
    with _nested_in_measure(text):
        _take_list(text, tables, "features", _GEOJSON)


@contextmanager
def _nested_in_measure(source: Source) -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise source.changed("is nested deeper than can be read", promised="flat records") from error


def _take_list(source: Source, tables: Sink, path: str, kind: _Kind) -> None:
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        for item in JsonStream(source, file).runs(path.split(".") if path else []):
            if not isinstance(item, Run):
                _take_values(source, tables, [item], kind)
                continue
            try:
                columns = kind.columns(records_in(item.text), item.counted)
                tables.add(np.arange(item.first, item.first + item.counted.records), columns)
            except Doubtful:
                _take_values(source, tables, _values(source, item), kind)


def _values(source: Source, run: Run) -> Iterator[tuple[int, Any]]:
    text = StringIO(f"[{run.text.decode()}]", newline="")
    for item in JsonStream(source, text, before=run.first - 1, by_value=True).runs(()):
        if not isinstance(item, Run):
            yield item


def _take_values(source: Source, tables: Sink, values: Iterable[tuple[int, Any]], kind: _Kind) -> None:
    for number, value in values:
        record = _object(source, value, f"record {number}")
        tables.add_record(number, _cells(source, number, kind.record(source, number, record)))


def _take_lines(source: Source, tables: Sink) -> None:
    before = 0
    for text in _whole_lines(source):
        lines = text.split(b"\n")
        given = [(number, line) for number, line in enumerate(lines, before + 1) if line.strip()]
        before += text.count(b"\n")
        if not given:
            continue
        numbers, texts = zip(*given, strict=True)
        try:
            columns = _JSON.columns(records_on(texts), structure_of(text))
            tables.add(np.array(numbers, np.int64), columns)
        except Doubtful:
            for number, line in given:
                if line.decode().strip():
                    value = decoded_line(source, line.decode(), number)
                    record = flat(_object(source, value, f"line {number}"))
                    tables.add_record(number, _cells(source, number, record))


def _whole_lines(source: Source) -> Iterator[bytes]:
    """Some lines at a time, each whole."""
    before = 0
    with source.path.open("rb") as file:
        file.seek(len(UTF8_BOM) if file.read(len(UTF8_BOM)) == UTF8_BOM else 0)
        while text := file.read(_WINDOW):
            rest = file.readline(MAX_RECORD + 1) if not text.endswith(b"\n") else b""
            before += text.count(b"\n")
            if len(rest) > MAX_RECORD:
                met = f"has on line {before + 1} a record of more than {MAX_RECORD >> 20} MB"
                raise source.changed(met)
            before += rest.count(b"\n")
            yield text + rest


def _cells(source: Source, number: int, record: Record) -> dict[str, str | None]:
    cells: dict[str, str | None] = {}
    for name, text in record:
        if name in cells:
            raise source.changed(f"names {name!r} twice in record {number}", promised="each value once")
        cells[name] = text
    return cells


def _object(source: Source, value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    kinds = {list: "a list", bool: "true or false", Number: "a number", str: "a text", type(None): "null"}
    raise source.changed(f"has {kinds[type(value)]} as {where}", promised="an object in each record")


def _plain_columns(records: Records, counted: Structure) -> Columns:
    return _named((".".join(column.path), column.texts) for column in columns_of(records, counted))


def _named(columns: Iterable[tuple[str, pa.Array]]) -> Columns:
    """The columns, where no two paths make one name (`{"a.b": 1, "a": {"b": 2}}`)."""
    named = list(columns)
    if len(dict(named)) < len(named):
        raise Doubtful
    return named


def _feature(source: Source, number: int, feature: dict[str, Any]) -> Record:
    if feature.get("type") != "Feature":
        raise source.changed(f"has no Feature as record {number}", promised="a FeatureCollection")
    yield from flat(_object(source, feature.get("properties") or {}, f"properties of record {number}"))
    yield "geometry", cell(feature.get("geometry"))
    if feature.get("id") is not None:
        yield "feature.id", cell(feature["id"])


def _feature_columns(features: Records, counted: Structure) -> Columns:
    """The same as `_feature`, of many: properties, geometry and id in the order of their first appearance."""
    columns = columns_of(features, counted, lambda path: path[0] != "properties")
    members = {column.path[0]: column for column in columns if len(column.path) == 1}
    types, absent = members.get("type"), pa.nulls(len(features), pa.string())
    if types is None or types.texts.null_count or types.texts.unique().to_pylist() != ["Feature"]:
        raise Doubtful
    if "properties" in members and members["properties"].texts.null_count < len(features):
        raise Doubtful
    placed = [
        (column.first, 0, ".".join(column.path[1:]), column.texts) for column in columns if column.path[1:]
    ]
    placed.append((0, 1, "geometry", members["geometry"].texts if "geometry" in members else absent))
    identity = members["id"].texts if "id" in members else absent
    if identity.null_count < len(features):
        placed.append((identity.is_valid().index(True).as_py(), 2, "feature.id", identity))
    return _named((name, texts) for _, _, name, texts in sorted(placed, key=lambda place: place[:2]))


_JSON = _Kind(_plain_columns, lambda source, number, record: flat(record))
_GEOJSON = _Kind(_feature_columns, _feature)
