"""A contract to bend and a table to judge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.batch import Verdict
from contracts.dataset import Dataset

NOW = datetime(2024, 3, 10, 12, tzinfo=UTC)
Judge = Callable[..., Verdict]


def contract(fields: dict[str, Any], key: tuple[str, ...] = ("id",), **quality: Any) -> Dataset:
    """A restricted dataset of these fields; what follows is its `quality`."""
    return Dataset.model_validate({
        "theme": "mobility", "name": "parks", "key": key, "fields": fields, "quality": quality,
        "about": {
            "title": {"fr": "Parcs"}, "description": {"fr": "Parcs."}, "publisher": "Mobilité",
            "frequency": "daily", "contact": "opendata@example.org",
        },
        "source": {"kind": "http_file", "connection": "portal"}, "format": {"type": "csv"},
        "hidden_because": "CRPA L311-6",
    })  # fmt: skip


def written(path: Path, columns: str, rows: str, where: str = "true") -> Path:
    """A Parquet of SQL rows: `written(path, "id, nom", "(1, 'a'), (2, 'b')")`."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.sql(f"SELECT * FROM (VALUES {rows}) t({columns}) WHERE {where}").write_parquet(str(path))
    return path


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """`judge(dataset, columns, rows)`: the verdict on such a table."""
    from expectations.judging import verdict_on  # Great Expectations takes 10 s: only for tests that judge

    def judged(
        dataset: Dataset, columns: str, rows: str, *,
        where: str = "true", previous: int | None = None, moment: datetime = NOW,
    ) -> Verdict:  # fmt: skip
        table = written(tmp_path / "it's a table.parquet", columns, rows, where)
        return verdict_on(dataset, table, batch_id="b1", previous_rows=previous, moment=moment)

    return judged
