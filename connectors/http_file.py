"""One file at one address: the plainest source there is."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field as Setting

from connectors.connector import Connector, Fetched, Visit
from connectors.web.queries import Below, Query, written
from connectors.web.request import Request
from connectors.web.session import Session
from contracts.connection import Connection


class HttpFile(Connector):
    """What a contract says of a file behind an address: `kind: http_file`."""

    word: ClassVar[str] = "path"

    path: Below = Setting("", description="Below the connection's address: `exports/parcs.csv`.")
    query: Query = Setting(
        default_factory=dict, description="What stands behind the `?`; a list repeats its name."
    )
    accept: str = Setting("*/*", description="The media type asked for.")
    file_name: str | None = Setting(
        None,
        pattern=r"^[^./\\\x00-\x1f][^/\\\x00-\x1f]*$",
        description="Its name here (default: the last part of `path`).",
    )
    allow_html: bool = Setting(False, description="A web page is the data, not a mishap.")
    max_bytes: int = Setting(5_000_000_000, ge=1, description="More is refused.")
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(3600, gt=0, description="Seconds that all attempts may take together.")

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """The one file, or none where the source answers 304 to the known one."""
        request = Request(
            path=self.path, name=self._name(), query=written(self.query), accept=self.accept,
            allow_html=self.allow_html, quiet_seconds=self.read_timeout, whole_seconds=self.time_limit,
            most_bytes=self.max_bytes,
        )  # fmt: skip
        with Session(connection, visit) as session:
            download = session.download(request)
        if download is None:
            return Fetched(proof="304 Not Modified", unchanged=True)
        return Fetched(files=(download.file,), proof=download.proof)

    def _name(self) -> str:
        return self.file_name or self.path.rstrip("/").rpartition("/")[2] or "data"
