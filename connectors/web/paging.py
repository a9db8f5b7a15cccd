"""Many pages that make one whole: what shows that one is missing, double, or of another day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from connectors.connector import Fetched, FetchedFile
from connectors.web.request import Request
from connectors.web.session import Session
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable

PAGE_BYTES = 32 << 20  # of one page, which is read into memory to be counted
MOST_PAGES = 100_000


@dataclass(frozen=True)
class Page:
    """What one page holds, and what it says of the others."""

    records: int
    mark: str  # a digest of its records alone: the same where two pages hold the same ones
    total: int | None = None  # records on all pages
    next: str | None = None  # the link to the next page, or its cursor
    more: bool | None = None  # whether others follow; none: it does not say


Look = Callable[[FetchedFile], Page]  # raises SourceChanged where it is no page


class Style(Protocol):
    """How a source is paged."""

    @property
    def steady(self) -> bool:
        """Whether all pages but the last must be of one size, because they are asked for by number."""

    def after(self, request: Request, page: Page, received: int) -> Request | None:
        """What to ask for after `page`, once `received` records have come; none: it was the last."""

    def end(self, page: Page) -> str:
        """How it is known that `page` was the last, where the source tells no total."""


@dataclass(frozen=True)
class Pages:
    """All pages of one visit, in order."""

    files: tuple[FetchedFile, ...]
    rows: int
    total: int | None  # as the source says
    end: str

    def fetched(self) -> Fetched:
        """The same as a visit's result; where `rows` is not `total`, it is refused before it is landed."""
        met = f"{self.rows} records on {len(self.files)} page{'s' * (len(self.files) != 1)}"
        proof = f"no count: {met}; {self.end}" if self.total is None else f"count: {met}, as announced"
        return Fetched(files=self.files, rows=self.rows, expected=self.total, proof=proof)


def pages_of(
    session: Session, first: Request, look: Look, style: Style, *,
    count: Callable[[], int | None] = lambda: None, suffix: str = ".json", page_bytes: int | None = None,
) -> Pages:  # fmt: skip
    """Every page as a file (`page-00001.json`), counted. The limits of `first` are those of all together.

    A page has at most `page_bytes` (default: `PAGE_BYTES`); more only where `look` reads it as a stream.
    `count` asks the source for its total by other means than its pages: before them, and once more after.

    Raises:
        SourceUnavailable: no answer, or the total changed while the pages were read.
        SourceIncomplete: a page came twice, was not full although others followed by number, or was the last
            although it says that others follow.
        SourceChanged: something else than a page, a link that is not followed, more than allowed.
    """
    until = session.visit.clock() + timedelta(seconds=first.whole_seconds)
    sofar = _Sofar(session.visit.place, style.steady, count())
    request: Request | None = first
    while request is not None:
        number = sofar.asks(session.address(request), request)
        left = (until - session.visit.clock()).total_seconds()
        named = replace(request, name=f"page-{number:05}{suffix}", whole_seconds=max(left, 0.0))
        file = session.read(sofar.bounded(named, first, page_bytes or PAGE_BYTES)).file
        page = look(file)
        sofar.takes(file, page)
        request = style.after(request, replace(page, total=sofar.total), sofar.received)
        if request is None and page.more:
            met = f"page {number} is the last although it says that others follow"
            raise SourceIncomplete(sofar.place, met, promised="a way to the next page")
    sofar.agrees(count(), "the source, asked again")
    return Pages(tuple(sofar.files), sofar.received, sofar.total, style.end(page))


@dataclass
class _Sofar:
    """The pages that have come."""

    place: str
    steady: bool
    total: int | None
    files: list[FetchedFile] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    received: int = 0
    bytes: int = 0
    asked: dict[object, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)

    def asks(self, address: str, request: Request) -> int:
        """The number of the page that is asked for now; it was not asked for before."""
        number = len(self.files) + 1
        before = self.asked.setdefault((address, request.body), number)
        if before != number:
            met = f"page {number - 1} leads back to page {before}"
            raise SourceIncomplete(self.place, met, promised="a way to the next page")
        if number > MOST_PAGES:
            raise SourceChanged(self.place, f"there are more than {MOST_PAGES} pages", remedy=_LARGER)
        return number

    def bounded(self, request: Request, whole: Request, page: int) -> Request:
        """The request for one page, within what is left of the whole's bytes."""
        left = whole.most_bytes - self.bytes
        if left <= 0:
            met = f"the source sends more than {whole.most_bytes} bytes"
            raise SourceChanged(self.place, met, remedy=whole.if_larger)
        if left <= page:
            return replace(request, most_bytes=left)
        return replace(request, most_bytes=page, if_larger="Ask for smaller pages.")

    def takes(self, file: FetchedFile, page: Page) -> None:
        number = len(self.files) + 1
        before = self.marks.setdefault(page.mark, number) if page.records else number
        if before != number:
            met = f"page {number} holds the same records as page {before}"
            raise SourceIncomplete(self.place, met, promised="other ones", remedy=_NAMES)
        self.agrees(page.total, f"page {number}")
        self.files.append(file)
        self.sizes.append(page.records)
        self.received, self.bytes = self.received + page.records, self.bytes + file.bytes
        if self.steady and page.records:
            self._require_one_size(number)

    def agrees(self, total: int | None, teller: str) -> None:
        """Everyone who tells a total tells the same."""
        if total is not None and self.total not in (None, total):
            met = f"the source changed while it was read: {self.total} records at first, {total} by {teller}"
            raise SourceUnavailable(self.place, met, remedy="Try again when it is quiet.")
        self.total = self.total if total is None else total

    def _require_one_size(self, number: int) -> None:
        """Page n is found by its number only if all before it were full."""
        first, before, last = self.sizes[0], self.sizes[max(0, number - 2)], self.sizes[-1]
        if before != first or last > first:
            met = f"pages {number - 1} and {number} hold {before} and {last} records, the first holds {first}"
            promised = "pages of one size up to the last"
            raise SourceIncomplete(self.place, met, promised=promised, remedy=_NAMES)


_LARGER = "Ask for larger pages."
_NAMES = "Compare the names of the paging parameters with the source's documentation."
