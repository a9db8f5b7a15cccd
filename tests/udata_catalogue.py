"""A udata catalogue (data.gouv.fr) and the file server behind it, with their own bad habits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin

from web_habits import Answer, Asked, Habit, Handler, told

DATASET = "5448d3e0c751df01f85d0572"
API = "/api/2/datasets/"


def resource_of(number: int, content: bytes, **changes: Any) -> dict[str, Any]:
    """An uploaded main file as udata describes it; `content` is served at its address."""
    entry = {
        "id": f"00000000-0000-0000-0000-{number:012}", "title": f"Budget {number}.csv", "type": "main",
        "filetype": "file", "format": "csv", "mime": "text/csv", "filesize": len(content),
        "checksum": {"type": "sha1", "value": hashlib.sha1(content).hexdigest()},
        "created_at": f"{2000 + number}-01-01T10:00:00+00:00",
        "last_modified": f"2026-01-{number:02}T10:00:00+00:00", "extras": {}, "content": content,
        "path": f"/static/resources/20260101-{number:06}/budget_{number}.csv",
    }  # fmt: skip
    return {**entry, **changes}


def catalogue(
    resources: Sequence[dict[str, Any]], spoiled: Habit | None = None, clamp: int | None = None,
    homes: dict[str, str | None] | None = None, **dataset: Any,
) -> Handler:  # fmt: skip
    """One dataset with these resources. `spoiled` is a habit of the file server, `clamp` the largest page;
    `homes` says in which dataset a resource lives."""
    static = (spoiled or (lambda handler: handler))(lambda asked: _static(asked, resources))

    def answered(asked: Asked) -> Answer:
        if asked.path.startswith("/static/"):
            return static(asked)
        if asked.path.startswith("/api/1/datasets/r/"):
            path = _found(resources, asked.path.rpartition("/")[2])["path"]
            return Answer(status=302, headers={"Location": urljoin(_base(asked), path)})
        what = asked.path.removeprefix(API).strip("/").split("/")
        if what[0] == "resources":
            return _one(asked, resources, what[1], homes or {})
        if what[0] not in (DATASET, "budgets"):
            return told({"message": "The requested URL was not found on the server."}, 404)
        if dataset.get("deleted"):
            return told({"message": "Dataset has been deleted"}, 410)
        if what[1:] == ["resources"]:
            return _page(asked, resources, clamp)
        return told({"id": DATASET, "slug": "budgets", "title": "Budgets", "archived": None, **dataset})

    return answered


def _base(asked: Asked) -> str:
    return f"http://{asked.headers['host']}"


def _static(asked: Asked, resources: Sequence[dict[str, Any]]) -> Answer:
    entry = next((one for one in resources if one["path"] == asked.path), None)
    if entry is None:
        return Answer(status=404)
    return Answer(entry["content"], headers={"Content-Type": "text/csv", "ETag": f'"{asked.path}"'})


def _found(resources: Sequence[dict[str, Any]], identity: str) -> Any:
    return next((one for one in resources if one["id"] == identity), None)


def _one(
    asked: Asked, resources: Sequence[dict[str, Any]], identity: str, homes: dict[str, str | None]
) -> Answer:
    entry = _found(resources, identity)
    if entry is None:
        return told({"message": "Resource does not exist"}, 404)
    return told({"resource": _told(entry, _base(asked)), "dataset_id": homes.get(identity, DATASET)})


def _page(asked: Asked, resources: Sequence[dict[str, Any]], clamp: int | None) -> Answer:
    page, size = int(asked.query.get("page", 1)), int(asked.query.get("page_size", 50))
    size = min(size, clamp or size)
    start = size * (page - 1)
    link = f"{_base(asked)}{API}{DATASET}/resources/?page={page + 1}&page_size={size}"
    return told({
        "data": [_told(one, _base(asked)) for one in resources[start : start + size]], "page": page,
        "page_size": size, "total": len(resources), "previous_page": None,
        "next_page": link if start + size < len(resources) else None,
    })  # fmt: skip


def _told(entry: dict[str, Any], base: str) -> dict[str, Any]:
    shown = {name: value for name, value in entry.items() if name not in ("content", "path")}
    return {"url": urljoin(base, entry["path"]), "latest": f"{base}/api/1/datasets/r/{entry['id']}", **shown}
