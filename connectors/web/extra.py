"""What the `extra` of a web connection may hold, and what is wrong with one that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field as Setting

from connectors.extras import understood, unusable
from connectors.web.addresses import origin_of
from contracts.connection import Connection
from contracts.model import Frozen


class Extra(Frozen):
    """What the `extra` of a web connection may hold; the secret itself is always the password."""

    header: str | None = Setting(
        None,
        pattern=r"^[A-Za-z0-9-]+$",
        description="The password is sent whole as this header: `Authorization`, `X-Api-Key`.",
    )
    query: str | None = Setting(None, description="The password is sent as this query parameter: `apikey`.")
    allow_private: bool = Setting(False, description="Redirects to inner addresses are followed.")
    proxy: str | None = Setting(None, description="The proxy's URL; it then resolves the names.")
    ca_file: str | None = Setting(None, description="Certificates to trust instead of the public ones.")
    requests_per_second: float = Setting(
        10, gt=0, le=1000, description="How often one host is asked; a second's worth may come at once."
    )
    token_url: str | None = Setting(
        None,
        description="OAuth 2 client credentials: login and password are shown there, for a token that opens "
        "the source.",
    )
    scope: str | None = Setting(None, description="What the token is asked for.")
    token_login: Literal["header", "body"] = Setting(
        "header", description="Where login and password are shown: as Basic, or as form fields."
    )


def extra_of(connection: Connection) -> Extra:
    """What the connection's extra holds; its address is looked at too.

    Raises:
        SourceUnavailable: the connection cannot be used as it is written.
    """
    extra = understood(connection, Extra, "a web connection")
    _check_extra(connection, extra)
    _check_address(connection)
    return extra


def _check_extra(connection: Connection, extra: Extra) -> None:
    if extra.header and extra.query:
        raise unusable(connection, "names both a header and a query key", "Keep one of them.")
    if extra.token_url is not None:
        _check_token(connection, extra)
    if (extra.header or extra.query) and connection.password is None:
        raise unusable(connection, "names a key but holds none", "Put the key into its password.")
    if extra.ca_file and not Path(extra.ca_file).is_file():
        raise unusable(connection, f"names a `ca_file` that is not there ({extra.ca_file})", "Correct it.")


def _check_token(connection: Connection, extra: Extra) -> None:
    if extra.header or extra.query:
        raise unusable(connection, "names both a key and a `token_url`", "Keep one of them.")
    if not (connection.login and connection.password):
        remedy = "Put the client's id into its login and the secret into its password."
        raise unusable(connection, "names a `token_url` but no login or no password", remedy)
    parts = urlsplit(extra.token_url or "")
    down = parts.scheme == "http" and urlsplit(connection.url).scheme == "https"
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or down:
        raise unusable(connection, "has a `token_url` that is no https address", "Correct it.")


def _check_address(connection: Connection) -> None:
    try:
        origin_of(connection.url)
    except ValueError:
        remedy = "Give it a host with http:// or https:// in front."
        raise unusable(connection, "has no web address", remedy) from None
    parts = urlsplit(connection.url)
    if parts.username or parts.password or parts.query or parts.fragment:
        remedy = "Move the secret to the password; name a query key in the extra `query`."
        raise unusable(connection, "has more than scheme, host, port and path in its address", remedy)
