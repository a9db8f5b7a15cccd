"""Which columns are x and y, and in which reference system, by what they are called and where they lie."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import shapely

from contracts.sql import literal
from proposal.choosing import Chosen
from proposal.names import folded
from proposal.systems import systems_for

_X = {
    "longitude",
    "lon",
    "lng",
    "long",
    "xlong",
    "x",
    "coordx",
    "xcoord",
    "easting",
    "est",
    "coordonneex",
    "lonx",
}
_Y = {"latitude", "lat", "ylat", "y", "coordy", "ycoord", "northing", "nord", "coordonneey", "laty"}


@dataclass(frozen=True)
class Pair:
    """Two columns that are a position, x first, and what there is to say of them."""

    x: Chosen
    y: Chosen
    crs: str
    notes: tuple[str, ...]


def pairs_in(connection: duckdb.DuckDBPyConnection, found: Sequence[Chosen]) -> list[Pair]:
    """Every pair of number columns that names and range show to be positions, those in WGS 84 first."""
    pairs = [
        pair for x in found for y in found
        if _stem(x, _X) is not None and _stem(x, _X) == _stem(y, _Y) and (pair := _pair(connection, x, y))
    ]  # fmt: skip
    return sorted(pairs, key=lambda pair: pair.crs != "EPSG:4326")


def _stem(one: Chosen, hints: set[str]) -> str | None:
    """What its header says beside x or y, None where it says neither or it holds no numbers."""
    if one.fit.quantiles is None:
        return None
    words = [re.sub(r"\d+$", "", word) for word in folded(one.column.header).split("_")]
    if not hints & set(words):
        return None
    return "_".join(word for word in words if word not in hints)


def _pair(connection: duckdb.DuckDBPyConnection, x: Chosen, y: Chosen) -> Pair | None:
    if x.fit.quantiles is None or y.fit.quantiles is None:
        return None
    for one, other, swapped in ((x, y, False), (y, x, True)):
        points = list(zip(one.fit.quantiles or (), other.fit.quantiles or (), strict=True))
        systems = systems_for(points)
        if systems:
            notes = list(_notes(connection, systems, points[1]))
            if swapped:
                notes.insert(0, "Les axes sont échangés : la colonne dite x porte y (à confirmer).")
            return Pair(one, other, systems[0], tuple(notes))
    return None


def _notes(
    connection: duckdb.DuckDBPyConnection, systems: Sequence[str], middle: tuple[float, float]
) -> Iterator[str]:
    crs = systems[0]
    row = connection.execute(f"SELECT point_wkb({middle[0]}, {middle[1]}, {literal(crs)})").fetchone()
    if row and row[0] and crs != "EPSG:4326":
        point = shapely.from_wkb(bytes(row[0]))
        where = f"{shapely.get_x(point):.2f}, {shapely.get_y(point):.2f}"
        yield f"{crs} d'après l'étendue ; la médiane tombe vers {where} (longitude, latitude ; à confirmer)."
    if len(systems) > 1:
        yield f"L'étendue irait aussi à {', '.join(systems[1:])} (à confirmer)."
