"""A cluster on one machine: Airflow's own part, and Celery workers that share no folder and no user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.cluster import servers, settings
from bench.cluster.logins import Login, launched, login
from bench.cluster.towns import Town
from sample.airflow import (
    COMPONENTS,
    USER,
    Home,
    free_port,
    healthy,
    require_alive,
)  # fmt: skip
from sample.drive import Ride, awaited, followed, trigger
from sample.processes import Started, ended, started
from sample.rest import Refused, Rest

ROOT = Path(__file__).resolve().parents[2]
HEALTHY_WITHIN = 240.0  # seconds; 45 on two idle cores (measured)


@dataclass(frozen=True)
class Worker:
    """A Celery worker with a user and folders of its own."""

    name: str
    folder: Path
    who: Login
    started: Started

    def killed(self) -> None:
        """Ends it as a power cut does: every process of its session at once, by signal 9."""
        household = {process for process in psutil.process_iter() if _session(process) == self.started.pid}
        for process in household:
            process.kill()
        psutil.wait_procs(household, timeout=10)


@dataclass
class Patient(Ride):
    """A run whose retries are waited for: those of a worker that died follow at once."""

    @property
    def is_over(self) -> bool:
        """Whether it ended."""
        return self.state in ("success", "failed")


@dataclass
class Cluster:
    """What runs of it, and how it is asked."""

    folder: Path
    town: Town
    api: Rest
    endpoint: str
    shared: list[Started]
    environment: dict[str, str] = field(repr=False)
    workers: list[Worker] = field(default_factory=list)
    joinings: int = 0

    def joined(self, name: str, concurrency: int = 2) -> Worker:
        """One more worker, for both queues; it has what a machine of its own would have, and no more."""
        who, folder = login(self.joinings), self.folder / name
        self.joinings += 1
        _furnished(folder, who)
        command = [
            sys.executable, "-m", "airflow", "celery", "worker", "-q", "default,public", "--skip-serve-logs",
            "--concurrency", str(concurrency), "--celery-hostname", name,
        ]  # fmt: skip
        own = {
            "HOME": str(folder), "USER": name, "LOGNAME": name, "TMPDIR": str(folder / "tmp"),
            "CONCENTRATOR_SCRATCH": str(folder / "scratch"), "AIRFLOW_HOME": str(folder / "home"),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'tmp' / 'none.db'}",
        }  # fmt: skip
        process = launched(name, command, self.environment | own, folder=folder, who=who)
        worker = Worker(name, folder, who, process)
        self.workers.append(worker)
        return worker

    def ready(self) -> None:
        """Comes back when Airflow is well and knows every dataset; workers may still be on their way.

        Raises:
            Refused: it is not in time.
        """
        healthy(self.api, self.shared, HEALTHY_WITHIN, lambda line: None)
        awaited(self.api, self.town.dataset_ids, HEALTHY_WITHIN, lambda line: None)

    def ridden(self, run_id: str, dataset_ids: Iterable[str], within: float) -> list[Ride]:
        """One run of each dataset, over.

        Raises:
            Refused: they are not over in time, or a process ended.
        """
        rides: list[Ride] = [Patient(dataset_id, run_id) for dataset_id in dataset_ids]
        for ride in rides:
            trigger(self.api, ride)
        followed(
            self.api, rides, within, changed=lambda ride: None, alive=lambda: require_alive(self.shared),
        )  # fmt: skip
        return rides

    def tasks(self, run_id: str) -> list[dict[str, Any]]:
        """Airflow's task instances of the runs of that name."""
        path = f"/api/v2/dags/~/dagRuns/~/taskInstances?run_id_pattern={run_id}&limit=1000"
        return list(self.api.asked("GET", path)["task_instances"])


def _furnished(folder: Path, who: Login) -> None:
    """The folders of a worker; Airflow's home as in the image, where nothing of it can be written."""
    who.given(folder)
    for inner in ("scratch", "tmp", "logs"):
        who.given(folder / inner)
    (folder / "home" / "config").mkdir(parents=True)
    shutil.copy(servers.DEPLOY / "airflow_local_settings.py", folder / "home" / "config")
    shutil.copy(servers.DEPLOY / "airflow.cfg", folder / "home")


@contextmanager
def cluster(datasets: int, rows_of_first: int = 40) -> Iterator[Cluster]:
    """A cluster without workers that begins to be well (`ready`), for a town of so many datasets.

    Nothing of it is left afterwards.

    Raises:
        Refused: a server is not installed, or something did not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="cluster-"))
    folder.chmod(0o711)  # each worker finds its own folder, and lists nobody's
    processes: list[Started] = []
    workers: list[Worker] = []
    try:
        made = _made(folder, Town(folder / "town", datasets, rows_of_first=rows_of_first), processes)
        workers = made.workers
        yield made
    finally:
        ended([worker.started for worker in workers])
        ended(processes[::-1])
        shutil.rmtree(folder)


def _made(folder: Path, town: Town, processes: list[Started]) -> Cluster:
    town.founded()
    town.renewed(edition=1)
    home, port, source = Home(folder / "airflow", ROOT), free_port(), free_port()
    home.folder.mkdir(mode=0o700)
    shutil.copy(servers.DEPLOY / "airflow.cfg", home.folder)
    database, roles = servers.postgres(folder / "postgres")
    processes.append(database)
    broker, broker_address = servers.redis(folder / "redis")
    processes.append(broker)
    store, endpoint = servers.s3(folder / "s3")
    processes.append(store)
    words = ("sample.sources", "--port", str(source), "--folder", str(town.site))
    processes.append(started("sources", words, os.environ, root=ROOT, logs=home.logs))
    celery = {"BROKER_URL": broker_address, "RESULT_BACKEND": f"db+{roles['celery']}"}
    own = settings.of_control(home, port, roles["airflow"], celery, town.config)
    _made_ready(home, own)
    for name, component in COMPONENTS.items():
        processes.append(started(name, component, own, root=ROOT, logs=home.logs))
    api = Rest(f"http://127.0.0.1:{port}", USER, home.secrets["password"])
    theirs = settings.of_worker(api.address, celery, town.config, endpoint, f"http://127.0.0.1:{source}")
    return Cluster(folder, town, api, endpoint, processes, theirs)


def _made_ready(home: Home, environment: Mapping[str, str]) -> None:
    """The metadata and the first account, by the script of the image."""
    home.logs.mkdir(exist_ok=True)
    own = {**environment, "AIRFLOW_ADMIN_PASSWORD": home.secrets["password"]}
    own["PATH"] = f"{Path(sys.executable).parent}:{own['PATH']}"
    with (home.logs / "init.log").open("ab") as log:
        code = subprocess.run(
            ["sh", servers.DEPLOY / "init.sh"], env=own, cwd=ROOT, stdout=log, stderr=log,
            start_new_session=True,  # no terminal, so that the password is read from standard input
        ).returncode  # fmt: skip
    if code:
        raise Refused(f"Airflow's database could not be made; see {home.logs / 'init.log'}.")


def _session(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except (ProcessLookupError, PermissionError):
        return None
