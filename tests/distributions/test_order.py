"""Rows come out in the view's order, and are sorted only where they did not stand in it."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from distributions.parquet import rows_of, write_parquet


@pytest.mark.parametrize(
    ("rows", "is_sorted"),
    [
        ("('a', 1), ('b', 0)", True),
        ("('a', 1), ('a', 2)", True),
        ("('b', 0), ('a', 1)", False),
        ("('a', 2), ('a', 1)", False),
        ("('a', 1), ('a', 1)", False),  # which of two equals comes first, only a sort of all would tell
        ("('a', NULL), ('b', 1)", False),
        ("('a', 1), ('b', NULL)", False),
        ("('B', 1), ('a', 1)", True),  # by code points, not as a dictionary has it
        ("('e', 1), ('é', 1)", True),
    ],
)
def test_rows_in_order_are_not_sorted_again(view_of: Any, rows: str, is_sorted: bool) -> None:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE shown AS FROM (VALUES {rows}) t(a, b)")
    query = rows_of(connection, "shown", view_of({"a": "string", "b": "integer"}, order=("a", "b")))
    assert ("ORDER BY" not in query) == is_sorted
    with_nulls_last = sorted(
        connection.sql("FROM shown").fetchall(), key=lambda row: (row[0], row[1] is None, row[1])
    )
    assert connection.sql(query).fetchall() == with_nulls_last


def test_an_empty_view_is_in_order(view_of: Any) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE shown (a VARCHAR)")
    assert "ORDER BY" not in rows_of(connection, "shown", view_of({"a": "string"}, order=("a",)))


def test_the_bytes_are_the_same_on_any_number_of_threads_where_nothing_is_sorted(
    view_of: Any, tmp_path: Path
) -> None:
    staged, made = tmp_path / "staged.parquet", set()
    unordered = "SELECT lpad(i::VARCHAR, 9, '0') AS a, i * 7 % 1000 AS b FROM range(400000) t(i)"
    duckdb.execute(f"COPY ({unordered} ORDER BY a) TO '{staged}' (FORMAT parquet)")
    view = view_of({"a": "string", "b": "integer"}, order=("a",))
    for threads in (1, 2, 4):
        connection = duckdb.connect(config={"threads": threads})
        connection.execute(f"CREATE VIEW shown AS FROM read_parquet('{staged}')")
        query, path = rows_of(connection, "shown", view), tmp_path / f"{threads}.parquet"
        assert "ORDER BY" not in query
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        made.add(path.read_bytes())
    assert len(made) == 1


@pytest.mark.parametrize(
    ("about", "order", "is_taken"),
    [({}, ("a",), True), ({"title": "Autre"}, ("a",), False), ({}, ("b",), False)],
)
def test_a_file_that_is_what_would_be_written_is_taken_as_it_is(
    view_of: Any, tmp_path: Path, about: dict[str, str], order: tuple[str, ...], is_taken: bool
) -> None:
    connection, types = duckdb.connect(), {"a": "string", "b": "integer"}
    ready, again, fresh = (tmp_path / f"{name}.parquet" for name in ("ready", "again", "fresh"))
    connection.execute("CREATE TABLE shown AS SELECT i::VARCHAR AS a, 9 - i AS b FROM range(10) t(i)")
    write_parquet(connection, "shown", view_of(types, order=("a",)), {}, ready)
    connection.execute(f"CREATE VIEW kept AS FROM read_parquet('{ready}')")
    view = view_of(types, order=order, **about)
    assert write_parquet(connection, "kept", view, {}, again, ready=ready) == 10
    assert again.samefile(ready) == is_taken
    write_parquet(connection, "shown", view, {}, fresh)
    assert again.read_bytes() == fresh.read_bytes()
