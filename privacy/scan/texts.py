"""What stands in a text behind its escapes: references, percent signs, base64, tags."""

from __future__ import annotations

import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(rb"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){10,}(?![0-9A-Fa-f])")
_ESCAPE = re.compile(rb"(?:\\u[0-9A-Fa-f]{4})+|\\x[0-9A-Fa-f]{2}|\\U[0-9A-Fa-f]{8}|\\[/\"'\\]")
_TAG = re.compile(rb"<[^<>]*>")
_REFERENCE = re.compile(rb"&#?[0-9A-Za-z]{2,};")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")


def decoded_forms(content: bytes) -> Iterator[tuple[str, bytes]]:
    """How it was decoded, and what came out: only what differs from `content`.

    Escapes of several kinds in one value are undone one after the other; whatever was decoded from base64
    or hex is put together into one, line by line.
    """
    text = _as_utf_8(content)
    if text is not content:
        yield "UTF-16", text
    for way, met, undone in _UNDOING:
        if met.search(text):
            text = undone(text)
            yield way, text
    for way, runs in (("base64", _from_base64(content)), ("hex", _from_hex(content))):
        if joined := b"\n".join(runs):
            yield way, joined


def _as_utf_8(content: bytes) -> bytes:
    """UTF-16 as UTF-8: with a mark, or where every second byte is zero."""
    head = content[:400]
    codec = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None
    if codec is None and len(head) >= 8:
        for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
            if zeros.count(0) > 0.8 * len(zeros) and head.count(0) < 0.6 * len(head):
                codec = name
    return content.decode(codec, "replace").encode("utf-8", "replace") if codec else content


def _without_references(text: bytes) -> bytes:
    return html.unescape(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _without_escapes(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: _unescaped(match[0]), text)


def _unescaped(escape: bytes) -> bytes:
    if escape[1:2] not in b"uUx":
        return escape[1:]
    units = escape.decode("ascii").encode().decode("unicode_escape")
    return units.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


_UNDOING: tuple[tuple[str, re.Pattern[bytes], Callable[[bytes], bytes]], ...] = (
    ("escapes undone", _ESCAPE, _without_escapes),
    ("percent signs undone", _PERCENT, unquote_to_bytes),
    ("references undone", _REFERENCE, _without_references),
    ("tags left out", _TAG, lambda text: _TAG.sub(b"", text)),
)


def _from_base64(content: bytes) -> Iterator[bytes]:
    for match in _BASE64.finditer(content):
        signs = match[0].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            yield binascii.a2b_base64(signs[: len(signs) - (len(signs) % 4 == 1)] + b"==")
        except binascii.Error:
            continue


def _from_hex(content: bytes) -> Iterator[bytes]:
    for match in _HEX.finditer(content):
        yield bytes.fromhex(match[0].decode("ascii"))
