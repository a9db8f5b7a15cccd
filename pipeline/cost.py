"""What a stage took: rows, bytes, seconds, and the memory of its process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Literal

from pydantic import Field as Setting

from contracts.model import Frozen

Work = Literal["extract", "standardize", "validate", "publish_restricted", "hand_over", "publish_public"]

_KIB = 1 << 10
_log = logging.getLogger(__name__)


class Cost(Frozen):
    """One stage of one run. In Airflow each stage has a process of its own; on the command line they share
    one, whose memory never seems to shrink.
    """

    work: Work
    seconds: float
    peak_mib: int = Setting(description="Of the stage's process so far, resident.")
    rows: int | None = None
    bytes: int | None = Setting(None, description="What the stage fetched or wrote.")

    def __str__(self) -> str:
        sizes = [f"{self.rows:,} rows"] if self.rows is not None else []
        sizes += [f"{self.bytes / 2**20:,.1f} MiB"] if self.bytes is not None else []
        return ", ".join([*sizes, f"{self.seconds:.1f} s", f"peak {self.peak_mib:,} MiB"])


@dataclass
class Meter:
    """Runs while a stage works, which tells it how much there was."""

    work: Work
    start: float
    rows: int | None = None
    bytes: int | None = None

    @property
    def cost(self) -> Cost:
        """What the stage took until now."""
        peak = peak_memory() >> 20
        seconds = round(monotonic() - self.start, 3)
        return Cost(work=self.work, seconds=seconds, peak_mib=peak, rows=self.rows, bytes=self.bytes)


def peak_memory(process: int | Literal["self"] = "self") -> int:
    """The highest resident memory of a process so far, in bytes, as Linux keeps it; 0 where nothing does.

    `ru_maxrss` would not do: through `exec` a child inherits the peak of the process that started it.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    return next((int(line.split()[1]) * _KIB for line in status.splitlines() if line.startswith("VmHWM")), 0)


@contextmanager
def metered(dataset_id: str, work: Work) -> Iterator[Meter]:
    """A meter for the block; where it ends well, its cost goes to the log."""
    meter = Meter(work, monotonic())
    yield meter
    _log.info("%s: %s took %s", dataset_id, work, meter.cost)
