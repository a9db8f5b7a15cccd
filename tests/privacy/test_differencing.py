"""Differences between a table of cells and its earlier releases."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.dataset import Dataset
from contracts.view import View, view_for
from privacy.differencing import findings_against
from transforms.engine import engine

Cell = tuple[Any, ...]
WORKED_OUT = "holds secret cells that can be worked out from release {}"
FEW = "differs from release {} by few contributors"


def view_of(by: list[str], **others: Any) -> View:
    fields: dict[str, Any] = {name: {"public": True} for name in by}
    fields["montant"] = {"type": "integer", "hidden_because": "L311-6"}
    return view_for(
        Dataset.model_validate(
            {
                "theme": "mobility", "name": "trajets",
                "about": {
                    "title": {"fr": "Trajets"}, "description": {"fr": "Trajets"}, "publisher": "Mobilité",
                    "frequency": "daily", "contact": "opendata@example.org",
                },
                "source": {"kind": "http_file", "connection": "portal", "path": "x"},
                "format": {"type": "csv"}, "key": ["a"], "fields": fields,
                "public_aggregate": {"by": by, "minimum": 11, "sums": {"total": {"of": "montant", "about": "x"}}},
                "audiences": ["restricted", "public"], **others,
            }
        ),
        "public",
    )  # fmt: skip


def table_of(cells: dict[tuple[str, ...], int | tuple[int, int] | None]) -> str:
    """SQL of a public table: key → count (and sum; else 10 a head), None for secret."""
    rows = []
    for key, value in cells.items():
        count, total = value if isinstance(value, tuple) else (value, value and 10 * value)
        keys = ", ".join(f"'{part}'" if part else "NULL::VARCHAR" for part in key)
        rows.append(f"({keys}, {count or 'NULL'}::BIGINT, {total or 'NULL'}::BIGINT, {value is None})")
    names = ", ".join("abc"[: len(next(iter(cells)))])
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS t({names}, effectif, total, secret)"


@pytest.fixture
def compared(tmp_path: Path) -> Any:
    def found(now: Any, *before: Any, view: View | None = None) -> dict[str, int | None]:
        view = view or view_of(list("abc"[: len(next(iter(now)))]))
        paths = []
        with engine(tmp_path / "work") as connection:
            for number, cells in enumerate(before):
                path = tmp_path / f"r{number}" / "trajets.parquet"
                path.parent.mkdir()
                connection.execute(f"COPY ({table_of(cells)}) TO '{path}' (FORMAT parquet)")
                paths.append(path)
            connection.execute(f"CREATE OR REPLACE TEMP TABLE shown AS {table_of(now)}")
            findings = findings_against(connection, "shown", paths, view)
        return {f"{finding.severity}: {finding.met}": finding.count for finding in findings}

    return found


def square(*counts: Any) -> dict[tuple[str, ...], Any]:
    """A table of 2 × 2 or 3 × 3."""
    side = 2 if len(counts) == 4 else 3
    keys = [(f"r{row}", f"c{column}") for row in range(side) for column in range(side)]
    return dict(zip(keys, counts, strict=True))


def test_an_equal_release_tells_nothing(compared: Any) -> None:
    cells = square(20, None, None, 30, 40, 50, 60, None, None)
    assert compared(cells, cells) == {}


def test_a_secret_cell_that_an_earlier_release_shows_among_the_same_neighbours_is_told(compared: Any) -> None:
    now = square(None, None, 30, None, None, 60, 70, 80, 90)
    earlier = square(15, 20, 30, 40, 50, 60, 70, 80, 90)
    assert compared(now, earlier) == {f"critical: {WORKED_OUT.format('r0')}": 4}


def test_where_the_neighbours_changed_the_earlier_value_proves_nothing(compared: Any) -> None:
    now = square(None, None, 130, None, None, 160, 170, 180, 190)
    earlier = square(15, 20, 30, 40, 50, 60, 70, 80, 90)
    assert compared(now, earlier) == {}


def test_a_cell_hidden_in_turn_with_another_is_told_by_the_total(compared: Any) -> None:
    """c and x were hidden, then c and y: the release before shows y, this one x, the total c."""
    now = {("c",): None, ("x",): 40, ("y",): None, ("z",): 90}
    earlier = {("c",): None, ("x",): None, ("y",): 50, ("z",): 90}
    assert compared(now, earlier) == {f"critical: {WORKED_OUT.format('r0')}": 2}


def test_totals_that_leave_no_room_tell_a_cell(compared: Any) -> None:
    """Row r0 is unchanged and was open: its two cells of now sum up to 10, so each has 1 to 9, 8 apart."""
    now = square(None, None, 50, None, None, 60, 70, 80, 190)
    earlier = square(4, 6, 50, 140, 150, 160, 171, 181, 190)
    assert compared(now, earlier) == {f"critical: {WORKED_OUT.format('r0')}": 2}


def test_totals_that_leave_as_much_room_as_suppression_does_tell_nothing(compared: Any) -> None:
    """They sum up to 11: 1 to 10, 9 apart."""
    now = square(None, None, 50, None, None, 60, 70, 80, 190)
    earlier = square(4, 7, 50, 140, 150, 160, 171, 181, 190)
    assert compared(now, earlier) == {}


@pytest.mark.parametrize(
    ("count", "total", "told"),
    [
        (50, 500, False),
        (50, 507, False),
        (49, 490, True),
        (60, 640, True),
        (61, 700, False),
        (51, 500, False),
    ],
)
def test_a_change_of_few_contributors_and_of_the_sum_tells_of_them(
    compared: Any, count: int, total: int, told: bool
) -> None:
    now = {("x",): (count, total), ("y",): 70}
    earlier = {("x",): (50, 500), ("y",): 80 + 20}
    assert compared(now, earlier) == ({f"critical: {FEW.format('r0')}": 1} if told else {})


def test_each_release_is_looked_at_and_named(compared: Any) -> None:
    now, other = {("x",): 51, ("y",): 70}, {("x",): 90, ("y",): 90}
    assert compared(now, other, {("x",): 50, ("y",): 90}) == {f"critical: {FEW.format('r1')}": 1}


def test_an_empty_key_is_a_cell_of_its_own(compared: Any) -> None:
    assert compared({("",): 51, ("y",): 70}, {("",): 50, ("y",): 90}) == {f"critical: {FEW.format('r0')}": 1}


def test_a_release_with_other_cells_is_passed_over(compared: Any) -> None:
    assert compared(square(50, 60, 70, 80), {("r0",): 51, ("r1",): 61}) == {}


def test_a_waiver_turns_the_finding_into_a_warning_that_names_who_approved_it(compared: Any) -> None:
    waiver = {"field": "a", "rule": "differencing", "because": "Chiffres de 2012.", "approved_by": "DPO"}
    view = view_of(["a"], privacy={"waives": [waiver]})
    found = compared({("x",): 51, ("y",): 70}, {("x",): 50, ("y",): 90}, view=view)
    assert found == {f"warning: {FEW.format('r0')}, as DPO approved": 1}


def test_a_view_by_rows_is_not_looked_at() -> None:
    view = view_of(["a"]).model_copy(update={"aggregate": None})
    assert findings_against(duckdb.connect(), "absent", [Path("absent.parquet")], view) == ()
