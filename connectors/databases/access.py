"""What a connection to a database may hold beside address and login."""

from __future__ import annotations

from typing import Literal

from pydantic import Field as Setting

from contracts.model import Frozen


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
