"""An OGC SensorThings service (1.0, 1.1): one collection from link to link, counted, each record once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import unquote, urljoin, urlsplit

from pydantic import Field as Setting

from connectors.connector import Connector, Fetched, FetchedFile, Visit
from connectors.web.documents import MISSING, document_in, mark_of, records_at, total_at
from connectors.web.links import next_at
from connectors.web.paging import Page, pages_of
from connectors.web.queries import Below
from connectors.web.request import Request
from connectors.web.session import Session
from contracts.connection import Connection
from contracts.errors import SourceChanged, SourceUnavailable
from contracts.formats import Format, JsonFormat, SensorthingsFormat

_ID, _COUNT, _NEXT = "@iot.id", "@iot.count", "@iot.nextLink"


class Sensorthings(Connector):
    """What a contract says of `kind: sensorthings`; it comes with `format: {type: sensorthings}`."""

    form: ClassVar[str] = "sensorthings"

    increments: ClassVar[bool] = True

    path: Below = Setting(
        min_length=1, description="The collection: `v1.1/Observations`, `v1.1/Datastreams(3)/Observations`."
    )
    expand: str | None = Setting(
        None, min_length=1,
        description="`$expand`, columns by path: `Datastream($select=name,unitOfMeasurement)`.",
    )  # fmt: skip
    select: str | None = Setting(None, min_length=1, description="`$select`, with `@iot.id` among it.")
    filter: str | None = Setting(None, min_length=1, description="`$filter`: `Datastream/name eq 'NO2'`.")
    order_by: str | None = Setting(None, min_length=1, description="`$orderby`: `@iot.id`.")
    watermark: Literal["phenomenonTime", "resultTime"] = Setting(
        "phenomenonTime", description="The time by which an incremental load goes on."
    )
    settled: float | None = Setting(
        None,
        ge=0,
        description="Minutes; only what is older, so that what grows stands still meanwhile.",
    )
    top: int = Setting(1000, ge=1, description="Records asked for on each page; the service may give less.")
    count: bool = Setting(True, description="Ask for `@iot.count`; false where it is but an estimate.")
    max_bytes: int = Setting(5_000_000_000, ge=1, description="More in all is refused.")
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(3600, gt=0, description="Seconds for all pages together.")

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """All pages; from `visit.since` on, of the time that `watermark` names, where that is given.

        Raises:
            SourceUnavailable: as `pages_of`; also a record that comes twice, for another one is then missing.
            SourceIncomplete, SourceChanged: as `pages_of`.
        """
        first = Request(
            name="", path=self.path, query=self._query(visit), accept="application/json",
            quiet_seconds=self.read_timeout, whole_seconds=self.time_limit, most_bytes=self.max_bytes,
        )  # fmt: skip
        seen = _Seen(visit.place)
        with Session(connection, visit) as session:
            return pages_of(session, first, seen.look, _ByQuery(session)).fetched()

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None for its pages, also as plain JSON."""
        plain = isinstance(promised, JsonFormat) and (promised.type, promised.records) == ("json", "value")
        if plain or isinstance(promised, SensorthingsFormat):
            return None
        return "SensorThings gives pages of JSON", "Say `format: {type: sensorthings}`."

    def _query(self, visit: Visit) -> dict[str, object]:
        given = {
            "$expand": self.expand, "$select": self.select, "$filter": self._filter(visit),
            "$orderby": self.order_by, "$count": "true" if self.count else None, "$top": self.top,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value is not None}

    def _filter(self, visit: Visit) -> str | None:
        parts = [f"({self.filter})"] if self.filter else []
        if visit.since is not None:
            parts.append(f"{self.watermark} ge {_utc(visit.since, visit.place)}")
        if self.settled is not None:
            until = visit.clock() - timedelta(minutes=self.settled)
            parts.append(f"{self.watermark} lt {until:%Y-%m-%dT%H:%M:%SZ}")
        return " and ".join(parts) or None


@dataclass
class _Seen:
    """The records that have come, by their id."""

    place: str
    pages: dict[str | int | float, int] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)
    number: int = 0

    def look(self, file: FetchedFile) -> Page:
        """What a page holds.

        Raises:
            SourceChanged: it is no page of records with ids.
            SourceUnavailable: a record of it came before.
        """
        self.number += 1
        document = document_in(file, self.place)
        records = records_at(document, "value", self.place)
        mark = mark_of(records)
        for record in records if mark not in self.marks else ():  # a page again is seen by `pages_of`
            self._see(record)
        self.marks.add(mark)
        told = document.get(_COUNT, MISSING) if isinstance(document, dict) else MISSING
        total = None if told is MISSING else total_at({"count": told}, "count", self.place)
        # a dot in the name is no step of a path here
        link = next_at({"next": document[_NEXT]}, "next", self.place) if _NEXT in document else None
        return Page(len(records), mark, total, link)

    def _see(self, record: Any) -> None:
        identity = record.get(_ID) if isinstance(record, dict) else None
        if not isinstance(identity, str | int | float):
            remedy = f"With `select:`, name `{_ID}` too."
            raise SourceChanged(self.place, f"a record has no {_ID}", promised="one in each", remedy=remedy)
        before = self.pages.setdefault(identity, self.number)
        if before != self.number:
            met = f"a record of page {before} comes again on page {self.number}: the pages shift"
            remedy = "It is tried again; if it stays so, say `order_by: '@iot.id'` or `settled: 5`."
            raise SourceUnavailable(self.place, met, remedy=remedy)


@dataclass(frozen=True)
class _ByQuery:
    """The next page is what the link asks, at the address that was asked.

    Services behind a proxy write links with a name that only they know (`serviceRootUrl`); by the standard
    (OGC 18-088, 9.3.4.2) a link leads to the next part of the same collection, so that its query says all.
    """

    session: Session
    steady: ClassVar[bool] = False

    def after(self, request: Request, page: Page, received: int) -> Request | None:
        """None where the page has no link, full or empty."""
        if not page.next:
            return None
        here = self.session.address(request)
        link = page.next
        try:
            target = urlsplit(urljoin(here, link))
        except ValueError:
            target = urlsplit("")
        if target.query and _last(target.path) == _last(urlsplit(here).path):
            link = urlsplit(here)._replace(query=target.query).geturl()
        return replace(request, link=self.session.linked(here, link))

    def end(self, page: Page) -> str:
        """No link."""
        return "the last one links to no other"


def _last(path: str) -> str:
    return unquote(path).rstrip("/").rpartition("/")[2]


def _utc(since: str, place: str) -> str:
    """The instant as the filter wants it.

    Raises:
        SourceChanged: it is none.
    """
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as error:
        remedy = "Let `load: by:` name the field of the time."
        raise SourceChanged(place, f"{since!r} is no time to go on from", remedy=remedy) from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
