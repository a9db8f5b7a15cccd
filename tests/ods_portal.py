"""An Opendatasoft portal that speaks the Explore API v2.1, with its own defaults and its own bad habits."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from web_habits import Answer, Asked, Habit, Handler, told

Record = dict[str, Any]
Filters = dict[str, Callable[[Record], bool]]
BASE = "/api/explore/v2.1/catalog/datasets/"


def portal(
    records: Sequence[Record], dataset: str = "parcs", filters: Filters | None = None,
    spoiled: Habit | None = None, miscounted: int = 0,
) -> Handler:  # fmt: skip
    """One dataset; `filters` are the `where` clauses that it understands, `spoiled` is a habit of its exports,
    `miscounted` is added to its count."""

    def answered(asked: Asked) -> Answer:
        if not asked.path.startswith(BASE + dataset + "/"):
            return refusal("UnknownDataset", f"Unknown dataset: {asked.path.split('/')[6]}", 404)
        where = asked.query.get("where")
        if where is not None and where not in (filters or {}):
            return refusal("ODSQLError", f"ODSQL query is malformed: invalid expression « {where} »", 400)
        kept = [one for one in records if where is None or (filters or {})[where](one)]
        what = asked.path[len(BASE + dataset + "/") :]
        if what == "records":
            return _records(asked, kept, miscounted)
        if not what.startswith("exports/") or what[8:] not in _FORMS:
            return refusal("InvalidRESTParameterError", f"Unknown format {what[8:]}", 400)
        return (spoiled or (lambda handler: handler))(lambda one: _export(one, kept))(asked)

    return answered


def refusal(code: str, message: str, status: int) -> Answer:
    return told({"error_code": code, "message": message}, status)


def quota(reset_time: str) -> Habit:
    """429 without Retry-After: the body tells when to come back."""
    document = {
        "errorcode": 10002, "reset_time": reset_time, "limit_time_unit": "day", "call_limit": 10000,
        "error": "Too many requests on the domain. Please contact the domain administrator.",
    }  # fmt: skip
    return lambda _: lambda asked: told(document, 429)


def ending(text: str, keep: Callable[[bytes], bytes]) -> Habit:
    """An export that was started well and goes wrong: what `keep` leaves of it, then a text."""

    def habit(handler: Handler) -> Handler:
        def answered(asked: Asked) -> Answer:
            whole = handler(asked)
            return Answer(keep(whole.body) + text.encode(), headers=whole.headers)

        return answered

    return habit


def _records(asked: Asked, kept: Sequence[Record], miscounted: int) -> Answer:
    limit, offset = int(asked.query.get("limit", 10)), int(asked.query.get("offset", 0))
    if limit > 100 or limit + offset > 10_000:
        return refusal("InvalidRESTParameterError", f"Invalid value for limit API parameter: {limit}", 400)
    results = list(kept[offset : offset + limit])
    return told({"total_count": len(kept) + miscounted, "results": results})


def _export(asked: Asked, kept: Sequence[Record]) -> Answer:
    limit = int(asked.query.get("limit", -1))
    body = _FORMS[asked.path.rpartition("/")[2]](asked.query, list(kept[: None if limit < 0 else limit]))
    return Answer(body, headers={"Content-Type": "application/octet-stream"})


def _csv(query: dict[str, str], kept: list[Record]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=query.get("delimiter", ";"), lineterminator="\r\n")
    writer.writerow(_names(kept))
    between = query.get("list_separator", ",")
    for record in kept:
        writer.writerow(_text(record.get(name), between) for name in _names(kept))
    bom = "" if query.get("with_bom", "true") == "false" else "\ufeff"
    return (bom + text.getvalue()).encode()


def _text(value: Any, between: str) -> str:
    if isinstance(value, list):
        return between.join(value)
    if isinstance(value, dict):
        return f"{value['lat']}, {value['lon']}" if "lon" in value else json.dumps(value)
    return "" if value is None else str(value)


def _geojson(query: dict[str, str], kept: list[Record]) -> bytes:
    features = []
    for record in kept:
        point = record.get("geo_point_2d")
        shape = record.get("geo_shape") or (
            {"type": "Point", "coordinates": [point["lon"], point["lat"]]} if point else None
        )
        properties = {name: value for name, value in record.items() if name != "geo_shape"}
        features.append({"type": "Feature", "geometry": shape, "properties": properties})
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def _parquet(query: dict[str, str], kept: list[Record]) -> bytes:
    rows = [{name: value for name, value in record.items() if name != "geo_shape"} for record in kept]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink, compression=query.get("parquet_compression", "snappy"))
    return sink.getvalue()


def _names(kept: list[Record]) -> list[str]:
    return list(kept[0]) if kept else ["id", "nom"]


_FORMS: dict[str, Callable[[dict[str, str], list[Record]], bytes]] = {
    "csv": _csv,
    "json": lambda _, kept: json.dumps(kept, ensure_ascii=False).encode(),
    "jsonl": lambda _, kept: "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in kept).encode(),
    "geojson": _geojson,
    "parquet": _parquet,
}
