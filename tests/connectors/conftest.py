"""Small real servers with the bad habits of real sources, and visits whose clock and sleep are ours."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import Visit
from contracts.connection import Connection, connection_of

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@dataclass
class Site:
    """A web site: what it answers at each path (the last answer repeats), and what it was asked."""

    url: str = ""
    answers: dict[str, list[Callable[[BaseHTTPRequestHandler], None]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def says(self, path: str, status: int, body: bytes = b"", **headers: str) -> None:
        """One more answer at `path`; `Content_Type=` is the header Content-Type."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.does(path, answer)

    def does(self, path: str, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.answers.setdefault(path, []).append(answer)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture
def sites() -> Iterator[Callable[[], Site]]:
    """A maker of sites on loopback, each with its own port and so its own origin."""
    servers = []

    def make() -> Site:
        site = Site()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                site.asked.append((self.path, dict(self.headers)))
                answers = site.answers[self.path.partition("?")[0]]
                (answers.pop(0) if len(answers) > 1 else answers[0])(self)

            def do_PROPFIND(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, format: str, *values: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # a client that hangs up is part of the game
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        site.url = f"http://127.0.0.1:{server.server_port}"
        return site

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site(sites: Callable[[], Site]) -> Site:
    return sites()


@pytest.fixture
def wire() -> Iterator[Callable[..., str]]:
    """A maker of liars: a port that writes the given bytes to whoever asks, then hangs up (or does not)."""
    done = threading.Event()
    listeners = []

    def make(*pieces: bytes, hang: bool = False) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def answer(peer: socket.socket) -> None:
            with peer:
                peer.recv(65536)
                for piece in pieces:
                    peer.sendall(piece)
                if hang:
                    done.wait(20)

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(peer,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield make
    done.set()
    for listener in listeners:
        listener.close()


@pytest.fixture
def naps() -> list[float]:
    """The seconds that the visit was asked to sleep."""
    return []


@pytest.fixture
def visit(tmp_path: Path, naps: list[float]) -> Visit:
    """A visit at noon that sleeps without losing time."""
    folder = tmp_path / "fetched"
    folder.mkdir()
    ticks = iter(range(1_000_000))
    return Visit(
        place="mobility.parkings", folder=folder, clock=lambda: NOON + timedelta(milliseconds=next(ticks)),
        contact="opendata@example.org", sleep=naps.append, chance=lambda: 0.5,
    )  # fmt: skip


@pytest.fixture
def connect() -> Callable[..., Connection]:
    """A maker of connections to a URL."""

    def make(url: str, login: str | None = None, password: str | None = None, **extra: object) -> Connection:
        return connection_of(
            "mobility_platform", host=url, scheme=None, port=None, login=login, password=password, extra=extra
        )

    return make
