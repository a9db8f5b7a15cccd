"""PostgreSQL: a REPEATABLE READ transaction, and every value as PostgreSQL itself writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import psycopg
import pyarrow as pa
from sqlalchemy import bindparam, text
from sqlalchemy.engine import Connection as Session

from connectors.databases.access import Extra
from connectors.databases.dialect import Column, Dialect, Limits, Refusal
from connectors.databases.watermark import Nature

# SQLSTATE (PostgreSQL 18, appendix A) by class, or whole. None at all: the connection was lost.
_PASSING = ("08", "40", "53", "55P03", "57", "58")
_TELLING = (*_PASSING, "0A", "25", "28", "3D", "3F", "42")  # their messages name things, never a row's values
_NATURES: dict[str, Nature] = {"timestamptz": "instant", "timestamp": "clock", "date": "day"}
_TYPES = "SELECT oid, typname, typcategory FROM pg_catalog.pg_type WHERE oid IN :codes"


class Postgresql(Dialect):
    """The settings hold for the transaction only, so that a pooler such as PgBouncer may stand between."""

    driver = "postgresql+psycopg"
    extra = ""
    options: ClassVar[dict[str, Any]] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def arguments(self, extra: Extra, secret: str, limits: Limits) -> dict[str, Any]:
        """libpq's; a machine that is gone is noticed within two minutes."""
        wanted = {"host": extra.socket, "sslmode": extra.mode, "sslrootcert": extra.ca_file}
        return {
            "connect_timeout": limits.connect, "client_encoding": "utf8", "prepare_threshold": None,
            "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
            "tcp_user_timeout": 60_000, "application_name": "concentrator",
            **{name: value for name, value in wanted.items() if value},
        }  # fmt: skip

    def begin(self, session: Session, limits: Limits) -> None:
        """The first statement takes the snapshot; scans begin at a table's start, so that order is stable."""
        settings = {
            "timezone": "UTC", "datestyle": "ISO", "intervalstyle": "iso_8601", "extra_float_digits": "1",
            "statement_timeout": str(int(limits.whole * 1000)), "lock_timeout": str(limits.lock * 1000),
            "idle_in_transaction_session_timeout": "0", "synchronize_seqscans": "off",
        }  # fmt: skip
        for name, value in settings.items():
            session.exec_driver_sql(f"SET LOCAL {name} = '{value}'")

    def typed(self, session: Session, described: Sequence[tuple[str, Any]]) -> tuple[Column, ...]:
        """The columns with the names of their types; a domain is shown as the type below it."""
        codes = text(_TYPES).bindparams(bindparam("codes", expanding=True))
        found = session.execute(codes, {"codes": sorted({int(code) for _, code in described})})
        types = {oid: (str(name), str(category)) for oid, name, category in found}
        return tuple(
            self._column(self.quoted(session, name), name, *types.get(code, ("", "U")))
            for name, code in described
        )

    def _column(self, source: str, name: str, kind: str, category: str) -> Column:
        numeric = kind in ("int2", "int4", "int8", "numeric", "float4", "float8", "oid")
        nature: Nature = _NATURES.get(kind, "number" if numeric else "text")
        return Column(name, source, _written(source, kind, category), kind, nature)

    def texts(self, column: Column, values: Sequence[Any]) -> pa.Array:
        """They are texts already."""
        return pa.array(values, pa.string())

    def refusal(self, error: Any) -> Refusal | None:
        """By SQLSTATE; the server's message where it can name no value of a row."""
        state = getattr(error, "sqlstate", None)
        if state is None:
            return (
                Refusal(True, _unreached(str(error))) if isinstance(error, psycopg.OperationalError) else None
            )
        told = state.startswith(_TELLING)
        words = (error.diag.message_primary or "") if told else ""
        met = f"the database answers {type(error).__name__} ({state})" + (f": {words}" if words else "")
        return Refusal(state.startswith(_PASSING), met)


def _unreached(words: str) -> str:
    """Why the connection failed or was lost, in libpq's own words."""
    lines = [line.strip() for line in words.splitlines() if line.strip()] or ["no reason given"]
    return f"the database cannot be reached ({lines[0].removeprefix('connection failed: ')})"


def _written(source: str, kind: str, category: str) -> str:
    """The expression of a value's exact text: arrays and rows as JSON, bytes in hexadecimal."""
    if category in ("A", "C") or kind == "record":
        return f"to_json({source})::text"
    if kind == "bytea":
        return f"encode({source}, 'hex')"
    if kind == "money":  # its text follows the server's locale
        return f"{source}::numeric::text"
    return f"{source}::text"
