"""A database: one table or one SELECT, read whole at one moment and never written to."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import Field as Setting
from pydantic import field_validator, model_validator

from connectors.connector import Connector, Fetched, FetchedFile, Visit
from connectors.databases.dialect import Limits
from connectors.databases.opening import at_one_moment, dialect_of
from connectors.databases.reading import Asked, read
from connectors.databases.statement import TABLE, single_select
from contracts.connection import Connection

_MEDIA_TYPE = "application/vnd.apache.parquet"


class Sql(Connector):
    """What a contract says of `kind: sql`; it comes with `format: {type: parquet}`.

    The values come as the texts that the database writes, exact, and the contract types them: decimals with
    all their digits, instants in UTC with `+00`, lists and JSON as JSON, bytes (and geometries of MariaDB)
    in hexadecimal, geometries of PostGIS as EWKB in hexadecimal, zero dates of MariaDB as `0000-00-00`.
    """

    increments: ClassVar[bool] = True  # by its `watermark`; without one each increment is everything
    word: ClassVar[str] = "table"

    table: str | None = Setting(None, pattern=TABLE, description="A table or a view: `voirie.rues`.")
    query: str | None = Setting(None, max_length=50_000, description="Or one SELECT.")
    order_by: tuple[str, ...] = Setting(
        (), description="Columns that fix the rows' order (default: the table's primary key)."
    )
    watermark: str | None = Setting(
        None, description="The column that tells new and corrected rows, for `load:` by increments."
    )
    max_rows: int = Setting(50_000_000, ge=1, description="More is refused.")
    time_limit: float = Setting(3600, gt=0, description="Seconds that the whole reading may take.")

    @field_validator("query")
    @classmethod
    def _one_select(cls, query: str | None) -> str | None:
        return None if query is None else single_select(query)

    @model_validator(mode="after")
    def _one_of_both(self) -> Sql:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either `table` or `query`")
        return self

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """All rows of one snapshot as one Parquet file, and their number as the database counts them.

        Raises:
            SourceUnavailable: no answer, a lost connection, a lock or a limit of time; no driver.
            SourceChanged: the login or the query is refused, a column is missing, or there are too many rows.
        """
        dialect, limits = dialect_of(connection), Limits(whole=self.time_limit)
        asked = Asked(
            table=self.table, query=self.query, order_by=self.order_by, watermark=self.watermark,
            most_rows=self.max_rows, until=visit.clock() + timedelta(seconds=self.time_limit),
        )  # fmt: skip
        path = visit.folder / f"{self.table or 'query'}.parquet"
        found = at_one_moment(
            connection,
            dialect,
            limits,
            visit.place,
            lambda session: read(session, dialect, asked, path, visit),
        )
        file = self._fetched(path, connection, visit)
        return Fetched(files=(file,), rows=found.rows, expected=found.expected, proof=found.proof)

    def _fetched(self, path: Path, connection: Connection, visit: Visit) -> FetchedFile:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        asked = {"query": self.query or f"table {self.table}"}
        return FetchedFile(
            path=path, name=path.name, origin=_origin(connection, self.table), media_type=_MEDIA_TYPE,
            sha256=sha256, bytes=path.stat().st_size, fetched_at=visit.clock(),
            request=asked | ({"since": visit.since} if visit.since and self.watermark else {}),
        )  # fmt: skip


def _origin(connection: Connection, table: str | None) -> str:
    """Where it came from: scheme, host, database and table; the login and the extra stay out."""
    parts = urlsplit(connection.url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" + (f"#{table}" if table else "")
