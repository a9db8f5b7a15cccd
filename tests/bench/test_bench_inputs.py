"""The generated CSV: what is wrong in it is exactly what is told, by Python's own reader."""

import csv
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from bench.inputs import COLUMNS, STATES, Truth, written

ROWS = 21_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    path = tmp_path_factory.mktemp("made") / "big.csv"
    return path, written(path, ROWS, 7)


def records(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";", strict=True)
    return header, rows


def is_decimal(text: str, most: int, scale: int) -> bool:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return False
    return "." not in text and 0 <= number <= most and -int(number.as_tuple().exponent) <= scale


def is_clock(text: str) -> bool:
    try:
        return datetime.fromisoformat(text) != datetime(2024, 3, 31, 2, 30)
    except ValueError:
        return False


def is_within(text: str, least: float, most: float) -> bool:
    try:
        return least <= float(text) <= most
    except ValueError:
        return False


FITS: dict[str, Callable[[str], bool]] = {
    "id": lambda text: text.startswith("92040-E-") and len(text) == 16 and text[8:].isdigit(),
    "code_postal": lambda text: len(text) == 5 and text.isdigit(),
    "montant_ht": lambda text: is_decimal(text, 1_000_000, 2),
    "taux": lambda text: is_decimal(text, 100, 3),
    "releve_le": is_clock,
    "libelle": lambda text: 0 < len(text) <= 100,
    "etat": lambda text: text in STATES,
    "lat": lambda text: is_within(text, -90, 90),
    "lon": lambda text: is_within(text, -180, 180),
    "passages": lambda text: text == "" or (text.isdigit() and int(text) <= 100_000),
}


def test_the_ragged_records_are_those_that_are_told(made: tuple[Path, Truth]) -> None:
    path, truth = made
    header, rows = records(path)
    widths = Counter(map(len, rows))
    assert tuple(header) == COLUMNS
    assert widths == {10: ROWS - truth.ragged, 11: truth.long, 9: truth.short}
    assert (truth.rows, truth.ragged) == (ROWS, ROWS // 1000)


def test_the_bad_cells_are_those_that_are_told_and_about_one_in_a_hundred(made: tuple[Path, Truth]) -> None:
    path, truth = made
    _, rows = records(path)
    whole = [row for row in rows if len(row) == 10]
    bad = {
        name: sum(not fits(row[column]) for row in whole) for column, (name, fits) in enumerate(FITS.items())
    }
    assert bad == {name: truth.misfits(name) for name in COLUMNS}
    assert truth.misfits() == pytest.approx(ROWS * 10 / 100, rel=0.01)
    assert all(0.07 < count / truth.misfits() < 0.13 for count in bad.values())


def test_no_record_has_two_misfits(made: tuple[Path, Truth]) -> None:
    _, rows = records(made[0])
    met = [
        sum(not fits(cell) for fits, cell in zip(FITS.values(), row, strict=True))
        for row in rows
        if len(row) == 10
    ]
    assert max(met) == 1


def test_keys_are_unique_and_in_no_order(made: tuple[Path, Truth]) -> None:
    _, rows = records(made[0])
    keys = [row[0] for row in rows if row[0]]
    assert len(set(keys)) == len(keys)
    assert keys != sorted(keys)


def test_the_file_has_leading_zeros_accents_and_quoted_delimiters(made: tuple[Path, Truth]) -> None:
    text = made[0].read_text("utf-8")
    assert ";0" in text
    assert "Médiathèque" in text
    assert ' ; annexe";' in text


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path) -> None:
    contents = []
    for number, seed in enumerate((7, 7, 8)):
        written(tmp_path / f"{number}.csv", 5_000, seed)
        contents.append((tmp_path / f"{number}.csv").read_bytes())
    assert contents[0] == contents[1]
    ours, others = ([line.partition(b";")[2] for line in one.splitlines()[1:]] for one in contents[1:])
    assert not set(ours) & set(others)
