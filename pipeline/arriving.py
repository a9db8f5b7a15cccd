"""What a long download tells the log while it runs: bytes so far, of how many, and how fast."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

_EVERY = 30.0  # seconds: a line that is read, not a flood
_MIB = 1 << 20
_log = logging.getLogger(__name__)


def told_in_log(dataset_id: str, now: Callable[[], float] = monotonic) -> Callable[[int, int | None], None]:
    """A `Visit.progress` that writes a line at most every 30 s; a short download writes none."""
    begun = last = now()

    def progress(received: int, announced: int | None) -> None:
        nonlocal last
        moment = now()
        if moment - last < _EVERY:
            return
        last = moment
        of = f" of {announced / _MIB:,.0f}" if announced else ""
        rate = received / _MIB / (moment - begun)
        _log.info("%s: %.0f%s MiB received, %.1f MiB/s", dataset_id, received / _MIB, of, rate)

    return progress
