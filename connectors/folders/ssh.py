"""How an SFTP server is entered: its key has to be known, and only what the connection holds opens it."""

from __future__ import annotations

import base64
import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import paramiko
from pydantic import Field as Setting

from connectors.extras import understood, unusable
from contracts.connection import Connection
from contracts.errors import ConcentratorError, SourceChanged, SourceUnavailable
from contracts.model import Frozen

_CONNECT_SECONDS = 10.0
_QUIET_SECONDS = 60.0


class Extra(Frozen):
    """What the `extra` of the connection may hold, by Airflow's names where it has one."""

    path: str = Setting("", description="The root of the folders; default: where the login starts.")
    host_key: str | None = Setting(
        None, description="The server's public key, as ssh-keyscan writes it (`ssh-ed25519 AAAA…`)."
    )
    known_hosts_file: str | None = Setting(None, description="Or a file of such keys.")
    key_file: str | None = Setting(None, description="The private key that opens, instead of the password.")
    private_key: str | None = Setting(None, description="Or the private key itself.")
    private_key_passphrase: str | None = Setting(None, description="What opens the private key.")


class _Unknown(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """Refuses a server whose key is not known, and tells the key that it shows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
        met = f"does not know the key of {hostname}, which shows {key.get_name()} {key.fingerprint}"
        remedy = "Compare it with what its administrator says, then give it as the extra `host_key`."
        raise unusable(self._connection, met, remedy)


@contextmanager
def entered(connection: Connection, place: str) -> Iterator[tuple[paramiko.SFTPClient, str]]:
    """The server's files, and the root that the connection names.

    Raises:
        SourceUnavailable: no answer, or the connection cannot be used as it is written.
        SourceChanged: the server shows another key than the known one, or refuses the login.
    """
    extra = understood(connection, Extra, "a connection to an SFTP server")
    with paramiko.SSHClient() as client:
        _trust(client, connection, extra)
        files = _open(client, connection, _private_key(connection, extra), place)
        files.get_channel().settimeout(_QUIET_SECONDS)
        yield files, extra.path  # closed with the client: to close them first fails on a lost connection


def _open(client: paramiko.SSHClient, connection: Connection, key: Any, place: str) -> paramiko.SFTPClient:
    parts = urlsplit(connection.url)
    host = parts.hostname or ""
    password = connection.password.get_secret_value() if connection.password and key is None else None
    failure: ConcentratorError
    try:
        client.connect(
            host, parts.port or 22, username=connection.login or "", password=password, pkey=key,
            timeout=_CONNECT_SECONDS, banner_timeout=_CONNECT_SECONDS, channel_timeout=_CONNECT_SECONDS,
            auth_timeout=30, allow_agent=False, look_for_keys=False,
        )  # fmt: skip
        return client.open_sftp()
    except paramiko.BadHostKeyException as error:
        met = f"{host} shows another key ({error.key.get_name()} {error.key.fingerprint}) than the known one"
        remedy = "Ask its administrator before you change `host_key`: somebody may stand in between."
        failure = SourceChanged(place, met, remedy=remedy)
    except paramiko.AuthenticationException:
        remedy = "Check the login, the password or the key of its connection."
        failure = SourceChanged(place, f"{host} refuses the login", remedy=remedy)
    except socket.gaierror:
        failure = SourceUnavailable(place, f"the name {host} does not resolve")
    except TimeoutError:
        failure = SourceUnavailable(place, f"{host} cannot be reached in time")
    except (OSError, EOFError, paramiko.SSHException) as error:
        met = f"{host} cannot be entered by SSH ({type(error).__name__})"
        failure = SourceUnavailable(place, met)
    raise failure


def _trust(client: paramiko.SSHClient, connection: Connection, extra: Extra) -> None:
    """The keys that the connection knows, and no others."""
    client.set_missing_host_key_policy(_Unknown(connection))
    parts = urlsplit(connection.url)
    port = parts.port or 22
    name = parts.hostname or ""
    try:
        if extra.known_hosts_file:
            client.load_host_keys(extra.known_hosts_file)
        if extra.host_key:
            key = _public_key(extra.host_key)
            client.get_host_keys().add(name if port == 22 else f"[{name}]:{port}", key.get_name(), key)
    except OSError as error:
        met = f"names a `known_hosts_file` that cannot be read ({error.strerror})"
        raise unusable(connection, met, "Correct it.") from error
    except (ValueError, IndexError, paramiko.SSHException, paramiko.UnknownKeyType) as error:
        remedy = "Write it as `ssh-keyscan` does: ssh-ed25519 AAAA…"
        raise unusable(connection, "has a `host_key` that is no public key", remedy) from error


def _public_key(text: str) -> paramiko.PKey:
    """A key as `known_hosts` writes it, with or without its host, or its base64 alone."""
    words = text.split()
    coded = next((word for word in words if word.startswith("AAAA")), "")
    blob = base64.b64decode(coded, validate=True)
    return paramiko.PKey.from_type_string(paramiko.Message(blob).get_text(), blob)


def _private_key(connection: Connection, extra: Extra) -> Any:
    """The key that opens, or None: then it is the password."""
    if not extra.key_file and not extra.private_key:
        return None
    secret = extra.private_key_passphrase
    try:
        if extra.key_file:
            return paramiko.PKey.from_path(extra.key_file, secret)
        return _read_key(extra.private_key or "", secret)
    except (OSError, ValueError, TypeError, paramiko.SSHException, paramiko.UnknownKeyType):
        failure = unusable(
            connection,
            "has a private key that cannot be read",
            "Check the key, and its `private_key_passphrase`.",
        )
    raise failure  # outside the handler: the library's text may show a part of the key


def _read_key(text: str, secret: str | None) -> Any:
    """A private key by its text; the kind is not written on it, so each is tried."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), secret)
        except paramiko.PasswordRequiredException:
            raise
        except (paramiko.SSHException, ValueError):
            continue
    raise ValueError("no private key")
