"""From a connection to an open database: the driver, the address, one session that ends with the visit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import sqlalchemy
from sqlalchemy.engine import URL
from sqlalchemy.engine import Connection as Session
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from connectors.databases.access import Extra
from connectors.databases.dialect import Dialect, Limits
from connectors.databases.mysql import Mysql
from connectors.databases.postgresql import Postgresql
from connectors.databases.unproven import Mssql, Oracle
from connectors.extras import understood, unusable
from connectors.masking import masked
from contracts.connection import Connection
from contracts.errors import ConcentratorError, SourceChanged, SourceUnavailable

Found = TypeVar("Found")

_DIALECTS: dict[str, type[Dialect]] = {
    "postgresql": Postgresql, "mysql": Mysql, "oracle": Oracle, "mssql": Mssql,
}  # fmt: skip


def dialect_of(connection: Connection) -> Dialect:
    """The family of databases that the connection's address names.

    Raises:
        SourceUnavailable: it is no database's.
    """
    scheme = urlsplit(connection.url).scheme
    if scheme in _DIALECTS:
        return _DIALECTS[scheme]()
    met = f"is no database ({scheme or 'without an address'})"
    remedy = f"Its type or the scheme of its host is one of {', '.join(_DIALECTS)}."
    raise unusable(connection, met, remedy)


def at_one_moment(
    connection: Connection, dialect: Dialect, limits: Limits, place: str, read: Callable[[Session], Found]
) -> Found:
    """What `read` finds in a session within its read-only snapshot.

    Raises:
        SourceUnavailable: no answer, a lost connection, a lock or a limit of time; no driver.
        SourceChanged: the database refuses the login or the query.
    """
    engine = _engine(connection, dialect, limits)
    try:
        return _in_session(engine, dialect, limits, read)
    except DBAPIError as error:
        failure = _failure(error, dialect, connection, place)
    except UnicodeDecodeError:
        met = "the database sends a text that is not in its own encoding"
        failure = SourceChanged(place, met, remedy="Ask its administrator for the encoding of the database.")
    finally:
        engine.dispose()
    raise failure  # outside the handler: SQLAlchemy's text shows the statement and its values


def _in_session(
    engine: sqlalchemy.Engine, dialect: Dialect, limits: Limits, read: Callable[[Session], Found]
) -> Found:
    """A session that fails is cut, never read to its end."""
    with engine.connect().execution_options(**dialect.options) as session:
        raw = session.connection.driver_connection
        try:
            dialect.begin(session, limits)
            return read(session)
        except BaseException:
            dialect.cut(session, raw)
            raise


def _engine(connection: Connection, dialect: Dialect, limits: Limits) -> sqlalchemy.Engine:
    extra = understood(connection, Extra, "a connection to a database")
    try:
        return sqlalchemy.create_engine(
            _address(connection, dialect), poolclass=NullPool, hide_parameters=True,
            connect_args=dialect.arguments(extra, _secret(connection) or "", limits),
        )  # fmt: skip
    except ModuleNotFoundError as error:
        remedy = f'Install it in the folder of the concentrator: pip install -e ".[{dialect.extra}]".'
        met = f"needs the driver {error.name}, which is not installed"
        raise unusable(connection, met, remedy) from error


def _address(connection: Connection, dialect: Dialect) -> URL:
    parts = urlsplit(connection.url)
    database = unquote(parts.path.strip("/")) or None
    named = {"service_name": database} if dialect.driver.startswith("oracle") and database else {}
    return URL.create(
        dialect.driver,
        connection.login,
        _secret(connection),
        parts.hostname,
        parts.port,
        None if named else database,
        named,
    )


def _failure(error: DBAPIError, dialect: Dialect, connection: Connection, place: str) -> ConcentratorError:
    found = dialect.reading_of(error)
    met = masked(found.met, [_secret(connection) or ""])
    if found.passing:
        return SourceUnavailable(place, met)
    remedy = "Check the contract's `source:` and what the login of its connection may read."
    return SourceChanged(place, met, remedy=remedy)


def _secret(connection: Connection) -> str | None:
    return connection.password.get_secret_value() if connection.password else None
