"""The one HTTP session: opens a web source, waits, follows, refuses, and keeps its answer as it was sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import Self, cast
from urllib.parse import quote, urlencode

import requests
from requests.utils import requote_uri

from connectors.connector import FetchedFile, Visit
from connectors.masking import MASK
from connectors.web.access import Masking, access_from
from connectors.web.addresses import addresses_of
from connectors.web.answers import MULTI_STATUS, NOT_MODIFIED, refusal_of, words_of
from connectors.web.body import PARTIAL, UNSATISFIABLE, Body
from connectors.web.contents import refuse_compressed, refuse_other_content
from connectors.web.door import Door
from connectors.web.patience import ATTEMPTS, LONGEST_PAUSE, Later, pause_after, seconds_asked
from connectors.web.redirects import Rules
from connectors.web.request import Download, Request
from connectors.web.ways import Ways
from contracts.connection import Connection
from contracts.errors import ConcentratorError, SourceIncomplete, SourceUnavailable

_UNKEPT = ("set-cookie", "set-cookie2")  # a session's secret
_HIDDEN = ("cookie", "authorization")
_PROGRESS = 1 << 20  # bytes: so much more of a file, and the source counts as answering well again
_LOG = logging.getLogger("urllib3.connectionpool")  # at DEBUG it writes every address asked for


class Session:
    """A connection's door: every request of one visit goes through it.

    The environment's proxies and `.netrc` are not read; a connection names its proxy in its extra.
    """

    def __init__(
        self, connection: Connection, visit: Visit,
        resolve: Callable[[str, int], tuple[str, ...]] = addresses_of,
    ) -> None:  # fmt: skip
        self.access, self.visit = access_from(connection), visit
        self.ways = Ways(self.access, visit.place, resolve)
        self.rules = Rules(self.access, visit.place, self.ways)
        self._door = Door(self.access, visit, self.ways, self.rules)
        self._masking = Masking(self.access)
        self._arrived = 0  # bytes of the files before

    def __enter__(self) -> Self:
        _LOG.addFilter(self._masking)
        return self

    def __exit__(self, *_: object) -> None:
        _LOG.removeFilter(self._masking)
        self._door.close()

    def address(self, request: Request) -> str:
        """The address that is asked, without the secret."""
        if request.link:
            return str(requote_uri(request.link))
        base = self.access.url.rstrip("/")
        path = request.path.lstrip("/")
        query = urlencode(list(request.query.items()), doseq=True, quote_via=quote)
        address = f"{base}/{path}" if path else base
        return str(requote_uri(f"{address}?{query}" if query else address))

    def linked(self, found_at: str, link: str) -> str:
        """The absolute address, for `Request.link`, of a link that stood in the answer from `found_at`.

        At the connection's own origin it is opened with the secret, elsewhere without.

        Raises:
            SourceChanged: it may not be followed.
            SourceUnavailable: its name does not resolve.
        """
        try:
            return self.rules.linked(found_at, link)
        except Later as later:
            failure = later.error
        raise failure

    def download(self, request: Request) -> Download | None:
        """The answer as a file in the visit's folder; none where the source says it is the known one.

        Raises:
            SourceUnavailable: no answer, or one that asks to come back later, at every attempt.
            SourceIncomplete: less than announced, or nothing at all, at every attempt.
            SourceChanged: a refusal, a web page, an error message, an address that is not followed.
            StorageRefused: the disk is full.
        """
        return self._patiently(request, self._conditions(self.address(request)))

    def read(self, request: Request) -> Download:
        """The answer as a file, be it the known one or not: for one of several that make a whole.

        Raises: as `download`.
        """
        return cast(Download, self._patiently(request, {}))  # none answers a condition, and there is none

    def _patiently(self, request: Request, conditions: Mapping[str, str]) -> Download | None:
        until = self.visit.clock() + timedelta(seconds=request.whole_seconds)
        path = self.visit.folder / request.name
        body = Body(path, self.visit.place, request.most_bytes, request.if_larger)
        attempt = 0
        while True:
            before = body.received
            try:
                return self._attempted(request, conditions, body, until)
            except Later as later:
                error, asked = later.error, later.asked
            self.ways.forget()
            attempt = 0 if body.received - before >= _PROGRESS else attempt
            pause = pause_after(attempt, asked, self.visit.chance())
            attempt += 1
            late = self.visit.clock() + timedelta(seconds=pause) > until
            if late or pause > LONGEST_PAUSE or attempt == ATTEMPTS:
                raise _told(error, asked)
            self.visit.sleep(pause)

    def _attempted(
        self, request: Request, conditions: Mapping[str, str], body: Body, until: datetime
    ) -> Download | None:
        url, rest = self.address(request), body.continuing
        headers = {**request.headers, **(rest or conditions)}
        with closing(self._door.answer(url, request, headers)) as response:
            if rest and response.status_code == UNSATISFIABLE:
                raise body.refuse_rest()
            also = (PARTIAL,) if rest else (NOT_MODIFIED,) if conditions else ()
            also = (*also, MULTI_STATUS) if request.listing else also
            self._refuse(response, request, also)
            if response.status_code == NOT_MODIFIED:
                return None
            return self._kept(url, response, request, body, lambda: self.visit.clock() <= until)

    def _conditions(self, url: str) -> dict[str, str]:
        """Ask for the file only if it is no longer the known one."""
        known = next((file.response for file in self.visit.known if file.origin == url), {})
        pairs = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("last-modified")}
        return {name: value for name, value in pairs.items() if value}

    def _refuse(self, response: requests.Response, request: Request, also: tuple[int, ...]) -> None:
        refusal = refusal_of(
            response, self.visit.place, self.access.masked, also=also, remedies=request.remedies
        )
        if isinstance(refusal, SourceUnavailable):
            now = self.visit.clock()
            asked = seconds_asked(response.headers.get("Retry-After"), now)
            if asked is None and request.back_at is not None:
                until = request.back_at(words_of(response))
                asked = max(0.0, (until - now).total_seconds()) if until is not None else None
            raise Later(refusal, asked)
        if refusal is not None:
            raise refusal

    def _kept(
        self, url: str, response: requests.Response, request: Request, body: Body,
        in_time: Callable[[], bool],
    ) -> Download:  # fmt: skip
        place, path = self.visit.place, self.visit.folder / request.name
        promised = request.answer or self.visit.promised
        refuse_compressed(response.headers.get("Content-Encoding"), promised, place)
        body.take(response, in_time=in_time, progress=self._progress)
        first = body.first if body.first is not None else response
        media_type = first.headers.get("Content-Type")
        if not body.received:
            raise Later(SourceIncomplete(place, "the source sent an empty file"))
        refuse_other_content(
            path, media_type, promised, place, masked=self.access.masked, allow_html=request.allow_html,
            remedy=request.remedies.get(response.status_code, ""),
        )  # fmt: skip
        self._arrived += body.received
        file = FetchedFile(
            path=path, name=request.name, origin=self.access.masked(url), media_type=media_type,
            sha256=body.sha256, bytes=body.received, fetched_at=self.visit.clock(),
            request=self._asked(first), response=self._said(first),
        )  # fmt: skip
        return Download(file, body.proof())

    def _progress(self, received: int, announced: int | None) -> None:
        """Of all files of the visit; how many are still to come is known only while there is one."""
        self.visit.progress(self._arrived + received, None if self._arrived else announced)

    def _asked(self, response: requests.Response) -> dict[str, str]:
        hidden = {*_HIDDEN, *(name.lower() for name in self.access.headers)}
        sent = {name: str(value) for name, value in response.request.headers.items()}
        return {name: MASK if name.lower() in hidden else value for name, value in sent.items()}

    def _said(self, response: requests.Response) -> dict[str, str]:
        said = {name.lower(): self.access.masked(value) for name, value in response.headers.items()}
        return {name: value for name, value in said.items() if name not in _UNKEPT}


def _told(error: ConcentratorError, asked: float | None) -> ConcentratorError:
    """The error, and when the source wants to be asked again, if that is too far off to be waited for."""
    if asked is None or asked <= LONGEST_PAUSE:
        return error
    met = f"{error.met} and asks to come back in {asked / 60:.0f} minutes"
    return type(error)(error.place, met, promised=error.promised, remedy=error.remedy)
