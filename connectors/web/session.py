"""The one HTTP session: opens a web source, waits, follows, refuses, and keeps its answer as it was sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Self
from urllib.parse import quote, urlencode

import requests
from requests.utils import requote_uri

from connectors.connector import FetchedFile, Visit
from connectors.web.access import MASK, Masking, access_from
from connectors.web.addresses import addresses_of
from connectors.web.answers import MOVED, NOT_MODIFIED, refusal_of, unreachable
from connectors.web.body import proof_of, stored
from connectors.web.contents import refuse_compressed, refuse_other_content
from connectors.web.patience import ATTEMPTS, LONGEST_PAUSE, Later, pause_after, seconds_asked
from connectors.web.redirects import Rules
from contracts.connection import Connection
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable

REDIRECTS = 5
CONNECT_SECONDS = 10.0
_UNKEPT = ("set-cookie", "set-cookie2")  # a session's secret
_LOG = logging.getLogger("urllib3.connectionpool")  # at DEBUG it writes every address asked for


@dataclass(frozen=True)
class Request:
    """One GET below the connection's address, and what its answer may cost."""

    path: str
    name: str  # the file's name, here and in the work store
    query: Mapping[str, object] = field(default_factory=dict)
    accept: str = "*/*"
    allow_html: bool = False
    quiet_seconds: float = 60.0
    whole_seconds: float = 3600.0  # with its retries
    most_bytes: int = 5_000_000_000


@dataclass(frozen=True)
class Download:
    """A file that arrived whole, and how that is known."""

    file: FetchedFile
    proof: str


class _ByHand(requests.Session):
    """A session that takes redirects for answers.

    `allow_redirects=False` alone still reads the whole body of a redirect into memory and chokes on an
    address that is none (requests 2.34, `Session.send`).
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: the rules of `redirects` decide."""
        return None


class Session:
    """A connection's door: every request of one visit goes through it.

    The environment's proxies and `.netrc` are not read; a connection names its proxy in its extra.
    """

    def __init__(
        self, connection: Connection, visit: Visit,
        resolve: Callable[[str, int], tuple[str, ...]] = addresses_of,
    ) -> None:  # fmt: skip
        self.access, self.visit = access_from(connection), visit
        self.rules = Rules(self.access, visit.place, resolve)
        self._masking = Masking(self.access)
        self._http = _ByHand()
        self._http.trust_env = False
        # The bytes are kept as they were sent, so they are asked for uncompressed.
        self._http.headers.update({"User-Agent": _user_agent(visit.contact), "Accept-Encoding": "identity"})
        extra = self.access.extra
        if extra.proxy:
            self._http.proxies = {"http": extra.proxy, "https": extra.proxy}
        if extra.ca_file:
            self._http.verify = extra.ca_file

    def __enter__(self) -> Self:
        _LOG.addFilter(self._masking)
        return self

    def __exit__(self, *_: object) -> None:
        _LOG.removeFilter(self._masking)
        self._http.close()

    def download(self, request: Request) -> Download | None:
        """The answer as a file in the visit's folder; none where the source says it is the known one.

        Raises:
            SourceUnavailable: no answer, or one that asks to come back later, at every attempt.
            SourceIncomplete: less than announced, or nothing at all, at every attempt.
            SourceChanged: a refusal, a web page, an error message, an address that is not followed.
            StorageRefused: the disk is full.
        """
        until = self.visit.clock() + timedelta(seconds=request.whole_seconds)
        for attempt in range(ATTEMPTS):
            try:
                return self._attempted(request, until)
            except Later as later:
                error = later.error
                pause = pause_after(attempt, later.asked, self.visit.chance())
            late = self.visit.clock() + timedelta(seconds=pause) > until
            if late or pause > LONGEST_PAUSE or attempt + 1 == ATTEMPTS:
                break
            self.visit.sleep(pause)
        raise error

    def _attempted(self, request: Request, until: datetime) -> Download | None:
        url = self._address(request)
        conditions = self._conditions(url)
        answer = self._answer(url, {"Accept": request.accept, **conditions}, request.quiet_seconds)
        with closing(answer) as response:
            self._refuse(response, conditional=bool(conditions))
            if response.status_code == NOT_MODIFIED:
                return None
            return self._kept(url, response, request, lambda: self.visit.clock() <= until)

    def _address(self, request: Request) -> str:
        base = self.access.url.rstrip("/")
        path = request.path.lstrip("/")
        query = urlencode(list(request.query.items()), doseq=True, quote_via=quote)
        address = f"{base}/{path}" if path else base
        return str(requote_uri(f"{address}?{query}" if query else address))

    def _conditions(self, url: str) -> dict[str, str]:
        """Ask for the file only if it is no longer the known one."""
        known = next((file.response for file in self.visit.known if file.origin == url), {})
        pairs = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("last-modified")}
        return {name: value for name, value in pairs.items() if value}

    def _answer(self, url: str, headers: Mapping[str, str], quiet: float) -> requests.Response:
        """The first answer that is no redirect."""
        for _ in range(REDIRECTS + 1):
            response = self._sent(url, headers, quiet)
            if response.status_code not in MOVED:
                return response
            response.close()
            url = self.rules.next_address(url, response.headers.get("Location"))
        remedy = "Open its address in a browser; the connection may name where it leads."
        raise SourceChanged(self.visit.place, f"redirects more than {REDIRECTS} times", remedy=remedy)

    def _sent(self, url: str, headers: Mapping[str, str], quiet: float) -> requests.Response:
        target, secret_headers = self.access.opening(url)
        try:
            return self._http.get(
                target, headers={**headers, **secret_headers}, allow_redirects=False, stream=True,
                timeout=(CONNECT_SECONDS, quiet),
            )  # fmt: skip
        except requests.RequestException as error:
            failure = unreachable(error, url, self.visit.place)
        raise Later(failure)  # outside the handler: the library's text shows the address with its secrets

    def _refuse(self, response: requests.Response, *, conditional: bool) -> None:
        refusal = refusal_of(response, self.visit.place, self.access.masked, conditional=conditional)
        if isinstance(refusal, SourceUnavailable):
            raise Later(refusal, seconds_asked(response.headers.get("Retry-After"), self.visit.clock()))
        if refusal is not None:
            raise refusal

    def _kept(
        self, url: str, response: requests.Response, request: Request, in_time: Callable[[], bool]
    ) -> Download:
        place, promised, path = self.visit.place, self.visit.promised, self.visit.folder / request.name
        encoding, media_type = response.headers.get("Content-Encoding"), response.headers.get("Content-Type")
        refuse_compressed(encoding, promised, place)
        sha256, size = stored(
            response, path, place=place, most=request.most_bytes, in_time=in_time,
            progress=self.visit.progress,
        )  # fmt: skip
        if not size:
            raise Later(SourceIncomplete(place, "the source sent an empty file"))
        refuse_other_content(
            path, media_type, promised, place, masked=self.access.masked, allow_html=request.allow_html
        )
        file = FetchedFile(
            path=path, name=request.name, origin=url, media_type=media_type, sha256=sha256, bytes=size,
            fetched_at=self.visit.clock(), request=self._asked(response), response=self._said(response),
        )  # fmt: skip
        return Download(file, proof_of(response, size))

    def _asked(self, response: requests.Response) -> dict[str, str]:
        hidden = {"cookie", *(name.lower() for name in self.access.headers)}
        sent = {name: str(value) for name, value in response.request.headers.items()}
        return {name: MASK if name.lower() in hidden else value for name, value in sent.items()}

    def _said(self, response: requests.Response) -> dict[str, str]:
        said = {name.lower(): self.access.masked(value) for name, value in response.headers.items()}
        return {name: value for name, value in said.items() if name not in _UNKEPT}


def _user_agent(contact: str) -> str:
    try:
        release = version("concentrator")
    except PackageNotFoundError:  # run from a checkout that was never installed
        release = "0"
    return f"concentrator/{release} (+{contact})" if contact else f"concentrator/{release}"
