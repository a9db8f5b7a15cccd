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


def next_in_links(document: Any) -> str | None:
    """The target of `rel=next` in the list `links` of a page of GeoJSON; none where there is none.

    Of several it is that of GeoJSON: a page of HTML has its own.
    """
    found = at(document, "links")
    links = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    following = [one for one in links if one.get("rel") == "next" and isinstance(one.get("href"), str)]
    following.sort(key=lambda one: "json" not in str(one.get("type", "application/geo+json")))
    return str(following[0]["href"]) if following else None


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
