"""Oracle and SQL Server: written from their manuals, and never run here against a real server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy.engine import Connection as Session

from connectors.databases.access import Extra
from connectors.databases.dialect import Column, Dialect, Limits, Refusal
from connectors.databases.watermark import Nature

# https://docs.oracle.com/error-help/db/ (2026): session limits, locks, shutdown, listener, lost connection
_ORACLE_PASSING = (
    "ORA-00018", "ORA-00020", "ORA-00028", "ORA-00054", "ORA-01013", "ORA-01033", "ORA-01034", "ORA-01089",
    "ORA-01555", "ORA-03113", "ORA-03114", "ORA-03135", "ORA-12", "DPY-4", "DPY-6",
)  # fmt: skip


class Oracle(Dialect):
    """One `SET TRANSACTION READ ONLY` is both the guard and the snapshot."""

    driver = "oracle+oracledb"
    extra = "oracle"

    def arguments(self, extra: Extra, secret: str, limits: Limits) -> dict[str, Any]:
        """python-oracledb's, without Oracle's own client."""
        return {"tcp_connect_timeout": limits.connect, "retry_count": 0}

    def begin(self, session: Session, limits: Limits) -> None:
        """The time limit is the driver's, for each call."""
        raw: Any = session.connection.driver_connection
        raw.call_timeout = int(limits.whole * 1000)
        session.exec_driver_sql("ALTER SESSION SET TIME_ZONE = '+00:00'")
        session.exec_driver_sql("SET TRANSACTION READ ONLY")

    def typed(self, session: Session, described: Sequence[tuple[str, Any]]) -> tuple[Column, ...]:
        """The driver drops a zone, so an instant is written by Oracle itself."""
        return tuple(
            self._column(self.quoted(session, name), name, str(getattr(code, "name", "")))
            for name, code in described
        )

    def _column(self, source: str, name: str, code: str) -> Column:
        kind = code.removeprefix("DB_TYPE_").lower()
        if kind in ("timestamp_tz", "timestamp_ltz"):
            utc = f"TO_CHAR(SYS_EXTRACT_UTC({source}), 'YYYY-MM-DD HH24:MI:SS.FF6') || '+00'"
            return Column(name, source, utc, kind, "instant")
        numeric = kind.startswith(("number", "binary_"))
        nature: Nature = "number" if numeric else "clock" if kind in ("date", "timestamp") else "text"
        return Column(name, source, source, kind, nature)

    def refusal(self, error: Any) -> Refusal | None:
        """By Oracle's or the driver's code, without its words."""
        code = str(getattr((getattr(error, "args", ()) or (None,))[0], "full_code", ""))
        return Refusal(code.startswith(_ORACLE_PASSING), f"the database answers {code}") if code else None


class Mssql(Dialect):
    """SQL Server knows no read-only transaction; the snapshot has to be allowed in the database."""

    driver = "mssql+pymssql"
    extra = "mssql"
    options: ClassVar[dict[str, Any]] = {"isolation_level": "SNAPSHOT"}

    def arguments(self, extra: Extra, secret: str, limits: Limits) -> dict[str, Any]:
        """pymssql's."""
        return {
            "login_timeout": limits.connect, "timeout": int(limits.whole), "charset": "UTF-8",
            "appname": "concentrator", "use_datetime2": True,
        }  # fmt: skip

    def begin(self, session: Session, limits: Limits) -> None:
        """The first SELECT takes the snapshot."""
        session.exec_driver_sql(f"SET LOCK_TIMEOUT {limits.lock * 1000}")

    def refusal(self, error: Any) -> Refusal | None:
        """By the server's number, without its words; 20002 to 20009 are those of a lost connection."""
        code = (getattr(error, "args", ()) or (None,))[0]
        if isinstance(code, tuple):
            code = code[0]
        if not isinstance(code, int):
            return None
        passing = code in (1205, 1222, 3960, 6005, 17830) or 20000 <= code < 21000
        return Refusal(passing, f"the database answers error {code}")
