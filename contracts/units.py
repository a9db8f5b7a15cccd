"""Units of one quantity, by their UCUM codes, and the exact factors between them."""

from __future__ import annotations

from fractions import Fraction

# UCUM code → (quantity, how many of the quantity's first unit it is); all exact by definition (SI Brochure,
# 9th edition, 2019; ucum.org, 2.1). Not here: temperatures, which need more than a factor.
_UNITS = {
    "m": ("length", Fraction(1)), "cm": ("length", Fraction(1, 100)), "mm": ("length", Fraction(1, 1000)),
    "dm": ("length", Fraction(1, 10)), "km": ("length", Fraction(1000)),
    "m2": ("area", Fraction(1)), "har": ("area", Fraction(10_000)), "km2": ("area", Fraction(1_000_000)),
    "L": ("volume", Fraction(1, 1000)), "m3": ("volume", Fraction(1)),
    "g": ("mass", Fraction(1)), "kg": ("mass", Fraction(1000)), "t": ("mass", Fraction(1_000_000)),
    "s": ("time", Fraction(1)), "min": ("time", Fraction(60)), "h": ("time", Fraction(3600)),
    "d": ("time", Fraction(86_400)),
    "W": ("power", Fraction(1)), "kW": ("power", Fraction(1000)), "MW": ("power", Fraction(1_000_000)),
    "GW": ("power", Fraction(1_000_000_000)),
    "W.h": ("energy", Fraction(1)), "kW.h": ("energy", Fraction(1000)),
    "MW.h": ("energy", Fraction(1_000_000)), "GW.h": ("energy", Fraction(1_000_000_000)),
    "1": ("ratio", Fraction(1)), "%": ("ratio", Fraction(1, 100)), "[ppth]": ("ratio", Fraction(1, 1000)),
}  # fmt: skip
_SPOKEN = {"Wh": "W.h", "kWh": "kW.h", "MWh": "MW.h", "GWh": "GW.h", "ha": "har"}  # as people write them
_INTEGRATES = "Power integrates over time: an energy is its mean multiplied by the length of each reading."


def factor_between(written: str, wanted: str) -> Fraction | None:
    """How many of the wanted unit one of the written unit is; None where they are of different quantities."""
    one, other = _known(written), _known(wanted)
    return one[1] / other[1] if one and other and one[0] == other[0] else None


def unit_fault(written: str, wanted: str) -> tuple[str, str] | None:
    """What is wrong with reading one unit as another, and the remedy; none where a factor does it."""
    unknown = [unit for unit in (written, wanted) if _known(unit) is None]
    if unknown:
        known = ", ".join(_UNITS)
        return f"nothing is known of the unit {unknown[0]!r}", f"Known here: {known}."
    one, other = _UNITS[_code(written)][0], _UNITS[_code(wanted)][0]
    if one == other:
        return None
    met = f"{written} is {_article(one)} and {wanted} {_article(other)}: no factor makes one of the other"
    if {one, other} == {"power", "energy"}:
        return met, _INTEGRATES
    return met, "Correct one of the two units."


def _code(unit: str) -> str:
    return _SPOKEN.get(unit, unit)


def _known(unit: str) -> tuple[str, Fraction] | None:
    return _UNITS.get(_code(unit))


def _article(quantity: str) -> str:
    return f"{'an' if quantity[0] in 'aeiou' else 'a'} {quantity}"
