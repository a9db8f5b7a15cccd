"""A source that sends its records as pages, counted; an outside kind, as its entry point would declare it."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from town import Town

from connectors import registry
from connectors.connector import Connector, Fetched, FetchedFile, Visit
from contracts.connection import Connection

KIND = "pages"


class Pages(Connector):
    """Every file of the folder that the connection names, in the order of names.

    `counts.json` beside the folder says what the connector counted and what the source announced.
    """

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        folder = Path(str(connection.extra["path"]))
        files = tuple(_copied(path, visit) for path in sorted(folder.iterdir()))
        counts = json.loads((folder.parent / "counts.json").read_text())
        return Fetched(files=files, proof="counted", **counts)


def _copied(path: Path, visit: Visit) -> FetchedFile:
    content = path.read_bytes()
    (visit.folder / path.name).write_bytes(content)
    return FetchedFile(
        path=visit.folder / path.name, name=path.name, origin=str(path), bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(), fetched_at=visit.clock(),
    )  # fmt: skip


def install(monkeypatch: pytest.MonkeyPatch, town: Town, connector: type[Connector] = Pages) -> Path:
    """The folder of the pages; `kind: pages` and the connection `pages` are known from here on."""
    point = EntryPoint(KIND, f"{connector.__module__}:{connector.__qualname__}", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == registry.GROUP else [])
    folder = town.folder / "pages"
    folder.mkdir()
    extra = {"conn_type": "fs", "extra": {"path": str(folder)}}
    monkeypatch.setenv("AIRFLOW_CONN_PAGES", json.dumps(extra))
    return folder


def put_pages(folder: Path, pages: dict[str, Any], rows: int | None, expected: int | None) -> None:
    """These pages and no others: texts as they are, all else as JSON."""
    for old in folder.iterdir():
        old.unlink()
    for name, page in pages.items():
        (folder / name).write_text(page if isinstance(page, str) else json.dumps(page), encoding="utf-8")
    counts = {"rows": rows, "expected": expected}
    (folder.parent / "counts.json").write_text(json.dumps(counts))
