"""Connections that are opened to the address that was checked, and to no other (DNS rebinding)."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.util.connection import create_connection

Way = Callable[[str, int], tuple[str, ...]]  # host, port → checked IP addresses, or raises


class Pinned(HTTPAdapter):
    """The adapter of requests over connections whose addresses come from `way`.

    Only the socket is ours: the host's name still stands in the request and is what TLS checks.
    """

    def __init__(self, way: Way) -> None:
        self._way = way
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """The pools of urllib3 with our connections in them."""
        super().init_poolmanager(*args, **kwargs)
        way = self._way

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return _opened(self, way)

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return _opened(self, way)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


def _opened(connection: HTTPConnection, way: Way) -> socket.socket:
    """As urllib3's `_new_conn`: each address in turn, and its errors by its names."""
    host, port = connection.host, connection.port
    failure: Exception = NewConnectionError(connection, f"no address for {host}")
    for address in _addresses(connection, way):
        try:
            return create_connection(
                (address, port), connection.timeout, source_address=connection.source_address,
                socket_options=connection.socket_options,
            )  # fmt: skip
        except TimeoutError:
            failure = ConnectTimeoutError(connection, f"connection to {host} timed out")
        except OSError as error:
            failure = NewConnectionError(connection, f"no connection to {host} ({error.strerror})")
    raise failure


def _addresses(connection: HTTPConnection, way: Way) -> tuple[str, ...]:
    try:
        return way(connection.host.strip("[]"), connection.port)
    except OSError as error:
        raise NameResolutionError(connection.host, connection, socket.gaierror(str(error))) from error
    except UnicodeError as error:
        raise LocationParseError(f"{connection.host!r} is no host name") from error
