"""The benchmark itself on tiny sizes: every peer gives the right answer, and a wrong one fails it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.big import runs_of
from bench.growth import by_releases, copied
from bench.peers import PEERS
from bench.running import BenchFailed, cost_of

ROOT = Path(__file__).parents[2]


def silent(text: str) -> None:
    """Where nobody looks on."""


def test_every_peer_runs_on_a_small_file_and_the_results_are_written(tmp_path: Path) -> None:
    words = ["--only", "big", "--rows", "2000", "--out", str(tmp_path)]
    ended = subprocess.run([sys.executable, "-m", "bench", *words], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert [one["peer"] for one in results["runs"]] == list(PEERS)
    assert all(one["seconds"] > 0 and one["peak_rss"] > 10 for one in results["runs"])
    stages = ("extract", "standardize", "validate", "publish", "publish_public")
    assert tuple(results["stages"]["2k"]) == stages
    assert (tmp_path / "RESULTS.md").read_text("utf-8").startswith("# Benchmark")


@pytest.mark.parametrize("counts", [{"rows": 1999}, {"rows": 2000, "more": 1}])
def test_a_peer_whose_counts_are_not_the_truth_fails_the_benchmark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counts: dict[str, int]
) -> None:
    monkeypatch.setitem(PEERS, "polars", replace(PEERS["polars"], expected=lambda truth: counts))
    with pytest.raises(BenchFailed, match="polars: tells"):
        list(runs_of(2_000, ["polars"], 7, tmp_path, silent))


def test_a_peer_is_not_asked_for_more_rows_than_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PEERS, "frictionless", replace(PEERS["frictionless"], most_rows=1_000))
    assert list(runs_of(1_001, ["frictionless"], 7, tmp_path, silent)) == []


def test_what_is_unknown_is_refused_by_name() -> None:
    words = ["--only", "big", "--peers", "flour"]
    ended = subprocess.run([sys.executable, "-m", "bench", *words], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "'flour' is not among floor, usual, polars, frictionless" in " ".join(ended.stderr.split())


def test_a_command_that_fails_is_told_by_its_last_line() -> None:
    with pytest.raises(BenchFailed, match="here: ended with 1: .*no_such_module"):
        cost_of(["no_such_module"], "here")


def start_from_parent(hungry: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module `parent` that starts the code in a process of its own, and ends well only if it does."""
    (folder / "parent.py").write_text(
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {hungry!r}], check=True)\nprint('done')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_the_memory_of_what_a_command_starts_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_from_parent(
        "import mmap, time; held = bytearray(80 << 20), mmap.mmap(-1, 1 << 30); time.sleep(0.5)",
        tmp_path, monkeypatch,
    )  # fmt: skip
    cost = cost_of(["parent"], "here")
    assert cost.told == "done"
    assert 80 < cost.peak_rss < cost.peak_sum < 130


def test_a_limit_holds_for_each_process_that_a_command_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_from_parent("import time; held = bytearray(200 << 20)", tmp_path, monkeypatch)
    assert cost_of(["parent"], "here", most=400).told == "done"
    with pytest.raises(BenchFailed, match="here: ended with 1"):
        cost_of(["parent"], "here", most=100)


def test_kept_releases_are_measured_by_their_number(tmp_path: Path) -> None:
    releases = list(by_releases((1, 60), tmp_path, silent))
    assert [point.size for point in releases] == [1, 60]
    assert all(set(point.seconds) == {"publish", "reconcile", "collect"} for point in releases)
    assert all(seconds > 0 for point in releases for seconds in point.seconds.values())


def test_contracts_are_copies_of_the_samples_and_parsed_in_a_process_of_their_own(tmp_path: Path) -> None:
    ids = list(copied(tmp_path / "config", 7))
    assert len(set(ids)) == 7
    environment = {"AIRFLOW_HOME": str(tmp_path / "airflow")}
    told = json.loads(cost_of(["bench.parsing", str(tmp_path / "config")], "here", environment).told)
    assert told["dags"] == 7
