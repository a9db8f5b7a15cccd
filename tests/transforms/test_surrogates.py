"""Surrogates: one for each value that the public sees, random, drawn once."""

import random
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from contracts.audience import Condition
from transforms.surrogates import write_new_surrogates


@pytest.fixture
def drawn(tmp_path: Path) -> Any:
    """Draws for the cells of a column, with the parts known so far; the count and what the part holds."""

    def draw(
        cells: list[Any], known: tuple[Path, ...] = (), seed: int = 1, name: str = "part", **given: Any
    ) -> Any:
        connection = duckdb.connect()
        kind = "BIGINT" if isinstance(cells[0], int) else "VARCHAR"
        connection.execute(f"CREATE TABLE staged (f {kind}, row_number BIGINT)")
        connection.executemany(
            "INSERT INTO staged VALUES (?, ?)", [(cell, row) for row, cell in enumerate(cells)]
        )
        connection.execute(f"COPY staged TO '{tmp_path}/staged.parquet' (FORMAT parquet)")
        path = tmp_path / f"{name}.parquet"
        source = random.Random(seed)
        count = write_new_surrogates(
            connection, tmp_path / "staged.parquet", "f", known, source.randbytes, path, **given
        )
        return count, pq.read_table(path).to_pydict() if path.exists() else None

    return draw


def test_each_value_gets_one_of_128_bits(drawn: Any) -> None:
    count, part = drawn(["b", "a", None, "b"])
    assert (count, sorted(part["value"])) == (2, ["a", "b"])
    assert all(len(bytes.fromhex(surrogate)) == 16 for surrogate in part["surrogate"])
    assert len(set(part["surrogate"])) == 2


def test_an_integer_is_known_by_its_text(drawn: Any) -> None:
    assert drawn([7, 12])[1]["value"] in (["7", "12"], ["12", "7"])


def test_a_value_that_has_one_gets_no_other(drawn: Any, tmp_path: Path) -> None:
    drawn(["a", "b"], name="first")
    count, part = drawn(["a", "b", "c"], (tmp_path / "first.parquet",), seed=2, name="second")
    assert (count, part["value"]) == (1, ["c"])


def test_where_every_value_has_one_there_is_no_part(drawn: Any, tmp_path: Path) -> None:
    drawn(["a", "b"], name="first")
    assert drawn(["b", "a", None], (tmp_path / "first.parquet",), name="second") == (0, None)


def test_the_part_stands_in_the_order_of_the_surrogates(drawn: Any) -> None:
    count, part = drawn([f"{number:04}" for number in range(500)])
    assert part["surrogate"] == sorted(part["surrogate"])
    assert part["value"] != sorted(part["value"])
    assert count == 500


def test_more_values_than_are_drawn_at_a_time_all_get_their_own(drawn: Any, tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute(
        f"COPY (SELECT i AS f FROM range(150000) t(i)) TO '{tmp_path}/staged.parquet' (FORMAT parquet)"
    )
    asked: list[int] = []

    def source(size: int) -> bytes:
        asked.append(size)
        return random.Random(len(asked)).randbytes(size)

    path = tmp_path / "part.parquet"
    assert write_new_surrogates(connection, tmp_path / "staged.parquet", "f", [], source, path) == 150_000
    counted = connection.execute(
        f"SELECT count(DISTINCT value), count(DISTINCT surrogate) FROM '{path}'"
    ).fetchone()
    assert counted == (150_000, 150_000)
    assert sum(asked) == 16 * 150_000
    assert max(asked) <= 16 * 65_536


def test_a_value_of_hidden_rows_alone_gets_none_and_moves_no_other(drawn: Any) -> None:
    seen = [Condition(field="row_number", at_most=1)]
    assert drawn(["a", "c", "b"], name="with", conditions=seen) == drawn(["a", "c"], name="without")


def test_two_runs_draw_differently(drawn: Any) -> None:
    first, second = drawn(["a"], seed=1, name="one")[1], drawn(["a"], seed=2, name="two")[1]
    assert first["surrogate"] != second["surrogate"]
