"""An audience's view as SQL over the staged table."""

from __future__ import annotations

from pathlib import Path

import duckdb

from contracts.dataset import Condition
from contracts.sql import identifier, literal
from contracts.view import View


def view_query(view: View, table: str) -> str:
    """The SELECT that projects `table` (SQL: a name or a table function) to what the audience sees."""
    columns = ", ".join(identifier(name) for name in view.fields)
    conditions = " AND ".join(_holds(condition) for condition in view.conditions)
    return f"SELECT {columns} FROM {table}" + (f" WHERE {conditions}" if conditions else "")


def create_view(connection: duckdb.DuckDBPyConnection, view: View, staged: Path, name: str) -> None:
    """Makes `name` a table that holds what the audience sees of a staged Parquet, and no more."""
    query = view_query(view, f"read_parquet({literal(str(staged))})")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {query}")


def write_view(connection: duckdb.DuckDBPyConnection, view: View, staged: Path, path: Path) -> None:
    """The same as a Parquet file."""
    query = view_query(view, f"read_parquet({literal(str(staged))})")
    connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet)")


def _holds(condition: Condition) -> str:
    field = identifier(condition.field)
    if condition.present:
        return f"{field} IS NOT NULL"
    if condition.at_least is not None:
        return f"{field} >= {_value(condition.at_least)}"
    if condition.at_most is not None:
        return f"{field} <= {_value(condition.at_most)}"
    values = condition.among if condition.among is not None else (condition.equals,)
    return f"{field} IN ({', '.join(_value(value) for value in values)})"


def _value(value: str | bool | int | float | None) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return literal(value) if isinstance(value, str) else str(value)
