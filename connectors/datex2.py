"""Parkings of DATEX II: the table, and the status that changes every minute, each at its address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import Field as Setting
from pydantic import model_validator

from connectors.connector import Connector, Fetched, FetchedFile, Visit
from connectors.web.queries import Below, Query, written
from connectors.web.request import Request
from connectors.web.session import Session
from contracts.connection import Connection
from contracts.formats import Datex2Format, Format, XmlFormat

_HEAD = 64 << 10  # bytes: the publication's time stands before its records
_TIME = re.compile(rb"<(?:[\w.-]+:)?publicationTime>\s*([^<\s]+)")
_SKEW = timedelta(minutes=5)  # clocks differ


class Datex2(Connector):
    """What a contract says of `kind: datex2`; it comes with `format: {type: datex2}`."""

    form: ClassVar[str] = "datex2"
    word: ClassVar[str] = "table"

    table: Below | None = Setting(None, description="The table's path, below the connection's address.")
    status: Below | None = Setting(None, description="That of the real-time status.")
    query: Query = Setting(default_factory=dict, description="What stands behind the `?` of both.")
    max_age: float = Setting(24, gt=0, description="Hours; an older status is a warning.")
    max_bytes: int = Setting(200_000_000, ge=1, description="More in one file is refused.")
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(600, gt=0, description="Seconds for each file.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Datex2:
        if self.table is None and self.status is None:
            raise ValueError("give `table`, `status`, or both")
        return self

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """`table.xml` and `status.xml` as they were sent.

        DATEX II counts nothing: whole is a document that is whole, which reading it shows.

        Raises:
            SourceUnavailable, SourceIncomplete, SourceChanged: as the session.
        """
        wanted = {"table": self.table, "status": self.status}
        with Session(connection, visit) as session:
            got = {
                name: session.read(self._request(f"{name}.xml", path))
                for name, path in wanted.items() if path is not None
            }  # fmt: skip
        proof = "; ".join(f"{name}: {one.proof}" for name, one in got.items())
        odd = [told for name, one in got.items() for told in self._odd(name, one.file, visit.clock())]
        return Fetched(files=tuple(one.file for one in got.values()), proof=proof, warnings=tuple(odd))

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None for parkings, and for one file as plain XML."""
        one = self.table is None or self.status is None
        if isinstance(promised, Datex2Format) or (one and isinstance(promised, XmlFormat)):
            return None
        return "DATEX II comes as a table and its status in XML", "Say `format: {type: datex2}`."

    def _request(self, name: str, path: str) -> Request:
        return Request(
            name=name, path=path, query=written(self.query), accept="application/xml, text/xml, */*",
            quiet_seconds=self.read_timeout, whole_seconds=self.time_limit, most_bytes=self.max_bytes,
        )  # fmt: skip

    def _odd(self, name: str, file: FetchedFile, now: datetime) -> Iterator[str]:
        """What the time of publication says, where there is one; reading the file decides whether it must."""
        with file.path.open("rb") as opened:
            found = _TIME.search(opened.read(_HEAD))
        try:
            time = datetime.fromisoformat(_micro(found[1].decode())) if found else None
        except ValueError:
            time = None
        if time is None or time.tzinfo is None:
            return
        if time > now + _SKEW:
            yield f"the {name} was published at {time.astimezone(UTC):%Y-%m-%d %H:%M} UTC, which is to come"
        elif name == "status" and now - time > timedelta(hours=self.max_age):
            hours = (now - time) / timedelta(hours=1)
            yield f"the status was published {hours:.0f} h ago; promised was at most {self.max_age:g} h"


def _micro(text: str) -> str:
    """The time with at most six digits of a second; .NET writes seven, which Python 3.11 does not read."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)
