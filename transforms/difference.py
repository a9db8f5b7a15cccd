"""What changed between two releases of one audience, row by row, from their Parquet files alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from contracts.batch import Column
from contracts.errors import StorageRefused
from contracts.evolution import Counted, schema_difference
from contracts.sql import identifier, literal

PARQUET, CSV = "changes.parquet", "changes.csv"
# In the query alone: a field's name has no colon, so none can be one of these.
OLD, NEW, THERE, CELL = '":old"', '":new"', '":there"', '":cell"'
_CELL = "STRUCT(field VARCHAR, before VARCHAR, after VARCHAR)"
_DISK = (OSError, duckdb.IOException, duckdb.OutOfMemoryException)


def write_difference(
    connection: duckdb.DuckDBPyConnection,
    before: Path,
    after: Path,
    *,
    key: tuple[str, ...],
    columns_before: tuple[Column, ...],
    columns_after: tuple[Column, ...],
    folder: Path,
    key_before: tuple[str, ...] = (),
    secret: str | None = None,
) -> Counted:
    """The counts of what stands in `changes.parquet` and `changes.csv`, which it writes into `folder`.

    A line per added row, per removed row and per changed cell, by key (nulls last), then field: the key's
    columns, `change` (added, removed, changed), `field`, `before`, `after`; the last three are null unless
    a cell changed, and the names that the key has too end in `_`. Before and after are text as in the
    release's CSV. Compared are the columns that both have with the same type and unit: numbers by value,
    geometries by bytes, unless both read the same. Of an added or a removed row stands the key alone, and
    where the boolean column `secret` is true now, nothing stands of what the cell was.

    `before` and `after` are as `distributions.parquet` writes them, and `connection` knows `wkt` (see
    `distributions.shapes.make_wkt_known`). Where `key_before` (empty: not known) has other columns, or `key`
    does not tell the rows of both apart, no file is written and the rows are counted as `rekeyed`. Equal
    files in, equal bytes out, on any number of threads.

    Raises:
        StorageRefused: the disk does not take the files, or does not give the releases.
    """
    retyped = schema_difference(columns_before, columns_after).retyped
    old = {column.name for column in columns_before} - set(retyped)
    shared = {column.name: column.type for column in columns_after if column.name in old}
    try:
        rows_before, rows_after = _rows(connection, before), _rows(connection, after)
        other_key = set(key_before or key) != set(key) or not set(key) <= shared.keys()
        if other_key or any(_repeats(connection, file, key) for file in (before, after)):
            return Counted(rows_before=rows_before, rows_after=rows_after, rekeyed=True)
        lines = _lines(before, after, key, shared, secret)
        _write(connection, lines, {name: shared[name] for name in key}, folder)
        counts = _counts(connection, folder / PARQUET, key)
    except _DISK as error:
        met = f"what changed cannot be written to {folder.name!r} ({type(error).__name__})"
        raise StorageRefused(after.name, met, remedy="Look at the disk's free space.") from error
    return Counted(rows_before=rows_before, rows_after=rows_after, **counts)


def _rows(connection: duckdb.DuckDBPyConnection, parquet: Path) -> int:
    (rows,) = connection.execute(f"SELECT count(*) FROM {_file(parquet)}").fetchone() or (0,)
    return int(rows)


def _repeats(connection: duckdb.DuckDBPyConnection, parquet: Path, key: tuple[str, ...]) -> bool:
    """Whether two rows have the same key, as may be where an earlier release had another one."""
    names = _listed(map(identifier, key))
    twice = f"SELECT 1 FROM {_file(parquet)} GROUP BY {names} HAVING count(*) > 1 LIMIT 1"
    return connection.execute(twice).fetchone() is not None


def _lines(
    before: Path, after: Path, key: tuple[str, ...], shared: dict[str, str], secret: str | None
) -> str:
    """The SELECT of all lines, unsorted.

    The text of a cell is made only where it differs, and of a removed row nothing but the key is ever taken.
    """
    new = shared if secret is None else {**shared, secret: "boolean"}
    joined = " AND ".join(f"{_of(OLD, name)} IS NOT DISTINCT FROM {_of(NEW, name)}" for name in key)
    differing = [f"{OLD}.{THERE} IS NULL", f"{NEW}.{THERE} IS NULL", *map(_differs, shared)]
    keys = _listed(f"coalesce({_of(NEW, name)}, {_of(OLD, name)}) AS {identifier(name)}" for name in key)
    cells = _listed(_cell(name, kind, secret) for name, kind in shared.items())
    told = f"list_filter([{cells}]::{_CELL}[], lambda {CELL}: {CELL}.before IS DISTINCT FROM {CELL}.after)"
    change, field, was, now = _names_beside(key)
    return (
        f"SELECT * EXCLUDE ({CELL}), {CELL}.field AS {field}, {CELL}.before AS {was},"
        f" {CELL}.after AS {now} FROM ("
        f"SELECT {keys}, CASE WHEN {OLD}.{THERE} IS NULL THEN 'added' WHEN {NEW}.{THERE} IS NULL"
        f" THEN 'removed' ELSE 'changed' END AS {change},"
        f" unnest(CASE WHEN {OLD}.{THERE} AND {NEW}.{THERE} THEN {told} ELSE [NULL]::{_CELL}[] END) AS {CELL}"
        f" FROM {_side(before, shared)} AS {OLD} FULL JOIN {_side(after, new)} AS {NEW} ON {joined}"
        f" WHERE {' OR '.join(differing)})"
    )


def _side(parquet: Path, columns: dict[str, str]) -> str:
    """A release's columns, a geometry as WKB, and a mark that is null where the other side stands alone."""
    cells = [
        f"{f'ST_AsWKB({identifier(name)})' if kind == 'geometry' else identifier(name)} AS {identifier(name)}"
        for name, kind in columns.items()
    ]
    return f"(SELECT {_listed(cells)}, TRUE AS {THERE} FROM {_file(parquet)})"


def _differs(name: str) -> str:
    return f"{_of(OLD, name)} IS DISTINCT FROM {_of(NEW, name)}"


def _cell(name: str, kind: str, secret: str | None) -> str:
    """A changed cell as a struct; null where it is the same."""
    was, now = _text(_of(OLD, name), kind), _text(_of(NEW, name), kind)
    if secret is not None and name != secret:
        was = f"CASE WHEN {_of(NEW, secret)} IS DISTINCT FROM TRUE THEN {was} END"
    return (
        f"CASE WHEN {_differs(name)} THEN {{'field': {literal(name)}, 'before': {was}, 'after': {now}}} END"
    )


def _text(cell: str, kind: str) -> str:
    """SQL for a typed cell as the release's CSV shows it (`distributions.columns.plain`)."""
    if kind == "instant":
        return f"replace(CAST({cell} AT TIME ZONE 'UTC' AS VARCHAR), ' ', 'T') || 'Z'"
    return f"wkt({cell})" if kind == "geometry" else f"CAST({cell} AS VARCHAR)"


def _write(connection: duckdb.DuckDBPyConnection, lines: str, key: dict[str, str], folder: Path) -> None:
    change, field, was, now = _names_beside(key)
    order = _listed(f"{identifier(name)} NULLS LAST" for name in key)
    connection.execute(
        f"COPY (FROM ({lines}) ORDER BY {order}, {field}) TO {literal(str(folder / PARQUET))}"
        " (FORMAT parquet, COMPRESSION zstd)"
    )
    keys = _listed(f"{_text(identifier(name), kind)} AS {identifier(name)}" for name, kind in key.items())
    connection.execute(
        f"COPY (SELECT {keys}, {change}, {field}, {was}, {now} FROM {_file(folder / PARQUET)})"
        f" TO {literal(str(folder / CSV))} (FORMAT csv, HEADER, NEW_LINE '\\r\\n')"
    )


def _counts(connection: duckdb.DuckDBPyConnection, changes: Path, key: tuple[str, ...]) -> dict[str, int]:
    change, *_ = _names_beside(key)
    lines = connection.execute(f"SELECT {change}, count(*) FROM {_file(changes)} GROUP BY ALL").fetchall()
    met: dict[str, int] = dict(lines)
    rows = f"SELECT DISTINCT {_listed(map(identifier, key))} FROM {_file(changes)} WHERE {change} = 'changed'"
    (changed,) = connection.execute(f"SELECT count(*) FROM ({rows})").fetchone() or (0,)
    return {
        "added": met.get("added", 0), "removed": met.get("removed", 0),
        "changed": changed, "cells": met.get("changed", 0),
    }  # fmt: skip


def _names_beside(key: Iterable[str]) -> list[str]:
    """`change`, `field`, `before`, `after` as identifiers that no column of the key bears."""
    taken = {name.lower() for name in key}
    names = []
    for name in ("change", "field", "before", "after"):
        while name in taken:
            name += "_"
        names.append(identifier(name))
    return names


def _file(parquet: Path) -> str:
    return f"read_parquet({literal(str(parquet))})"


def _of(side: str, name: str) -> str:
    return f"{side}.{identifier(name)}"


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts)
