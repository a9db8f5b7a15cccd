"""Starts the sample city's processes, remembers them, and ends every one with all its children."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

GRACE_SECONDS = 12  # Airflow's components end within 3 to 12 s of a TERM (measured, 3.3.2)


@dataclass(frozen=True)
class Started:
    """One process of ours; the start time tells it from a later one that got the same number."""

    name: str
    pid: int
    since: float

    @property
    def process(self) -> psutil.Process | None:
        """The process while it lives, else None."""
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.pid)
            return found if found.create_time() == self.since and _lives(found) else None
        return None


def started(
    name: str, arguments: Sequence[str], environment: Mapping[str, str], *, root: Path, logs: Path
) -> Started:
    """`python -m <arguments>` in its own session, so that Ctrl-C in the terminal does not reach it."""
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], env=dict(environment), cwd=root, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    return Started(name, process.pid, psutil.Process(process.pid).create_time())


def ended(processes: Iterable[Started], grace: float = GRACE_SECONDS) -> int:
    """How many outlived a TERM and had to be killed; when it comes back, no child of theirs is left."""
    leaders = [found for started in processes if (found := started.process)]
    numbers = {leader.pid for leader in leaders}
    everyone = _household(numbers)
    _signalled(leaders, signal.SIGTERM)
    _still_living(leaders, grace)
    stubborn = _still_living(everyone | _household(numbers), 1)
    _signalled(stubborn, signal.SIGKILL)
    _still_living(stubborn, grace)
    return len(stubborn)


def _household(leaders: set[int]) -> set[psutil.Process]:
    """The leaders, their descendants, and whoever shares their sessions after losing a parent."""
    members: set[psutil.Process] = set()
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getsid(process.pid) in leaders:
                members.update((process, *process.children(recursive=True)))
    return members


def _signalled(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _still_living(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that live after at most that long; a zombie does not, whoever fails to bury it."""
    deadline = time.monotonic() + seconds
    living = list(processes)
    while living := [process for process in living if _lives(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return living


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def remembered(file: Path) -> list[Started]:
    """The processes that `file` names, living or not."""
    return [Started(**entry) for entry in json.loads(file.read_text())] if file.exists() else []


def remember(processes: Iterable[Started], file: Path) -> None:
    """Writes the processes down, so that another command can end them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(process) for process in processes], indent=1))
