"""An audience's view of the staged table: fewer columns and rows, coarser values, or counts of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contracts.errors import PrivacyRefused, QualityRefused
from contracts.sql import identifier, literal, ordered
from contracts.view import View
from transforms.aggregates import create_cells
from transforms.conditions import condition_sql
from transforms.geometry import communes_known
from transforms.surrogates import known_surrogates

Surrogates = Mapping[str, Sequence[Path]]
ZONE = "Europe/Paris"  # in which an instant has a year and a month, where its field names no zone


def view_query(view: View, table: str, surrogates: Surrogates | None = None) -> str:
    """The SELECT that projects `table` (SQL: a name or a table function) to what the audience sees.

    Of an aggregated view it gives the rows that are counted, with the names that `create_cells` reads:
    `by_0` …, `who`, `of_0` …, and `who` is null where each row counts as one. `surrogates` are, by field, the
    Parquet parts that hold the surrogates of its values.
    """
    cells = view.aggregate
    if cells is None:
        columns = [f"{_shown(view, name)} AS {identifier(name)}" for name in view.fields]
    else:
        who = _staged(cells.contributor) if cells.contributor else "NULL"
        columns = [
            *(f"{_shown(view, name)} AS by_{index}" for index, name in enumerate(cells.by)),
            f"{who} AS who",
            *(f"{_staged(one.of)} AS of_{index}" for index, one in enumerate(cells.sums.values())),
        ]
    return f"SELECT {', '.join(columns)} FROM {table} AS staged{_joins(view, surrogates or {})}{_where(view)}"


def create_view(
    connection: duckdb.DuckDBPyConnection,
    view: View,
    staged: Path,
    name: str,
    *,
    surrogates: Surrogates | None = None,
    communes: Path | None = None,
) -> None:
    """Makes `name` a table, or a view, that holds what the audience sees of a staged Parquet, and no more.

    Where all rows are seen as they stand it is a view, in the order of the staged table: no second copy of
    many rows. Else it is a table in `view.order`: DuckDB 2.0.1 cuts the row groups of a filtered file as its
    threads happen to come, and the bytes would not be the same each time. `communes` is the GeoJSON of
    outlines that `public: commune` needs (`geometry.communes_known`); the connection comes from `engine`.

    Raises:
        ContractInvalid: a field is shown as its commune, and there are no outlines.
        PrivacyRefused: a value that is shown as a surrogate has none.
        QualityRefused: a sum does not fit its type.
        StorageRefused: the outlines cannot be read.
    """  # fmt: skip
    source = f"read_parquet({literal(str(staged))})"
    _refuse_values_without_surrogate(connection, view, source, surrogates or {})
    with _places_known(connection, view, communes):
        query = view_query(view, source, surrogates)
        if view.aggregate is None:
            made = f"TEMP VIEW {identifier(name)} AS {query}"
            if view.precisions or view.conditions:
                order = ordered(view.order)
                made = f"TEMP TABLE {identifier(name)} AS SELECT * FROM ({query}) ORDER BY {order}"
            connection.execute(f"CREATE OR REPLACE {made}")
            return
        types = [_sum_type(view, one) for one in view.aggregate.sums]
        try:
            create_cells(connection, view.aggregate, types, query, name)
        except (duckdb.ConversionException, duckdb.OutOfRangeException):
            # Not chained: DuckDB's own sentence quotes the number.
            met = "a sum of its public aggregate is too large for its type"
            remedy = "Sum a decimal instead of an integer."
            raise QualityRefused(view.dataset_id, met, remedy=remedy) from None


def _where(view: View) -> str:
    conditions = " AND ".join(map(condition_sql, view.conditions))
    return f" WHERE {conditions}" if conditions else ""


def _staged(name: str) -> str:
    return f"staged.{identifier(name)}"


def _shown(view: View, name: str) -> str:
    """SQL for the column as the audience sees it."""
    column = _staged(name)
    match view.precisions.get(name):
        case "year":
            return f"CAST(year({_clock(view, name)}) AS BIGINT)"
        case "month":
            return f"printf('%04d-%02d', year({_clock(view, name)}), month({_clock(view, name)}))"
        case "grid_1km":
            return f"grid_1km({column})"
        case "commune":
            return f"commune_of({column})"
        case "surrogate":
            return f"{_table_of(name)}.surrogate"
        case _:
            return column


def _clock(view: View, name: str) -> str:
    """The day of a date, the time on the wall of an instant: the view no longer says which of them it was."""
    column, zone = _staged(name), literal(view.fields[name].zone or ZONE)
    return (
        f"CASE WHEN typeof({column}) = 'DATE' THEN CAST({column} AS TIMESTAMP) "
        f"ELSE timezone({zone}, CAST({column} AS TIMESTAMPTZ)) END"
    )


def _table_of(name: str) -> str:
    return identifier(f"surrogates of {name}")


def _fields_shown_as(view: View, precision: str) -> list[str]:
    shown = view.aggregate.by if view.aggregate else view.fields
    return [name for name in shown if view.precisions.get(name) == precision]


def _joins(view: View, surrogates: Surrogates) -> str:
    return "".join(
        f" LEFT JOIN {known_surrogates(surrogates.get(name, ()))} AS {_table_of(name)}"
        f" ON {_table_of(name)}.value = CAST({_staged(name)} AS VARCHAR)"
        for name in _fields_shown_as(view, "surrogate")
    )


def _refuse_values_without_surrogate(
    connection: duckdb.DuckDBPyConnection, view: View, source: str, surrogates: Surrogates
) -> None:
    joined = f"FROM {source} AS staged{_joins(view, surrogates)}{_where(view) or ' WHERE TRUE'}"
    for name in _fields_shown_as(view, "surrogate"):
        lost = f"{_staged(name)} IS NOT NULL AND {_table_of(name)}.surrogate IS NULL"
        if connection.execute(f"SELECT 1 {joined} AND {lost} LIMIT 1").fetchone():
            met = f"values of {name!r} have no surrogate yet"
            remedy = "Standardize the batch again: that draws one for each new value."
            raise PrivacyRefused(view.dataset_id, met, promised="`public: surrogate`", remedy=remedy)


@contextmanager
def _places_known(connection: duckdb.DuckDBPyConnection, view: View, communes: Path | None) -> Iterator[None]:
    """`commune_of` is known to the connection for as long as the block lasts, where the view needs it."""
    if not _fields_shown_as(view, "commune"):
        yield
        return
    with communes_known(connection, communes):
        yield


def _sum_type(view: View, name: str) -> str:
    field = view.fields[name]
    return "DECIMAL({},{})".format(*field.decimal) if field.decimal else _NUMBERS[field.type]


_NUMBERS = {"integer": "BIGINT", "number": "DOUBLE"}
