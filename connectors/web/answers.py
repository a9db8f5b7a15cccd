"""What a status means: data, nothing new, come back later, or no longer what was promised."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from connectors.web.contents import failure_in, shortened
from contracts.errors import ConcentratorError, SourceChanged, SourceUnavailable

MOVED = (301, 302, 303, 307, 308)
MOVED_AS_ASKED = (307, 308)  # the method and the body stay (RFC 9110 §15.4)
NOT_MODIFIED = 304
MULTI_STATUS = 207  # of a WebDAV listing
LATER = (408, 425, 429)  # and every 5xx
MESSAGE_BYTES = 16 * 1024


def refusal_of(
    response: requests.Response, place: str, masked: Callable[[str], str], *, also: Container[int] = (),
    remedies: Mapping[int, str] = MappingProxyType({}),
) -> ConcentratorError | None:  # fmt: skip
    """What the status refuses, with the source's own words where it gives some; none for 200.

    A 304 is an answer to a condition and a 206 to a range; where none was sent (`also`) they are refused like
    any other status.
    """
    status = response.status_code
    if status == 200 or status in also:
        return None
    met = f"the source answers {status} {response.reason or ''}".rstrip()
    if status in LATER or status >= 500:
        return SourceUnavailable(place, masked(met))
    message = masked(_message_of(response))
    met = masked(met) + (f" {shortened(message)}" if message else "")
    return SourceChanged(place, met, remedy=remedies.get(status) or _remedy(status))


def unreachable(error: requests.RequestException, url: str, place: str) -> SourceUnavailable:
    """Why no answer came, without the library's text, which shows the whole address."""
    host = urlsplit(url).hostname
    if isinstance(error, requests.ConnectTimeout):
        return SourceUnavailable(place, f"{host} cannot be reached in time")
    if isinstance(error, requests.Timeout):
        return SourceUnavailable(place, f"{host} does not answer in time")
    if isinstance(error, requests.exceptions.SSLError):
        remedy = "If it is the city's own authority, name its file in the connection's extra `ca_file`."
        return SourceUnavailable(place, f"the certificate of {host} is not accepted", remedy=remedy)
    if isinstance(error, requests.exceptions.ProxyError):
        return SourceUnavailable(place, f"the proxy does not lead to {host}")
    if "NameResolutionError" in repr(error):
        return SourceUnavailable(place, f"the name {host} does not resolve")
    return SourceUnavailable(place, f"{host} closes or refuses the connection")


def _remedy(status: int) -> str:
    if status in (401, 403):
        return "Check the login, the password and the extra of its connection."
    if status in (404, 410):
        return "The file was moved or removed: look for its new address and change `path:`."
    return "Check `path:` and `query:` against the source's documentation."


def _message_of(response: requests.Response) -> str:
    """The source's own words: a JSON error, or a plain text; else empty."""
    body = words_of(response)
    if (response.headers.get("Content-Type") or "").startswith("text/plain"):
        return body.decode(errors="replace").strip()
    return failure_in(body, None) or ""


def words_of(response: requests.Response) -> bytes:
    """The first bytes of a refusal's body."""
    try:
        return response.raw.read1(MESSAGE_BYTES, decode_content=False) or b""
    except HTTPError:
        return b""
