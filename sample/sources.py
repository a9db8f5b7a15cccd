"""The sample city's sources: a small real web server, the drop folder, and the connections that name them."""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sample import portal

SOURCES = Path(__file__).parent / "sources"
DROPS = (
    "elections_office",
    "finance_service",
    "reception_desk",
)  # folders that a service would share; the others are web sites
WEB = tuple(sorted(path.name for path in SOURCES.iterdir() if path.is_dir() and path.name not in DROPS))
_MEDIA_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".xls": "application/vnd.ms-excel",  # RTE names its TAB text so, and serves it so
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def connections(url: str, sources: Path = SOURCES) -> dict[str, str]:
    """The sample city's `AIRFLOW_CONN_…` variables: web sources under `url`, drop folders in `sources`."""
    made: dict[str, dict[str, Any]] = {
        name: {"conn_type": "http", "host": f"{url.rstrip('/')}/{name}"} for name in WEB
    }
    made |= {name: {"conn_type": "fs", "extra": {"path": str(sources / name)}} for name in DROPS}
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(parts) for name, parts in made.items()}


@contextmanager
def serving(folder: Path = SOURCES, port: int = 0) -> Iterator[str]:
    """The base URL of a server on loopback that offers `folder` read-only until the block ends.

    Port 0 takes a free one.
    """
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_ReadOnly, folder.resolve()))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _ReadOnly(BaseHTTPRequestHandler):
    """GET and HEAD of the files in one folder, with validators; nothing else."""

    protocol_version = "HTTP/1.1"
    server_version = "sample-sources"

    def __init__(self, folder: Path, *connection: Any) -> None:
        self.folder = folder
        super().__init__(*connection)

    def do_GET(self) -> None:
        content = self._answer()
        if content is not None:
            self.wfile.write(content)

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *values: Any) -> None:
        """Nothing: the terminal belongs to the run."""

    def _answer(self) -> bytes | None:
        """Sends the head; the body to send after it, or None."""
        if (reply := self._of_portal()) is not None:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.media_type)
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            return reply.content
        path = self._path()
        if path is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        content, modified = path.read_bytes(), int(path.stat().st_mtime)
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        known = self._known(etag, modified)
        self.send_response(HTTPStatus.NOT_MODIFIED if known else HTTPStatus.OK)
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", formatdate(modified, usegmt=True))
        if not known:
            self.send_header("Content-Type", _MEDIA_TYPES.get(path.suffix, "application/octet-stream"))
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return None if known else content

    def _of_portal(self) -> portal.Reply | None:
        """What a folder with a catalogue answers below its API, or None."""
        asked = urlsplit(self.path)
        name, _, below = unquote(asked.path).lstrip("/").partition("/")
        if not below.startswith(portal.API) or name not in (one.name for one in self.folder.iterdir()):
            return None
        folder = self.folder / name
        found = (folder / portal.CATALOGUE).is_file()
        return portal.answer(folder, below, dict(parse_qsl(asked.query))) if found else None

    def _path(self) -> Path | None:
        """The file asked for, if it is one and inside the folder."""
        asked = unquote(urlsplit(self.path).path).lstrip("/")
        if "\0" in asked:
            return None
        path = (self.folder / asked).resolve()
        return path if path.is_relative_to(self.folder) and path.is_file() else None

    def _known(self, etag: str, modified: int) -> bool:
        """Whether the client already has these bytes; an ETag outranks a date (RFC 9110 §13.2.2)."""
        etags = self.headers.get("If-None-Match")
        if etags is not None:
            return etags.strip() == "*" or etag in [
                each.strip().removeprefix("W/") for each in etags.split(",")
            ]
        since = self.headers.get("If-Modified-Since")
        try:
            return since is not None and modified <= parsedate_to_datetime(since).timestamp()
        except ValueError:
            return False


def main() -> None:
    """Serves the sources until SIGTERM or Ctrl-C; prints the address once it answers."""
    parser = argparse.ArgumentParser(prog="python -m sample.sources", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--folder", type=Path, default=SOURCES)
    asked = parser.parse_args()
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    with serving(asked.folder, asked.port) as url:
        print(url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
