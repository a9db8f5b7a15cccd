"""Which names are time zones."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@cache
def is_time_zone(name: str) -> bool:
    """Whether it names a zone of the IANA database, as `Europe/Paris`.

    One file is looked at: `zoneinfo.available_timezones` reads them all, for 30 ms at each call.
    """
    if not name[:1].isupper():  # posix/…, right/… and localtime are no zones of their own
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder, as "Europe"
        return False
    return True
