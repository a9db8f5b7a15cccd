"""The columns of a source, counted whole: how full, how varied, how long, and a spread of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import duckdb

from contracts.sql import identifier, literal
from transforms.decode.tables import Decoded

Thing = TypeVar("Thing")

TABLE = "cells"  # the trimmed cells, under plain names: c0, c1 …
_SPREAD_ROWS = 4_000
_SPREAD_CELLS = 400_000
_SHOWN = 300  # characters of a value: its form shows in them
_MOST_SAMPLES = 400
CHUNK = 250  # columns of one query

# What stands for nothing, in small letters. The first are nothing in any column, the others may be codes
# among texts: NC is New Caledonia, NR a rating.
NOTHING = (
    "n/a", "#n/a", "#n/d", "#ref!", "#valeur!", "#value!", "#div/0!", "null", "none", "nan", "<na>",
    "(null)", "-", "--", "---", "–", "—", "?", ".", "..", "…", "non renseigné", "non renseignée",
    "non renseigne", "non communiqué", "sans objet",
    "inconnu", "inconnue", "néant", "non disponible", "not available",
)  # fmt: skip
PERHAPS_NOTHING = ("na", "nd", "n.d.", "n.d", "nc", "n.c.", "nr", "n.r.", "nsp", "s.o.", "so", "x", "/")


@dataclass(frozen=True)
class Column:
    """One source column; `name` is its name in the table of cells."""

    header: str
    name: str
    filled: int
    distinct: int  # approximately, by HyperLogLog: some per cent
    shortest: int
    longest: int
    zeros: int  # cells of two digits or more that begin with 0
    words: dict[str, int] = field(default_factory=dict)  # what stands for nothing → cells
    samples: tuple[str, ...] = ()  # different values from all over the file, without those words

    def empties(self, *, perhaps: bool) -> dict[str, int]:
        """The words for nothing; with those that among texts may be codes, or without."""
        return {word: count for word, count in self.words.items() if perhaps or word.lower() in NOTHING}

    def share(self, pattern: str) -> float:
        """How many of its samples are of that form; 0 of none."""
        met = sum(bool(re.fullmatch(pattern, value)) for value in self.samples)
        return met / len(self.samples) if self.samples else 0


@dataclass(frozen=True)
class Table:
    """The whole source: its rows, the records that could not be split, its columns."""

    rows: int
    ragged: int
    columns: tuple[Column, ...]


def table_of(connection: duckdb.DuckDBPyConnection, decoded: Decoded) -> Table:
    """All rows of what was decoded, laid down as `cells` and counted.

    Raises:
        SourceChanged: the text cannot be split, or not all of its records were read.
    """
    trimmed = ", ".join(f"trimmed({identifier(name)}) AS c{i}" for i, name in enumerate(decoded.columns))
    rows, ragged = decoded.read(
        f"CREATE OR REPLACE TABLE {TABLE} AS SELECT {trimmed} FROM {identifier(decoded.table)}"
    )
    numbered = [(f"c{i}", header) for i, header in enumerate(decoded.columns)]
    columns: list[Column] = []
    for chunk in chunks(numbered, CHUNK):
        columns += _counted(connection, chunk, rows, len(numbered))
    return Table(rows, ragged, tuple(columns))


def chunks(things: Sequence[Thing], size: int) -> Iterator[Sequence[Thing]]:
    """The things, so many at a time."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _counted(
    connection: duckdb.DuckDBPyConnection, chunk: Sequence[tuple[str, str]], rows: int, width: int
) -> Iterator[Column]:
    """The columns of a chunk, their cells laid end to end: a query of few expressions is planned at once."""
    words = ", ".join(literal(word) for word in (*NOTHING, *PERHAPS_NOTHING))
    names = [name for name, _ in chunk]
    measures = (
        "count(*), approx_count_distinct(cell), min(length(cell)), max(length(cell)), "
        r"count_if(CASE WHEN starts_with(cell, '0') THEN regexp_full_match(cell, '0\d+') ELSE FALSE END), "
        # None of the words begins with a digit: most cells are passed over at their first character.
        "histogram(CASE WHEN strlen(cell) <= 24 AND NOT cell BETWEEN '0' AND ':' "
        f"THEN CASE WHEN lower(cell) IN ({words}) THEN cell END END)"
    )
    found = {row[0]: row[1:] for row in _by_field(connection, names, measures, TABLE)}
    spread = _spread(connection, names, rows, width)
    for i, (name, header) in enumerate(chunk):
        filled, distinct, shortest, longest, zeros, met = found.get(i, (0, 0, 0, 0, 0, None))
        met = dict(sorted((met or {}).items()))
        samples = [value for value in spread.get(i, []) if value not in met]
        step = max(1, -(-len(samples) // _MOST_SAMPLES))
        yield Column(header, name, filled, distinct, shortest, longest, zeros, met, tuple(samples[::step]))


def _spread(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], rows: int, width: int
) -> dict[int, list[str]]:
    """The different values of each column in rows from all over the table, in order."""
    wanted = max(50, min(_SPREAD_ROWS, _SPREAD_CELLS // max(1, width)))
    # By a hash of the row's number: every n-th row may be of one kind.
    some = f"(SELECT * FROM {TABLE} WHERE hash(rowid) % {max(1, rows // wanted)} = 0)"
    return dict(_by_field(connection, names, f"list_sort(list(DISTINCT left(cell, {_SHOWN})))", some))


def _by_field(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], measures: str, source: str
) -> list[tuple[Any, ...]]:
    """(number of the column among the names, its measures) of the cells that hold something."""
    cells = cells_of(names, source)
    query = f"SELECT field, {measures} FROM ({cells}) WHERE cell IS NOT NULL GROUP BY field"
    return connection.execute(query).fetchall()


def cells_of(names: Sequence[str], source: str = TABLE) -> str:
    """The SQL of (field, cell): the cells of these columns end to end, each with its column's number."""
    return f"SELECT unnest(range({len(names)})) AS field, unnest([{', '.join(names)}]) AS cell FROM {source}"
