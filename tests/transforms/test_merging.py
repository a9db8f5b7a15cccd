"""Increments merged into a table: what comes of any sequence of them is what the source has now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.dataset import Dataset
from contracts.errors import QualityRefused
from transforms.merging import ORDINAL, Merged, merge

Row = tuple[int, str, int]  # two columns of the key, and when
Merging = Callable[..., tuple[list[Any], Merged]]
FIELDS = {"part": {}, "jour": {"type": "integer"}, "v": {}}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path_factory.mktemp("merging") / "work.duckdb")) as opened:
        opened.execute(
            "CREATE TABLE t_lines AS SELECT * FROM (VALUES (0, 2, 'a'), (2, 1, 'b')) l(first, line, file)"
        )
        yield opened


@pytest.fixture(scope="module")
def merged(
    connection: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory,
    contract_of: Callable[..., Dataset],
) -> Merging:  # fmt: skip
    """merged(rows, base, mode=…) → (id, part, jour, v) of all, by key; and the counts."""
    file = tmp_path_factory.mktemp("base") / "base.parquet"
    columns = "(id VARCHAR, part VARCHAR, jour BIGINT, v VARCHAR)"

    def merging(rows: list[Any], base: list[Any] | None = None, mode: str = "upsert") -> Any:
        dataset = contract_of(FIELDS, key=["id", "part"], load={"mode": mode, "by": "jour"})
        connection.execute(f"CREATE OR REPLACE TABLE new {columns}; CREATE OR REPLACE TABLE old {columns}")
        for table, given_rows in (("new", rows), ("old", base or [])):
            if given_rows:
                connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", given_rows)
        connection.execute(f"COPY old TO '{file}' (FORMAT parquet)")
        query = f"SELECT *, row_number() OVER () - 1 AS {ORDINAL} FROM new"
        done = merge(connection, dataset, query, None if base is None else file, "t_lines")
        table = connection.execute(f"SELECT * FROM {done.table} ORDER BY id, part").fetchall()
        connection.execute(f"DROP VIEW merge_merged; DROP {'VIEW' if base is None else 'TABLE'} merge_coming")
        assert done.added + done.replaced + done.known == len(rows)
        assert len(table) == len(base or []) + done.added
        return table, done

    return merging


def test_of_two_rows_with_a_key_the_newest_counts_wherever_it_stands(merged: Merging) -> None:
    base = [("1", "a", 5, "old"), ("1", "b", 5, "old"), ("2", "a", 5, "old"), ("3", "a", 5, "old")]
    rows = [("1", "a", 6, "new"), ("1", "b", 4, "late"), ("2", "a", 5, "same day"), ("4", "a", 2, None)]
    table, counts = merged(rows, base)
    assert table == [
        ("1", "a", 6, "new"), ("1", "b", 5, "old"), ("2", "a", 5, "same day"), ("3", "a", 5, "old"),
        ("4", "a", 2, None),
    ]  # fmt: skip
    assert (counts.added, counts.replaced, counts.known) == (1, 2, 1)


def test_among_new_rows_the_newest_counts_and_of_equals_the_last(merged: Merging) -> None:
    rows = [("1", "a", 2, "x"), ("1", "a", 3, "y"), ("1", "a", 3, "z"), ("1", "a", 1, "w")]
    assert merged(rows)[0] == [("1", "a", 3, "z")]
    assert merged(rows, [("1", "a", 3, "q")])[0] == [("1", "a", 3, "z")]


def test_a_row_that_comes_again_as_it_is_changes_nothing(merged: Merging) -> None:
    base = [("1", "a", 5, None)]
    for mode in ("append", "upsert"):
        table, counts = merged([("1", "a", 5, None), ("1", "a", 5, None)], base, mode)
        assert table == base
        assert (counts.added, counts.replaced, counts.known) == (0, 0, 2)


@pytest.mark.parametrize(
    ("rows", "base", "place"),
    [
        ([("1", "a", 5, "x"), ("2", "a", 5, "secret")], [("2", "a", 5, None)], "a, line 3"),
        ([("1", "a", 5, "x"), ("2", "a", 5, "y"), ("1", "a", 5, "secret")], [], "b, line 1"),
        ([("1", "a", 5, "x"), ("2", "a", 5, "y"), ("1", "a", 6, "x")], None, "b, line 1"),
    ],
)
def test_a_row_that_may_not_change_is_refused_with_its_place_and_no_value(
    merged: Merging, rows: list[Any], base: list[Any] | None, place: str
) -> None:
    with pytest.raises(QualityRefused, match=rf"1 records have a key .* first {place};") as refused:
        merged(rows, base, "append")
    assert "secret" not in str(refused.value)


steps = some.lists(
    some.lists(some.tuples(some.integers(0, 5), some.sampled_from("ab"), some.integers(0, 3)), max_size=6),
    max_size=5,
)


@settings(max_examples=12, deadline=None)
@given(steps)
def test_any_sequence_of_increments_is_the_source_as_it_is_now(
    merged: Merging, steps: list[list[Row]]
) -> None:
    """A source that overwrites; increments bring what is of the last day but one, or later, again and again."""
    source: dict[tuple[str, str], Any] = {}
    table: list[Any] | None = None
    for day, step in enumerate(steps):
        for number, part, _ in step:
            source[str(number), part] = (str(number), part, day, f"{day} {number}")
        came = [row for row in source.values() if table is None or row[2] >= day - 1]
        table, _ = merged(came + came[::-1][:2], table)
        assert table == sorted(source.values())
