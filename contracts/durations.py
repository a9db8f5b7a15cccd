"""Durations as contracts write them."""

from __future__ import annotations

import re

_DURATION = re.compile(r"(\d+)\s*(min|h|d)")
_SECONDS = {"min": 60, "h": 3600, "d": 86400}


def seconds_in(duration: str) -> int:
    """Seconds in `90 min`, `6 h` or `3 d`.

    Raises:
        ValueError: it is written otherwise.
    """
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not a duration; write 90 min, 6 h or 3 d")
    return int(match[1]) * _SECONDS[match[2]]
