"""A part of a cell, a difference of two, and copies of a row: what a contract may declare of each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from laid import source_in

from contracts.dataset import Dataset
from transforms.conform import Conformed, conform
from transforms.engine import engine

Tried = Callable[..., tuple[list[Any], dict[int, str]]]
FREE = {"type": "integer", "from": "capacity", "minus": "occupied", "min": 0}


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ({"part": r"(\d+) ?von ?\d+", "type": "integer"}, "1von 12", 1),
        ({"part": r".*\b(\d{5}) .*"}, "9 Rue de la Poste 44400 Rezé ", "44400"),
        ({"part": r"\+33 ?[1-59].*"}, "+33 2 40 75 63 36", "+33 2 40 75 63 36"),
        ({"part": r"OpenDataNantes (.*)", "type": "date", "format": "%m/%Y"}, "OpenDataNantes 09/2016", "2016-09-01"),
        ({"part": r"\+33 ?[1-59].*"}, "+33 6 62 38 38 67", None),
        ({"part": r"(\d+) von \d+"}, "1 von 2 ?", None),
        ({"part": r"(a*)b"}, "b", None),
        ({"part": r"(a|it's)"}, "it's", "it's"),
    ],
)  # fmt: skip
def test_a_text_of_another_shape_is_no_value_and_no_misfit(
    conformed: Tried, field: dict[str, Any], cell: str, value: Any
) -> None:
    values, reasons = conformed(field, cell)
    assert ([str(one) for one in values], reasons) == ([str(value)], {})


def test_a_part_that_does_not_fit_its_type_is_a_misfit(conformed: Tried) -> None:
    values, reasons = conformed({"part": "n° (.*)", "type": "integer"}, "n° x")
    assert (values, list(reasons)) == ([None], [2])


@pytest.mark.parametrize(
    ("cells", "value"),
    [(("106", "81"), 25), (("32", "32"), 0), ((None, "3"), None), (("3", None), None)],
)
def test_a_difference_needs_both_of_its_columns(
    conformed: Tried, cells: tuple[str | None, str | None], value: int | None
) -> None:
    assert conformed(FREE, cells) == ([value], {})


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("32", "33"), "est inférieur à 0"),
        (("x", "3"), "l'un des deux termes n'est pas un nombre entier"),
        (("5 − 3", "1"), "l'un des deux termes"),
        (("9223372036854775807", "-1"), "l'un des deux termes"),
    ],
)
def test_what_has_no_difference_is_a_misfit(conformed: Tried, cells: tuple[str, str], reason: str) -> None:
    values, reasons = conformed(FREE, cells)
    assert values == [None]
    assert reasons[2].startswith(reason)


def test_of_several_columns_the_first_that_has_a_value_may_count(conformed: Tried) -> None:
    field = {"from": ["contact:street", "addr:street"], "several": "first"}
    values, _ = conformed(field, ("Rue A", "Rue A"), (" ", "Rue B"), (None, None))
    assert values == ["Rue A", "Rue B", None]


def test_a_difference_of_amounts_is_exact(conformed: Tried) -> None:
    field = {"type": "decimal(8,2)", "from": "a", "minus": "b", "decimal_mark": ","}
    values, _ = conformed(field, ("0,30", "0,10"))
    assert str(values[0]) == "0.20"


def counted(dataset: Dataset, folder: Path, rows: list[tuple[str, str | None]]) -> tuple[Conformed, int]:
    with engine(folder) as connection:
        connection.execute("CREATE TABLE source (id VARCHAR, f VARCHAR)")
        connection.executemany("INSERT INTO source VALUES (?, ?)", rows)
        connection.execute(
            "CREATE TABLE source_lines AS SELECT 0::BIGINT AS first, 2::BIGINT AS line, 'f' AS file"
        )
        connection.execute(
            "CREATE TABLE source_ragged (line BIGINT, reason VARCHAR, text VARCHAR, file VARCHAR)"
        )
        kept = folder / "kept.parquet"
        counts = conform(connection, dataset, source_in(connection), kept, folder / "rejects.parquet")
        return counts, connection.execute(f"SELECT count(*) FROM '{kept}'").fetchall()[0][0]


def test_copies_are_merged_and_counted_but_never_rows_that_differ(
    contract_of: Callable[..., Dataset], tmp_path: Path
) -> None:
    dataset = contract_of({"f": {"written_as": "lat_lon", "type": "geometry"}}, duplicates="merge")
    place, other = "48.8, 2.25", "48.9, 2.25"
    rows = [("a", place), ("a", place), ("a", other), ("b", None), ("b", None), ("b", None)]
    counts, kept = counted(dataset, tmp_path, rows)
    assert (counts.rows_read, counts.rows_kept, counts.twins, kept) == (6, 3, 3, 3)


def test_without_being_told_so_nothing_is_merged(contract_of: Callable[..., Dataset], tmp_path: Path) -> None:
    counts, kept = counted(contract_of({"f": {}}), tmp_path, [("a", "x"), ("a", "x")])
    assert (counts.rows_kept, counts.twins, kept) == (2, 0, 2)
