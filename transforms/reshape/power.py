"""Series of power by quarter-hour, integrated into energy by hour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from transforms.reshape import ReshapeRefused, Row

_DAY, _TIME = "Date", "Heures"  # as RTE's éCO2mix calls them; before them the area and the status
_CLOCK = re.compile(r"(\d\d):(00|15|30|45)")
_QUARTERS = ["00", "15", "30", "45"]
_POWER = re.compile(r"[+-]?\d{1,9}")
_NONE = {None, "", "ND"}  # not measured; `ND` in forecasts and exchanges
MEASURED = "Quarts d'heure mesurés"


def energy_by_hour(rows: Iterator[Row]) -> Iterator[Row]:
    """One row an hour: what stands before the time, the hour's begin, how many quarter-hours have the first
    power, and for each power in MW its energy in MWh: the sum of the four quarter-hours divided by 4.

    An hour of which a quarter is missing, not measured or there twice (October) has no energy: three quarters
    are not an hour, and nothing is filled in.

    Raises:
        ReshapeRefused: there is no date and time, a time is no quarter-hour, or a cell is no power.
    """
    line, header = next(rows)
    if _TIME not in header or _DAY not in header[: header.index(_TIME)]:
        raise ReshapeRefused(f"has no {_DAY!r} and {_TIME!r} in its header")
    time = header.index(_TIME)
    yield line, [*header[: time + 1], MEASURED, *header[time + 1 :]]

    def hour_of(row: Row) -> tuple[list[str | None], str]:
        clock = _CLOCK.fullmatch((row[1][time] or "").strip())
        if clock is None:
            raise ReshapeRefused(f"has on line {row[0]} a time that is no quarter-hour")
        return row[1][:time], f"{clock[1]}:00"

    for (before, hour), group in groupby((row for row in rows if any(row[1])), hour_of):
        several = list(group)
        whole = [(cells[time] or "").strip()[3:] for _, cells in several] == _QUARTERS
        powers = [[_power(line, cell) for cell in cells[time + 1 : len(header)]] for line, cells in several]
        measured = sum(one[0] is not None for one in powers) if len(header) > time + 1 else 0
        energies = [_energy(column) if whole else None for column in zip(*powers, strict=True)]
        yield several[0][0], [*before, hour, str(measured), *energies]


def _power(line: int, cell: str | None) -> int | None:
    text = cell.strip() if cell else None
    if text in _NONE:
        return None
    if text is None or not _POWER.fullmatch(text):
        raise ReshapeRefused(f"has on line {line} a cell that is no whole number of MW")
    return int(text)


def _energy(quarters: tuple[int | None, ...]) -> str | None:
    known = [power for power in quarters if power is not None]
    return str(Decimal(sum(known)) / 4) if len(known) == len(_QUARTERS) else None
