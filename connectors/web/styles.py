"""The ways in which sources are paged: by offset, by number, by cursor, by link, by a list of questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from connectors.web.paging import Page
from connectors.web.request import Request
from connectors.web.session import Session


def with_parameter(request: Request, name: str, value: object) -> Request:
    """The request with one parameter set where its others are: the form, the JSON object or the query."""
    if request.form is not None:
        return replace(request, form={**request.form, name: value})
    if isinstance(request.document, dict):
        return replace(request, document={**request.document, name: value})
    return replace(request, query={**request.query, name: value})


def _ends(page: Page, received: int) -> bool:
    """A short page is no end: the source may give less than it was asked for (a clamped page size)."""
    if page.more is not None and page.records:
        return not page.more
    return not page.records or (page.total is not None and received >= page.total)


def _told(page: Page) -> str:
    return "the last one is empty" if not page.records else "the last one says that no more follow"


@dataclass(frozen=True)
class ByOffset:
    """The next page begins after the records that were received, however many were asked for."""

    parameter: str
    start: int = 0
    steady: ClassVar[bool] = False

    def after(self, request: Request, page: Page, received: int) -> Request | None:
        """None once the total is reached, the source says so, or a page is empty."""
        beginning = self.start + received
        return None if _ends(page, received) else with_parameter(request, self.parameter, beginning)

    def end(self, page: Page) -> str:
        """An empty page, or the source's word."""
        return _told(page)


@dataclass
class ByNumber:
    """The pages are numbered, so all but the last must be full."""

    parameter: str
    number: int = 1  # of the page that was asked for
    steady: ClassVar[bool] = True

    def after(self, request: Request, page: Page, received: int) -> Request | None:
        """None once the total is reached, the source says so, or a page is empty."""
        self.number += 1
        return None if _ends(page, received) else with_parameter(request, self.parameter, self.number)

    def end(self, page: Page) -> str:
        """An empty page, or the source's word."""
        return _told(page)


@dataclass(frozen=True)
class ByCursor:
    """Each page holds the mark of the next one; the last holds none."""

    parameter: str
    steady: ClassVar[bool] = False

    def after(self, request: Request, page: Page, received: int) -> Request | None:
        """None where the page has no cursor, full or empty."""
        return with_parameter(request, self.parameter, page.next) if page.next else None

    def end(self, page: Page) -> str:
        """No cursor."""
        return "the last one has no cursor"


@dataclass(frozen=True)
class ByLink:
    """Each page holds a link to the next one; the last holds none."""

    session: Session
    steady: ClassVar[bool] = False

    def after(self, request: Request, page: Page, received: int) -> Request | None:
        """None where the page has no link, full or empty."""
        if not page.next:
            return None
        return replace(request, link=self.session.linked(self.session.address(request), page.next))

    def end(self, page: Page) -> str:
        """No link."""
        return "the last one links to no other"


@dataclass
class InTurn:
    """Questions that are known beforehand, as chunks of object ids; the first is asked by the caller."""

    others: Sequence[Request]
    asked: int = 0
    steady: ClassVar[bool] = False

    def after(self, request: Request, page: Page, received: int) -> Request | None:
        """The next question, whatever was answered."""
        self.asked += 1
        return self.others[self.asked - 1] if self.asked <= len(self.others) else None

    def end(self, page: Page) -> str:
        """All were asked."""
        return "every part was asked for"
