"""How many cells fit a field, counted by the very SQL that will read them in each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from contracts.field import Field
from contracts.filling import filled
from contracts.sql import identifier
from contracts.vocabulary import Vocabulary
from proposal.columns import TABLE, chunks
from transforms.cells import Cell, cell_for

_CHUNK = 40  # fields of one query
_UNFIT = 20  # values of a column that are looked at anew


@dataclass(frozen=True)
class Fit:
    """Cells that hold something, how many of them fit, and of numbers the least and the most."""

    filled: int
    fits: int
    least: float | None = None
    most: float | None = None

    @property
    def whole(self) -> bool:
        """Whether there are cells and all of them fit."""
        return 0 < self.filled == self.fits


def field_of(options: Mapping[str, Any], source: Sequence[str], vocabulary: Vocabulary) -> Field:
    """The options as a contract's field that reads these columns, with its term filled in."""
    return filled("", Field.model_validate({"from": tuple(source), **options}), vocabulary)[0]


def fits_of(connection: duckdb.DuckDBPyConnection, fields: Sequence[Field]) -> list[Fit]:
    """One answer for each field, over all rows."""
    found: list[Fit] = []
    for chunk in chunks(fields, _CHUNK):
        found += _fits(connection, chunk)
    return found


def _fits(connection: duckdb.DuckDBPyConnection, fields: Sequence[Field]) -> list[Fit]:
    cells = [cell_for(f"k{i}", field) for i, field in enumerate(fields)]
    texts = ", ".join(f"{cell.text} AS {identifier(f'text:k{i}')}" for i, cell in enumerate(cells))
    values = ", ".join(f"{cell.value} AS k{i}" for i, cell in enumerate(cells))
    measures = []
    for i, (cell, field) in enumerate(zip(cells, fields, strict=True)):
        measures.append(f"count({identifier(f'text:k{i}')}), count_if(NOT ({_misfit(cell)}))")
        number = f"k{i}::DOUBLE"
        measures.append(f"min({number}), max({number})" if is_number(field) else "NULL, NULL")
    query = f"SELECT {', '.join(measures)} FROM (SELECT *, {values} FROM (SELECT {texts} FROM {TABLE}))"
    row = connection.execute(query).fetchone() or ()
    return [_fit(row[4 * i : 4 * i + 4]) for i in range(len(fields))]


def _fit(found: Sequence[Any]) -> Fit:
    filled, fits, least, most = found
    return Fit(filled, fits, least, most)


def _misfit(cell: Cell) -> str:
    """The condition under which a cell does not fit, never NULL."""
    return " OR ".join(f"coalesce({condition}, FALSE)" for condition, _ in cell.reasons)


def is_number(field: Field) -> bool:
    """Whether its values are numbers."""
    return field.type in ("integer", "number") or field.decimal is not None


def quantiles_of(
    connection: duckdb.DuckDBPyConnection, column: str, field: Field
) -> tuple[float, float, float] | None:
    """5, 50 and 95 % of a column of numbers, about; None where there is none."""
    cell = cell_for("k", field)
    row = connection.execute(
        f"SELECT approx_quantile(({cell.value})::DOUBLE, [0.05, 0.5, 0.95]) "
        f'FROM (SELECT {cell.text} AS "text:k" FROM {TABLE})'
    ).fetchone()
    return (row[0][0], row[0][1], row[0][2]) if row and row[0] else None


def unfit_values(connection: duckdb.DuckDBPyConnection, column: str, field: Field) -> list[str]:
    """The most frequent values of a column that do not fit."""
    cell = cell_for("k", field)
    rows = connection.execute(
        f"SELECT {column} FROM (SELECT *, {cell.value} AS k FROM "
        f'(SELECT {column}, {cell.text} AS "text:k" FROM {TABLE})) '
        f'WHERE "text:k" IS NOT NULL AND ({_misfit(cell)}) '
        f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {_UNFIT}"
    ).fetchall()
    return [value for (value,) in rows]
