"""From a source's headers to published names: French words without accents, each once, and their unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_LONGEST = 63
_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "²": "2", "³": "3", "€": "euros"}
)
# As headers write a unit → UCUM (ucum.org). Only what means one thing in a header.
_UNITS = {
    "kwh": "kW.h", "mwh": "MW.h", "gwh": "GW.h", "wh": "W.h", "kw": "kW", "mw": "MW", "kva": "kV.A",
    "m2": "m2", "m3": "m3", "ha": "har", "km": "km", "cm": "cm", "mm": "mm", "km2": "km2", "km/h": "km/h",
    "kg": "kg", "tonnes": "t", "tonne": "t", "litres": "L", "l": "L", "m": "m", "t": "t", "g": "g", "h": "h",
    "min": "min", "s": "s", "ms": "ms", "€": "EUR", "eur": "EUR", "euros": "EUR", "euro": "EUR", "%": "%",
    "°c": "Cel", "ppm": "[ppm]", "µg/m3": "ug/m3", "mg/m3": "mg/m3", "hpa": "hPa", "db": "dB", "m/s": "m/s",
    "degrés": "deg", "deg": "deg", "€ ttc": "EUR", "€ ht": "EUR", "euros ttc": "EUR", "euros ht": "EUR",
}  # fmt: skip
_ENDINGS = {
    "kwh",
    "mwh",
    "gwh",
    "kw",
    "mw",
    "m2",
    "m3",
    "km",
    "cm",
    "mm",
    "kg",
    "ha",
    "eur",
    "euros",
    "tonnes",
}
_BRACKETED = re.compile(r"\s*[(\[]\s*(?:en |in )?([^()\[\]]+?)\s*[)\]]\s*$")
_QUANTITIES = {
    "nb", "nbr", "nbre", "nombre", "total", "montant", "effectif", "effectifs", "population", "pop",
    "quantite", "qte", "mesure", "somme", "prix", "tarif", "cout", "valeur", "taux", "part", "pourcentage",
    "surface", "superficie",
    "longueur", "largeur", "hauteur", "capacite", "places", "volume", "poids", "duree", "inscrits", "votants",
    "voix", "exprimes", "conso", "consommation", "puissance", "distance", "altitude", "moyenne", "count",
}  # fmt: skip
_CODES = {
    "code", "cod", "id", "ident", "identifiant", "num", "numero", "no", "ref", "reference", "matricule",
    "insee", "cp", "postal", "siret", "siren", "uai",
    "rna", "iris", "cle", "key", "uid", "gid", "cpv", "naf", "ape",
}  # fmt: skip

# How headers call the two halves of a position.
X_WORDS = frozenset(
    ["longitude", "lon", "lng", "long", "xlong", "x", "coordx", "xcoord", "easting", "est", "lonx"]
)
Y_WORDS = frozenset(["latitude", "lat", "ylat", "y", "coordy", "ycoord", "northing", "nord", "laty"])


@lru_cache(maxsize=8192)
def folded(header: str) -> str:
    """The header in small letters without accents, with one underscore between its words; may be empty."""
    plain = unicodedata.normalize("NFKD", header.translate(_LIGATURES)).encode("ascii", "ignore").decode()
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", plain)
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")


def words_in(header: str) -> frozenset[str]:
    """Its words, folded, without digits."""
    return frozenset(word for word in re.split(r"[_0-9]+", folded(header)) if word)


def is_quantity(header: str) -> bool:
    """Whether its words say that it counts or measures."""
    return bool(words_in(header) & _QUANTITIES) or unit_of(header) is not None


def is_code(header: str) -> bool:
    """Whether its words say that it identifies."""
    return bool(words_in(header) & _CODES)


def is_coordinate(header: str) -> bool:
    """Whether its words say that it is one half of a position."""
    return bool(words_in(header) & (X_WORDS | Y_WORDS))


def unit_of(header: str) -> str | None:
    """The UCUM code of the unit in brackets at its end, or of its last word where that is clear."""
    bracketed = _BRACKETED.search(header)
    if bracketed:
        written = bracketed[1].lower().replace("²", "2").replace("³", "3").replace("μ", "µ")
        return _UNITS.get(written)
    last = folded(header).rpartition("_")
    return _UNITS[last[2]] if last[0] and last[2] in _ENDINGS else None


def unit_of_ending(ending: str) -> str | None:
    """The UCUM code of what stands behind the numbers of a column, as a header would have it in brackets."""
    return unit_of(f"x ({ending})")


def without_unit(header: str) -> str:
    """The header without the brackets at its end that hold its unit."""
    return _BRACKETED.sub("", header) if unit_of(header) and _BRACKETED.search(header) else header


def published_names(headers: Iterable[str], *, exact: bool, taken: Iterable[str] = ()) -> list[str]:
    """A column name for each header, none twice and none in `taken`, whatever the capitals.

    `exact`: a header that is a column name already stays as it is, as national schemas ask.
    """
    seen = {name.lower() for name in taken}
    names = []
    for number, header in enumerate(headers, 1):
        stem = folded(without_unit(header)) or f"colonne_{number}"
        if exact and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", header):
            stem = header
        if not stem[0].isalpha():
            stem = f"c_{stem}"
        name, twin = stem[:_LONGEST], 1
        while name.lower() in seen:
            twin += 1
            ending = f"_{twin}"
            name = stem[: _LONGEST - len(ending)] + ending
        seen.add(name.lower())
        names.append(name)
    return names
