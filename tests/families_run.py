"""One run of a family of sample datasets by the command line, and what it left in the stores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from sample.sources import SOURCES, connections, serving

ROOT = Path(__file__).parents[1]


class Family:
    """The stores of one run, what it told of each dataset, and queries over what was released."""

    def __init__(self, folder: Path, ids: list[str], *options: str, sources: Path = SOURCES) -> None:
        self.folder = folder
        stores = {f"CONCENTRATOR_{name}": str(folder / name.lower())
                  for name in ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH")}  # fmt: skip
        with serving(sources) as url:
            environment = {**os.environ, **connections(url, sources), **stores}
            command = [sys.executable, "-m", "concentrator", "run", *ids, "--json", *options]
            ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        self.told = {one["dataset_id"]: one for one in map(json.loads, ended.stdout.splitlines())}
        assert set(self.told) == set(ids)

    def rows(self, dataset_id: str, query: str, audience: str = "public") -> list[tuple[Any, ...]]:
        """`query` over the Parquet of a release, called `t`."""
        theme, name = dataset_id.split(".")
        return self._rows(self.folder / audience / theme / name / f"{name}.parquet", query)

    def staged(self, dataset_id: str, query: str) -> list[tuple[Any, ...]]:
        """`query` over the table before anything is judged or published."""
        (path,) = (self.folder / "work" / "staging" / dataset_id.replace(".", "/")).rglob("table*.parquet")
        return self._rows(path, query)

    def findings(self, dataset_id: str) -> dict[str, int | None]:
        """What Great Expectations found: the words of each promise that was broken → rows."""
        (path,) = (self.folder / "work" / "staging" / dataset_id.replace(".", "/")).rglob("verdict*.json")
        found = json.loads(path.read_bytes())["findings"]
        return {one["met"].partition(": ")[2] or one["met"]: one["count"] for one in found}

    def _rows(self, path: Path, query: str) -> list[tuple[Any, ...]]:
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"WITH t AS (FROM '{path}') {query}").fetchall()
