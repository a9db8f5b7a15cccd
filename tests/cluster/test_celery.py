"""Two Celery workers that share nothing but PostgreSQL, Redis and S3, and one of them dies at its work."""

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from bench.cluster import servers
from bench.cluster.logins import as_user
from bench.cluster.machines import Cluster, cluster
from bench.cluster.towns import Town
from sample.drive import Ride

FIRST = "mobility.lots_00"  # the largest: its publish lasts long enough to be killed in
AUDIENCES = ("restricted", "public")
pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    """Eight datasets, published by two workers in a run called `first`."""
    with two_workers(datasets=8) as made:
        assert_released(made, made.ridden("first", made.town.dataset_ids, 600), edition=1)
        yield made


@contextmanager
def two_workers(datasets: int) -> Iterator[Cluster]:
    with cluster(datasets, rows_of_first=150_000) as made:
        made.joined("one")
        made.joined("two")
        made.ready()
        yield made


class Reader:
    """Reads what readers read, again and again, until the block ends; `torn` says what was not whole."""

    def __init__(self, made: Cluster, dataset_ids: list[str]) -> None:
        self.made, self.dataset_ids, self.client = made, dataset_ids, servers.client(made.endpoint)
        self.torn: list[str] = []
        self.reads = 0
        self.sequences: dict[tuple[str, str], int] = {}
        self.ended, self.thread = Event(), Thread(target=self.watch)

    def __enter__(self) -> "Reader":
        self.thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.ended.set()
        self.thread.join()

    def object(self, store: str, key: str) -> bytes:
        return self.client.get_object(Bucket=store, Key=key)["Body"].read()

    def watch(self) -> None:
        while not self.ended.is_set():
            for dataset_id in self.dataset_ids:
                for store in AUDIENCES:
                    try:
                        self.look(store, dataset_id)
                    except Exception as error:
                        self.torn.append(f"{store} {dataset_id}: {error!r}")
                    self.reads += 1

    def look(self, store: str, dataset_id: str) -> None:
        folder = dataset_id.replace(".", "/")
        current = json.loads(self.object(store, f"{folder}/current.json"))
        assert current["sequence"] >= self.sequences.get((store, dataset_id), 0)
        self.sequences[store, dataset_id] = current["sequence"]
        release = f"{folder}/releases/{current['release_id']}"
        for file in json.loads(self.object(store, f"{release}/manifest.json"))["files"]:
            content = self.object(store, f"{release}/{file['name']}")
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
        editions_of(self.object(store, f"{folder}/{folder.split('/')[1]}.csv"), self.made.town, dataset_id)


def editions_of(content: bytes, town: Town, dataset_id: str) -> str:
    """The one edition that all rows of a whole CSV are of."""
    header, *lines = content.decode().splitlines()
    editions = {line.split(",")[2] for line in lines}
    assert (len(lines), len(editions)) == (town.rows_of(dataset_id), 1), header
    return editions.pop()


def assert_released(made: Cluster, rides: list[Ride], edition: int) -> None:
    """Every dataset, for both audiences, once for each edition."""
    assert {ride.state for ride in rides} == {"success"}
    client = servers.client(made.endpoint)
    for dataset_id in (ride.dataset_id for ride in rides):
        folder, name = dataset_id.replace(".", "/"), dataset_id.split(".")[1]
        for store in AUDIENCES:
            content = client.get_object(Bucket=store, Key=f"{folder}/{name}.csv")["Body"].read()
            assert editions_of(content, made.town, dataset_id) == str(edition)
            assert len(keys(made, store, f"{folder}/commits/")) == edition
        assert b"jauge" not in content.splitlines()[0]


def keys(made: Cluster, store: str, prefix: str) -> list[str]:
    found = servers.client(made.endpoint).list_objects_v2(Bucket=store, Prefix=prefix)
    return [each["Key"] for each in found.get("Contents", ())]


def until(found: Callable[[], Any], pause: float) -> Any:
    """What `found` finds, as soon as it does."""
    deadline = time.monotonic() + 400
    while time.monotonic() < deadline:
        if came := found():
            return came
        time.sleep(pause)
    raise AssertionError("it did not come to that in time")


def killed_in_publish(made: Cluster, run_id: str, audience: str, edition: int) -> dict[str, Any]:
    """The task whose worker was killed after the first upload of its release and before its commit."""
    before = len(keys(made, audience, "mobility/lots_00/releases/"))

    def publishing() -> list[dict[str, Any]]:
        mine = [task for task in made.tasks(run_id) if task["dag_id"] == FIRST]
        return [
            task for task in mine if task["task_id"] == f"publish_{audience}" and task["state"] == "running"
        ]

    task = until(publishing, pause=0.2)[0]
    worker = next(each for each in made.workers if each.name == task["hostname"])
    until(lambda: len(keys(made, audience, "mobility/lots_00/releases/")) > before, pause=0.01)
    worker.killed()
    assert len(keys(made, audience, "mobility/lots_00/commits/")) == edition - 1, (
        "it was faster than the kill"
    )
    return task


def test_every_dataset_is_published_by_both_workers_together(running: Cluster) -> None:
    tasks = [
        task for task in running.tasks("first") if task["task_id"].startswith(("standardize", "publish"))
    ]
    by_run: dict[str, set[str]] = {}
    for task in tasks:
        by_run.setdefault(task["dag_id"], set()).add(task["hostname"])
    assert set.union(*by_run.values()) == {"one", "two"}
    assert {"one", "two"} in by_run.values(), "no run went from one worker to the other"


def test_a_worker_has_folders_that_the_other_cannot_open_and_leaves_none_behind(running: Cluster) -> None:
    one, two = running.workers
    for mine, other in ((one, two), (two, one)):
        assert list((mine.folder / "scratch").iterdir()) == []
        if os.geteuid() == 0:
            seen = subprocess.run(as_user(mine.who.uid, ["ls", str(other.folder)]), capture_output=True)
            assert seen.returncode != 0
            assert mine.who.uid != other.who.uid


def test_a_worker_is_given_no_way_to_the_metadata_database(running: Cluster) -> None:
    given = Path(f"/proc/{running.workers[0].started.pid}/environ").read_bytes().decode()
    assert "postgresql+psycopg://airflow:" not in given
    assert "JWT_SECRET" not in given
    assert "FERNET" not in given


def run_with_a_kill(made: Cluster, dataset_ids: list[str], edition: int, audience: str) -> dict[str, Any]:
    """One run of these, in which the worker that publishes the first is killed: that task as it was then.

    Nothing is lost, and readers notice nothing.
    """
    made.town.renewed(edition)
    run_id, dead = f"edition-{edition}", []
    killer = Thread(target=lambda: dead.append(killed_in_publish(made, run_id, audience, edition)))
    with Reader(made, dataset_ids[:3]) as reader:
        killer.start()
        rides = made.ridden(run_id, dataset_ids, 1200)
        killer.join()
    assert dead, "no worker was killed"
    assert_released(made, rides, edition)
    assert reader.torn == []
    assert reader.reads > 20
    return dead[0]


def test_a_worker_killed_within_a_publish_loses_nothing_and_the_other_ends_the_run(running: Cluster) -> None:
    killed = run_with_a_kill(running, running.town.dataset_ids[:3], edition=2, audience="public")
    path = f"/api/v2/dags/{FIRST}/dagRuns/edition-2/taskInstances/{killed['task_id']}"
    again = running.api.asked("GET", path)
    assert (again["try_number"], again["state"]) == (2, "success")
    assert {killed["hostname"], again["hostname"]} == {"one", "two"}


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_fifty_datasets_and_a_kill_in_each_of_six_runs_lose_nothing() -> None:
    with two_workers(datasets=50) as made:
        assert_released(made, made.ridden("first", made.town.dataset_ids, 1800), edition=1)
        for edition in range(2, 8):
            killed = run_with_a_kill(made, made.town.dataset_ids, edition, AUDIENCES[edition % 2])
            made.workers.remove(next(each for each in made.workers if each.name == killed["hostname"]))
            made.joined(f"again-{edition}")  # the machine comes back, empty
