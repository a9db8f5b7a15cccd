"""A CKAN portal: its action API, its datastore with the dump as CSV, its uploaded files, and their bad habits."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from web_habits import Answer, Asked, Habit, Handler, told

RESOURCE = "3f8a1c2e-0000-4000-8000-000000000001"
Record = dict[str, Any]


def portal(
    records: Sequence[Record], file: bytes | None = None, base: str = "", rows_max: int = 32_000,
    miscounted: int = 0, estimated: bool = False, spoiled: Habit | None = None, closed: int = 0, **entry: Any,
) -> Handler:  # fmt: skip
    """One resource below `base`. `rows_max` is the largest page; `miscounted` is added to every total;
    `spoiled` is a habit of the data (pages, dump, file); `closed` is the status of a closed datastore."""
    table = [{"_id": number, **record} for number, record in enumerate(records, 1)]
    shown = {
        "id": RESOURCE, "name": "Arbres", "state": "active", "format": "CSV", "url_type": "upload",
        "datastore_active": file is None, "size": len(file or b""), "hash": "an old one", **entry,
    }  # fmt: skip

    def search(asked: Asked) -> Answer:
        return _search(asked, _kept(table, asked.query), rows_max, miscounted, estimated)

    def data(asked: Asked) -> Answer:
        if asked.path.endswith("/arbres.csv"):
            return Answer(file or b"", headers={"Content-Type": "text/csv", "ETag": '"1"'})
        if "/dump/" in asked.path:
            return _dump(_kept(table, asked.query), list(table[0]) if table else ["_id"])
        return search(asked)

    spoilt = (spoiled or (lambda handler: handler))(data)

    def answered(asked: Asked) -> Answer:
        path = asked.path.removeprefix(base)
        if base and not asked.path.startswith(base):
            return Answer(status=404)
        if path == "/api/3/action/resource_show":
            return _show(asked, base, shown)
        if path in ("/api/3/action/datastore_search", f"/datastore/dump/{RESOURCE}") and closed:
            return failure(closed, "Authorization Error", "Access denied: User not authorized")
        if path == "/api/3/action/datastore_search" and asked.query.get("limit") == "0":
            return search(asked)
        return spoilt(asked)

    return answered


def _show(asked: Asked, base: str, shown: Record) -> Answer:
    if asked.query["id"] != RESOURCE:
        return failure(404, "Not Found Error", "Not found: Resource was not found.")
    path = f"{base}/dataset/arbres/resource/{RESOURCE}/download/arbres.csv"
    return _success({"url": f"http://{asked.headers['host']}{path}", **shown})


def failure(status: int, kind: str, message: str) -> Answer:
    return told({"help": "…", "success": False, "error": {"__type": kind, "message": message}}, status)


def _success(result: Any) -> Answer:
    return told({"help": "https://example.org/api/3/action/help_show", "success": True, "result": result})


def _kept(table: list[Record], query: dict[str, str]) -> list[Record]:
    filters = json.loads(query.get("filters", "{}"))
    names = query["fields"].split(",") if "fields" in query else None
    kept = [one for one in table if all(one[name] == value for name, value in filters.items())]
    return [{name: one[name] for name in names or one} for one in kept]


def _search(asked: Asked, kept: list[Record], rows_max: int, miscounted: int, estimated: bool) -> Answer:
    limit, offset = min(int(asked.query.get("limit", 100)), rows_max), int(asked.query.get("offset", 0))
    if asked.query.get("sort") != "_id":
        kept = kept[::-1]  # without a sort PostgreSQL gives what order it likes
    return _success({
        "resource_id": RESOURCE, "limit": limit, "offset": offset, "records_format": "objects",
        "records": kept[offset : offset + limit], "total": len(kept) + miscounted, "include_total": True,
        "total_was_estimated": estimated,
    })  # fmt: skip


def _dump(kept: list[Record], names: list[str]) -> Answer:
    """The header ends in CRLF (Python's writer), the records in LF (PostgreSQL's COPY): CKAN's own way."""
    head, body = io.StringIO(), io.StringIO()
    csv.writer(head).writerow(list(kept[0]) if kept else names)
    writer = csv.writer(body, lineterminator="\n")
    writer.writerows(["" if value is None else value for value in one.values()] for one in kept)
    headers = {"Content-Type": "text/csv; charset=utf-8"}
    return Answer((head.getvalue() + body.getvalue()).encode(), headers=headers)
