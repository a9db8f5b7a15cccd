"""The floor: DuckDB alone turns the CSV into sorted Parquet and CSV, twice; nothing is checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb

from bench.answers import Answer, Work
from bench.contract import HIDDEN
from bench.inputs import COLUMNS
from contracts.sql import literal

_TYPES = {
    "montant_ht": "DECIMAL(12,2)", "taux": "DECIMAL(6,3)", "releve_le": "TIMESTAMP", "lat": "DOUBLE",
    "lon": "DOUBLE", "passages": "BIGINT",
}  # fmt: skip


@contextmanager
def opened(folder: Path) -> Iterator[Work]:
    """Turns a CSV into four files below `folder`."""
    yield partial(_converted, folder)


def _converted(folder: Path, source: Path) -> Answer:
    """A cell that has no value of its type becomes null, a record that cannot be split goes.

    The second to the fourth file are made of the first: a sorted table in memory is not faster (measured).
    """
    parquet, public = (
        folder / f"{source.stem}.parquet",
        ", ".join(one for one in COLUMNS if one not in HIDDEN),
    )
    typed = ", ".join(_typed(name) for name in COLUMNS)
    with duckdb.connect(config={"temp_directory": str(folder / "spill")}) as connection:
        query = f"SELECT {typed} FROM {_reading(source)} ORDER BY id"
        connection.execute(f"COPY ({query}) TO {literal(str(parquet))} (FORMAT parquet)")
        sorted_rows = f"FROM read_parquet({literal(str(parquet))})"
        for name, columns, form in (
            ("all", "*", "csv"),
            ("public", public, "parquet"),
            ("public", public, "csv"),
        ):
            path = literal(str(folder / f"{source.stem}-{name}.{form}"))
            connection.execute(f"COPY (SELECT {columns} {sorted_rows}) TO {path} (FORMAT {form})")
        (rows,) = connection.execute(f"SELECT count(*) {sorted_rows}").fetchone() or (0,)
    return Answer({"rows": int(rows)})


def _reading(source: Path) -> str:
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in COLUMNS)
    return (
        f"read_csv({literal(str(source))}, columns = {{{columns}}}, auto_detect = false, header = true, "
        "delim = ';', quote = '\"', escape = '\"', ignore_errors = true)"
    )


def _typed(name: str) -> str:
    """A bare TRY_CAST would go into the reader (DuckDB 2.0.1), where `ignore_errors` drops the record."""
    if name not in _TYPES:
        return name
    text = f"replace({name}, ',', '.')" if _TYPES[name].startswith("DECIMAL") else f"nullif({name}, '')"
    return f"TRY_CAST({text} AS {_TYPES[name]}) AS {name}"
