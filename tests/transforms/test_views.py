"""What an audience sees is computed from the contract alone, and nothing else is in the view."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.view import view_for
from transforms.views import create_view, view_query


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    path = tmp_path / "staged.parquet"
    duckdb.execute(
        "COPY (SELECT * FROM (VALUES ('a', 'x', 1), ('b', 'it''s', 2), ('c', NULL, 3)) AS t(id, s, n)) "
        f"TO '{path}' (FORMAT parquet)"
    )
    return path


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ({"field": "s", "equals": "it's"}, ["b"]),
        ({"field": "s", "among": ["x", "it's"]}, ["a", "b"]),
        ({"field": "s", "present": True}, ["a", "b"]),
        ({"field": "n", "at_least": 2}, ["b", "c"]),
        ({"field": "n", "at_most": 1}, ["a"]),
        ({"field": "n", "equals": 3}, ["c"]),
    ],
)
def test_only_rows_that_meet_the_condition_are_public(
    contract_of: Any, staged: Path, condition: dict[str, Any], ids: list[str]
) -> None:
    dataset = contract_of({"s": {}, "n": {"type": "integer"}}, public_rows=[condition])
    connection = duckdb.connect()
    create_view(connection, view_for(dataset, "public"), staged, "shown")
    assert connection.sql("SELECT id FROM shown ORDER BY id").fetchall() == [(one,) for one in ids]
    assert connection.sql("SELECT * FROM shown").columns == ["id"]


def test_the_restricted_view_has_every_field_and_row(contract_of: Any, staged: Path) -> None:
    condition = {"field": "s", "equals": "x"}
    dataset = contract_of({"s": {}, "n": {"type": "integer"}}, public_rows=[condition])
    connection = duckdb.connect()
    create_view(connection, view_for(dataset, "restricted"), staged, "shown")
    assert connection.sql("SELECT * FROM shown").columns == ["id", "s", "n"]
    assert len(connection.sql("SELECT * FROM shown").fetchall()) == 3


def test_a_condition_is_quoted(contract_of: Any) -> None:
    dataset = contract_of({"s": {}}, public_rows=[{"field": "s", "equals": "' OR 1=1 --"}])
    assert "'''" in view_query(view_for(dataset, "public"), "t")
