"""From an answer to a file: streamed, counted, hashed and held to what was announced."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from connectors.web.patience import Later
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable, StorageRefused

_PIECE = 1 << 20  # bytes held at once


def announced_by(response: requests.Response) -> int | None:
    """The body's length by Content-Length; none where it is chunked, absent or unreadable."""
    length = response.headers.get("Content-Length", "").strip()
    chunked = "Transfer-Encoding" in response.headers
    return int(length) if length.isdecimal() and not chunked else None


def proof_of(response: requests.Response, received: int) -> str:
    """How completeness is known once the body has been read to its end."""
    if announced_by(response) is not None:
        return f"Content-Length: all {received} bytes received"
    if "chunked" in response.headers.get("Transfer-Encoding", "").lower():
        return "chunked: the last chunk was received"
    return "unknown"


def stored(
    response: requests.Response, path: Path, *, place: str, most: int,
    in_time: Callable[[], bool], progress: Callable[[int, int | None], None],
) -> tuple[str, int]:  # fmt: skip
    """sha256 and size of the body, written to `path` as it was received.

    Raises:
        Later: it ended before its end, fell silent, or took longer than allowed.
        SourceChanged: it is larger than `most` bytes.
        StorageRefused: the disk does not take it.
    """
    total = announced_by(response)
    if total is not None and total > most:
        raise _too_large(place, most)
    received, digest = 0, hashlib.sha256()
    try:
        with path.open("wb") as file:
            for piece in _pieces(response, place, total):
                received += len(piece)
                if received > most:
                    raise _too_large(place, most)
                if not in_time():
                    met = f"the download did not end in time ({_share(received, total)})"
                    raise Later(SourceUnavailable(place, met))
                digest.update(piece)
                file.write(piece)
                progress(received, total)
    except OSError as error:  # the disk's: urllib3 wraps those of the network
        met = f"the work disk does not take the download ({error.strerror})"
        raise StorageRefused(place, met, remedy="Free some space or set CONCENTRATOR_SCRATCH.") from error
    return digest.hexdigest(), received


def _pieces(response: requests.Response, place: str, total: int | None) -> Iterator[bytes]:
    """The body as it comes; what has arrived is given at once, so that a slow drip meets the time limit."""
    received = 0
    while piece := _piece(response, place, received, total):
        received += len(piece)
        yield piece


def _piece(response: requests.Response, place: str, received: int, total: int | None) -> bytes:
    try:
        return response.raw.read1(_PIECE, decode_content=False) or b""
    except ReadTimeoutError:
        met = f"the source fell silent ({_share(received, total)})"
        failure = Later(SourceUnavailable(place, met))
    except HTTPError:
        met = f"the download is incomplete ({_share(received, total)})"
        failure = Later(SourceIncomplete(place, met))  # urllib3 2 holds the body to its announced length
    raise failure  # outside the handler: urllib3's text shows the address with its secrets


def _share(received: int, total: int | None) -> str:
    return f"{received} of {'an unannounced number of' if total is None else total} bytes"


def _too_large(place: str, most: int) -> SourceChanged:
    remedy = "Raise `max_bytes:` if so much is expected."
    return SourceChanged(place, f"the source sends more than {most} bytes", remedy=remedy)
