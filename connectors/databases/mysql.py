"""MariaDB and MySQL: a consistent read-only snapshot, and every value as the server sends it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any, ClassVar

import pyarrow as pa
from sqlalchemy import text
from sqlalchemy.engine import Connection as Session

from connectors.databases.access import Extra
from connectors.databases.dialect import Column, Dialect, Limits, Refusal
from connectors.databases.watermark import Nature

# Numbers of types in the protocol (MariaDB: "Result Set Packets", MySQL: `enum_field_types`)
_KINDS = {
    0: "decimal", 1: "tinyint", 2: "smallint", 3: "int", 4: "float", 5: "double", 7: "timestamp", 8: "bigint",
    9: "mediumint", 10: "date", 11: "time", 12: "datetime", 13: "year", 16: "bit", 246: "decimal",
}  # fmt: skip
_NATURES: dict[str, Nature] = {"timestamp": "instant", "datetime": "clock", "date": "day"}
_TEXTS = ("", "time", "bit")
_PASSING = {  # busy, going down, lost, a lock or a limit of time
    0, 1040, 1053, 1077, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1226, 1317, 1927, 1969, 2002, 2003, 2006,
    2013, 2014, 2055, 3024,
}  # fmt: skip
_TELLING = {  # their messages name things, never a row's values
    1044, 1045, 1046, 1049, 1054, 1064, 1142, 1143, 1146, 1248, 1290, 1305, 1370, 1698, 1792,
    2026,
} | _PASSING  # fmt: skip
_TRANSACTIONAL = ("InnoDB", "ROCKSDB")  # engines that heed a snapshot; None: a view, which we do not open up


class Mysql(Dialect):
    """The driver is told to convert nothing, so that a zero date or an unsigned number stays what it is."""

    driver = "mysql+pymysql"
    extra = "mysql"
    options: ClassVar[dict[str, Any]] = {"isolation_level": "REPEATABLE READ"}

    def arguments(self, extra: Extra, secret: str, limits: Limits) -> dict[str, Any]:
        """PyMySQL's; left alone it would write the password in Latin-1."""
        from pymysql.converters import conversions

        outward = {kind: to for kind, to in conversions.items() if not isinstance(kind, int)}
        return {
            "password": secret.encode(), "charset": "utf8mb4", "conv": outward,
            "connect_timeout": limits.connect, "read_timeout": limits.whole + 10, "write_timeout": 60,
            **({"unix_socket": extra.socket} if extra.socket else {}), **_tls(extra),
        }  # fmt: skip

    def begin(self, session: Session, limits: Limits) -> None:
        """The time limit is MariaDB's or MySQL's own variable; the snapshot is taken at once."""
        whole = (
            f"max_statement_time = {limits.whole:g}"
            if getattr(session.dialect, "is_mariadb", False)
            else f"max_execution_time = {int(limits.whole * 1000)}"
        )
        for setting in ("time_zone = '+00:00'", whole, f"lock_wait_timeout = {limits.lock}"):
            session.exec_driver_sql(f"SET SESSION {setting}")
        session.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def cut(self, session: Session, raw: Any) -> None:
        """PyMySQL would read a streamed answer to its end, or complain that it cannot (1.2)."""
        if raw._result is not None:
            raw._result.unbuffered_active = False
        super().cut(session, raw)

    def primary_key(self, session: Session, schema: str | None, table: str) -> tuple[str, ...]:
        """From the index, which needs no right to see a view's definition, as SHOW CREATE does."""
        asked = text(
            "SELECT column_name FROM information_schema.statistics WHERE index_name = 'PRIMARY'"
            " AND table_schema = coalesce(:schema, database()) AND table_name = :table ORDER BY seq_in_index"
        )
        return tuple(session.execute(asked, {"schema": schema, "table": table}).scalars())

    def typed(self, session: Session, described: Sequence[tuple[str, Any]]) -> tuple[Column, ...]:
        """The columns with the names of their types, as far as the protocol tells them apart."""
        return tuple(
            self._column(self.quoted(session, name), name, _KINDS.get(code, "")) for name, code in described
        )

    def _column(self, source: str, name: str, kind: str) -> Column:
        nature: Nature = _NATURES.get(kind, "text" if kind in _TEXTS else "number")
        expression = source
        if kind == "timestamp":  # an instant, in the session's zone, which is UTC
            expression = f"CONCAT({source}, '+00')"
        elif kind == "float":  # the server writes a FLOAT with 6 digits, and a DOUBLE whole
            expression = f"{source} + 0e0"
        elif kind == "bit":
            expression = f"{source} + 0"
        return Column(name, source, expression, kind, nature)

    def texts(self, column: Column, values: Sequence[Any]) -> pa.Array:
        """Texts as sent, bytes in hexadecimal, a FLOAT by its shortest digits."""
        if any(isinstance(value, bytes) for value in values):
            return super().texts(column, values)
        found = pa.array(values, pa.string())
        return (
            found.cast(pa.float64()).cast(pa.float32()).cast(pa.string()) if column.kind == "float" else found
        )

    def proof_of(self, session: Session, schema: str | None, table: str | None) -> str:
        """A table of an engine without transactions has no snapshot; its count still has to agree."""
        if table is None:
            return self.snapshot
        asked = text(
            "SELECT engine FROM information_schema.tables"
            " WHERE table_schema = coalesce(:schema, database()) AND table_name = :table"
        )
        engine = session.execute(asked, {"schema": schema, "table": table}).scalar()
        if engine is None or engine in _TRANSACTIONAL:
            return self.snapshot
        return f"count(*) just before; {engine} keeps no snapshot"

    def refusal(self, error: Any) -> Refusal | None:
        """By the server's or the driver's number; its message where it can name no value of a row."""
        code, words = (*getattr(error, "args", ()), None, None)[:2]
        if not isinstance(code, int):
            return None
        told = code in _TELLING and words
        met = f"the database answers error {code}" + (f": {words}" if told else "")
        return Refusal(code in _PASSING, met)


def _tls(extra: Extra) -> dict[str, Any]:
    """PyMySQL encrypts where the server can; its own checks leave out the name where no file is given."""
    if extra.mode in (None, "prefer"):
        return {}
    if extra.mode == "disable":
        return {"ssl_disabled": True}
    context = ssl.create_default_context(cafile=extra.ca_file)
    context.check_hostname = extra.mode == "verify-full"
    if extra.mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}
