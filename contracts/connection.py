"""A named connection: where a source is and what opens it; the only place of hosts and secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pydantic import Field as Setting
from pydantic import SecretStr

from contracts.errors import SourceUnavailable
from contracts.model import Frozen

DATABASES = ("postgresql", "mysql", "oracle", "mssql")  # schemes behind which Airflow's schema is a database
_SCHEMES = {  # of Airflow's types of connection; the other types are of the web
    "postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql",
    "oracle": "oracle", "mssql": "mssql", "sftp": "sftp", "ssh": "sftp", "s3": "s3", "aws": "s3",
}  # fmt: skip


class Connection(Frozen):
    """What an Airflow connection says, without Airflow."""

    name: str
    url: str = Setting("", description="Scheme, host, port and base path; empty for a folder.")
    login: str | None = None
    password: SecretStr | None = None
    extra: dict[str, Any] = Setting(default_factory=dict, repr=False)


def connection_of(
    name: str, *, host: str | None, scheme: str | None, port: int | None,
    login: str | None, password: str | None, extra: Mapping[str, Any], conn_type: str | None = None,
) -> Connection:  # fmt: skip
    """The connection made of Airflow's separate parts; `host` may already hold the scheme.

    `scheme` is what Airflow calls the schema: http or https on the web, the database's name of a database.
    """
    known = _SCHEMES.get(conn_type or "", "")
    url = host or ("localhost" if known in DATABASES else "")
    if url and "://" not in url:
        url = f"{known or scheme or _http(conn_type) or 'https'}://{url}"
    if url and port and urlsplit(url).port is None:
        parts = urlsplit(url)
        url = parts._replace(netloc=f"{parts.netloc}:{port}").geturl()
    url = url.rstrip("/")
    if scheme and urlsplit(url).scheme in DATABASES and not urlsplit(url).path:
        url = f"{url}/{quote(scheme, safe='')}"
    secret = SecretStr(password) if password else None
    return Connection(name=name, url=url, login=login, password=secret, extra=dict(extra))


def connection_from(environment: Mapping[str, str], name: str) -> Connection:
    """The connection in `AIRFLOW_CONN_<NAME>`, as JSON or as a URI, read as Airflow reads it.

    Raises:
        SourceUnavailable: no such variable, or it is neither JSON nor a URI.
    """
    variable = f"AIRFLOW_CONN_{name.upper()}"
    text = environment.get(variable, "").strip()
    if not text:
        remedy = f"Set {variable}, or create it in Airflow under Admin › Connections."
        raise SourceUnavailable(f"connection {name}", "is not defined", remedy=remedy)
    try:
        parts = json.loads(text) if text.startswith("{") else _uri_parts(text)
        extra = parts.get("extra") or {}
        return connection_of(
            name, host=parts.get("host"), scheme=parts.get("schema"), conn_type=parts.get("conn_type"),
            port=int(parts["port"]) if parts.get("port") else None,
            login=parts.get("login"), password=parts.get("password"),
            extra=json.loads(extra) if isinstance(extra, str) else extra,
        )  # fmt: skip
    except ValueError as error:
        remedy = f"Write {variable} as JSON (conn_type, host, login, password, extra) or as a URI."
        raise SourceUnavailable(f"connection {name}", "cannot be read", remedy=remedy) from error


def _uri_parts(text: str) -> dict[str, Any]:
    """The parts of a URI, as Airflow has them: beside the web its path is the schema, its query the extra."""
    parts = urlsplit(text)
    on_the_web = parts.scheme not in _SCHEMES
    return {
        "conn_type": parts.scheme, "host": parts.hostname, "port": parts.port,
        "login": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "schema": None if on_the_web else unquote(parts.path.strip("/")) or None,
        "extra": {} if on_the_web else dict(parse_qsl(parts.query)),
    }  # fmt: skip


def _http(conn_type: str | None) -> str | None:
    return conn_type if conn_type in ("http", "https") else None
