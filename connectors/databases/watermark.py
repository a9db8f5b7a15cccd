"""From which value on rows are asked for, as the watermark's column can be compared with it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Literal

# What a column can be compared with: an instant (with a zone), a clock time without one, a day, a number,
# or something else; `unknown` where the driver does not say.
Nature = Literal["instant", "clock", "day", "number", "text", "unknown"]

# A clock without a zone is at most 14 h ahead of UTC and 12 h behind (IANA: Pacific/Kiritimati, Etc/GMT+12),
# so no row of a zone that we do not know is passed over. Rows that come twice are one after the load.
_ANY_ZONE = timedelta(hours=14)


def bound(since: str, nature: Nature) -> object:
    """The value to bind: a number, a day, or a time in UTC (aware for an instant, else without a zone).

    Raises:
        ValueError: `since` cannot be compared with such a column.
    """
    if nature in ("number", "unknown") and (number := _number(since)) is not None:
        return number
    if nature in ("number", "text"):
        raise ValueError(f"{since} cannot be compared with a column of {nature}s")
    if nature == "day" and len(since) == len("2026-03-10"):
        return date.fromisoformat(since)
    moment = datetime.fromisoformat(since)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if nature == "instant":
        return moment
    early = (moment - _ANY_ZONE).replace(tzinfo=None)
    return early.date() if nature == "day" else early


def _number(since: str) -> int | Decimal | None:
    try:
        return int(since)
    except ValueError:
        pass
    try:
        return Decimal(since)
    except InvalidOperation:
        return None
