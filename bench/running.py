"""A command in a process of its own, and what it and those it starts cost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from time import sleep
from typing import IO

import psutil

from contracts.errors import ConcentratorError
from pipeline.cost import peak_memory

_ROOT = Path(__file__).parents[1]
_MIB = 1 << 20
_PAUSE = 0.05  # seconds between two looks at the memory


class BenchFailed(ConcentratorError):
    """A peer did not end well, or its answer is wrong: its figures would mean nothing."""


@dataclass(frozen=True)
class Cost:
    """The last line that a command printed, and its memory in MiB.

    `peak_rss` is the highest of any one process, `peak_sum` the highest of all of them at one moment, both
    looked at twenty times a second.
    """

    told: str
    peak_rss: float
    peak_sum: float


def cost_of(
    words: Sequence[str], place: str, environment: Mapping[str, str] | None = None, most: int | None = None
) -> Cost:
    """What `python -m …` cost, once it has ended; `environment` goes over this process's own.

    `most` MiB of data (RLIMIT_DATA) are what each of its processes may hold; more fails.

    Raises:
        BenchFailed: it ended with an error, whose last line is told.
    """
    os.sync()  # what the one before has left to write is not to be waited for by this one
    with TemporaryFile() as printed, TemporaryFile() as complained:
        limit = ("prlimit", f"--data={most * _MIB}") if most else ()
        command = [*limit, sys.executable, "-m", *words]
        with subprocess.Popen(
            command, cwd=_ROOT, env={**os.environ, **(environment or {})}, stdout=printed, stderr=complained
        ) as process:
            watch = _Watch(process.pid)
            try:
                while process.poll() is None:
                    watch.look()
                    sleep(_PAUSE)
            finally:
                process.kill()  # an interruption does not leave it running
        told = _last_line(complained if process.returncode else printed)
    if process.returncode:
        raise BenchFailed(
            place, f"ended with {process.returncode}: {told}", remedy="Mend it, then run again."
        )
    return Cost(told, watch.highest / _MIB, watch.together / _MIB)


def _last_line(file: IO[bytes]) -> str:
    file.seek(0)
    lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


class _Watch:
    """The memory of a process and its descendants, in bytes: the highest of one, and of all together."""

    def __init__(self, pid: int) -> None:
        self.highest = self.together = 0
        self._process = psutil.Process(pid)

    def look(self) -> None:
        """Where one of them ends at this moment, the next look counts."""
        with suppress(psutil.Error, OSError):
            family = (self._process, *self._process.children(recursive=True))
            self.together = max(self.together, sum(one.memory_info().rss for one in family))
            self.highest = max(self.highest, *(peak_memory(one.pid) for one in family))
