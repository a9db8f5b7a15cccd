"""A file read a megabyte at a time, and the marks of its structure in each piece."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.web.contents import failure_in, shortened

PIECE = 1 << 20  # bytes
SHOWN = 64 * 1024  # of a last record, looked at for the words of an error
BOM = b"\xef\xbb\xbf"

Marks = NDArray[np.integer[Any]]
Places = NDArray[np.integer[Any]]


class Broken(Exception):
    """What is wrong with the file, as the rest of a sentence."""


def pieces_of(path: Path) -> Iterator[bytes]:
    """The file's bytes without a byte order mark; no piece ends between a `\\` and what it escapes."""
    with path.open("rb") as file:
        if file.read(len(BOM)) != BOM:
            file.seek(0)
        while piece := file.read(PIECE):
            while piece.endswith(b"\\") and (more := file.read(1)):
                piece += more
            yield piece


def marks_in(piece: bytes, table: bytes) -> tuple[Places, Marks]:
    """Where the bytes stand that `table` (256 flags) names, and which they are."""
    places = np.flatnonzero(np.frombuffer(piece.translate(table), bool))
    return places, np.frombuffer(piece, np.uint8)[places]


def flags(characters: bytes) -> bytes:
    """The table of those characters."""
    return bytes(code in characters for code in range(256))


def said_by(text: bytes) -> str:
    """The words of an error that stands where a record should: ` and says « … »`; else empty."""
    found = text[:SHOWN].decode(errors="replace").strip()
    try:
        end = json.JSONDecoder().raw_decode(found)[1]
    except (ValueError, RecursionError):
        return ""
    message = failure_in(found[:end].encode(), None)
    return f" and says {shortened(message)}" if message else ""


def within(quotes: NDArray[np.bool_], begun: bool) -> NDArray[np.bool_]:
    """Which marks stand within quotes, an opening quote among them, by which marks are quotes."""
    return (np.cumsum(quotes, dtype=np.uint8) & 1).astype(bool) ^ begun  # only whether it is odd matters
