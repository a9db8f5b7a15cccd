"""Numbers of rows whose gaps tell of hidden rows."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.dataset import Dataset
from contracts.view import View, view_for
from privacy.numbering import findings_of


def view_of(type_: str = "integer", **others: Any) -> View:
    return view_for(
        Dataset.model_validate(
            {
                "theme": "mobility", "name": "parcs",
                "about": {
                    "title": {"fr": "Parcs"}, "description": {"fr": "Parcs"}, "publisher": "Mobilité",
                    "frequency": "daily", "contact": "opendata@example.org",
                },
                "source": {"kind": "http_file", "connection": "portal", "path": "x"},
                "format": {"type": "csv"}, "key": ["no"],
                "fields": {"no": {"type": type_, "public": True}, "ouvert": {"type": "boolean", "public": True}},
                "public_rows": [{"field": "ouvert", "equals": True}],
                "audiences": ["restricted", "public"], **others,
            }
        ),
        "public",
    )  # fmt: skip


def found_in(
    tmp_path: Path, numbers: list[Any], *, hidden: int = 1, view: View | None = None
) -> list[tuple[str, str]]:
    """Severity and field, where the first rows of those are hidden."""
    connection = duckdb.connect()
    kind = "BIGINT" if all(isinstance(number, int) for number in numbers) else "VARCHAR"
    connection.execute(f"CREATE TABLE staged (no {kind}, ouvert BOOLEAN)")
    connection.executemany(
        "INSERT INTO staged VALUES (?, ?)",
        [(number, index >= hidden) for index, number in enumerate(numbers)],
    )
    staged = tmp_path / "staged.parquet"
    connection.execute(f"COPY staged TO '{staged}' (FORMAT parquet)")
    connection.execute("CREATE TABLE shown AS FROM staged WHERE ouvert")
    findings = findings_of(
        connection, staged, view or view_of("integer" if kind == "BIGINT" else "string"), "shown"
    )
    assert all(finding.rule == "privacy.row_number" and finding.count is None for finding in findings)
    return [(finding.severity, str(finding.field)) for finding in findings]


@pytest.mark.parametrize(
    "numbers", [[1, 2, 3, 4], [4, 2, 1, 3], [0, 1], [-1, 0, 1], ["001", "002", "003"], ["9", "10", "11"]]
)
def test_a_column_that_numbers_all_rows_is_told_where_rows_are_hidden(
    tmp_path: Path, numbers: list[Any]
) -> None:
    assert found_in(tmp_path, numbers) == [("critical", "no")]


@pytest.mark.parametrize(
    "numbers",
    [
        [1, 2, 4],
        [1, 2, 2],
        [1, 1, 3],
        ["1", "2", None],
        ["a1", "a2"],
        ["1", "2.0", "3"],
        ["1" * 30, "2"],
        [7],
    ],
)
def test_other_columns_number_nothing(tmp_path: Path, numbers: list[Any]) -> None:
    assert found_in(tmp_path, numbers) == []


def test_where_every_row_is_public_a_number_tells_nothing(tmp_path: Path) -> None:
    assert found_in(tmp_path, [1, 2, 3], hidden=0) == []


def test_a_surrogate_of_a_number_is_no_number(tmp_path: Path) -> None:
    view = view_of().model_copy(update={"precisions": {"no": "surrogate"}})
    assert found_in(tmp_path, [1, 2, 3], view=view) == []


@pytest.mark.parametrize(("field", "severity"), [("no", "warning"), ("ouvert", "critical")])
def test_a_waiver_of_that_column_makes_it_a_warning(tmp_path: Path, field: str, severity: str) -> None:
    waiver = {"field": field, "rule": "row_number", "because": "Numéros publiés au JO.", "approved_by": "DPO"}
    view = view_of(privacy={"waives": [waiver]})
    assert found_in(tmp_path, [1, 2, 3], view=view) == [(severity, "no")]
