"""The columns that tell rows apart: one, two, or as few as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import duckdb

from proposal.choosing import Chosen
from proposal.columns import TABLE
from proposal.names import is_code, is_quantity, words_in

_PAIRED = 12  # columns of which pairs are tried
_HEAD = 50_000  # rows in which two alike refute a key quickly
_NOT_KEYS = ("geometry", "number", "boolean")
_TOLD = {
    "id",
    "identifiant",
    "ident",
    "uid",
    "uuid",
    "code",
    "cle",
    "ref",
    "reference",
    "numero",
    "num",
    "gid",
}


@dataclass(frozen=True)
class Key:
    """The key's columns (names in the table of cells), and the rows that share theirs with another."""

    columns: tuple[str, ...]
    twins: int = 0


def key_of(connection: duckdb.DuckDBPyConnection, found: Sequence[Chosen], rows: int) -> Key | None:
    """The smallest set of whole columns that no two rows share; if there is none, the best, with its twins.

    None where no column has a value that fits in every row.
    """
    whole = [
        one for one in found
        if one.fit.filled == one.fit.fits == rows and not one.kind.startswith(_NOT_KEYS)
    ]  # fmt: skip
    if not rows:
        return Key((found[0].column.name,)) if found else None
    ranked = sorted(whole, key=lambda one: -_merit(one))
    for one in ranked:
        if one.column.distinct * 1.2 >= rows and _is_key(connection, (one.column.name,), rows):
            return Key((one.column.name,))
    varied = sorted(ranked, key=lambda one: -one.column.distinct)[:_PAIRED]
    pairs = sorted(combinations(varied, 2), key=lambda pair: -sum(map(_merit, pair)))
    for one, other in pairs:
        if one.column.distinct * other.column.distinct * 1.4 >= rows:
            names = tuple(each.column.name for each in sorted((one, other), key=found.index))
            if _is_key(connection, names, rows):
                return Key(names)
    return _grown(connection, varied, found, rows) if varied else None


def _merit(one: Chosen) -> int:
    """How much its name and type speak for a key."""
    header, kind = one.column.header, one.kind
    merit = 4 if words_in(header) & _TOLD else 2 if is_code(header) else 0
    merit += {"date": 2, "instant": 2, "decimal": 0}.get(kind, 1)
    return (
        merit
        - (3 if is_quantity(header) or kind.startswith("decimal") else 0)
        - (2 if one.column.longest > 60 else 0)
    )


def _grown(
    connection: duckdb.DuckDBPyConnection, varied: Sequence[Chosen], found: Sequence[Chosen], rows: int
) -> Key:
    """Columns added one by one, each time the one that leaves the fewest twins; then none too many."""
    names: list[str] = []
    different = 0
    while len(names) < len(varied) and different < rows:
        rest = [one.column.name for one in varied if one.column.name not in names]
        counted = {name: _different(connection, (*names, name)) for name in rest}
        best = max(rest, key=lambda name: counted[name])
        if counted[best] <= different:
            break
        names.append(best)
        different = counted[best]
    for name in list(names):
        less = tuple(one for one in names if one != name)
        if less and _different(connection, less) == different:
            names.remove(name)
    order = {one.column.name: place for place, one in enumerate(found)}
    return Key(tuple(sorted(names, key=lambda name: order[name])), rows - different)


def _is_key(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...], rows: int) -> bool:
    if rows > _HEAD:
        listed = ", ".join(names)
        head = f"(SELECT {listed} FROM {TABLE} LIMIT {_HEAD})"
        if _different(connection, names, head) < _HEAD:
            return False
    return _different(connection, names) == rows


def _different(connection: duckdb.DuckDBPyConnection, names: Sequence[str], source: str = TABLE) -> int:
    listed = ", ".join(names)
    row = connection.execute(f"SELECT count(*) FROM (SELECT DISTINCT {listed} FROM {source})").fetchone()
    return int(row[0]) if row else 0
