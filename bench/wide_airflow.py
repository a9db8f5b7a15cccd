"""Real Airflow for a wide city: started, given one pass over many DAGs at a time, measured from outside."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.wide_city import WideCity
from sample.airflow import COMPONENTS, USER, Home, free_port, healthy, require_alive, settings_of, settled
from sample.drive import Ride, awaited, import_errors, trigger
from sample.processes import Started, ended, started
from sample.rest import Refused, Rest

ROOT = Path(__file__).parent.parent
STORES = ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH")
_EMPTY_FILE = """\
# A DAG file of Airflow: its discovery looks for these two words.
from bench.wide_empty import empty_dags

globals().update(empty_dags({count}))
"""
_HEALTHY_WITHIN = 240.0  # seconds; 30 on two idle cores
_PAUSE = 1.0  # between two looks into the metadata
_LOST_AFTER = 20.0  # seconds: a trigger that left no run by then is sent again
_LOOKS = "SELECT state, count(*), max(end_date) FROM dag_run WHERE run_id = ? GROUP BY state"
_TASKS = "SELECT task_id, state, duration FROM task_instance WHERE run_id = ?"


@dataclass(frozen=True)
class Running:
    """An Airflow that is up, with its metadata and its processes."""

    home: Home
    api: Rest
    processes: list[Started]

    def answered(self, query: str, *values: str) -> list[tuple[str, ...]]:
        """Rows of the metadata, read beside Airflow: a look by its API would cost what is measured."""
        with closing(sqlite3.connect(f"file:{self.home.database}?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(query, values).fetchall()


@dataclass(frozen=True)
class Pass:
    """One run of each of many DAGs.

    `seconds` of wall time from the first trigger to the last end; `runs` and `tasks` by state, `ran` those
    that an executor was given; `task_seconds` is a task's mean wall time by its name; `cpu` in seconds by
    component.
    """

    seconds: float
    runs: dict[str, int]
    tasks: dict[str, int]
    task_seconds: dict[str, float]
    cpu: dict[str, float]

    @property
    def tasks_run(self) -> int:
        """Those that an executor was given; the first of a run that skips the rest is one."""
        return self.tasks["ran"]

    @property
    def cpu_seconds(self) -> float:
        """Of all components together."""
        return sum(self.cpu.values())


@contextmanager
def airflow_of(
    city: WideCity, surroundings: Mapping[str, str], tell: Callable[[str], None]
) -> Iterator[Running]:
    """Airflow over the city's contracts and as many empty DAGs of both kinds, until the block ends.

    Raises:
        Refused: it did not start, or cannot import a DAG.
    """
    home, sources_port, port = Home(city.folder / "airflow", ROOT), free_port(), free_port()
    dags = _dag_folder(city)
    ours = {f"CONCENTRATOR_{name}": str(city.folder / name.lower()) for name in STORES}
    ours |= {"CONCENTRATOR_CONFIG": str(city.config), "AIRFLOW__CORE__DAGS_FOLDER": str(dags)}
    ours |= city.connections(f"http://127.0.0.1:{sources_port}")
    # SQLite may refuse to write down what was parsed while hundreds of runs are triggered; after 50 s of that
    # Airflow would take every DAG for removed, and answer 404 (met with 272).
    ours |= {"AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD": "900"}
    sources = ("sample.sources", "--port", str(sources_port), "--folder", str(city.site))
    processes: list[Started] = []
    try:
        settled(home, settings_of(home, port, surroundings) | ours)
        for name, arguments in {"sources": sources, **COMPONENTS}.items():
            settings = settings_of(home, port, surroundings, api_server=name == "api-server") | ours
            processes.append(started(name, arguments, settings, root=ROOT, logs=home.logs))
        api = Rest(f"http://127.0.0.1:{port}", USER, home.secrets["password"])
        healthy(api, processes, _HEALTHY_WITHIN, tell)
        yield Running(home, api, processes)
    finally:
        ended(processes)


def _dag_folder(city: WideCity) -> Path:
    """The house's own DAG files and one of empty DAGs."""
    folder = city.folder / "dags"
    shutil.copytree(ROOT / "dags", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "empty.py").write_text(_EMPTY_FILE.format(count=city.datasets))
    return folder


def known(running: Running, dag_ids: Sequence[str], tell: Callable[[str], None]) -> float:
    """The seconds until Airflow knew all of them.

    Raises:
        Refused: it does not in ten minutes, or cannot import some.
    """
    since = time.monotonic()
    awaited(running.api, dag_ids, 300, tell)
    if errors := import_errors(running.api):
        raise Refused("\n".join(errors))
    return time.monotonic() - since


def passed(running: Running, dag_ids: Sequence[str], run_id: str, tell: Callable[[str], None]) -> Pass:
    """What one run of each DAG came to; all are triggered by the API, one after the other.

    Raises:
        Refused: Airflow refuses, or a process of its own ended.
    """
    rides = [Ride(dag_id, run_id) for dag_id in dag_ids]
    before, since = cpu_of(running.processes), datetime.now(UTC)
    for ride in rides:
        trigger(running.api, ride)
    last = _followed(running, rides, tell)
    after = cpu_of(running.processes)
    seconds = (datetime.fromisoformat(last).replace(tzinfo=UTC) - since).total_seconds()
    cpu = {name: max(0.0, spent - before.get(name, 0.0)) for name, spent in after.items()}
    return _measured(running, run_id, seconds, cpu)


def _followed(running: Running, rides: Sequence[Ride], tell: Callable[[str], None]) -> str:
    """When the last run ended, in UTC as the metadata has it."""
    run_id, sent_at = rides[0].run_id, time.monotonic()
    while True:
        require_alive(running.processes)
        looks = running.answered(_LOOKS, run_id)
        over = sum(int(count) for state, count, _ in looks if state in ("success", "failed"))
        tell(f"{run_id}: {over} of {len(rides)} runs are over")
        if over == len(rides):
            return max(end for _, _, end in looks)
        if sum(int(count) for _, count, _ in looks) < len(rides) and time.monotonic() - sent_at > _LOST_AFTER:
            there = {
                row[0] for row in running.answered("SELECT dag_id FROM dag_run WHERE run_id = ?", run_id)
            }
            for ride in rides:
                if ride.dataset_id not in there:
                    trigger(running.api, ride)
            sent_at = time.monotonic()
        time.sleep(_PAUSE)


def _measured(running: Running, run_id: str, seconds: float, cpu: dict[str, float]) -> Pass:
    tasks = running.answered(_TASKS, run_id)
    runs = {state: int(count) for state, count, _ in running.answered(_LOOKS, run_id)}
    lasted: dict[str, list[float]] = {}
    for task_id, _, duration in tasks:
        if duration is not None and float(duration) > 0:
            lasted.setdefault(task_id, []).append(float(duration))
    states = Counter(state for _, state, _ in tasks) + Counter(ran=sum(map(len, lasted.values())))
    means = {task_id: sum(each) / len(each) for task_id, each in lasted.items()}
    return Pass(seconds, runs, dict(states), means, cpu)


def cpu_of(processes: Sequence[Started]) -> dict[str, float]:
    """CPU seconds so far by component; the scheduler's forks apart, as `supervisors`, `tasks`, `publisher`.

    The publisher's process is no child of the scheduler any more once the task that started it has ended, but
    it is of its session.
    """
    spent: dict[str, float] = {}
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            leader = psutil.Process(process.pid)
            workers = leader.children()
            forks = sum(map(_with_children, workers)) + _gone(leader)
            if process.name != "scheduler":
                spent[process.name] = _own(leader) + forks
                continue
            own = sum(map(_own, workers))
            spent |= {"scheduler": _own(leader), "supervisors": own, "tasks": forks - own}
            spent["publisher"] = sum(map(_with_children, _orphans(leader)))
    return spent


def _orphans(leader: psutil.Process) -> list[psutil.Process]:
    """Those of the leader's session that lost their parent."""
    family = {leader.pid, *(one.pid for one in leader.children(recursive=True))}
    found = []
    for one in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getsid(one.pid) == leader.pid and family.isdisjoint((one.pid, one.ppid())):
                found.append(one)
    return found


def _own(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _gone(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.children_user + times.children_system)


def _with_children(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return _own(process) + _gone(process) + sum(map(_with_children, process.children()))
    return 0.0
