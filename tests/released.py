"""What one run of the command line releases of some datasets, over the sample's sources or real files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from sample.sources import SOURCES, connections, serving

ROOT = Path(__file__).parents[1]


class Released:
    """The stores after a run of the contracts, and what the run told of each."""

    def __init__(
        self, folder: Path, dataset_ids: Iterable[str], real: Mapping[str, Path] | None = None,
        config: Path = ROOT / "config",
    ) -> None:  # fmt: skip
        """`real`: path below the sample's sources → the file to serve in its place."""
        self.folder = folder
        sources = folder / "sources"
        shutil.copytree(SOURCES, sources)
        for name, path in (real or {}).items():
            shutil.copyfile(path, sources / name)
        with serving(sources) as url:
            stores = {
                f"CONCENTRATOR_{name}": str(folder / name.lower())
                for name in ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH")
            }
            environment = {**os.environ, **connections(url, sources), **stores, "PYTHONPATH": str(ROOT),
                           "CONCENTRATOR_CONFIG": str(config)}  # fmt: skip
            command = [sys.executable, "-m", "concentrator", "run", *dataset_ids, "--json"]
            ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        self.told: dict[str, Any] = {
            one["dataset_id"]: one for one in map(json.loads, ended.stdout.splitlines())
        }

    def rows(self, dataset_id: str, audience: str, query: str) -> list[Any]:
        """`query` over the released Parquet, called `t`; instants in UTC."""
        theme, name = dataset_id.split(".")
        path = self.folder / audience / theme / name / f"{name}.parquet"
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"WITH t AS (FROM '{path}') {query}").fetchall()

    def columns(self, dataset_id: str, audience: str) -> list[str]:
        """The columns of a release, in their order."""
        return [name for (name,) in self.rows(dataset_id, audience, "SELECT column_name FROM (DESCRIBE t)")]

    def has(self, dataset_id: str, audience: str) -> bool:
        """Whether the audience has anything of the dataset."""
        theme, name = dataset_id.split(".")
        return (self.folder / audience / theme / name).exists()

    def findings(self, dataset_id: str) -> dict[str, int | None]:
        """Rule → rows concerned, of the restricted release; of several under one rule the last."""
        return {one["rule"]: one["count"] for one in self._told_of(dataset_id)}

    def counts(self, dataset_id: str, rule: str) -> list[int | None]:
        """The rows that each finding under a rule concerns."""
        return [one["count"] for one in self._told_of(dataset_id) if one["rule"] == rule]

    def _told_of(self, dataset_id: str) -> list[dict[str, Any]]:
        theme, name = dataset_id.split(".")
        (manifest,) = (self.folder / "restricted" / theme / name / "releases").glob("*/manifest.json")
        found: list[dict[str, Any]] = json.loads(manifest.read_text("utf-8"))["findings"]
        return found

    def rejects(self, dataset_id: str) -> list[Any]:
        """(line, field, value, reason, row_rejected) of each misfit."""
        theme, name = dataset_id.split(".")
        (path,) = (self.folder / "work" / "staging" / theme / name).rglob("rejects.parquet")
        query = f"SELECT line, field, value, reason, row_rejected FROM '{path}' ORDER BY ALL"
        return duckdb.connect().execute(query).fetchall()
