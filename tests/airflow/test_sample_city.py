"""The sample city through real Airflow, as `make run`, `make up` and `make down` drive it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sample.airflow import USER, Home
from sample.drive import Ride, followed, import_errors, trigger
from sample.rest import Rest
from tests.sample.expected import EXPECTED

ROOT = Path(__file__).parents[2]
KEPT = {*EXPECTED, "territory.cog"}  # which others refer to
DATASETS = len(KEPT)
UPKEEP = {"upkeep_reconcile", "upkeep_collect"}
pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Everything that the city keeps, and a copy of a few of its contracts."""
    folder = tmp_path_factory.mktemp("city")
    shutil.copytree(ROOT / "config", folder / "config")
    for contract in (folder / "config" / "datasets").glob("*/*.yml"):
        if f"{contract.parent.name}.{contract.stem}" not in KEPT:
            contract.unlink()
    yield folder
    command(folder, "down")


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "CONCENTRATOR_CONFIG": str(folder / "config"), "COLUMNS": "120"}


def arguments(folder: Path, word: str) -> list[str]:
    return [sys.executable, "-m", "sample", word, "--var", str(folder / "var")]


def command(folder: Path, word: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments(folder, word), cwd=ROOT, env=environment(folder), capture_output=True, text=True
    )


def living(folder: Path) -> list[str]:
    """Every process that has a file of this city open or named, by its open files and command line."""
    found = []
    for process in psutil.process_iter():
        try:
            files = [opened.path for opened in process.open_files()]
            if process.pid != os.getpid() and any(path.startswith(str(folder / "var")) for path in files):
                found.append(f"{process.pid} {process.cmdline()}")
        except psutil.Error:
            continue
    return found


def upkept(api: Rest) -> dict[str, str]:
    """How a run of each of the upkeep's DAGs ended."""
    rides = [Ride(dag_id, "upkept") for dag_id in sorted(UPKEEP)]
    for ride in rides:
        trigger(api, ride)
    followed(api, rides, 120, changed=lambda ride: None)
    return {ride.dataset_id: ride.state for ride in rides}


def test_a_first_run_releases_every_dataset_and_leaves_no_process(folder: Path) -> None:
    ended = command(folder, "run")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count(" released") == DATASETS
    assert len(list((folder / "var" / "public").glob("*/*/*.parquet"))) == DATASETS
    assert len(list((folder / "var" / "restricted").glob("*/*/*.csv"))) == DATASETS
    assert len(list((folder / "var" / "handover").glob("*/*/receipt.json"))) == DATASETS
    assert list((folder / "var" / "handover").rglob("*.parquet")) == []
    assert living(folder) == []


def test_a_stop_while_tasks_run_leaves_no_process(folder: Path) -> None:
    running = subprocess.Popen(
        [*arguments(folder, "run"), "--force"],
        cwd=ROOT,
        env=environment(folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout
    # a task of six is over
    said = next((line for line in running.stdout if " of 6" in line), "nothing")
    assert living(folder), said
    running.send_signal(signal.SIGTERM)
    rest, _ = running.communicate()
    assert running.returncode == 130, rest
    assert living(folder) == []


def test_kept_up_it_says_nothing_new_and_shows_a_broken_contract(folder: Path) -> None:
    assert command(folder, "up").returncode == 0
    assert "up already" in command(folder, "up").stdout
    again = command(folder, "run")
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count(" nothing new") == DATASETS
    home = Home(folder / "var" / "airflow", ROOT)
    api = Rest((home.folder / "address").read_text(), USER, home.secrets["password"])
    assert upkept(api) == {"upkeep_reconcile": "success", "upkeep_collect": "success"}
    contract = folder / "config" / "datasets" / "mobility" / "parkings.yml"
    contract.write_text(contract.read_text("utf-8").replace("frequency:", "frequenzy:"), "utf-8")
    broken = command(folder, "run")
    assert broken.returncode == 1
    assert broken.stdout.count(" nothing new") == DATASETS - 1
    assert "parkings.yml:" in broken.stdout
    for _ in range(180):  # Airflow reads an unchanged file every 30 s, and retires a DAG after 50 s more
        dags = {dag["dag_id"] for dag in api.asked("GET", "/api/v2/dags?limit=100")["dags"]}
        errors = import_errors(api)
        if errors and len(dags - UPKEEP) < DATASETS:
            break
        time.sleep(1)
    assert len(dags - UPKEEP) == DATASETS - 1
    assert "mobility.parkings" not in dags
    assert "contract_faults.py" in errors[0]
    assert "config/datasets/mobility/parkings.yml:" in errors[0]
    assert command(folder, "down").returncode == 0
    assert living(folder) == []
