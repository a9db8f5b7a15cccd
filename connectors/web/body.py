"""From answers that continue each other to a file: streamed, counted, hashed, and held to their length."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from connectors.web.patience import Later
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable, StorageRefused

PARTIAL = 206
UNSATISFIABLE = 416
_PIECE = 1 << 20  # bytes held at once
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")  # a part of an unknown whole proves nothing


def announced_by(response: requests.Response) -> int | None:
    """The body's length by Content-Length; none where it is chunked, absent or unreadable."""
    length = response.headers.get("Content-Length", "").strip()
    chunked = "Transfer-Encoding" in response.headers
    return int(length) if length.isdecimal() and not chunked else None


class Body:
    """The body of a file on its way to `path`; one that was cut may be continued where it ended.

    Only under a strong validator (RFC 9110 §13.1.5: a weak ETag or a date may stand for other bytes), asked
    with If-Range, so that a source whose file changed sends it whole again.
    """

    def __init__(self, path: Path, place: str, most: int, if_larger: str) -> None:
        self._path, self._place, self._most, self._if_larger = path, place, most, if_larger
        self._start(None)

    def _start(self, response: requests.Response | None) -> None:
        self.received, self.parts, self._digest = 0, 0, hashlib.sha256()
        self.first = response  # its headers describe the whole
        self.total = announced_by(response) if response is not None else None

    @property
    def sha256(self) -> str:
        """Of all that was received."""
        return self._digest.hexdigest()

    @property
    def continuing(self) -> dict[str, str]:
        """The headers that ask for the rest; empty where it has to be asked for from its start."""
        if self.first is None or not self.received or "Content-Encoding" in self.first.headers:
            return {}
        tag = self.first.headers.get("ETag", "")
        strong = re.fullmatch(r'"[^"]*"', tag)
        return {"Range": f"bytes={self.received}-", "If-Range": tag} if strong else {}

    def proof(self) -> str:
        """How completeness is known once the body has been read to its end."""
        if self.parts > 1:
            return f"Content-Range: all {self.received} bytes received, in {self.parts} parts"
        if self.total is not None:
            return f"Content-Length: all {self.received} bytes received"
        chunked = self.first is not None and self.first.headers.get("Transfer-Encoding", "")
        return "chunked: the last chunk was received" if "chunked" in str(chunked).lower() else "unknown"

    def take(
        self, response: requests.Response, *, in_time: Callable[[], bool],
        progress: Callable[[int, int | None], None],
    ) -> None:  # fmt: skip
        """Writes what the answer brings, to its end.

        Raises:
            Later: it ended before its end, fell silent, took longer than allowed, or continues elsewhere.
            SourceChanged: it is larger than allowed.
            StorageRefused: the disk does not take it.
        """
        if response.status_code == PARTIAL:
            self._require_rest(response)
        else:
            self._start(response)
        self.parts += 1
        if self.total is not None and self.total > self._most:
            raise self._too_large()
        try:
            with self._path.open("ab" if self.received else "wb") as file:
                for piece in self._pieces(response):
                    if self.received + len(piece) > self._most:
                        raise self._too_large()
                    file.write(piece)
                    self._digest.update(piece)
                    self.received += len(piece)
                    if not in_time():
                        met = f"the download did not end in time ({self._share()})"
                        raise Later(SourceUnavailable(self._place, met))
                    progress(self.received, self.total)
        except OSError as error:  # the disk's: urllib3 wraps those of the network
            met = f"the work disk does not take the download ({error.strerror})"
            remedy = "Free some space or set CONCENTRATOR_SCRATCH."
            raise StorageRefused(self._place, met, remedy=remedy) from error
        if self.total is not None and self.received != self.total:
            raise self._incomplete()  # a part may keep its own promise and break the first one's

    def refuse_rest(self) -> Later:
        """The source has no rest to give (416): the whole is asked for again."""
        failure = self._incomplete()
        self._start(None)
        return failure

    def _require_rest(self, response: requests.Response) -> None:
        """The answer goes on where the file on the disk ends, and belongs to the same whole."""
        found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        first = self.first.headers.get("ETag") if self.first is not None else None
        same = found is not None and response.headers.get("ETag", first) == first
        begins, whole = (int(found[1]), int(found[2])) if found is not None else (-1, -1)
        if not same or begins != self.received or self.total not in (None, whole):
            self._start(None)
            raise Later(SourceIncomplete(self._place, "the source continues a cut download at another place"))
        self.total = whole

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        """The body as it comes; what has arrived is given at once, so a slow drip meets the time limit."""
        while piece := self._piece(response):
            yield piece

    def _piece(self, response: requests.Response) -> bytes:
        try:
            return response.raw.read1(_PIECE, decode_content=False) or b""
        except ReadTimeoutError:
            failure = Later(SourceUnavailable(self._place, f"the source fell silent ({self._share()})"))
        except HTTPError:
            failure = self._incomplete()  # urllib3 2 holds the body to its announced length
        raise failure  # outside the handler: urllib3's text shows the address with its secrets

    def _incomplete(self) -> Later:
        return Later(SourceIncomplete(self._place, f"the download is incomplete ({self._share()})"))

    def _share(self) -> str:
        total = "an unannounced number of" if self.total is None else self.total
        return f"{self.received} of {total} bytes"

    def _too_large(self) -> SourceChanged:
        met = f"the source sends more than {self._most} bytes"
        return SourceChanged(self._place, met, remedy=self._if_larger)
