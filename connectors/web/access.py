"""What a web connection opens its source with, and how its secrets are kept out of every text."""

from __future__ import annotations

import base64
import json
import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit

from pydantic import Field as Setting
from pydantic import ValidationError

from connectors.web.addresses import origin_of
from contracts.connection import Connection
from contracts.errors import SourceUnavailable
from contracts.model import Frozen

MASK = "***"
_SENDABLE = re.compile(r"[\x20-\x7e\xa0-\xff]*")  # what a header may carry (RFC 9110 §5.5)


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


@dataclass(frozen=True)
class Access:
    """How a request is opened, at the connection's own origin and nowhere else."""

    url: str
    extra: Extra = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    key: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def is_home(self, url: str) -> bool:
        """Whether the URL is at the connection's own origin, so that it may see the secret."""
        return origin_of(url) == origin_of(self.url)

    def opening(self, url: str) -> tuple[str, dict[str, str]]:
        """The URL and the headers to send: with the secret at home, without it elsewhere."""
        if not self.is_home(url):
            return self._without_key(url), {}
        name = self.extra.query
        if not name or _holds(url, name):
            return url, self.headers
        mark = "&" if urlsplit(url).query else "?"
        return f"{url}{mark}{urlencode({name: self.key}, quote_via=quote)}", self.headers

    def masked(self, text: str) -> str:
        """The text without any secret, raw, URL-encoded or in base64."""
        written = sorted({form for secret in self.secrets for form in _forms(secret)}, key=len, reverse=True)
        pattern = "|".join(re.escape(form) for form in written)
        return re.sub(pattern, MASK, text, flags=re.IGNORECASE) if pattern else text

    def _without_key(self, url: str) -> str:
        """A source that redirects elsewhere may repeat the key in the address it gives."""
        name = self.extra.query
        if not name or not _holds(url, name):
            return url  # untouched: a signed query may not be written anew
        parts = urlsplit(url)
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
        return parts._replace(query=urlencode(kept, quote_via=quote)).geturl()


class Masking(logging.Filter):
    """Keeps the secrets out of what urllib3 logs about its requests."""

    def __init__(self, access: Access) -> None:
        super().__init__()
        self.access = access

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the record's text is masked."""
        record.msg, record.args = self.access.masked(record.getMessage()), ()
        return True


def access_from(connection: Connection) -> Access:
    """How the connection opens its source: header key, query key, login, or nothing.

    Raises:
        SourceUnavailable: the connection cannot be used as it is written.
    """
    extra = _extra(connection)
    _check_address(connection)
    password = connection.password.get_secret_value() if connection.password else ""
    pair = base64.b64encode(f"{connection.login or ''}:{password}".encode()).decode()
    secrets = tuple(dict.fromkeys((password, password.split()[-1], pair))) if password.strip() else ()
    headers: dict[str, str] = {}
    if extra.header:
        headers[extra.header] = password
    elif not extra.query and (connection.login or password):
        headers["Authorization"] = f"Basic {pair}"
    if not all(_SENDABLE.fullmatch(value) for value in headers.values()):
        raise _unusable(connection, "has a password that no header can carry", "Look for a line end in it.")
    return Access(connection.url, extra, headers, password, secrets)


def _extra(connection: Connection) -> Extra:
    try:
        extra = Extra.model_validate(connection.extra)
    except ValidationError as error:
        names = ", ".join(sorted({".".join(map(str, one["loc"])) for one in error.errors()}))
        remedy = f"A web connection knows {', '.join(Extra.model_fields)}."
        failure = _unusable(connection, f"has an extra that is not understood ({names})", remedy)
    else:
        _check_extra(connection, extra)
        return extra
    raise failure  # outside the handler: pydantic's text shows the values


def _check_extra(connection: Connection, extra: Extra) -> None:
    if extra.header and extra.query:
        raise _unusable(connection, "names both a header and a query key", "Keep one of them.")
    if (extra.header or extra.query) and connection.password is None:
        raise _unusable(connection, "names a key but holds none", "Put the key into its password.")
    if extra.ca_file and not Path(extra.ca_file).is_file():
        raise _unusable(connection, f"names a `ca_file` that is not there ({extra.ca_file})", "Correct it.")


def _check_address(connection: Connection) -> None:
    try:
        origin_of(connection.url)
    except ValueError:
        remedy = "Give it a host with http:// or https:// in front."
        raise _unusable(connection, "has no web address", remedy) from None
    parts = urlsplit(connection.url)
    if parts.username or parts.password or parts.query or parts.fragment:
        remedy = "Move the secret to the password; name a query key in the extra `query`."
        raise _unusable(connection, "has more than scheme, host, port and path in its address", remedy)


def _unusable(connection: Connection, met: str, remedy: str) -> SourceUnavailable:
    return SourceUnavailable(f"connection {connection.name}", met, remedy=remedy)


def _holds(url: str, name: str) -> bool:
    return any(key == name for key, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _forms(secret: str) -> set[str]:
    """The ways in which libraries and servers write a secret back."""
    raw = secret.encode()
    coded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    plain = {secret, json.dumps(secret)[1:-1], *coded, *(code.rstrip("=") for code in coded)}
    return plain | {form for text in plain for form in (quote(text), quote(text, safe=""), quote_plus(text))}
