"""Any JSON API whose paging can be declared: by page number, offset, cursor or link to the next page."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field as Setting
from pydantic import model_validator

from connectors.connector import Connector, Fetched, FetchedFile, Visit
from connectors.web.documents import at, document_in, mark_of, records_at, total_at
from connectors.web.links import next_at, next_in_header
from connectors.web.paging import Page, Style, pages_of
from connectors.web.queries import Below, Query, since_put, written
from connectors.web.request import Request
from connectors.web.session import Session
from connectors.web.styles import ByCursor, ByLink, ByNumber, ByOffset, InTurn, with_parameter
from contracts.connection import Connection
from contracts.errors import SourceIncomplete
from contracts.formats import Format, GeoJsonFormat, JsonFormat
from contracts.model import Frozen

_CAP = 10_000  # `track_total_hits` of Elasticsearch and OpenSearch; nothing is asked beyond a total
Where = Annotated[str, Setting(min_length=1)]  # names with dots between them: `meta.total`


class _Paging(Frozen):
    size: int | None = Setting(None, ge=1, description="Records asked for on each page.")
    size_parameter: str | None = Setting(None, min_length=1, description="The parameter that asks for them.")

    @model_validator(mode="after")
    def _size_has_a_name(self) -> _Paging:
        if (self.size is None) != (self.size_parameter is None):
            raise ValueError("`size` and `size_parameter` go together")
        return self


class _Counted(_Paging):
    more: Where | None = Setting(None, description="Path to a boolean: whether others follow.")


class ByPageNumber(_Counted):
    """The pages are numbered."""

    by: Literal["page"]
    parameter: str = Setting("page", min_length=1)
    first: int = Setting(1, ge=0, description="The first page's number.")


class ByRecordOffset(_Counted):
    """A page begins after so many records."""

    by: Literal["offset"]
    parameter: str = Setting("offset", min_length=1)
    first: int = Setting(0, ge=0, description="The first record's number.")


class ByNextCursor(_Paging):
    """Each page holds the next one's cursor."""

    by: Literal["cursor"]
    parameter: str = Setting("cursor", min_length=1)
    next: Where = Setting(description="Path to the cursor.")


class ByNextLink(_Paging):
    """Each page links to the next one."""

    by: Literal["link"]
    next: Where | None = Setting(
        None, description="Path to the link; without it, the header `Link` with `rel=next` (RFC 8288)."
    )


Paging = Annotated[ByPageNumber | ByRecordOffset | ByNextCursor | ByNextLink, Setting(discriminator="by")]


class Rest(Connector):
    """What a contract says of `kind: rest`; where the records stand is said by its `format:` (JSON, GeoJSON).

    `{since}` in a value of `query` or `document` becomes the moment from which an incremental load fetches;
    in a full load that value is left out.
    """

    increments: ClassVar[bool] = True
    word: ClassVar[str] = "path"

    path: Below = Setting("", description="Below the connection's address: `api/v2/stations`.")
    query: Query = Setting(default_factory=dict, description="What stands behind the `?`.")
    document: dict[str, Any] | None = Setting(
        None, description="Asked by POST with this JSON object, which takes the paging parameters too."
    )
    count: Where | None = Setting(None, description="Path to the total of records on all pages.")
    count_header: str | None = Setting(None, description="The header that tells it instead: `X-Total-Count`.")
    paging: Paging | None = Setting(None, description="How to ask for the next page; none: there is one.")
    max_bytes: int = Setting(5_000_000_000, ge=1, description="More in all is refused.")
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(3600, gt=0, description="Seconds for all pages together.")

    @model_validator(mode="after")
    def _one_count(self) -> Rest:
        if self.count and self.count_header:
            raise ValueError("`count` or `count_header`, not both")
        return self

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """All pages; `rows` is what they hold, `expected` what `count` tells.

        Raises:
            SourceUnavailable, SourceIncomplete, SourceChanged: as `pages_of`.
        """
        self.require_format(visit.promised, visit.place)
        records = _records_path(visit.promised)
        with Session(connection, visit) as session:
            pages = pages_of(
                session, self._first(visit.since), lambda file: self._page(file, records, visit.place),
                self._style(session),
            )  # fmt: skip
        return pages.fetched()

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None for GeoJSON and for documents of JSON."""
        plain = isinstance(promised, JsonFormat) and promised.type == "json"
        if plain or isinstance(promised, GeoJsonFormat):
            return None
        remedy = "Say `format: {type: json, records: …}`, or take `kind: http_file` for a file."
        return "`kind: rest` reads pages of JSON", remedy

    def _first(self, since: str | None) -> Request:
        request = Request(
            name="", path=self.path, query=written(since_put(self.query, since)),
            document=None if self.document is None else since_put(self.document, since),
            accept="application/json", quiet_seconds=self.read_timeout, whole_seconds=self.time_limit,
            most_bytes=self.max_bytes,
        )  # fmt: skip
        paging = self.paging
        if isinstance(paging, ByPageNumber | ByRecordOffset):
            request = with_parameter(request, paging.parameter, paging.first)
        if paging is not None and paging.size_parameter is not None:
            request = with_parameter(request, paging.size_parameter, paging.size)
        return request

    def _style(self, session: Session) -> Style:
        paging = self.paging
        if isinstance(paging, ByPageNumber):
            return ByNumber(paging.parameter, paging.first)
        if isinstance(paging, ByRecordOffset):
            return ByOffset(paging.parameter, paging.first)
        if isinstance(paging, ByNextCursor):
            return ByCursor(paging.parameter)
        return ByLink(session) if paging is not None else InTurn(())

    def _page(self, file: FetchedFile, path: str, place: str) -> Page:
        document = document_in(file, place)
        records = records_at(document, path, place)
        total = self._total(file, document, place)
        paging, following, more = self.paging, None, None
        if isinstance(paging, ByNextCursor):
            following = next_at(document, paging.next, place)
        elif isinstance(paging, ByNextLink):
            following = next_at(document, paging.next, place) if paging.next else next_in_header(file)
        elif paging is not None and paging.more:
            found = at(document, paging.more)
            more = found if isinstance(found, bool) else None
        return Page(len(records), mark_of(records), total, following, more)

    def _total(self, file: FetchedFile, document: Any, place: str) -> int | None:
        if self.count_header:
            name = self.count_header
            total = total_at({name: file.response.get(name.lower())}, name, place)
        elif self.count:
            total = total_at(document, self.count, place)
        else:
            return None
        if total == _CAP and isinstance(self.paging, ByPageNumber | ByRecordOffset):
            met = f"the source tells {total} records, where Elasticsearch stops counting"
            remedy = "Leave `count:` out: then pages are asked for until one is empty."
            raise SourceIncomplete(place, met, promised="their true number", remedy=remedy)
        return total


def _records_path(promised: Format | None) -> str:
    """Where the contract's format finds the records of a page."""
    if isinstance(promised, GeoJsonFormat):
        return "features"
    return promised.records if isinstance(promised, JsonFormat) else ""
