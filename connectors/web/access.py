"""What a web connection opens its source with, and how its secrets are kept out of every text."""

from __future__ import annotations

import base64
import logging
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit

from connectors.extras import unusable
from connectors.masking import masked
from connectors.web.addresses import origin_of
from connectors.web.extra import Extra, extra_of
from contracts.connection import Connection

_SENDABLE = re.compile(r"[\x20-\x7e\xa0-\xff]*")  # what a header may carry (RFC 9110 §5.5)


@dataclass(frozen=True)
class Access:
    """How a request is opened, at the connection's own origin and nowhere else."""

    url: str
    extra: Extra = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    login: str = ""
    key: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    tokens: list[str] = field(default_factory=list, repr=False)  # fetched on the way; the last one opens

    @property
    def client(self) -> str:
        """What a token's server is shown: login and password form-encoded, then Basic (RFC 6749 §2.3.1)."""
        return f"Basic {_pair(quote_plus(self.login), quote_plus(self.key))}"

    def is_home(self, url: str) -> bool:
        """Whether the URL is at the connection's own origin, so that it may see the secret."""
        return origin_of(url) == origin_of(self.url)

    def opening(self, url: str) -> tuple[str, dict[str, str]]:
        """The URL and the headers to send: with the secret at home, without it elsewhere."""
        if not self.is_home(url):
            return self.without_key(url), {}
        if self.tokens:
            return url, {"Authorization": f"Bearer {self.tokens[-1]}"}
        name = self.extra.query
        if not name or _holds(url, name):
            return url, self.headers
        mark = "&" if urlsplit(url).query else "?"
        return f"{url}{mark}{urlencode({name: self.key}, quote_via=quote)}", self.headers

    def masked(self, text: str) -> str:
        """The text without any secret, raw, URL-encoded or in base64."""
        return masked(text, (*self.secrets, *self.tokens))

    def without_key(self, url: str) -> str:
        """A source may repeat the key in an address that it gives."""
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
    """How the connection opens its source: header key, query key, login, a token to be fetched, or nothing.

    Raises:
        SourceUnavailable: the connection cannot be used as it is written.
    """
    extra = extra_of(connection)
    password = connection.password.get_secret_value() if connection.password else ""
    login = connection.login or ""
    pair, client = _pair(login, password), _pair(quote_plus(login), quote_plus(password))
    secrets = (password, password.split()[-1], pair, client) if password.strip() else ()
    headers: dict[str, str] = {}
    if extra.header:
        headers[extra.header] = password
    elif not (extra.query or extra.token_url) and (connection.login or password):
        headers["Authorization"] = f"Basic {pair}"
    if not all(_SENDABLE.fullmatch(value) for value in headers.values()):
        raise unusable(connection, "has a password that no header can carry", "Look for a line end in it.")
    return Access(connection.url, extra, headers, login, password, tuple(dict.fromkeys(secrets)))


def _pair(login: str, password: str) -> str:
    return base64.b64encode(f"{login}:{password}".encode()).decode()


def _holds(url: str, name: str) -> bool:
    return any(key == name for key, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True))
