"""Images and documents taken apart: EXIF with its GPS, PNG's compressed texts, PDF's streams."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from privacy.scan.parts import Allowance, Member, Unit

JPEG, PNG, PDF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-"
_EXIF = b"Exif\0\0"
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8, 11: 4, 12: 8}  # TIFF 6.0, section 2, types
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4  # Exif 2.32, table 15
_STREAM = re.compile(rb"stream\r?\n")


def units_in_image(place: str, content: bytes) -> Iterator[Unit]:
    """EXIF's texts, its position as decimal degrees to 4 … 7 decimals; PNG's texts inflated."""
    for match in re.finditer(re.escape(_EXIF), content):
        yield from _exif(place, content[match.end() :])
    if content.startswith(PNG):
        yield from _png(place, content)


def _png(place: str, content: bytes) -> Iterator[Unit]:
    at = len(PNG)
    while at + 12 <= len(content):
        (length,), kind = struct.unpack(">I", content[at : at + 4]), content[at + 4 : at + 8]
        body = content[at + 8 : at + 8 + length]
        if kind == b"eXIf":
            yield from _exif(place, body)
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            yield Unit(f"{place} > {kind.decode()}", _inflated_anywhere(body))
        at += length + 12


def _inflated_anywhere(body: bytes) -> bytes:
    """What inflates after the keyword's end; a text that is not compressed was seen as it is."""
    for start in re.finditer(b"\x78[\x01\x5e\x9c\xda]", body):
        try:
            return zlib.decompress(body[start.start() :])
        except zlib.error:
            continue
    return b""


def _exif(place: str, tiff: bytes) -> Iterator[Unit]:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return
    try:
        main = _ifd(tiff, order, struct.unpack(f"{order}I", tiff[4:8])[0])
        inner = [_ifd(tiff, order, main[tag]) for tag in (_EXIF_IFD, _GPS_IFD) if tag in main]
    except (struct.error, IndexError, TypeError):
        return  # the bytes were seen as they are
    for tags in (main, *inner):
        texts = [value for value in tags.values() if isinstance(value, bytes)]
        yield Unit(f"{place} > EXIF", b"\n".join(texts))
    if len(inner) and _GPS_IFD in main:
        yield from _position(place, inner[-1])


def _ifd(tiff: bytes, order: str, at: int) -> dict[int, Any]:
    """Tag → bytes, a number, or a list of quotients."""
    (count,) = struct.unpack(f"{order}H", tiff[at : at + 2])
    tags: dict[int, Any] = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack(f"{order}HHI", tiff[entry : entry + 8])
        size = _WIDTHS.get(kind, 1) * number
        start = entry + 8 if size <= 4 else struct.unpack(f"{order}I", tiff[entry + 8 : entry + 12])[0]
        body = tiff[start : start + size]
        if kind == 5:
            pairs = struct.unpack(f"{order}{2 * number}I", body)
            tags[tag] = [top / (below or 1) for top, below in zip(pairs[::2], pairs[1::2], strict=True)]
        elif kind == 4 and number == 1:
            (tags[tag],) = struct.unpack(f"{order}I", body)
        else:
            tags[tag] = body
    return tags


def _position(place: str, tags: dict[int, Any]) -> Iterator[Unit]:
    for side, value in ((_LATITUDE_REF, _LATITUDE), (_LONGITUDE_REF, _LONGITUDE)):
        if isinstance(parts := tags.get(value), list) and len(parts) == 3:
            degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
            sign = -1 if bytes(tags.get(side, b""))[:1] in (b"S", b"W") else 1
            shown = "\n".join(f"{sign * degrees:.{decimals}f}" for decimals in range(4, 8))
            yield Unit(f"{place} > EXIF position", shown.encode())


def parts_of_pdf(place: str, content: bytes, allowance: Allowance) -> Iterator[Member]:
    """Each stream that inflates; the others were seen as they are."""
    for match in _STREAM.finditer(content):
        inflating = zlib.decompressobj()
        try:
            body = inflating.decompress(content[match.end() :], max(allowance.left, 0) + 1)
        except zlib.error:
            continue
        yield Member(f"{place} > a stream", BytesIO(body))
