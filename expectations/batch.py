"""A staged Parquet as Great Expectations sees it: one closed DuckDB connection, through SQLAlchemy."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

# Nothing is reported to GX's makers: 1.24.1 no longer tries, other versions read this when imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import duckdb
import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core.batch import Batch
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)
from sqlalchemy.engine.default import DefaultDialect

from contracts.sql import KEYS, literal

# It logs some of the engine's errors whole, and those may quote cells ("Could not convert string '…'").
logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)

TABLE = "staged"
MEMORY_LIMIT = "1GB"  # 13 expectations over 10 million rows were measured at 1.0 GB without a limit


class DuckDBDialect(DefaultDialect):
    """What SQLAlchemy must know of DuckDB to read one table: standard SQL, `?` for a parameter.

    `duckdb-engine` (last release: March 2025) gives much more than is needed to read.
    """

    name = driver = "duckdb"
    default_paramstyle = "qmark"
    supports_native_boolean = True
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        return duckdb

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing to roll back: nothing is ever written, and DuckDB refuses outside a transaction."""

    def get_columns(self, connection: sa.Connection, *_: Any, **__: Any) -> Any:
        names = connection.exec_driver_sql(f"SELECT column_name FROM (DESCRIBE {TABLE})").scalars()
        return [{"name": name, "type": sa.types.NullType(), "nullable": True} for name in names]


sa.dialects.registry.register("duckdb", __name__, DuckDBDialect.__name__)


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]  # mypy does not follow GX
    """GX reads a result after it has closed the connection; DuckDB's is empty by then, so it stays open."""

    _open: sa.Connection | None = None

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        self._open = self._open or self.engine.connect()
        yield self._open


class DuckDBDatasource(SQLDatasource):  # type: ignore[misc]  # mypy does not follow GX
    """Registers itself with GX, which then offers `add_duckdb`."""

    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self) -> Any:
        return DuckDBExecutionEngine


class MatchRegex(ColumnMapMetricProvider):  # type: ignore[misc]  # mypy does not follow GX
    """GX knows no patterns for DuckDB; a part of the text may match, as GX has it elsewhere."""

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)  # type: ignore[untyped-decorator]
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:  # noqa: N805  # GX makes it a class method
        return sa.func.regexp_matches(column, regex)


class NotMatchRegex(ColumnMapMetricProvider):  # type: ignore[misc]  # mypy does not follow GX
    """The contrary of `MatchRegex`."""

    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)  # type: ignore[untyped-decorator]
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:  # noqa: N805  # GX makes it a class method
        return sa.not_(sa.func.regexp_matches(column, regex))


@contextmanager
def batch_of(table: Path, part: str | None = None) -> Iterator[tuple[Batch, list[str]]]:
    """The Parquet as one GX batch, and its columns; memory is bounded, no other file can be read.

    `part` is a SELECT of the columns and rows that are to be judged, where that is not all of them.

    Raises:
        duckdb.Error: the file is not there, or is no Parquet.
    """
    with (
        tempfile.TemporaryDirectory() as spill,
        _closed_connection(table, part, spill) as connection,
        ExitStack() as opened,  # GX keeps its engines for as long as the process lives
    ):
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        kwargs = {
            "creator": lambda: opened.enter_context(connection.cursor()),
            "poolclass": sa.pool.StaticPool,
        }
        source = context.data_sources.add_duckdb(name="duckdb", connection_string="duckdb://", kwargs=kwargs)
        asset = source.add_table_asset(name=TABLE, table_name=TABLE)
        batch = asset.add_batch_definition_whole_table(TABLE).get_batch()
        yield batch, connection.table(TABLE).columns


@contextmanager
def _closed_connection(table: Path, part: str | None, spill: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": spill}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for macro in KEYS:
            connection.execute(macro)
        source = part or f"FROM read_parquet({literal(str(table))})"
        connection.execute(f"CREATE VIEW {TABLE} AS {source}")
        connection.execute(f"SET allowed_paths = [{literal(str(table))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
