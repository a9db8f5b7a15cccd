"""`results.json`: every promised key, ratios the right way round, parts that leave each other alone."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.big import Run
from bench.growth import Point, exponent
from bench.results import PROMISED, kept, keys_of_growth, keys_of_runs, label

MOMENT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def run(peer: str, rows: int, seconds: float, peak: float = 100, **stages: float) -> Run:
    return Run(peer, rows, float(seconds), seconds * 2.0, 1.0, 50.0, peak, peak, stages)


def written(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "results.json").read_text("utf-8"))


def test_ratios_say_how_much_slower_than_the_floor_and_how_much_faster_than_the_others() -> None:
    runs = [
        run("journey", 10_000_000, 31, extract=1),
        run("floor", 10_000_000, 20),
        run("usual", 10_000_000, 300),
    ]
    keys = keys_of_runs(runs)
    assert keys["journey_over_floor_10m"] == 1.5
    assert keys["usual_over_journey_10m"] == 10.0


def test_the_extraction_is_not_in_the_ratio_and_stands_among_the_stages() -> None:
    keys = keys_of_runs([run("journey", 1_000_000, 12, extract=2, validate=1), run("floor", 1_000_000, 10)])
    assert keys["journey_over_floor_1m"] == 1.0
    assert keys["stages"] == {"1m": {"extract": 2, "validate": 1}}


def test_memory_is_compared_above_what_the_imports_take() -> None:
    keys = keys_of_runs([run("journey", 1_000_000, 5, peak=150), run("journey", 10_000_000, 50, peak=160)])
    assert keys["journey_peak_10m_over_1m"] == 1.1  # (160 - 50) / (150 - 50)
    assert keys["journey_peak_rss_mib_10m"] == 160


@pytest.mark.parametrize(("rows", "name"), [(10_000_000, "10m"), (50_000, "50k"), (1_234, "1234")])
def test_a_size_has_a_short_name(rows: int, name: str) -> None:
    assert label(rows) == name


def test_every_promised_key_is_there_null_with_a_reason_where_it_was_not_measured(tmp_path: Path) -> None:
    found = keys_of_runs([run("journey", 50_000, 2), run("floor", 50_000, 1)])
    kept(tmp_path, "big", found, moment=MOMENT, ran="python -m bench --quick")
    results = written(tmp_path)
    assert set(PROMISED) <= results.keys()
    assert results["journey_over_floor_50k"] == 2.0
    assert results["journey_over_floor_10m"] is None
    assert "--quick" in results["reasons"]["journey_over_floor_10m"]
    assert "growth" in results["reasons"]["parse_272_seconds"]
    assert "stages" not in results["reasons"]


def test_a_part_leaves_the_keys_of_another_and_takes_the_place_of_its_own(tmp_path: Path) -> None:
    kept(tmp_path, "wide", {"wide_changed_ratio": 1.7}, moment=MOMENT, ran="wide")
    kept(
        tmp_path,
        "big",
        {"journey_over_floor_1m": 1.5, "usual_over_journey_1m": 6.0, "polars_over_journey_9k": 3.0},
        moment=MOMENT,
        ran="first",
    )
    kept(tmp_path, "big", {"journey_over_floor_1m": 1.4}, moment=MOMENT, ran="second")
    results = written(tmp_path)
    assert results["wide_changed_ratio"] == 1.7
    assert results["journey_over_floor_1m"] == 1.4
    assert results["usual_over_journey_1m"] is None
    assert "polars_over_journey_9k" not in results
    assert {name: part["ran"] for name, part in results["parts"].items()} == {"wide": "wide", "big": "second"}


def test_the_report_judges_each_target_and_tells_the_machine(tmp_path: Path) -> None:
    found = {"journey_over_floor_10m": 1.9, "usual_over_journey_10m": 6.0}
    kept(tmp_path, "big", found, moment=MOMENT, ran="python -m bench")
    report = (tmp_path / "RESULTS.md").read_text("utf-8")
    assert "| journey over floor, 10 M rows | 1.90 | ≤ 1.8 | missed |" in report
    assert "| usual task over journey, 10 M rows | 6.00 | ≥ 5 | held |" in report
    assert "2026-11-25 09:30 UTC" in report
    assert "duckdb" in report


def test_the_report_tells_seconds_memory_and_growth(tmp_path: Path) -> None:
    runs = [run("journey", 1_000_000, 4, peak=800, extract=1), run("polars", 1_000_000, 1.5)]
    growth = keys_of_growth({"releases": [Point(1, {"publish": 0.01}, 60), Point(100, {"publish": 0.1}, 60)]})
    kept(tmp_path, "big", keys_of_runs(runs), moment=MOMENT, ran="a")
    kept(tmp_path, "growth", growth, moment=MOMENT, ran="b")
    report = (tmp_path / "RESULTS.md").read_text("utf-8")
    assert "| journey | 1.00 | 3.00 | 8.00 | 1.00 | 800 | 800 |" in report
    assert "| polars | 0.50 | 1.50 | 3.00 | 1.00 | 100 | 100 |" in report
    assert "| exponent | 0.50 | 0.00 |" in report


def test_the_parse_of_272_contracts_and_of_one_of_them_are_keys_of_their_own() -> None:
    points = [Point(10, {"all": 0.1, "one": 0.02}, 100), Point(272, {"all": 0.9, "one": 0.03}, 120)]
    keys = keys_of_growth({"contracts": points})
    assert (keys["parse_272_seconds"], keys["parse_one_seconds"]) == (0.9, 0.03)


@pytest.mark.parametrize(("power", "values"), [(1, [2, 20, 200]), (2, [1, 100, 10_000]), (0, [5, 5, 5])])
def test_the_exponent_is_that_of_the_power_law(power: int, values: list[float]) -> None:
    assert exponent([10, 100, 1_000], values) == pytest.approx(power)


def test_the_figures_of_another_part_stand_under_a_heading_of_its_own(tmp_path: Path) -> None:
    found = {"wide_changed_ratio": 1.7, "wide_passes": {"new": 1}}
    kept(tmp_path, "wide", found, moment=MOMENT, ran="python -m bench.wide")
    report = (tmp_path / "RESULTS.md").read_text("utf-8")
    assert (
        "## Many small datasets through Airflow\n\n|  | met |\n| --- | ---: |\n| wide_changed_ratio | 1.70 |\n"
        in report
    )
    assert "wide_passes" not in report
    assert "| 272 changed datasets over as many empty tasks | 1.70 | ≤ 2 | held |" in report
