"""Cells of an aggregate: what they hold, and that a hidden one cannot be worked out."""

import itertools
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laid import write_view
from scipy.optimize import linprog

from contracts.audience import Aggregate
from contracts.errors import QualityRefused
from contracts.view import view_for
from transforms.aggregates import create_cells
from transforms.engine import engine
from transforms.views import create_view

Key = tuple[Any, ...]
Counts = dict[Key, int]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with engine(tmp_path_factory.mktemp("aggregates")) as connection:
        connection.execute("SET threads = 1")
        yield connection


def cells_of(
    connection: duckdb.DuckDBPyConnection,
    rows: list[tuple[Any, ...]],
    by: int,
    types: tuple[str, ...] = (),
    **rules: Any,
) -> list[tuple[Any, ...]]:
    """The public table of rows (by …, who, of …)."""
    columns = [*(f"by_{index} VARCHAR" for index in range(by)), "who VARCHAR",
               *(f"of_{index} {kind}" for index, kind in enumerate(types))]  # fmt: skip
    connection.execute(f"CREATE OR REPLACE TABLE rows ({', '.join(columns)})")
    if rows:
        held = pa.table(
            [pa.array(column) for column in zip(*rows, strict=True)],
            names=[f"c{i}" for i in range(len(columns))],
        )
        connection.register("held", held)
        connection.execute("INSERT INTO rows FROM held")
        connection.unregister("held")
    sums = {f"total_{index}": {"of": f"v{index}", "about": "x"} for index in range(len(types))}
    rules = {"by": [f"k{index}" for index in range(by)], "sums": sums, **rules}
    create_cells(connection, Aggregate.model_validate(rules), types, "SELECT * FROM rows", "cells")
    return connection.execute("SELECT * FROM cells").fetchall()


def published(
    connection: duckdb.DuckDBPyConnection, counts: Counts, minimum: int = 11
) -> dict[Key, int | None]:
    """Key → published count of a table that is given by its counts."""
    dimensions = len(next(iter(counts)))
    keys = ", ".join(f"({', '.join(map(repr, key))}, {count})" for key, count in counts.items())
    names = [f"by_{index}" for index in range(dimensions)]
    rules = Aggregate(by=tuple(f"k{index}" for index in range(dimensions)), minimum=minimum)
    query = f"SELECT {', '.join(names)}, NULL AS who FROM (SELECT *, unnest(range(n)) FROM (VALUES {keys}) t({', '.join(names)}, n))"
    create_cells(connection, rules, (), query, "cells")
    return {row[:-2]: row[-2] for row in connection.execute("SELECT * FROM cells").fetchall()}


def grid(rows: list[list[int]]) -> Counts:
    """Counts of a table with letters for rows and columns; 0: there is no such cell."""
    return {("abcdef"[i], "uvwxyz"[j]): n for i, row in enumerate(rows) for j, n in enumerate(row) if n}


def hidden_in(cells: dict[Key, int | None]) -> set[str]:
    return {"".join(key) for key, count in cells.items() if count is None}


# --- what a cell holds ------------------------------------------------------------------------------


def test_rows_are_counted_and_summed_by_cell(connection: Any) -> None:
    rows = [("a", None, 2)] * 3 + [("b", None, 5)] * 4
    assert cells_of(connection, rows, 1, ("BIGINT",), minimum=3) == [("a", 3, 6, False), ("b", 4, 20, False)]


def test_contributors_are_counted_once_and_those_not_known_not(connection: Any) -> None:
    rows = [("a", who, 1) for who in ("x", "y", "z", "x", None, None)]
    assert cells_of(connection, rows, 1, ("BIGINT",), minimum=3, contributor="c") == [("a", 3, 6, False)]


def test_an_empty_key_is_a_cell_of_its_own_and_stands_last(connection: Any) -> None:
    rows = [(None, None)] * 3 + [("b", None)] * 4 + [("a", None)] * 5
    assert cells_of(connection, rows, 1, minimum=3) == [("a", 5, False), ("b", 4, False), (None, 3, False)]


def test_no_rows_make_no_cells(connection: Any) -> None:
    assert cells_of(connection, [], 2, ("BIGINT",)) == []


def test_the_sum_of_a_cell_without_values_is_empty_and_no_secret(connection: Any) -> None:
    assert cells_of(connection, [("a", None, None)] * 3, 1, ("BIGINT",), minimum=3) == [("a", 3, None, False)]


def test_a_sum_of_numbers_does_not_depend_on_the_order_of_rows(connection: Any) -> None:
    rows = [("a", None, value) for value in (1e16, 1.0, -1e16, 3.0, 0.1, 1e-3, 7e15)]
    sums = {cells_of(connection, list(turned), 1, ("DOUBLE",), minimum=3, dominance=None)[0][2]
            for turned in itertools.islice(itertools.permutations(rows), 0, 5040, 997)}  # fmt: skip
    assert len(sums) == 1


# --- which cells tell of few ------------------------------------------------------------------------

OPEN = [("z", f"z{number}", 100) for number in range(50)]  # something to hide behind, and something to show


def is_secret(
    connection: Any, rows: list[tuple[Any, ...]], types: tuple[str, ...] = ("BIGINT",), **rules: Any
) -> bool:
    others = [(f"y{number}", who, value) for number in range(2) for _, who, value in OPEN]
    rules = {"minimum": 3, "contributor": "c", **rules}
    return bool(cells_of(connection, rows + others, 1, types, **rules)[0][-1])


@pytest.mark.parametrize(
    ("values", "secret"),
    [
        ([10, 10], True),  # two contributors
        ([10, 10, 10], False),
        ([85, 10, 5], False),  # 85 % is the largest share there may be
        ([86, 10, 4], True),
        ([-86, 10, 4], True),  # shares are of absolute values
        ([86, -40, 10, 10], False),  # 86 of 146, though the sum is 66
        ([0, 0, 0], False),
        ([10, 10, None, None], True),  # four contributors, but the sum is of two
        ([None, None, None], False),
    ],
)
def test_a_cell_is_secret_where_its_count_or_its_sum_tells_of_few(
    connection: Any, values: list[Any], secret: bool
) -> None:
    rows = [("a", f"w{number}", value) for number, value in enumerate(values)]
    assert is_secret(connection, rows) is secret
    assert is_secret(connection, [(key, None, value) for key, _, value in rows], contributor=None) is secret


def test_the_share_of_a_contributor_is_that_of_all_their_rows(connection: Any) -> None:
    rows = [("a", "x", 30)] * 3 + [("a", "y", 5), ("a", "z", 5)]
    assert is_secret(connection, rows)
    assert not is_secret(connection, rows, contributor=None)


def test_decimals_and_numbers_are_judged_alike(connection: Any) -> None:
    rows = [("a", f"w{number}", value) for number, value in enumerate([86, 10, 4])]
    assert is_secret(connection, rows, ("DECIMAL(38,2)",))
    assert is_secret(connection, rows, ("DOUBLE",))
    assert not is_secret(connection, rows, ("DOUBLE",), dominance=None)


def test_a_secret_cell_shows_neither_count_nor_sums(connection: Any) -> None:
    rows = [("a", None, 1)] * 2 + [("b", None, 1)] * 20 + [("c", None, 1)] * 30
    cells = cells_of(connection, rows, 1, ("BIGINT",), minimum=11)
    assert cells == [("a", None, None, True), ("b", None, None, True), ("c", 30, 30, False)]


# --- which more are hidden so that those stay secret ------------------------------------------------


def test_no_secret_no_suppression(connection: Any) -> None:
    assert hidden_in(published(connection, grid([[11, 12], [13, 14]]))) == set()


def test_a_line_hides_its_smallest_other_cell(connection: Any) -> None:
    assert hidden_in(published(connection, {("a",): 5, ("b",): 30, ("c",): 20, ("d",): 40})) == {"a", "c"}


def test_of_equal_cells_the_first_by_key_is_hidden(connection: Any) -> None:
    assert hidden_in(published(connection, {("d",): 5, ("c",): 20, ("b",): 20, ("a",): 40})) == {"d", "b"}


def test_hidden_cells_of_a_line_are_together_no_fewer_than_the_minimum(connection: Any) -> None:
    """5 and 5 would be two hidden cells, but their total of 10 tells of ten."""
    assert hidden_in(published(connection, {("a",): 5, ("b",): 5, ("c",): 20, ("d",): 40})) == {"a", "b", "c"}
    assert hidden_in(published(connection, {("a",): 5, ("b",): 6, ("c",): 20, ("d",): 40})) == {"a", "b"}


def test_a_contributor_to_several_hidden_cells_is_counted_once(connection: Any) -> None:
    """Two cells of the same three people are together three, not six."""
    small = [(key, who) for key in "ab" for who in "xyz"]
    rows = (
        small + [("c", f"c{number}") for number in range(10)] + [("d", f"d{number}") for number in range(20)]
    )
    cells = cells_of(connection, rows, 1, minimum=4, contributor="c")
    assert [row[0] for row in cells if row[-1]] == ["a", "b", "c"]


def test_hidden_cells_of_a_line_are_together_not_dominated(connection: Any) -> None:
    """x makes up 95 of 100 in a; a and the smallest other cell together still have it at 95 of 103."""
    rows = (
        [("a", None, value) for value in (95, 3, 2)]
        + [("b", None, 1)] * 3
        + [("c", None, 50)] * 4
        + [("d", None, 60)] * 5
    )
    cells = cells_of(connection, rows, 1, ("BIGINT",), minimum=3)
    assert [row[0] for row in cells if row[-1]] == ["a", "b", "c"]


def test_a_table_that_primary_secrecy_alone_gives_away_is_closed(connection: Any) -> None:
    """Three by three with margins: 8 is what its row leaves, 58 - 20 - 30; three more cells close it.

    By hand: row b hides 20 beside 8, column u hides 18; then column v has 20 alone and hides 35, its next
    smallest, and row c has 18 and 35. The rest, 50 40 25 30 60, stays open.
    """
    counts = grid([[50, 40, 25], [8, 20, 30], [18, 35, 60]])
    assert determined(counts, {("b", "u")}) == {("b", "u")}
    cells = published(connection, counts)
    assert hidden_in(cells) == {"bu", "bv", "cu", "cv"}
    assert determined(counts, {key for key, count in cells.items() if count is None}) == set()


def test_a_cell_between_two_rectangles_is_not_left_to_be_worked_out(connection: Any) -> None:
    """Each line has two hidden cells, yet rows a and b less columns u and v leave cell bw."""
    counts = grid([[5, 6, 40, 40], [6, 5, 7, 50], [40, 50, 6, 7], [60, 40, 7, 6]])
    small = {key for key, count in counts.items() if count < 11}
    assert determined(counts, small) == {("b", "w")}
    hidden = {key for key, count in published(connection, counts).items() if count is None}
    assert small < hidden
    assert determined(counts, hidden) == set()
    assert len(hidden) < len(counts)


def test_a_total_over_two_dimensions_is_known_too(connection: Any) -> None:
    """Each line of plane a that holds a hidden cell is secret itself; the plane's total is not, and leaves 5."""
    counts = {("a", "u", "x"): 2, ("a", "u", "y"): 3, ("a", "v", "x"): 50, ("a", "v", "y"): 60,
              ("b", "u", "x"): 70, ("b", "u", "y"): 80, ("b", "v", "x"): 90, ("b", "v", "y"): 95}  # fmt: skip
    hidden = hidden_in(published(connection, counts))
    assert {"avx", "avy"} & hidden


def test_a_line_whose_total_is_secret_itself_asks_for_no_more(connection: Any) -> None:
    """The column of 2 and 3 has a total of 5, which nobody publishes who keeps the rules."""
    assert hidden_in(published(connection, {("a",): 2, ("b",): 3})) == {"a", "b"}


def test_cells_that_do_not_occur_are_not_published(connection: Any) -> None:
    assert published(connection, grid([[11, 0], [0, 12]])) == {("a", "u"): 11, ("b", "v"): 12}


# --- the attacker -----------------------------------------------------------------------------------


def known_lines(counts: Counts, minimum: int = 11) -> list[set[Key]]:
    """The cells of each total that readers are taken to know, worked out apart from the code under test."""
    dimensions = len(next(iter(counts)))
    lines: dict[Key, set[Key]] = defaultdict(set)
    for key, kept in itertools.product(counts, itertools.product((0, 1), repeat=dimensions)):
        if not all(kept):
            lines[tuple((part if keep else None) for part, keep in zip(key, kept, strict=True))].add(key)
    return [line for line in lines.values() if len(line) > 1 and sum(counts[key] for key in line) >= minimum]


def determined(counts: Counts, hidden: set[Key]) -> set[Key]:
    """The hidden cells of which only one count fits all known totals, by linear programming, cell by cell."""
    cells = sorted(hidden)
    lines = [line & hidden for line in known_lines(counts) if line & hidden]
    if not lines:
        return set()
    matrix = np.array([[float(cell in line) for cell in cells] for line in lines])
    totals = [sum(counts[cell] for cell in line) for line in lines]
    found = set()
    for index, cell in enumerate(cells):
        aim = np.eye(len(cells))[index]
        ends = [linprog(sign * aim, A_eq=matrix, b_eq=totals, bounds=(1, None)) for sign in (1, -1)]
        least, most = ends[0].fun, -ends[1].fun if ends[1].fun is not None else np.inf
        if most - least < 1e-6:
            found.add(cell)
    return found


def tables(*sides: int, top: int = 40) -> st.SearchStrategy[Counts]:
    keys = list(itertools.product(*("abcd"[:side] for side in sides)))
    count = st.one_of(st.just(0), st.integers(1, 12), st.integers(1, top))
    return st.lists(count, min_size=len(keys), max_size=len(keys)).map(
        lambda counts: {key: n for key, n in zip(keys, counts, strict=True) if n}
    ).filter(bool)  # fmt: skip


@pytest.mark.parametrize("sides", [(4,), (3, 3), (4, 4), (2, 3, 2)])
def test_who_knows_all_totals_works_out_no_hidden_cell(connection: Any, sides: tuple[int, ...]) -> None:
    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(tables(*sides))
    def holds(counts: Counts) -> None:
        cells = published(connection, counts)
        hidden = {key for key, count in cells.items() if count is None}
        assert {key for key, count in counts.items() if count < 11} <= hidden
        assert all(count in (None, counts[key]) for key, count in cells.items())
        # Where all of a table is hidden, what its totals give away cannot be helped.
        assert determined(counts, hidden) <= determined(counts, set(counts))
        for line in known_lines(counts):
            inside = line & hidden
            left = line - hidden
            assert not inside or not left or (len(inside) > 1 and sum(counts[key] for key in inside) >= 11)

    holds()


@pytest.mark.parametrize("sides", [(3, 3), (2, 3, 2)])
def test_the_order_of_rows_and_the_number_of_threads_hide_the_same_cells(
    connection: Any, sides: tuple[int, ...]
) -> None:
    @settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(tables(*sides), st.randoms(use_true_random=False))
    def holds(counts: Counts, random: Any) -> None:
        rows = [(*key, None) for key, count in counts.items() for _ in range(count)]
        found = []
        for threads in (1, 4):
            connection.execute(f"SET threads = {threads}")
            random.shuffle(rows)
            found.append(cells_of(connection, rows, len(sides)))
        connection.execute("SET threads = 1")
        assert found[0] == found[1]

    holds()


# --- as a view --------------------------------------------------------------------------------------


@pytest.fixture
def trips(contract_of: Callable[..., Any]) -> Any:
    fields = {
        "jour": {"type": "date", "public": "month"}, "ligne": {"public": True},
        "badge": {"hidden_because": "L311-6"}, "prix": {"type": "decimal(8,2)", "hidden_because": "L311-6"},
        "ouvert": {"type": "boolean", "hidden_because": "L311-6"},
    }  # fmt: skip
    aggregate = {"by": ["jour", "ligne"], "contributor": "badge", "minimum": 3, "count": "personnes",
                 "sums": {"recette": {"of": "prix", "about": "Recette."}}}  # fmt: skip
    return contract_of(fields, public_aggregate=aggregate, public_rows=[{"field": "ouvert", "equals": True}])


STAGED = (
    "SELECT i::VARCHAR AS id, DATE '2026-03-01' + (i % 40)::INT AS jour, 'L' || (i % 2) AS ligne, 'b' || (i // 2 % 5) AS badge, "
    "1.50::DECIMAL(8,2) AS prix, i < 80 AS ouvert FROM range({rows}) t(i)"
)


def test_conditions_come_first_then_coarse_values_then_cells(trips: Any, tmp_path: Path) -> None:
    """Days 0 to 30 are March, 31 to 39 April; i and i + 40 share a day, an even i has L0.

    March has 32 rows of L0 and 30 of L1, April 8 and 10; badges 1 2 3 4 travel on L0 in April, else all 5.
    """
    staged = tmp_path / "staged.parquet"
    view = view_for(trips, "public")
    with engine(tmp_path / "work") as connection:
        connection.execute(f"COPY ({STAGED.format(rows=500)}) TO '{staged}' (FORMAT parquet)")
        create_view(connection, view, staged, "shown")
        described = [(name, kind) for name, kind, *_ in connection.execute("DESCRIBE shown").fetchall()]
        rows = connection.execute("SELECT * FROM shown").fetchall()
    assert described == [
        ("jour", "VARCHAR"),
        ("ligne", "VARCHAR"),
        ("personnes", "BIGINT"),
        ("recette", "DECIMAL(38,2)"),
        ("secret", "BOOLEAN"),
    ]
    assert [(*row[:3], float(row[3]), row[4]) for row in rows] == [
        ("2026-03", "L0", 5, 48.0, False), ("2026-03", "L1", 5, 45.0, False),
        ("2026-04", "L0", 4, 12.0, False), ("2026-04", "L1", 5, 15.0, False),
    ]  # fmt: skip


def test_hidden_rows_change_no_byte_of_a_view_of_cells(trips: Any, tmp_path: Path) -> None:
    files = set()
    for rows, order in ((80, "i"), (500, "i"), (500, "-i")):
        with engine(tmp_path / "work") as connection:
            staged = tmp_path / "staged.parquet"
            connection.execute(
                f"COPY ({STAGED.format(rows=rows)} ORDER BY {order}) TO '{staged}' (FORMAT parquet)"
            )
            write_view(connection, view_for(trips, "public"), staged, tmp_path / "view.parquet")
        files.add((tmp_path / "view.parquet").read_bytes())
    assert len(files) == 1


def test_a_sum_too_large_for_its_type_is_refused_and_not_told(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of(
        {"n": {"type": "integer", "hidden_because": "L311-6"}},
        public_aggregate={"by": ["id"], "sums": {"total": {"of": "n", "about": "x"}}},
    )
    staged = tmp_path / "staged.parquet"
    with engine(tmp_path / "work") as connection:
        connection.execute(
            f"COPY (SELECT 'a' AS id, 9000000000000000001 AS n FROM range(20)) TO '{staged}' (FORMAT parquet)"
        )
        with pytest.raises(QualityRefused, match="a sum of its public aggregate is too large") as caught:
            create_view(connection, view_for(dataset, "public"), staged, "shown")
    assert caught.value.__cause__ is None
    assert "000" not in str(caught.value)
