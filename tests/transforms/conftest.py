"""One field of a contract, tried on cells, as the whole query conforms them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.dataset import Dataset

Outcome = tuple[list[Any], dict[int, str]]


@pytest.fixture(scope="session")
def contract_of() -> Callable[..., Dataset]:
    """Makes a sound contract with the key `id` and the given fields."""
    return contract


def contract(fields: dict[str, Any], **others: Any) -> Dataset:
    """A sound contract with the key `id` and these fields."""
    return Dataset.model_validate(
        {
            "theme": "mobility", "name": "parcs",
            "about": {
                "title": {"fr": "Parcs"}, "description": {"fr": "Parcs"}, "publisher": "Mobilité",
                "frequency": "daily", "contact": "opendata@example.org",
            },
            "source": {"kind": "http_file", "connection": "portal", "path": "x"},
            "format": {"type": "csv"}, "key": ["id"],
            "fields": {"id": {"public": True}, **fields}, "audiences": ["restricted", "public"], **others,
        }
    )  # fmt: skip


@pytest.fixture
def conformed(tmp_path: Path) -> Callable[..., Outcome]:
    """Values and reasons (by line) of the cells of one field `f`; line 2 is the first."""
    from laid import source_in

    from transforms.conform import conform
    from transforms.engine import engine

    def tried(field: dict[str, Any], *cells: str | None) -> Outcome:
        dataset = contract({"f": field})
        columns = dataset.source_columns.get("f", ("f",))
        rows = [(str(number), *cell) if isinstance(cell, tuple) else (str(number), cell)
                for number, cell in enumerate(cells)]  # fmt: skip
        with engine(tmp_path) as connection:
            named = ", ".join(f'"{column}" VARCHAR' for column in ("id", *columns))
            connection.execute(f"CREATE TABLE source ({named})")
            connection.executemany(f"INSERT INTO source VALUES ({', '.join('?' * (1 + len(columns)))})", rows)
            connection.execute(
                "CREATE TABLE source_lines AS SELECT 0::BIGINT AS first, 2::BIGINT AS line, 'f' AS file"
            )
            connection.execute(
                "CREATE TABLE source_ragged (line BIGINT, reason VARCHAR, text VARCHAR, file VARCHAR)"
            )
            kept, rejects = tmp_path / "kept.parquet", tmp_path / "rejects.parquet"
            conform(connection, dataset, source_in(connection), kept, rejects)
            values = connection.execute(f"SELECT f FROM '{kept}'").fetchall()
            reasons = connection.execute(f"SELECT line, reason FROM '{rejects}'").fetchall()
            connection.execute("DROP TABLE source; DROP TABLE source_lines; DROP TABLE source_ragged")
        return [value for (value,) in values], dict(reasons)

    return tried
