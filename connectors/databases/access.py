"""What a connection to a database holds, and how its secret is kept out of every text."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote, quote_plus

from pydantic import Field as Setting

from contracts.connection import Connection
from contracts.model import Frozen

MASK = "***"


class Extra(Frozen):
    """What the `extra` of a database's connection may hold; the secret is always the password."""

    socket: str | None = Setting(
        None, pattern="^/", description="The server's local socket: PostgreSQL's folder, MariaDB's file."
    )
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] | None = Setting(
        None, description="As PostgreSQL's; also for MariaDB. Default: what the driver prefers."
    )
    ca_file: str | None = Setting(None, description="Certificates to trust; then `sslmode` is verify-full.")

    @property
    def mode(self) -> str | None:
        """The TLS that is asked for."""
        return self.sslmode or ("verify-full" if self.ca_file else None)


def masked(text: str, connection: Connection) -> str:
    """The text without the password, raw or URL-encoded."""
    secret = connection.password.get_secret_value() if connection.password else ""
    for form in sorted(
        {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}, key=len, reverse=True
    ):
        text = text.replace(form, MASK) if form else text
    return text
