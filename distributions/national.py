"""The public CSV in the form of a national schema: its headers, order, delimiter and spellings.

A column of the schema that the view lacks has empty cells; one that the schema lacks is in the other files
only. Line ends, encoding and quotes are those of `distributions.delimited`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from contracts.field import Field
from contracts.national import NationalColumn, NationalSchema
from contracts.sql import identifier, literal
from contracts.view import View
from distributions.columns import plain

_NUMBERS = {
    "integer": r"[+-]?\d+", "year": r"\d{4}", "number": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?",
}  # fmt: skip
_MOST = 20  # names in a note
_POINTS = {
    "default": r"\1,\2",
    "array": r"[\1,\2]",
    "object": r'{"lon":\1,"lat":\2}',
}  # of a geopoint: longitude, then latitude


def write_national_csv(
    connection: duckdb.DuckDBPyConnection, parquet: Path, view: View, schema: NationalSchema, path: Path
) -> None:
    """Writes the rows of the Parquet in their order; `wkt` is known (`shapes.make_wkt_known`)."""
    columns = ", ".join(f"{_written(one, view)} AS {identifier(one.name)}" for one in schema.columns)
    connection.execute(
        f"COPY (SELECT {columns} FROM read_parquet({literal(str(parquet))})) TO {literal(str(path))}"
        f" (FORMAT csv, HEADER, DELIMITER {literal(schema.delimiter)}, NEW_LINE '\\r\\n')"
    )


def _written(column: NationalColumn, view: View) -> str:
    """SQL for a cell as the schema has it written; NULL where the view has no such column."""
    field = view.fields.get(column.name)
    if field is None:
        return "NULL"
    cell = _spelled(column, field)
    return f"coalesce(CAST({cell} AS VARCHAR), {literal(field.empty_as)})" if field.empty_as else cell


def _spelled(column: NationalColumn, field: Field) -> str:
    cell, value = plain(column.name, field), identifier(column.name)
    dated = column.format not in ("default", "any")
    if field.type == "boolean" and (column.true_word, column.false_word) != ("true", "false"):
        words = literal(column.true_word), literal(column.false_word)
        return f"CASE {value} WHEN TRUE THEN {words[0]} WHEN FALSE THEN {words[1]} END"
    if field.type == "geometry" and column.type == "geopoint":
        pattern = literal(r"POINT \((\S+) (\S+)\)")
        form = literal(_POINTS.get(column.format, _POINTS["default"]))
        point = f"regexp_replace({cell}, {pattern}, {form})"
        return f"CASE WHEN regexp_full_match({cell}, {pattern}) THEN {point} END"
    if field.type == "date" and column.type == "date" and dated:
        return f"strftime({value}, {literal(column.format)})"
    if field.type == "instant" and column.type == "datetime" and dated:
        return f"strftime(make_timestamp(epoch_us({value})), {literal(column.format)})"
    if column.decimal_mark != "." and (field.type == "number" or field.decimal):
        return f"replace(CAST({value} AS VARCHAR), '.', {literal(column.decimal_mark)})"
    return cell


def notes_on(
    connection: duckdb.DuckDBPyConnection, parquet: Path, view: View, schema: NationalSchema
) -> list[str]:
    """In French, how the CSV departs from the schema, counted in the rows that its readers see."""
    names = [column.name for column in schema.columns]
    lacking = [name for name in names if name not in view.fields]
    beside = [name for name in view.fields if name not in names]
    notes = []
    if lacking:
        notes.append(f"Colonnes de {schema.id} sans valeur dans le CSV : {_named(lacking)}.")
    if beside:
        notes.append(f"Absentes du CSV, qui suit {schema.id} : {_named(beside)}.")
    if departures := list(_departures(connection, parquet, view, schema)):
        notes.append(f"Écarts du CSV à {schema.id} : {', '.join(departures)}.")
    return notes


def _named(columns: list[str]) -> str:
    rest = len(columns) - _MOST
    return ", ".join(columns[:_MOST]) + (f" et {rest} autres" if rest > 0 else "")


def _departures(
    connection: duckdb.DuckDBPyConnection, parquet: Path, view: View, schema: NationalSchema
) -> Iterator[str]:
    table = f"read_parquet({literal(str(parquet))})"
    for column in schema.columns:
        tests = dict(_tests(column, connection))
        if not tests or (column.name not in view.fields and not column.required):
            continue
        cell = f"(SELECT CAST({_written(column, view)} AS VARCHAR) AS cell FROM {table})"
        counts = ", ".join(f"count(*) FILTER ({test})" for test in tests.values())
        (found,) = connection.execute(f"SELECT {counts} FROM {cell}").fetchall()
        yield from (
            f"{column.name} {word} ({count})" for word, count in zip(tests, found, strict=True) if count
        )
    if schema.key and set(schema.key) <= view.fields.keys():
        key = ", ".join(map(identifier, schema.key))
        ((twins,),) = connection.execute(f"SELECT count(*) - count(DISTINCT ({key})) FROM {table}").fetchall()
        if twins:
            yield f"{', '.join(schema.key)} en double ({twins})"


def _tests(column: NationalColumn, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """What a cell must not be: a French word for it, and the SQL over its text `cell`."""
    if column.required:
        yield "vide", "cell IS NULL"
    if column.pattern is not None and _is_known(connection, column.pattern):
        yield "hors du motif", f"NOT regexp_full_match(cell, {literal(column.pattern)})"
    if column.enum is not None:
        yield "hors de la liste", f"cell NOT IN ({', '.join(map(literal, column.enum))})"
    if column.min_length is not None or column.max_length is not None:
        most = column.max_length if column.max_length is not None else 2**31
        yield "de longueur inattendue", f"length(cell) NOT BETWEEN {column.min_length or 0} AND {most}"
    if column.type in _NUMBERS:
        number = f"replace(cell, {literal(column.decimal_mark)}, '.')"
        yield "non numérique", f"NOT regexp_full_match({number}, {literal(_NUMBERS[column.type])})"
        bounds = [
            f"TRY_CAST({number} AS DOUBLE) {sign} {bound}"
            for sign, bound in (("<", column.minimum), (">", column.maximum)) if bound is not None
        ]  # fmt: skip
        if bounds:
            yield "hors des bornes", " OR ".join(bounds)


def _is_known(connection: duckdb.DuckDBPyConnection, pattern: str) -> bool:
    """Whether the engine (RE2) can run the pattern; what it cannot it does not count."""
    try:
        connection.execute("SELECT regexp_full_match('', ?)", [pattern]).fetchall()
    except duckdb.Error:
        return False
    return True
