"""Which licence a table takes that is joined of several."""

from __future__ import annotations

from collections.abc import Iterable

# From the freest to the strictest: each may be given on under those after it. CC0 asks for nothing; Licence
# Ouverte 2.0 says itself that it goes with CC BY and ODC-By; data under ODbL stays under ODbL (4.4).
STRICTNESS = ("cc0-1.0", "etalab-2.0", "cc-by-4.0", "odc-odbl")
# CC BY 4.0 (2.a.5.B) forbids what ODbL (4.7.b) allows; the OpenStreetMap Foundation asks for a waiver.
_APART = frozenset({"cc-by-4.0", "odc-odbl"})


def joined_licence(licences: Iterable[str]) -> str | None:
    """The freest licence that what is joined may have; None where two of them exclude each other."""
    met = set(licences)
    if met >= _APART:
        return None
    return max(met, key=STRICTNESS.index, default=STRICTNESS[0])


def is_as_strict(licence: str, needed: str) -> bool:
    """Whether a licence keeps what a needed one asks for."""
    return {licence, needed} != _APART and STRICTNESS.index(licence) >= STRICTNESS.index(needed)
