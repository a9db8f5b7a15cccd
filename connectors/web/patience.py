"""How long to wait before asking a source again, and when to stop asking."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from contracts.errors import ConcentratorError

ATTEMPTS = 4  # with the pauses below about 10 s in all; the scheduler's own retries come after
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 120.0  # a source that asks for more is left to the scheduler, which holds no worker


class Later(Exception):
    """One attempt failed in a way that may pass: what to say if it does not, and the wait asked for."""

    def __init__(self, error: ConcentratorError, asked: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.asked = error, asked


def pause_after(attempt: int, asked: float | None, chance: float) -> float:
    """Seconds before the next attempt: what the source asked, else doubling from 1 s; spread by half."""
    if asked is not None:
        return asked + chance
    return float(FIRST_PAUSE * 2**attempt * (0.5 + chance))


def seconds_asked(retry_after: str | None, now: datetime) -> float | None:
    """Seconds in a Retry-After header (RFC 9110 §10.2.3: seconds or a date); none where it is unreadable."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def reset_time_in(body: bytes) -> datetime | None:
    """When to come back, by a `reset_time` in the JSON body of a refusal; none where there is none.

    Opendatasoft gives it with its 429 and no Retry-After (Explore API v2.1, "Quotas").
    """
    try:
        until = datetime.fromisoformat(str(json.loads(body)["reset_time"]))
    except (ValueError, TypeError, KeyError):
        return None
    return until if until.tzinfo else until.replace(tzinfo=UTC)
