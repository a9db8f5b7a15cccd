"""Numbers as French files write them, and the digits that are no numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from proposal.columns import Column
from proposal.guess import Guess
from proposal.names import folded, is_code, is_coordinate, is_quantity, unit_of_ending, words_in

_BLANK = "[ \u00a0\u202f]"
_NUMBER = rf"[+-]?(?:\d[\d.,]*|\d{{1,3}}(?:{_BLANK}\d{{3}})+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?"
_WITH_ENDING = re.compile(rf"({_NUMBER}){_BLANK}?([^\d\s.,+-]\S{{0,8}})?")
_MONEY = {
    "montant",
    "prix",
    "tarif",
    "cout",
    "budget",
    "eur",
    "euro",
    "euros",
    "ttc",
    "ht",
    "loyer",
    "subvention",
    "abo",
    "abonnement",
    "redevance",
    "recette",
    "recettes",
    "depense",
    "depenses",
}
_YEARS = {"annee", "an", "annees", "year", "millesime", "exercice"}
_LONG = 18  # digits of the largest whole number
_FIXED = 5  # digits from which a fixed length is a code


def numbers(column: Column) -> Iterator[Guess]:
    """Every reading of the samples as numbers, the likelier one first; none where they are codes."""
    if column.zeros:
        return
    met = [_WITH_ENDING.fullmatch(value) for value in column.samples]
    sound = [found for found in met if found]
    if len(sound) * 2 <= len(met):
        return
    endings = Counter(found[2] for found in sound if found[2])
    own: dict[str, Any] = {}
    if endings:
        if len(endings) > 1:
            return  # km and m in one column are two quantities
        (ending,) = endings
        everywhere = endings[ending] == len(met) and not ending.isupper()
        if not everywhere and unit_of_ending(ending) is None:
            return  # 2A, 12B: a code
        own["drop_suffix"] = ending
    bare = [found[1] for found in sound]
    if all(value.endswith(".0") for value in bare):
        yield from _floats(column, own, bare)
        return
    if digits_kept(column):
        return
    yield from _marked(column, own, bare)


def digits_kept(column: Column) -> str | None:
    """Why a column of digits is text, in French; None where it may be a number."""
    if not column.samples or not all(value.isdigit() for value in column.samples):
        return None
    if column.zeros:
        return f"{column.zeros} valeurs commencent par un zéro : un code, gardé en texte"
    if column.longest > _LONG:
        return f"plus de {_LONG} chiffres : un identifiant, gardé en texte"
    header = column.header
    if is_quantity(header) or is_coordinate(header) or words_in(header) & _YEARS:
        return None
    if is_code(column.header):
        return "son nom dit que c'est un code, gardé en texte"
    if column.shortest == column.longest >= _FIXED and column.distinct > 1:
        length = column.longest
        return f"toutes les valeurs ont {length} chiffres : sans doute un code, gardé en texte (à confirmer)"
    return None


def _floats(column: Column, own: dict[str, Any], bare: Sequence[str]) -> Iterator[Guess]:
    """Whole numbers that an export wrote as floats: 73604.0."""
    if own:
        return
    if is_code(column.header):
        yield Guess({"drop_suffix": ".0"}, "sont des codes écrits comme des décimaux (« .0 » ôté)")
    else:
        yield Guess(
            {"type": "integer", "drop_suffix": ".0"},
            "sont des entiers écrits comme des décimaux (« .0 » ôté)",
        )
    yield Guess({"type": "number"}, "sont des nombres à point décimal", rival=True)


def _marked(column: Column, own: dict[str, Any], bare: Sequence[str]) -> Iterator[Guess]:
    blanks = any(re.search(rf"\d{_BLANK}\d{{3}}", value) for value in bare)
    own = {**own, "thousands": " "} if blanks else own
    told = "avec des espaces entre les milliers" if blanks else ""
    comma, point = any("," in value for value in bare), any("." in value for value in bare)
    if not comma and not point:
        yield Guess({"type": "integer", **own}, _says("sont des nombres entiers", told))
    if comma and point:
        yield from _both_marks(column, own, bare)
        return
    if comma:
        guess = _decimal(column, {**own, "decimal_mark": ","}, bare, ",")
        grouped = not blanks and all(re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+|\d{1,3}", value) for value in bare)
        yield Guess(guess.options, _says("sont des nombres à virgule décimale", told),
                    (_GROUPED.format(mark="virgule"),) if grouped else ())  # fmt: skip
        if guess.options["type"] != "number":
            yield Guess(
                {**own, "type": "number", "decimal_mark": ","}, "sont des nombres à virgule", rival=True
            )
    if point:
        guess = _decimal(column, own, bare, ".")
        grouped = not blanks and all(re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+|\d{1,3}", value) for value in bare)
        yield Guess(guess.options, _says("sont des nombres à point décimal", told),
                    (_GROUPED.format(mark="point"),) if grouped else ())  # fmt: skip
    if point and guess.options["type"] != "number":
        yield Guess({"type": "number", **own}, _says("sont des nombres", told), rival=True)


_GROUPED = (
    "Toujours trois chiffres après {mark} : décimales ou milliers, le fichier ne le dit pas (à confirmer)."
)


def _says(sentence: str, told: str) -> str:
    return f"{sentence}, {told}" if told else sentence


def _both_marks(column: Column, own: dict[str, Any], bare: Sequence[str]) -> Iterator[Guess]:
    """1.234,50 or 1,234.50; a file that mixes both decimal marks fits neither."""
    for decimal, thousands, says in ((",", ".", "à virgule, un point entre les milliers"),
                                     (".", ",", "à point, une virgule entre les milliers")):  # fmt: skip
        options = {**own, "decimal_mark": decimal, "thousands": thousands}
        options = {key: value for key, value in options.items() if (key, value) != ("decimal_mark", ".")}
        plain = [value.replace(thousands, "") for value in bare]
        guess = _decimal(column, options, plain, decimal)
        yield Guess(guess.options, f"sont des nombres {says}", needs_all=True)


def _decimal(column: Column, options: dict[str, Any], bare: Sequence[str], mark: str) -> Guess:
    """An exact decimal for money and for what always has two decimals, else a number."""
    scales = [len(value.partition(mark)[2]) for value in bare]
    money = bool(words_in(column.header) & _MONEY) or options.get("drop_suffix", "").startswith("€")
    always_two = max(scales, default=0) == 2 and min(scales, default=0) == 2
    if (
        max(scales, default=0) <= 2
        and (money or always_two)
        and not any("e" in value.lower() for value in bare)
    ):
        return Guess({**options, "type": "decimal(14,2)"}, "")
    return Guess({**options, "type": "number"}, "")


def bounds(header: str, type_name: str, least: float, most: float) -> dict[str, float | int]:
    """`min` and `max` a good way beyond what was met; a share stays a share, what counts stays above 0."""
    words = set(folded(header).split("_"))
    if least >= 0 and most <= 100 and ({"taux", "pourcentage", "pct", "part"} & words or "%" in header):
        return {"min": 0, "max": 1 if most <= 1 and type_name != "integer" else 100}
    if words & _YEARS and 1000 <= least <= most <= 2200:
        return {"min": 1900 if least >= 1900 else 1000, "max": 2100 if most <= 2100 else 2300}
    low = 0 if least >= 0 else -_rounded(-least * 2)
    return {"min": low, "max": _rounded(most * 2) if most > 0 else 0}


def _rounded(number: float) -> int:
    """Up to one significant digit."""
    size = 10 ** (len(str(int(number))) - 1)
    return int(-(-number // size) * size)
