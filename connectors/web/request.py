"""What a connector asks of the session, and what it gets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlencode

from connectors.connector import FetchedFile
from contracts.formats import Format

_PROPERTIES = (
    b'<?xml version="1.0"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/>'
    b"<getetag/></prop></propfind>"
)


@dataclass(frozen=True)
class Request:
    """One read, below the connection's address or at a link that the source gave, and what it may cost.

    With `form` or `document` it is a POST that only reads; it is asked again like a GET.
    """

    name: str  # the file's name, here and in the work store
    path: str = ""  # below the connection's address; not looked at where there is a `link`
    query: Mapping[str, object] = field(default_factory=dict)  # a list repeats its name
    link: str = ""  # an absolute address, as `Session.linked` gives it; asked as it stands, without `query`
    form: Mapping[str, object] | None = None
    document: object | None = None  # sent as JSON
    listing: bool = False  # what lies directly in a WebDAV folder (RFC 4918 §9.1)
    accept: str = "*/*"
    answer: Format | None = None  # the answer's format, where it is another than the contract's: a count
    allow_html: bool = False
    back_at: Callable[[bytes], datetime | None] | None = None  # when to come back, by the body of a 429
    quiet_seconds: float = 60.0
    whole_seconds: float = 3600.0  # with its retries
    most_bytes: int = 5_000_000_000
    remedies: Mapping[int, str] = field(default_factory=dict)  # by status; 200: of an error under it
    if_larger: str = "Raise `max_bytes:` if so much is expected."  # the remedy

    @property
    def method(self) -> str:
        """GET, or POST where there is something to send; PROPFIND for a listing."""
        if self.listing:
            return "PROPFIND"
        return "GET" if self.form is None and self.document is None else "POST"

    @property
    def body(self) -> bytes | None:
        """What is sent with it."""
        if self.listing:
            return _PROPERTIES
        if self.form is not None:
            return urlencode(list(self.form.items()), doseq=True, quote_via=quote).encode()
        return None if self.document is None else json.dumps(self.document).encode()

    @property
    def headers(self) -> dict[str, str]:
        """What is asked for, and in what form it is asked."""
        if self.listing:
            return {"Accept": "application/xml", "Content-Type": "application/xml", "Depth": "1"}
        kinds = {"form": "application/x-www-form-urlencoded", "document": "application/json"}
        sent = next((kind for name, kind in kinds.items() if getattr(self, name) is not None), None)
        return {"Accept": self.accept, **({"Content-Type": sent} if sent else {})}


@dataclass(frozen=True)
class Download:
    """A file that arrived whole, and how that is known."""

    file: FetchedFile
    proof: str
