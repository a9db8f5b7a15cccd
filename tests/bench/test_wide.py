"""The made-up city of many datasets, the empty DAGs beside it, and the figures that are told."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bench.wide_city import WideCity
from contracts.library import library_at
from sample.sources import serving

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-home-"))  # before its first import
ROOT = Path(__file__).parents[2]
STORES = ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH")


@pytest.fixture
def city(tmp_path: Path) -> WideCity:
    city = WideCity(tmp_path, datasets=3)
    city.founded()
    city.edited(edition=0)
    return city


def sources(city: WideCity) -> dict[str, list[str]]:
    return {path.name: path.read_text("utf-8").splitlines() for path in sorted(city.site.iterdir())}


def run(city: WideCity, url: str) -> str:
    """What the command line says of a run of every dataset."""
    stores = {f"CONCENTRATOR_{name}": str(city.folder / name.lower()) for name in STORES}
    environment = {
        "PATH": "/usr/bin:/bin", "CONCENTRATOR_CONFIG": str(city.config), **stores, **city.connections(url),
    }  # fmt: skip
    command = [sys.executable, "-m", "concentrator", "run", "--all"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_every_contract_of_the_city_is_sound(tmp_path: Path) -> None:
    city = WideCity(tmp_path, datasets=30)
    assert len(city.founded()) == 30
    assert library_at(city.config).faults == {}


def test_272_datasets_have_100_to_5000_rows_and_about_1000_on_average(tmp_path: Path) -> None:
    rows = WideCity(tmp_path, datasets=272).rows
    assert min(rows) >= 100
    assert max(rows) <= 5000
    assert 900 < sum(rows) / len(rows) < 1100


def test_the_same_seed_gives_the_same_city(city: WideCity, tmp_path: Path) -> None:
    twin = WideCity(tmp_path / "twin", datasets=3)
    twin.edited(edition=0)
    assert sources(twin) == sources(city)
    assert [len(lines) - 1 for lines in sources(city).values()] == list(city.rows)


def test_every_source_changes_from_one_edition_to_the_next_in_a_few_rows(city: WideCity) -> None:
    before = sources(city)
    city.edited(edition=1)
    for name, lines in sources(city).items():
        changed = sum(old != new for old, new in zip(before[name], lines, strict=True))
        assert 0 < changed < 0.2 * len(lines)
        assert [line.split(";")[0] for line in lines] == [line.split(";")[0] for line in before[name]]


def test_the_city_goes_from_source_to_release_and_has_nothing_new_then(city: WideCity) -> None:
    with serving(city.site) as url:
        first, second = run(city, url), run(city, url)
    assert (first.count(" released"), second.count(" nothing new")) == (3, 3)
    maps = list((city.folder / "public").glob("bench/*/*.gpkg"))
    assert [path.stem for path in maps] == ["readings_0001"]


def test_the_empty_dags_have_the_shape_of_a_journey(city: WideCity) -> None:
    from bench.wide_empty import TASKS, empty_dags, empty_ids
    from operators.journey import journey_at

    dags = empty_dags(2)
    journey = journey_at(city.config, "bench.readings_0001")
    assert list(dags) == [*empty_ids("empty", 2), *empty_ids("skipping", 2)]
    for dag in dags.values():
        assert tuple(task.task_id for task in dag.topological_sort()) == TASKS
        assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == {
            task.task_id: task.downstream_task_ids for task in journey.tasks
        }


def test_inside_a_task_only_its_own_empty_dag_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.wide_empty import empty_dags

    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "empty.0001")
    assert list(empty_dags(2)) == ["empty.0001"]


def test_the_ratios_are_of_wall_time_and_say_what_the_cpu_says() -> None:
    from bench.wide import keys_of
    from bench.wide_airflow import Pass

    def made(seconds: float, cpu: float, ran: int) -> Pass:
        return Pass(seconds, {"success": 2}, {"ran": ran}, {}, {"scheduler": cpu / 4, "tasks": cpu * 3 / 4})

    keys = keys_of({"changed": made(30, 40, 12), "empty": made(20, 20, 12), "unchanged": made(5, 8, 2)}, 2)
    assert (keys["wide_changed_ratio"], keys["wide_changed_ratio_cpu"]) == (1.5, 2.0)
    assert (keys["wide_unchanged_ratio"], keys["wide_unchanged_seconds_per_task"]) == (0.25, 2.5)
    assert keys["wide_empty_scheduler_share"] == 0.25
    assert "wide_unchanged_over_skipping" not in keys
