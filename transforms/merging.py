"""An increment merged into the table that the last release was made of: one row a key, always the whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.dataset import Dataset
from contracts.errors import QualityRefused
from contracts.sql import identifier, literal

ORDINAL = '":ordinal"'  # a new record's place among all that were read, from 0
_FIRST = '":first"'
_NEW, _TWICE, _COMING, _MERGED = "merge_new", "merge_twice", "merge_coming", "merge_merged"


@dataclass(frozen=True)
class Merged:
    """A relation of the rows of all, and what became of the new ones: together as many as there were."""

    table: str
    added: int
    replaced: int
    known: int  # they changed nothing: there already, older than what is there, or overtaken among themselves


def merge(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, rows: str, base: Path | None, lines: str,
    oldest: str | None = None,
) -> Merged:  # fmt: skip
    """The base's rows and the new ones, each key once.

    `rows` is a SELECT of the contract's fields and of `ORDINAL`; `lines` the table that places ordinals in
    their files. upsert: of two rows with the same key the one with the greater `load.by` counts, of equals
    the one that came later. append: they must be equal. The base has each of its keys once; of it only the
    rows count whose `load.by` is not before `oldest`.

    Raises:
        QualityRefused: append, and a key comes again with another content.
    """
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {_NEW} AS {rows}")
    keys, fields = _columns(dataset.key), _columns(dataset.fields)
    again = f"SELECT {keys}, min({ORDINAL}) AS {_FIRST} FROM {_NEW} GROUP BY {keys} HAVING count(*) > 1"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_TWICE} AS {again}")
    before = f"read_parquet({literal(str(base))})" if base else f"(SELECT * FROM {_NEW} LIMIT 0)"
    if base and oldest is not None:
        before = f"(FROM {before} WHERE {identifier(dataset.load.by or '')} >= {literal(oldest)})"
    if dataset.load.mode == "append":
        _refuse_others(connection, dataset, before, lines)
    kind = "TABLE" if base else "VIEW"  # of a full load it is everything, and not laid down twice
    connection.execute(f"CREATE OR REPLACE TEMP {kind} {_COMING} AS {_coming(dataset, before)}")
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {_MERGED} AS SELECT {fields} FROM {before} AS old "
        f"ANTI JOIN {_COMING} AS new ON {_alike(dataset.key)} UNION ALL SELECT {fields} FROM {_COMING}"
    )
    return _counted(connection, dataset, before)


def _coming(dataset: Dataset, before: str) -> str:
    """The new rows that will stand in the table: the best of each key, where it changes something.

    One that is there stays beside an equal one, and beside an older one.
    """
    by, key = identifier(dataset.load.by or ""), dataset.key
    best = (
        f"FROM {_NEW} AS new ANTI JOIN {_TWICE} AS old ON {_alike(key)} UNION ALL "
        f"(FROM {_NEW} AS new SEMI JOIN {_TWICE} AS old ON {_alike(key)} QUALIFY row_number() OVER ("
        f"PARTITION BY {_columns(key)} ORDER BY {by} DESC NULLS LAST, {ORDINAL} DESC) = 1)"
    )
    return (
        f"SELECT new.* FROM ({best}) AS new LEFT JOIN {before} AS old ON {_alike(key)} "
        f"WHERE old.{identifier(key[0])} IS NULL OR "
        f"(({_differ(dataset)}) AND NOT coalesce(old.{by} > new.{by}, FALSE))"
    )


def _differ(dataset: Dataset) -> str:
    return " OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in map(identifier, dataset.fields))


def _alike(key: Iterable[str], one: str = "old", other: str = "new") -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in map(identifier, key))


def _columns(names: Iterable[str]) -> str:
    return ", ".join(map(identifier, names))


def _refuse_others(connection: duckdb.DuckDBPyConnection, dataset: Dataset, before: str, lines: str) -> None:
    """Raises where a key comes twice, or is there, with another content: which line, and never a value."""
    among = (
        f"SELECT new.{ORDINAL} FROM {_NEW} AS new JOIN {_TWICE} AS twice "
        f"ON {_alike(dataset.key, 'twice')} JOIN {_NEW} AS old ON old.{ORDINAL} = twice.{_FIRST} "
        f"WHERE {_differ(dataset)}"
    )
    beside = (
        f"SELECT new.{ORDINAL} FROM {_NEW} AS new JOIN {before} AS old ON {_alike(dataset.key)} "
        f"WHERE {_differ(dataset)}"
    )
    found = connection.execute(
        f"WITH others AS ({among} UNION {beside}), "
        f"first AS (SELECT min({ORDINAL}) AS o, count(*) AS n FROM others) "
        "SELECT first.n, place.file, place.line + first.o - place.first "
        f"FROM first ASOF JOIN {identifier(lines)} AS place ON first.o >= place.first"
    ).fetchone()
    if found is None:
        return
    count, file, line = found
    met = f"{count} records have a key that is there already, with another content; first {file}, line {line}"
    remedy = "Write `mode: upsert` if records are corrected, or add to `key:` what tells them apart."
    raise QualityRefused(dataset.id, met, promised="that no record changes (`mode: append`)", remedy=remedy)


def _counted(connection: duckdb.DuckDBPyConnection, dataset: Dataset, before: str) -> Merged:
    query = (
        f"SELECT (SELECT count(*) FROM {_NEW}), (SELECT count(*) FROM {_COMING}), "
        f"(SELECT count(*) FROM {_COMING} AS new SEMI JOIN {before} AS old ON {_alike(dataset.key)})"
    )
    new, coming, replaced = connection.execute(query).fetchone() or (0, 0, 0)
    return Merged(_MERGED, coming - replaced, replaced, new - coming)
