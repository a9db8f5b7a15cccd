"""Dates and instants as French files write them, day before month or month before day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from proposal.guess import Guess
from proposal.names import words_in

_CLOCK = r"\d{1,2}:\d{2}"
_ISO = r"\d{4}-\d{2}-\d{2}"
_OFFSET = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
# (what values look like, the format's date part for day first, for month first, how the French write it)
_WRITTEN = (
    (r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y", "%m/%d/%Y", "jj/mm/aaaa"),
    (r"\d{1,2}-\d{1,2}-\d{4}", "%d-%m-%Y", "%m-%d-%Y", "jj-mm-aaaa"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y", None, "jj.mm.aaaa"),
    (r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d", None, "aaaa/mm/jj"),
    (r"\d{1,2}/\d{1,2}/\d{2}", "%d/%m/%y", "%m/%d/%y", "jj/mm/aa"),
    (r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", "%Y%m%d", None, "aaaammjj"),
)
_CLOCKS = (("", ""), (rf" {_CLOCK}", " %H:%M"), (rf" {_CLOCK}:\d{{2}}", " %H:%M:%S"))
_GLANCE = 20  # samples among which a form that most have shows at once
_EPOCH = {"timestamp", "epoch", "ts", "time", "unix", "heure", "date", "maj", "updated", "reported"}
_ZONED = "Heures sans décalage, prises pour celles de {zone} (à confirmer)."
_HESITATES = "Le jour ne dépasse jamais 12 : jj/mm ou mm/jj, le fichier ne le dit pas (à confirmer)."


def moments(header: str, samples: Sequence[str], zone: str) -> Iterator[Guess]:
    """Every reading of the samples as dates or instants, the likelier one first."""
    if _mostly(_ISO, samples):
        yield Guess({"type": "date"}, "sont des dates aaaa-mm-jj")
    if _mostly(rf"{_ISO}[T ]{_CLOCK}(?::\d{{2}}(?:\.\d+)?)?{_OFFSET}", samples):
        yield Guess({"type": "instant"}, "sont des instants ISO avec décalage")
    elif _mostly(rf"{_ISO}[T ]{_CLOCK}(?::\d{{2}}(?:\.\d+)?)?", samples):
        yield _instant({}, "sont des instants ISO sans décalage", header, zone)
    for pattern, day_first, month_first, french in _WRITTEN:
        for clock, code in _CLOCKS:
            if _mostly(pattern + clock, samples):
                yield from _both(day_first + code, month_first and month_first + code, french, header, zone)
    if words_in(header) & _EPOCH:
        for name, pattern in (("epoch_s", r"1\d{9}"), ("epoch_ms", r"1\d{12}")):
            if _mostly(pattern, samples):
                yield Guess(
                    {"type": "instant", "format": name, "zone": "UTC"}, "comptent depuis 1970 (à confirmer)"
                )


def _both(day_first: str, month_first: str | None, french: str, header: str, zone: str) -> Iterator[Guess]:
    for written, shown, rival in (
        (day_first, french, False),
        (month_first, french.replace("jj/mm", "mm/jj"), True),
    ):
        if written is None:
            continue
        if "%H" in written:
            guess = _instant({"format": written}, f"sont des instants {shown} hh:mm", header, zone)
            yield Guess(guess.options, guess.says, guess.notes, rival)
        else:
            yield Guess({"type": "date", "format": written}, f"sont des dates {shown}", rival=rival)


def _instant(options: dict[str, Any], says: str, header: str, zone: str) -> Guess:
    if {"utc", "gmt"} & words_in(header):
        return Guess({"type": "instant", **options, "zone": "UTC"}, says)
    return Guess({"type": "instant", **options, "zone": zone}, says, (_ZONED.format(zone=zone),))


def hesitating(guess: Guess) -> Guess:
    """The same, where the month first fits as well."""
    return guess.noting(_HESITATES)


def is_clock(samples: Sequence[str]) -> bool:
    """Whether the values are times of day, or times beyond it as GTFS counts them."""
    return _mostly(rf"{_CLOCK}(?::\d{{2}})?", samples)


def _mostly(pattern: str, samples: Sequence[str]) -> bool:
    form = re.compile(pattern)
    if not any(form.fullmatch(value) for value in samples[:: max(1, len(samples) // _GLANCE)]):
        return False
    return sum(bool(form.fullmatch(value)) for value in samples) * 2 > len(samples)
