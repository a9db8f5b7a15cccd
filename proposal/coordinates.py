"""Which columns are x and y, and in which reference system, by what they are called and where they lie."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import shapely

from contracts.sql import literal
from contracts.vocabulary import Vocabulary
from proposal.choosing import Chosen
from proposal.evidence import field_of, quantiles_of
from proposal.names import X_WORDS, Y_WORDS, folded
from proposal.systems import systems_for


@dataclass(frozen=True)
class Pair:
    """Two columns that are a position, x first, and what there is to say of them."""

    x: Chosen
    y: Chosen
    crs: str
    notes: tuple[str, ...]


def pairs_in(
    connection: duckdb.DuckDBPyConnection, found: Sequence[Chosen], vocabulary: Vocabulary
) -> list[Pair]:
    """Every pair of number columns that names and range show to be positions, those in WGS 84 first."""
    xs = [(stem, one) for one in found if (stem := _stem(one, X_WORDS)) is not None]
    ys = [(stem, one) for one in found if (stem := _stem(one, Y_WORDS)) is not None]
    pairs = [
        pair for stem, x in xs for other, y in ys
        if stem == other and (pair := _pair(connection, x, y, vocabulary))
    ]  # fmt: skip
    return sorted(pairs, key=lambda pair: pair.crs != "EPSG:4326")


def _stem(one: Chosen, hints: frozenset[str]) -> str | None:
    """What its header says beside x or y, None where it says neither or it holds no numbers."""
    if one.fit.least is None:
        return None
    words = [re.sub(r"\d+$", "", word) for word in folded(one.column.header).split("_")]
    if not hints & set(words):
        return None
    return "_".join(word for word in words if word not in hints)


def _pair(connection: duckdb.DuckDBPyConnection, x: Chosen, y: Chosen, vocabulary: Vocabulary) -> Pair | None:
    quantiles = []
    for one in (x, y):
        name = one.column.name
        plain = {key: value for key, value in one.options.items() if key != "type"}
        field = field_of({**plain, "type": "number"}, [name], vocabulary)
        quantiles.append(quantiles_of(connection, name, field) or ())
    for one, other, swapped in ((x, y, False), (y, x, True)):
        points = list(zip(*(quantiles[::-1] if swapped else quantiles), strict=True))
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
