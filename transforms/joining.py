"""Releases of many datasets as one table of text, in the terms that they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from contracts.joined import IDENTITY, SIDE
from contracts.sql import identifier, literal
from transforms.decode.columnar import text_sql

# What tells a series of measures, and when each was made.
_SERIES = ("dataset_id", "capteur_id", "grandeur")
_MOMENTS = ("observed_at", "periode_fin")


@dataclass(frozen=True)
class Part:
    """One release of one dataset, and which of its columns has which term."""

    side: str
    dataset_id: str
    licence: str
    release: Path
    key: tuple[str, ...]
    columns: Mapping[str, str]  # term → column of the release
    constants: Mapping[str, str | None] = field(default_factory=dict)  # term → its text on every row
    geometry: str | None = None  # the column that has the position, where no two columns have it
    measures: Mapping[str, str] = field(default_factory=dict)  # column → its unit: each is a row of its own


def write_joined(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], columns: Sequence[str], path: Path, *,
    latest: bool = False,
) -> int:  # fmt: skip
    """The number of rows written: `audience` and the columns, all of them text, by audience and identity.

    A column that no part has is empty. With `latest` each sensor has its newest row of each quantity alone;
    of two that are as new, the one with the last identity. Equal releases give equal bytes.
    """
    wanted = list(dict.fromkeys([IDENTITY, *columns, *((*_SERIES, *_MOMENTS) if latest else ())]))
    rows = " UNION ALL ".join(query for part in parts for query in _queries(connection, part, wanted))
    newest = ""
    if latest:
        moment = ", ".join(f"TRY_CAST({identifier(name)} AS TIMESTAMPTZ)" for name in _MOMENTS)
        series = ", ".join(map(identifier, (SIDE, *_SERIES)))
        newest = (
            f" QUALIFY row_number() OVER (PARTITION BY {series} "
            f"ORDER BY coalesce({moment}) DESC NULLS LAST, {identifier(IDENTITY)} DESC) = 1"
        )
    shown = ", ".join(map(identifier, dict.fromkeys([SIDE, IDENTITY, *columns])))
    order = f"ORDER BY {identifier(SIDE)}, {identifier(IDENTITY)}"
    (count,) = connection.execute(
        f"COPY (SELECT {shown} FROM (SELECT * FROM ({rows}){newest}) {order}) TO {literal(str(path))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    ).fetchone() or (0,)
    return int(count)


def columns_of_release(connection: duckdb.DuckDBPyConnection, release: Path) -> dict[str, str]:
    """Column → its DuckDB type."""
    described = connection.execute(f"DESCRIBE FROM read_parquet({literal(str(release))})").fetchall()
    return {str(row[0]): str(row[1]) for row in described}


def _queries(connection: duckdb.DuckDBPyConnection, part: Part, wanted: Sequence[str]) -> Iterator[str]:
    """One SELECT, or one for each quantity of a table that has several in a row."""
    kinds = columns_of_release(connection, part.release)
    source = f"FROM read_parquet({literal(str(part.release))})"
    texts = {term: text_sql(identifier(column), kinds[column]) for term, column in part.columns.items()}
    texts |= {term: _constant(value) for term, value in part.constants.items()}
    texts |= {"dataset_id": literal(part.dataset_id), "licence": literal(part.licence)}
    if part.geometry is not None:
        place = identifier(part.geometry)
        if kinds[part.geometry].startswith("GEOMETRY"):  # as DuckDB reads a GeoParquet; else bytes
            place = f"ST_AsWKB({place})"
        texts |= {axis: f"CAST({axis}_of({place}) AS VARCHAR)" for axis in ("longitude", "latitude")}
    texts[IDENTITY] = _identity(part, kinds)
    if not part.measures:
        yield f"SELECT {_columns(part.side, texts, wanted)} {source}"
    for name, unit in part.measures.items():
        column = identifier(name)
        own = {
            IDENTITY: f"{texts[IDENTITY]} || {literal(':' + name)}", "grandeur": literal(name),
            "valeur": text_sql(column, kinds[name]), "unite": literal(unit),
        }  # fmt: skip
        yield f"SELECT {_columns(part.side, texts | own, wanted)} {source} WHERE {column} IS NOT NULL"


def _columns(side: str, texts: Mapping[str, str], wanted: Sequence[str]) -> str:
    shown = [f"{texts.get(name, _constant(None))} AS {identifier(name)}" for name in wanted]
    return ", ".join([f"{literal(side)} AS {identifier(SIDE)}", *shown])


def _constant(value: str | None) -> str:
    return "CAST(NULL AS VARCHAR)" if value is None else literal(value)


def _identity(part: Part, kinds: Mapping[str, str]) -> str:
    """`<dataset_id>:<key>`, the marks inside a key written as in a URL so that no two keys look alike."""
    cells = [
        f"replace(replace({text_sql(identifier(name), kinds[name])}, '%', '%25'), ':', '%3A')"
        for name in part.key
    ]
    return " || ':' || ".join([literal(part.dataset_id), *cells])
