"""What an audit of two live stores looks for: values of the restricted table that no public cell has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from contracts.field import Field
from contracts.sql import identifier, literal
from contracts.view import View
from privacy.scan.columnar import rows_in
from privacy.scan.hunting import hunt
from privacy.scan.parts import Unit

MOST = 5_000  # values of a dataset: 250,000 patterns, whose automaton takes 0.3 GB (measured)
LEAST_SIGNS = 6  # of a text; significant digits of a number


@dataclass(frozen=True)
class Telling:
    """What to hunt for (column and number → value), and what of the table that is.

    `candidates` distinctive values of the restricted table are no public cell; `drawn` of them were looked
    at, and `contained` of these stand inside a public text (a street in an address), where they say nothing.
    """

    needles: dict[str, str]
    candidates: int
    drawn: int
    contained: int


def telling_values(
    connection: duckdb.DuckDBPyConnection, restricted: Path, public: Sequence[Path],
    restricted_view: View | None, public_view: View | None, *, most: int = MOST,
) -> Telling:  # fmt: skip
    """At most so many values that tell of the restricted side wherever the public meets one.

    `public`: the Parquet files whose cells everybody may know: the dataset's own, and those of others that
    show the same things. Values are texts of 6 signs and more, numbers of 6 digits and more, instants that
    are no full minute, and the coordinates of points; days and words of a list are met everywhere. The same
    table gives the same values.
    """
    texts = _texts_of(connection, restricted, restricted_view.fields if restricted_view else None)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE telling AS SELECT value, min(field) AS field FROM ({texts}) "
        f"WHERE length(value) >= {LEAST_SIGNS} GROUP BY value"
    )
    for path in public:
        connection.execute(
            f"DELETE FROM telling WHERE value IN (SELECT value FROM ({_texts_of(connection, path)}))"
        )
    (candidates,) = connection.execute("SELECT count(*) FROM telling").fetchone() or (0,)
    rows = connection.execute(
        f"SELECT field, value FROM telling ORDER BY md5(value), value LIMIT {int(most)}"
    ).fetchall()
    connection.execute("DROP TABLE telling")
    drawn = {f"{field}, value {number}": value for number, (field, value) in enumerate(rows, 1)}
    contained = _contained(drawn, public, public_view)
    needles = {name: value for name, value in drawn.items() if name not in contained}
    return Telling(needles, candidates, len(drawn), len(contained))


def _texts_of(
    connection: duckdb.DuckDBPyConnection, path: Path, fields: Mapping[str, Field] | None = None
) -> str:
    """The SQL of all distinctive cells as (field, value); of `fields` without words of a list."""
    table = f"read_parquet({literal(str(path))})"
    parts = [
        f"SELECT {literal(name)} AS field, {shown} AS value FROM {table}{where}"
        for name, kind, *_ in connection.execute(f"DESCRIBE FROM {table}").fetchall()
        if fields is None or (name in fields and fields[name].type != "enum")
        for shown, where in _distinctive(identifier(name), kind)
    ]  # fmt: skip
    return " UNION ALL ".join(parts) or "SELECT NULL AS field, NULL AS value WHERE FALSE"


def _distinctive(column: str, kind: str) -> Iterator[tuple[str, str]]:
    """The text of a column's cells and which of them are distinctive, by DuckDB's type; none for others."""
    if kind == "VARCHAR":
        yield column, ""
    elif kind in ("BIGINT", "INTEGER", "DOUBLE") or kind.startswith("DECIMAL"):
        text = f"CAST({column} AS VARCHAR)"
        digits = f"trim(regexp_replace({text}, '[^0-9]', '', 'g'), '0')"
        yield text, f" WHERE length({digits}) >= {LEAST_SIGNS}"
    elif kind.startswith("TIMESTAMP"):
        moment = f"{column} AT TIME ZONE 'UTC'" if "TIME ZONE" in kind else column
        fine = f"date_trunc('minute', {moment}) <> {moment}"
        yield f"strftime({moment}, '%Y-%m-%dT%H:%M:%S.%fZ')", f" WHERE {fine}"
    elif kind.startswith("GEOMETRY") or kind == "BLOB":
        text = f"CAST({column if kind != 'BLOB' else f'ST_GeomFromWKB({column})'} AS VARCHAR)"
        yield rf"unnest(regexp_extract_all({text}, '-?\d+\.\d{{4,}}'))", f" WHERE {text} LIKE 'POINT%'"


def _contained(drawn: dict[str, str], public: Sequence[Path], view: View | None) -> set[str]:
    """The names of the values that stand within public cells, or in what readers are told of the dataset."""
    told = [Unit("contract", view.shown.model_dump_json().encode())] if view else []
    cells = (unit for path in public for unit in rows_in(path.name, pq.ParquetFile(path)))
    return {leak.needle for leak in hunt(chain(told, cells), drawn)}
