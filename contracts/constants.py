"""A value that a contract gives for every row: what its term of the vocabulary accepts."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from contracts.dataset import Constant
from contracts.field import DECIMAL
from contracts.vocabulary import Term


def constant_fault(value: Constant, term: Term) -> str:
    """Why the value is none of the term, as one clause; empty where it is. Null says that nobody knows."""
    if value is None:
        return ""
    met = _type_fault(value, term.type)
    if met:
        return met
    if term.pattern is not None and not re.fullmatch(term.pattern, str(value)):
        return f"{value!r} is not of the form {term.pattern}"
    if term.min is not None and Decimal(str(value)) < Decimal(str(term.min)):
        return f"{value} is below {term.min}"
    if term.max is not None and Decimal(str(value)) > Decimal(str(term.max)):
        return f"{value} is above {term.max}"
    return ""


def _type_fault(value: Constant, type_name: str) -> str:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    decimal = DECIMAL.fullmatch(type_name)
    if type_name == "geometry":
        return "a geometry is no constant: give longitude and latitude"
    if decimal is not None:
        places = -int(Decimal(str(value)).normalize().as_tuple().exponent) if number else 0
        sound = number and places <= int(decimal[2])
    elif type_name in ("integer", "number"):
        sound = number and (type_name == "number" or isinstance(value, int))
    elif type_name == "boolean":
        sound = isinstance(value, bool)
    else:
        sound = isinstance(value, str) and bool(value.strip()) and _is_written(value, type_name)
    if sound:
        return ""
    quoted = " (put it between quotes)" if number and type_name in ("string", "siren", "siret") else ""
    return f"{value!r} is no {type_name}{quoted}"


def _is_written(text: str, type_name: str) -> bool:
    """Whether a text is how a value of the type is written: ISO dates, instants with their offset."""
    try:
        if type_name == "date":
            return len(text) == 10 and bool(date.fromisoformat(text))
        if type_name == "instant":
            return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
    digits = {"siren": 9, "siret": 14}.get(type_name)
    return digits is None or (len(text) == digits and text.isdigit() and _has_key(text))


def _has_key(digits: str) -> bool:
    """Luhn's key; La Poste's establishments have a sum of digits that is a multiple of 5."""
    if digits.startswith("356000000") and len(digits) == 14:
        return sum(map(int, digits)) % 5 == 0
    return has_luhn_key(digits)


def has_luhn_key(digits: str) -> bool:
    """Whether the last digit is Luhn's key of those before it."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(sum(divmod(one, 10)) for one in doubled) % 10 == 0
