"""The way to the next page, as a page tells it."""

from __future__ import annotations

from typing import Any

from requests.utils import parse_header_links

from connectors.connector import FetchedFile
from connectors.web.documents import MISSING, at
from contracts.errors import SourceChanged


def next_in_header(file: FetchedFile) -> str | None:
    """The target of `Link: <…>; rel="next"` (RFC 8288); none where there is none."""
    for link in parse_header_links(file.response.get("link", "")):
        if "next" in str(link.get("rel", "")).lower().split():
            return str(link["url"])
    return None


def next_at(document: Any, path: str, place: str) -> str | None:
    """The link or cursor at a path; none where nothing, null, false or an empty text stands there.

    Raises:
        SourceChanged: it is neither a text nor a whole number.
    """
    found = at(document, path)
    if found is MISSING or found is None or found is False or found == "":
        return None
    if isinstance(found, str) or (isinstance(found, int) and not isinstance(found, bool)):
        return str(found)
    met = f"what stands at {path!r} is neither a text nor a whole number"
    raise SourceChanged(place, met, promised="the way to the next page")
