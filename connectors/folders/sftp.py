"""A folder of an SFTP server, whose key is known beforehand."""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import paramiko

from connectors.connector import Visit
from connectors.folders.folder import PIECE, Dropped
from connectors.folders.ssh import entered
from contracts.connection import Connection

_AT_ONCE = 64  # requests of 32 KiB under way, so that a slow disk here holds 2 MiB at most


@dataclass(frozen=True)
class SftpFolder:
    """A path of the server; one that does not begin with `/` starts where the login does."""

    address: str
    path: str
    client: paramiko.SFTPClient = field(repr=False)

    def files(self) -> tuple[Dropped, ...]:
        """Its regular files by name."""
        with _as_os_error():
            found = self.client.listdir_attr(self.path or ".")
        return tuple(_seen(one) for one in sorted(found, key=lambda one: str(one.filename)) if _is_file(one))

    @contextmanager
    def reading(self, one: Dropped) -> Iterator[Iterator[bytes]]:
        """The file's bytes."""
        with _as_os_error(), self.client.open(f"{self.path or '.'}/{one.written}", "rb") as file:
            file.prefetch(one.bytes, _AT_ONCE)
            yield iter(lambda: file.read(PIECE), b"")


@contextmanager
def opened(connection: Connection, below: str, visit: Visit) -> Iterator[SftpFolder]:
    """The folder below the connection's root (its extra `path`, else where the login starts).

    Raises:
        SourceUnavailable: no answer, or the connection cannot be used as it is written.
        SourceChanged: the server shows another key than the known one, or refuses the login.
    """
    with entered(connection, visit.place) as (client, root):
        path = "/".join(part for part in (root.rstrip("/"), below.strip("/")) if part)
        path = path or ("/" if root else "")
        yield SftpFolder(f"{connection.url}/{path.lstrip('/')}".rstrip("/"), path, client)


def _is_file(one: Any) -> bool:
    """By its mode; a server that sends none shows a folder by the first letter of its long listing."""
    if one.st_mode is None:
        return not str(one.longname).startswith(("d", "l"))
    return stat.S_ISREG(one.st_mode)


def _seen(one: Any) -> Dropped:
    return Dropped(str(one.filename), datetime.fromtimestamp(one.st_mtime or 0, UTC), int(one.st_size or 0))


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise OSError(errno.EILSEQ, "a name in it is not UTF-8") from error
    except (paramiko.SSHException, EOFError) as error:
        raise OSError(errno.EPIPE, "the connection was lost") from error
    except OSError as error:
        if error.strerror:
            raise
        raise OSError(errno.EIO, "time is up" if isinstance(error, TimeoutError) else "it fails") from error
