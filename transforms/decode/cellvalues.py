"""What a person sees in a spreadsheet's cell, as text."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

_EXACT = 2**53  # beyond it a workbook's numbers are rounded, and their digits not those that were typed

Value = int | float | str | bool | time | date | datetime | timedelta


def shown(value: Value) -> str | None:
    """The text of a value; see `sheets.decode_sheet`."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else f"{value:.15g}"
    if isinstance(value, (int, timedelta)):
        return str(value) if isinstance(value, int) else _hours(value)
    return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()


def _hours(duration: timedelta) -> str:
    """`30:05:00`: a spreadsheet's durations go beyond a day."""
    seconds = int(duration.total_seconds())
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
