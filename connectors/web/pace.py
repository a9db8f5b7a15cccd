"""How fast a source may be asked: a steady rate for each host, after a second's worth at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit


class Pace:
    """The rate of one visit (GCRA, as in ITU-T I.371): a host that was left alone may be asked at once.

    It holds within one process. Visits in different processes do not know each other: a platform with a
    quota for all of them needs a pool in Airflow.
    """

    def __init__(
        self, per_second: float, clock: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> None:
        self._step = timedelta(seconds=1 / per_second)
        self._ahead = timedelta(seconds=max(1.0, 1 / per_second)) - self._step
        self._clock, self._sleep = clock, sleep
        self._due: dict[str, datetime] = {}

    def keep(self, url: str) -> None:
        """Waits until the URL's host may be asked again."""
        host, now = urlsplit(url).netloc, self._clock()
        due = max(self._due.get(host, now), now)
        self._due[host] = due + self._step
        wait = (due - self._ahead - now).total_seconds()
        if wait > 0:
            self._sleep(wait)
