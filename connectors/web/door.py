"""One request of the session: paced, opened with the secret at home, redirects followed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version

import requests

from connectors.connector import Visit
from connectors.web.access import Access
from connectors.web.answers import MOVED, MOVED_AS_ASKED, unreachable, words_of
from connectors.web.pace import Pace
from connectors.web.patience import Later
from connectors.web.pinning import Pinned
from connectors.web.redirects import Rules
from connectors.web.request import Request
from connectors.web.tokens import Tokens
from connectors.web.ways import Ways
from contracts.errors import SourceChanged

REDIRECTS = 5
CONNECT_SECONDS = 10.0
TOKEN_SECONDS = 30.0
UNAUTHORIZED = 401


class _ByHand(requests.Session):
    """A session that takes redirects for answers.

    `allow_redirects=False` alone still reads the whole body of a redirect into memory and chokes on an
    address that is none (requests 2.34, `Session.send`).
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: the rules of `redirects` decide."""
        return None


class Door:
    """What sends a visit's requests."""

    def __init__(self, access: Access, visit: Visit, ways: Ways, rules: Rules) -> None:
        self._access, self._rules, self._place = access, rules, visit.place
        self._http = _ByHand()
        self._http.trust_env = False
        # The bytes are kept as they were sent, so they are asked for uncompressed.
        self._http.headers.update({"User-Agent": _user_agent(visit.contact), "Accept-Encoding": "identity"})
        if access.extra.proxy:
            self._http.proxies = {"http": access.extra.proxy, "https": access.extra.proxy}
        else:
            for scheme in ("http://", "https://"):
                self._http.mount(scheme, Pinned(ways.to))
        if access.extra.ca_file:
            self._http.verify = access.extra.ca_file
        self._pace = Pace(access.extra.requests_per_second, visit.clock, visit.sleep)
        self._tokens = Tokens(access, visit.place, visit.clock, self._token)

    def close(self) -> None:
        """Closes every connection."""
        self._http.close()

    def answer(self, url: str, request: Request, headers: Mapping[str, str]) -> requests.Response:
        """The first answer that is no redirect; where a token was refused, the answer to a new one.

        Raises:
            Later: there is none.
            SourceChanged: it redirects where it is not followed, or gives no token.
        """
        self._tokens.ready()
        response = self._followed(url, request, headers)
        if response.status_code == UNAUTHORIZED and self._tokens.wanted:
            response.close()
            self._tokens.renew()
            return self._followed(url, request, headers)
        return response

    def _followed(self, url: str, request: Request, headers: Mapping[str, str]) -> requests.Response:
        for _ in range(REDIRECTS + 1):
            target, secret_headers = self._access.opening(url)
            response = self._sent(
                request.method, target, {**headers, **secret_headers}, request.body, request.quiet_seconds
            )
            status = response.status_code
            if status not in MOVED:
                return response
            response.close()
            if request.method != "GET" and status not in MOVED_AS_ASKED:
                met = f"the source answers {status} to a {request.method}, which would lose what is asked"
                raise SourceChanged(self._place, met, remedy="Let the connection name the new address.")
            url = self._rules.next_address(url, response.headers.get("Location"))
        remedy = "Open its address in a browser; the connection may name where it leads."
        raise SourceChanged(self._place, f"redirects more than {REDIRECTS} times", remedy=remedy)

    def _token(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> tuple[int, bytes]:
        asked = Request(name="", form=form)
        answer = self._sent("POST", url, {**asked.headers, **headers}, asked.body, TOKEN_SECONDS)
        with closing(answer) as response:
            return response.status_code, _short(response)

    def _sent(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, quiet: float
    ) -> requests.Response:
        self._pace.keep(url)
        try:
            return self._http.request(
                method, url, headers=dict(headers), data=body, allow_redirects=False, stream=True,
                timeout=(CONNECT_SECONDS, quiet),
            )  # fmt: skip
        except requests.RequestException as error:
            failure = unreachable(error, url, self._place)
        raise Later(failure)  # outside the handler: the library's text shows the address with its secrets


def _short(response: requests.Response) -> bytes:
    """A body that is read whole: at most 64 pieces of 16 kB, for a token has a few kB."""
    pieces: list[bytes] = []
    while len(pieces) < 64 and (piece := words_of(response)):
        pieces.append(piece)
    return b"".join(pieces)


def _user_agent(contact: str) -> str:
    try:
        release = version("concentrator")
    except PackageNotFoundError:  # run from a checkout that was never installed
        release = "0"
    return f"concentrator/{release} (+{contact})" if contact else f"concentrator/{release}"
