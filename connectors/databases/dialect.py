"""What one family of databases does in its own way; what they share stands here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.engine import Connection as Session
from sqlalchemy.exc import DBAPIError, InterfaceError, NoSuchTableError, OperationalError

from connectors.databases.access import Extra
from connectors.databases.texts import text_of
from connectors.databases.watermark import Nature

ROWS = "source_rows"  # the alias of what is read, so that a column's own type is at hand beside its text


def unbound(sql: str) -> str:
    """SQL in which SQLAlchemy looks for no parameter."""
    return sql.replace(":", r"\:")


@dataclass(frozen=True)
class Limits:
    """How long a database may keep us, and how long we may keep it; in seconds."""

    whole: float
    connect: int = 10
    lock: int = 30


@dataclass(frozen=True)
class Column:
    """One column of what is read."""

    name: str
    source: str  # its quoted name, with the alias before it
    expression: str  # what is selected: its text, where the database writes it exactly
    kind: str  # the database's name of its type; empty where the driver does not say
    nature: Nature


@dataclass(frozen=True)
class Refusal:
    """What a driver's error means."""

    passing: bool  # a retry may help
    met: str  # names no value of a row


class Dialect(ABC):
    """One family: its driver, its read-only snapshot, its types as texts, the meaning of its errors."""

    driver: ClassVar[str]  # as SQLAlchemy names it
    extra: ClassVar[str]  # the extra of pyproject.toml that installs it; empty: always there
    options: ClassVar[dict[str, Any]] = {}  # SQLAlchemy's, of the connection
    snapshot: ClassVar[str] = "count(*) in the same snapshot"

    @abstractmethod
    def arguments(self, extra: Extra, secret: str, limits: Limits) -> dict[str, Any]:
        """What the driver's `connect` takes beside address and login."""

    @abstractmethod
    def begin(self, session: Session, limits: Limits) -> None:
        """Begin the read-only snapshot in UTC, with its time limits."""

    @abstractmethod
    def refusal(self, error: Any) -> Refusal | None:
        """What the driver's own error means; none where this family has no word for it."""

    def cut(self, session: Session, raw: Any) -> None:
        """End a session in the middle of an answer, without reading it to its end; `raw` is the driver's."""
        if not session.closed:
            session.invalidate()

    def primary_key(self, session: Session, schema: str | None, table: str) -> tuple[str, ...]:
        """The key's columns; none for a view, or for a table that is not there."""
        try:
            found = sqlalchemy.inspect(session).get_pk_constraint(table, schema)
        except NoSuchTableError:
            return ()
        return tuple(found["constrained_columns"])

    def columns(self, session: Session, asked: str) -> tuple[Column, ...]:
        """The columns of a query, which is prepared but gives no row here."""
        result = session.execute(text(f"SELECT * FROM (\n{unbound(asked)}\n) {ROWS} WHERE 1 = 0"))
        described = (
            [(str(row[0]), row[1]) for row in result.cursor.description or ()] if result.cursor else []
        )
        result.close()
        return self.typed(session, described)

    def typed(self, session: Session, described: Sequence[tuple[str, Any]]) -> tuple[Column, ...]:
        """The columns of a description (names, the driver's codes of types), in its order."""
        quoted = [self.quoted(session, name) for name, _ in described]
        return tuple(
            Column(name, source, source, "", "unknown")
            for (name, _), source in zip(described, quoted, strict=True)
        )

    def quoted(self, session: Session, name: str) -> str:
        """A column's name, quoted, with the alias before it."""
        return f"{ROWS}.{session.dialect.identifier_preparer.quote_identifier(name)}"

    def texts(self, column: Column, values: Sequence[Any]) -> pa.Array:
        """The values of one column as texts, exact; null is null."""
        return pa.array([text_of(value) for value in values], pa.string())

    def proof_of(self, session: Session, schema: str | None, table: str | None) -> str:
        """How it is known that the rows are whole."""
        return self.snapshot

    def reading_of(self, error: DBAPIError) -> Refusal:
        """What an error of SQLAlchemy's means."""
        found = self.refusal(error.orig)
        if found:
            return found
        passing = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
        code = str(getattr(error.orig, "full_code", "")) or type(error.orig).__name__
        return Refusal(passing, f"the database fails ({code})")
