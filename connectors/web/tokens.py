"""A token for the source, by OAuth 2 client credentials (RFC 6749 §4.4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.web.access import Access
from connectors.web.answers import LATER
from connectors.web.contents import failure_in, shortened
from connectors.web.patience import Later
from contracts.errors import SourceChanged, SourceUnavailable

_EARLY = timedelta(seconds=60)  # renewed so long before its end, for the clocks and the longest pause
_LONGEST = 365 * 86_400.0  # whatever a server says

Post = Callable[[str, Mapping[str, str], Mapping[str, str]], tuple[int, bytes]]  # URL, headers, form → answer


class Tokens:
    """Keeps a token that is good into the access; without a `token_url` there is nothing to keep."""

    def __init__(self, access: Access, place: str, clock: Callable[[], datetime], post: Post) -> None:
        self._access, self._place, self._clock, self._post = access, place, clock, post
        self._until: datetime | None = None

    @property
    def wanted(self) -> bool:
        """Whether the source is opened by a token."""
        return self._access.extra.token_url is not None

    def ready(self) -> None:
        """Fetches a token where there is none yet or it ends soon.

        Raises:
            Later: the token's server does not answer, or asks to come back later.
            SourceChanged: it refuses, or gives no token.
        """
        ends = self._until is not None and self._clock() >= self._until
        if self.wanted and (not self._access.tokens or ends):
            self.renew()

    def renew(self) -> None:
        """Fetches a token, whatever there is. Raises as `ready`."""
        url, form = self._access.extra.token_url or "", {"grant_type": "client_credentials"}
        if self._access.extra.scope:
            form["scope"] = self._access.extra.scope
        headers = {"Accept": "application/json"}
        if self._access.extra.token_login == "body":
            form |= {"client_id": self._access.login, "client_secret": self._access.key}
        else:
            headers["Authorization"] = self._access.client
        status, body = self._post(url, headers, form)
        document = self._checked(status, body)
        lasts = timedelta(seconds=_seconds(document.get("expires_in")))
        self._until = self._clock() + lasts - min(_EARLY, lasts / 10) if lasts else None
        self._access.tokens.append(str(document["access_token"]))

    def _checked(self, status: int, body: bytes) -> Mapping[str, Any]:
        host = urlsplit(self._access.extra.token_url or "").hostname
        if status in LATER or status >= 500:
            raise Later(SourceUnavailable(self._place, f"the token's server {host} answers {status}"))
        document = _object(body)
        token = document.get("access_token")
        if status == 200 and isinstance(token, str) and token.isascii() and token.isprintable() and token:
            return document
        words = self._access.masked(failure_in(body, None) or "")
        met = f"the token's server {host} answers {status} without a token"
        remedy = "Check the login, the password, `scope` and `token_url` of its connection."
        raise SourceChanged(self._place, f"{met} {shortened(words)}" if words else met, remedy=remedy)


def _seconds(given: object) -> float:
    try:
        return min(max(0.0, float(str(given))), _LONGEST)
    except ValueError:
        return 0.0  # none given: it is used until the source refuses it


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
