"""What a stage took: rows, bytes, seconds, and the memory of its process."""

from __future__ import annotations

import logging
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from pydantic import Field as Setting

from contracts.model import Frozen

Work = Literal["extract", "standardize", "validate", "publish_restricted", "hand_over", "publish_public"]

_PEAK_UNIT = 1024 if sys.platform == "linux" else 1  # getrusage(2): KiB on Linux, bytes on macOS
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
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT >> 20
        seconds = round(monotonic() - self.start, 3)
        return Cost(work=self.work, seconds=seconds, peak_mib=peak, rows=self.rows, bytes=self.bytes)


@contextmanager
def metered(dataset_id: str, work: Work) -> Iterator[Meter]:
    """A meter for the block; where it ends well, its cost goes to the log."""
    meter = Meter(work, monotonic())
    yield meter
    _log.info("%s: %s took %s", dataset_id, work, meter.cost)
