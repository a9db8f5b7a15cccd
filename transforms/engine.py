"""A DuckDB database of one task: bounded memory, spilling to its own folder, closed to the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Timer

import duckdb

from contracts.sql import KEYS
from transforms import geometry

MEMORY_LIMIT = "1GB"  # the journey of 10 million rows of 10 columns was measured at 0.6 GB
QUERY_SECONDS = 3600  # shorter than Airflow's execution time-out, which does not stop a DuckDB query

MACROS = (
    # Blanks around a cell are no part of it: space, tab, line ends, U+00A0, U+202F, U+2007, the BOM. A cell
    # whose first and last characters are signs of ASCII or letters (up to U+2006) has none; that test is ten
    # times faster than the trim.
    "CREATE OR REPLACE MACRO is_no_blank(cell) AS "
    "cell BETWEEN '!' AND '~' OR cell BETWEEN chr(161) AND chr(8198)",
    "CREATE OR REPLACE MACRO trimmed(cell) AS "
    "CASE WHEN is_no_blank(cell) AND is_no_blank(right(cell, 1)) THEN cell ELSE "
    "nullif(trim(cell, ' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8239) || chr(8199) || "
    "chr(65279)), '') END",
    "CREATE OR REPLACE MACRO without_suffix(cell, suffix) AS "
    "CASE WHEN ends_with(cell, suffix) THEN trimmed(left(cell, length(cell) - length(suffix))) ELSE cell END",
    *KEYS,
    # A clock time that does not exist (March) or exists twice (October). DuckDB takes the later of two.
    "CREATE OR REPLACE MACRO clock_skipped(clock, zone) AS timezone(zone, timezone(zone, clock)) <> clock",
    "CREATE OR REPLACE MACRO clock_twice(clock, zone) AS "
    "timezone(zone, timezone(zone, clock) - INTERVAL 1 HOUR) = clock",
)


def pattern_fault(pattern: str) -> str | None:
    """What the engine has against a regular expression, or None."""
    try:
        _probe().execute("SELECT regexp_full_match('', ?)", [pattern])
    except duckdb.Error as error:
        return f"the engine does not read the pattern ({str(error).partition(': ')[2]})"
    return None


@cache
def _probe() -> duckdb.DuckDBPyConnection:
    """An empty database, opened once in a process: that takes 0.05 s of CPU."""
    return duckdb.connect()


@contextmanager
def engine(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose tables and temporary files live in `folder`; UTC, no extension is ever fetched."""
    folder.mkdir(parents=True, exist_ok=True)
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        "memory_limit": MEMORY_LIMIT, "temp_directory": str(folder / "spill"),
    }  # fmt: skip
    connection = duckdb.connect(str(folder / "work.duckdb"), config=settings)
    watch = Timer(QUERY_SECONDS, connection.interrupt)
    watch.daemon = True
    watch.start()
    try:
        connection.execute("SET TimeZone = 'UTC'")
        for macro in MACROS:
            connection.execute(macro)
        geometry.register(connection)
        yield connection
    finally:
        watch.cancel()
        connection.close()
