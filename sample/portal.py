"""A small Opendatasoft portal (Explore API v2.1) over a folder: `catalogue.json`, and a CSV a dataset."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sample.odsql import Malformed, Record, condition

API = "api/explore/v2.1/catalog/"
CATALOGUE = "catalogue.json"  # a folder with such a file is a portal
_MOST = 100  # records at once; with the offset at most 10 000 (Explore API v2.1)
# What does not change the records of a dataset here: only what the connector pins.
_PINNED = {"limit", "offset", "timezone", "lang", "use_labels", "with_bom", "quote_all", "list_separator"}
_KNOWN = {*_PINNED, "where", "delimiter"}


@dataclass(frozen=True)
class Reply:
    """What the portal answers."""

    content: bytes
    media_type: str = "application/json"
    status: HTTPStatus = HTTPStatus.OK


def answer(folder: Path, path: str, query: dict[str, str]) -> Reply:
    """The answer to a path below the portal's address."""
    entries: list[Record] = json.loads((folder / CATALOGUE).read_bytes())
    what = path.removeprefix(API).strip("/").split("/")
    if unknown := sorted(set(query) - _KNOWN):
        return _refusal("InvalidRESTParameterError", f"Unknown parameter {unknown[0]}")
    try:
        if what == ["datasets"]:
            return _page([_shown(folder, entry) for entry in entries], query, below="metas")
        entry = next((one for one in entries if what[1:2] == [one["dataset_id"]]), None)
        if what[0] != "datasets" or entry is None or not (len(what) == 2 or entry["has_records"]):
            met = f"The requested dataset {'/'.join(what[1:2])} does not exist."
            return _refusal("UnknownDatasetError", met, HTTPStatus.NOT_FOUND)
        if len(what) == 2:
            return _json(_shown(folder, entry))
        return _of_records(records(folder, entry), what[2:], query, list(entry["types"]))
    except Malformed as error:
        return _refusal("ODSQLError", f"ODSQL query is malformed: {error}")


def records(folder: Path, entry: Record) -> list[Record]:
    """All records of a dataset, with the types that the catalogue states."""
    with (folder / f"{entry['dataset_id']}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    return [{name: _typed(row[name], kind) for name, kind in entry["types"].items()} for row in rows]


def _typed(text: str, kind: str) -> Any:
    if not text:
        return None
    if kind == "geo_point_2d":
        latitude, longitude = text.split(",")
        return {"lon": float(longitude), "lat": float(latitude)}
    return {"int": int, "double": float}.get(kind, str)(text)


def _shown(folder: Path, entry: Record) -> Record:
    """A dataset as the API describes it."""
    count = len(records(folder, entry)) if entry["has_records"] else 0
    fields = [{"name": name, "label": name, "type": kind} for name, kind in entry["types"].items()]
    return {
        "dataset_id": entry["dataset_id"], "dataset_uid": f"da_{entry['dataset_id'].replace('-', '')[:6]}",
        "has_records": entry["has_records"], "data_visible": True, "attachments": [], "fields": fields,
        "metas": {"default": {**entry["default"], "records_count": count}},
    }  # fmt: skip


def _of_records(found: list[Record], what: list[str], query: dict[str, str], names: list[str]) -> Reply:
    if what == ["records"]:
        return _page(found, query)
    limit = int(query.get("limit", -1))
    kept = _meeting(found, query)[: None if limit < 0 else limit]
    if what == ["exports", "json"]:
        return _json(kept)
    if what == ["exports", "jsonl"]:
        return Reply("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in kept).encode())
    if what == ["exports", "csv"]:
        return Reply(_csv(kept, names, query.get("delimiter", ";")), "text/csv; charset=utf-8")
    return _refusal("InvalidRESTParameterError", f"Unknown format {what[-1]}")


def _page(found: list[Record], query: dict[str, str], below: str = "") -> Reply:
    limit, offset = int(query.get("limit", 10)), int(query.get("offset", 0))
    if not 0 <= limit <= _MOST or limit + offset > 10_000:
        return _refusal("InvalidRESTParameterError", f"Invalid value for limit API parameter: {limit}")
    kept = _meeting(found, query, below)
    return _json({"total_count": len(kept), "results": kept[offset : offset + limit]})


def _meeting(found: list[Record], query: dict[str, str], below: str = "") -> list[Record]:
    """Those that meet `where`; of the catalogue its conditions are on `default.title` and the like."""
    if not query.get("where"):
        return found
    meets = condition(query["where"])
    return [one for one in found if meets(one[below] if below else one)]


def _csv(kept: list[Record], names: list[str], delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(names)
    for record in kept:
        cells = [record[name] for name in names]
        writer.writerow(f"{one['lat']}, {one['lon']}" if isinstance(one, dict) else one for one in cells)
    return text.getvalue().encode()


def _json(document: Any) -> Reply:
    return Reply(json.dumps(document, ensure_ascii=False).encode())


def _refusal(code: str, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Reply:
    return Reply(json.dumps({"error_code": code, "message": message}).encode(), status=status)
