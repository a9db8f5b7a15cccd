"""What texts can be beside texts: two words for true and false, a closed list, a geometry in one cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from proposal.columns import Column
from proposal.guess import Guess
from proposal.names import is_quantity
from proposal.systems import middle, systems_for

_PAIRS = (
    ("oui", "non"), ("true", "false"), ("vrai", "faux"), ("yes", "no"), ("o", "n"), ("y", "n"), ("t", "f"),
    ("1", "0"), ("1.0", "0.0"), ("actif", "inactif"), ("ouvert", "fermé"), ("x", "-"),
)  # fmt: skip
_WKT = r"(?is)(?:SRID=\d+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*(?:Z|M|ZM)?\s*\(.*"
_GEOJSON = r'(?s)\{\s*"(?:type|coordinates)"\s*:.*'
_PAIR = re.compile(r"\s*(-?\d{1,3}\.\d+)\s*,\s*(-?\d{1,3}\.\d+)\s*")
_FIRST_POINT = re.compile(r"[\[(]\s*(-?\d+(?:\.\d+)?)(?:\s*,\s*|\s+)(-?\d+(?:\.\d+)?)")
_LIST_MOST = 12  # words of a closed list
_LIST_ROWS = 30


def booleans(column: Column, *, named: bool = False) -> Iterator[Guess]:
    """Two words, or one of two, for true and false; of 0 and 1 one is enough where its name tells."""
    met = {value.lower() for value in column.samples} | {word.lower() for word in column.words}
    for true, false in _PAIRS:
        both = {true, false}
        if not met or not met <= both | {"-"} - ({"-"} if false == "-" else set()) or not met & both:
            continue
        digits = true[0] == "1"
        if digits and is_quantity(column.header):
            continue
        if (digits or len(true) == 1) and met & both != both and not (digits and named):
            continue
        notes = ("0 et 1 pris pour non et oui (à confirmer).",) if digits else ()
        words = {"true": [true], "false": [false]}
        yield Guess(
            {"type": "boolean", "words": words}, f"sont « {true} » ou « {false} »", notes, needs_all=True
        )


def geometries(column: Column) -> Iterator[Guess]:
    """A geometry that one cell holds; its reference system is found later."""
    samples = column.samples
    if column.share(_WKT) > 0.5:
        yield from _shapes("wkt", "WKT", samples)
    elif column.share(_GEOJSON) > 0.5:
        yield from _shapes("geojson", "GeoJSON", samples)
    elif (pairs := _pairs_in(samples)) and not _longitude_first(pairs):
        options = {"type": "geometry", "written_as": "lat_lon"}
        yield Guess(options, "sont des positions « latitude,longitude »")


def _shapes(written_as: str, shown: str, samples: Sequence[str]) -> Iterator[Guess]:
    points = [
        (float(found[1]), float(found[2])) for value in samples if (found := _FIRST_POINT.search(value))
    ]
    crs, *others = systems_for([middle(points)] if points else []) or ["EPSG:4326"]
    own = {} if crs == "EPSG:4326" else {"crs": crs}
    also = f" ; ce pourrait être {', '.join(others)}" if others else ""
    notes = (f"{crs} d'après l'étendue{also} (à confirmer).",) if own else ()
    yield Guess({"type": "geometry", "written_as": written_as, **own}, f"sont des géométries {shown}", notes)


def longitude_first(column: Column) -> bool:
    """Whether its cells are « longitude,latitude », which a contract cannot read from one cell."""
    pairs = _pairs_in(column.samples)
    return bool(pairs) and _longitude_first(pairs)


def _pairs_in(samples: Sequence[str]) -> list[re.Match[str]]:
    """The samples that are two decimals with a comma between them, if most are."""
    pairs = [found for value in samples if (found := _PAIR.fullmatch(value))]
    return pairs if len(pairs) * 2 > len(samples) else []


def _longitude_first(pairs: Sequence[re.Match[str]]) -> bool:
    """France: latitudes from 41 to 52, longitudes from -6 to 10; elsewhere latitude comes first."""
    return all(41 < float(pair[2]) < 52 and -6 < float(pair[1]) < 10.5 for pair in pairs)


def may_be_list(column: Column) -> bool:
    """Whether a text column repeats so few words that they may be a closed list."""
    return (
        0 < column.distinct <= _LIST_MOST
        and column.longest <= 60
        and column.filled >= max(_LIST_ROWS, 5 * column.distinct)
        and len(column.samples) <= _LIST_MOST
    )


def is_free_text(column: Column) -> bool:
    """Whether people seem to have written sentences in it."""
    if not column.samples or column.longest < 60:
        return False
    long = sum(
        len(value.split()) >= 12 for value in column.samples if not value.startswith(("{", "[", "POLYGON"))
    )
    return long * 20 >= len(column.samples)
