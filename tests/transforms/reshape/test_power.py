from __future__ import annotations

from decimal import Decimal

import pytest

from transforms.reshape import ReshapeRefused
from transforms.reshape.power import MEASURED, energy_by_hour

HEADER = ["Périmètre", "Date", "Heures", "Consommation", "Gaz"]
Cells = list[str | None]


def hours(*rows: Cells, header: Cells | None = None) -> list[Cells]:
    return [cells for _, cells in energy_by_hour(iter(enumerate([header or [*HEADER], *rows], 1)))][1:]


def quarters(hour: str, powers: list[str | None], gas: str | None = "4") -> list[Cells]:
    minutes = ["00", "15", "30", "45"]
    return [
        ["France", "2016-06-01", f"{hour}:{minute}", power, gas]
        for minute, power in zip(minutes, powers, strict=False)
    ]


def test_power_is_integrated_over_time_and_not_rescaled() -> None:
    given = [*quarters("00", ["10", "11", "12", "14"]), *quarters("01", ["-1", "0", "0", "0"], "1000")]
    assert hours(*given) == [
        ["France", "2016-06-01", "00:00", "4", "11.75", "4"],
        ["France", "2016-06-01", "01:00", "4", "-0.25", "1000"],
    ]


def test_the_header_keeps_what_stands_before_the_time_and_lines_are_of_the_first_quarter() -> None:
    made = list(energy_by_hour(iter(enumerate([[*HEADER], *quarters("00", ["1"] * 4)], 1))))
    assert made[0] == (1, ["Périmètre", "Date", "Heures", MEASURED, "Consommation", "Gaz"])
    assert made[1][0] == 2


@pytest.mark.parametrize("missing", [None, "", "ND"])
def test_three_quarters_are_no_hour(missing: str | None) -> None:
    (row,) = hours(*quarters("00", ["1", "2", missing, "4"]))
    assert row[3:] == ["3", None, "4"]
    (row,) = hours(*quarters("00", ["1", "2", "3"]))
    assert row[3:] == ["3", None, None]


def test_an_hour_that_comes_twice_has_no_energy() -> None:
    (row,) = hours(*quarters("02", ["1"] * 4), *quarters("02", ["9"] * 4))
    assert row[2:] == ["02:00", "8", None, None]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [(["F", "2016-06-01", "00:10", "1", "1"], "no quarter-hour"), (["F", "2016-06-01", None, "1", "1"], "no quarter-hour"),
     (["F", "2016-06-01", "00:00", "1.5", "1"], "no whole number of MW")],
)  # fmt: skip
def test_what_is_no_such_series_is_refused(row: Cells, sentence: str) -> None:
    with pytest.raises(ReshapeRefused, match=sentence):
        hours(row)
    with pytest.raises(ReshapeRefused, match="no 'Date' and 'Heures'"):
        hours(row, header=["a", "b"])


def test_the_sum_of_many_hours_is_exact() -> None:
    given = [row for hour in range(24) for row in quarters(f"{hour:02}", ["1", "0", "0", "0"])]
    assert sum(Decimal(str(row[4])) for row in hours(*given)) == 6
