"""The records that a CKAN portal holds in its datastore: page by page as JSON, or in one CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.connector import Fetched, FetchedFile
from connectors.counting.counted import countable, records_in
from connectors.web.documents import asked_of, document_in, mark_of, records_at, total_at
from connectors.web.paging import Page, pages_of
from connectors.web.request import Request
from connectors.web.session import Session
from connectors.web.styles import ByOffset, with_parameter
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import CsvFormat, Format, JsonFormat

RECORDS = "result.records"
NOT_GIVEN = (
    "a CKAN datastore gives pages of JSON, or CSV with commas in UTF-8",
    "Say `format: {type: json, records: result.records}` or `{type: csv}`, or `take: file`.",
)


def result_of(document: Any, place: str) -> Mapping[str, Any]:
    """The result of an action of CKAN's API.

    Raises:
        SourceChanged: it did not succeed, under whatever status.
    """
    found = document.get("result") if isinstance(document, dict) and document.get("success") is True else None
    if not isinstance(found, dict):
        raise SourceChanged(place, "the portal answers without success", promised="a result of its API")
    return found


@dataclass(frozen=True)
class Datastore:
    """One table of the datastore. `search` and `dump` ask for it, each without paging or count."""

    session: Session
    search: Request
    dump: Request
    page_size: int

    def fetched(self, promised: Format | None) -> Fetched:
        """All records in the order of `_id`, as many as the portal counts before and after.

        Raises:
            SourceUnavailable: it changed meanwhile.
            SourceIncomplete: a page or a record came twice, or the CSV is cut.
            SourceChanged: something else than records.
        """
        return self._dumped(promised) if isinstance(promised, CsvFormat) else self._paged()

    def _paged(self) -> Fetched:
        ids = _Ids(self.session.visit.place)

        def look(file: FetchedFile) -> Page:
            document = document_in(file, ids.place)
            result = result_of(document, ids.place)
            records = records_at(document, RECORDS, ids.place)
            ids.takes(records, file.name)
            return Page(len(records), mark_of(records), _total(result, ids.place))

        first = replace(self.search, query={**self.search.query, "limit": self.page_size, "offset": 0})
        return pages_of(self.session, first, look, _ToTheEnd("offset"), count=self._count).fetched()

    def _dumped(self, promised: CsvFormat) -> Fetched:
        before = self._count()
        download = self.session.read(self.dump)
        after, place = self._count(), self.session.visit.place
        rows = records_in(download.file, promised, place)
        if before != after:
            met = f"the datastore changed while it was read: {before} records before, {after} after"
            raise SourceUnavailable(place, met, remedy="Try again when it is quiet.")
        told = "no count" if after is None else f"datastore: {after} records before and after"
        return Fetched(files=(download.file,), rows=rows, expected=after, proof=f"{told}; {download.proof}")

    def _count(self) -> int | None:
        """How many there are; none where the portal only estimates it."""
        asked = replace(self.search, query={**self.search.query, "limit": 0}, name="count.json")
        place = self.session.visit.place
        return _total(result_of(asked_of(self.session, asked), place), place)


@dataclass(frozen=True)
class _ToTheEnd(ByOffset):
    """By offset until a page is empty: a total that is too small must not hide the last records."""

    def after(self, request: Request, page: Page, received: int) -> Request | None:
        """None behind an empty page."""
        return with_parameter(request, self.parameter, received) if page.records else None


@dataclass
class _Ids:
    """The `_id` of the last record: each is larger than the one before, over all pages."""

    place: str
    last: int | None = None

    def takes(self, records: Sequence[Any], page: str) -> None:
        found = [one.get("_id") if isinstance(one, dict) else None for one in records]
        for one in found:
            if not isinstance(one, int):
                raise SourceChanged(self.place, f"{page} has a record without a number at '_id'")
            if self.last is not None and one <= self.last:
                met = f"{page} has the record {one} behind {self.last}"
                raise SourceIncomplete(self.place, met, promised="records in the order of `_id`")
            self.last = one


def parameters(filters: Mapping[str, Any], fields: Sequence[str]) -> dict[str, object]:
    """What both ways of asking take alike."""
    given: dict[str, object] = {"filters": json.dumps(dict(filters))} if filters else {}
    return given | ({"fields": ",".join(("_id", *fields))} if fields else {})


def _total(result: Mapping[str, Any], place: str) -> int | None:
    if result.get("total_was_estimated"):
        return None
    return total_at(result, "total", place)


def is_given(promised: Format) -> bool:
    """Whether a datastore gives its records so: as pages, or as its dump."""
    if isinstance(promised, CsvFormat):
        return countable(promised) and (promised.delimiter, promised.quote) == (",", '"')
    return isinstance(promised, JsonFormat) and (promised.type, promised.records) == ("json", RECORDS)
