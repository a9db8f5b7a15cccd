"""Archives taken apart: members, names, comments, extra fields, also of members that were taken out."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO

import pyarrow as pa

from contracts.errors import PrivacyRefused
from privacy.scan.parts import CHUNK, DAMAGED, Allowance, Member, Unit, size_of

COMPRESSED = {
    **{b"BZh%d1AY&SY" % level: "bz2" for level in range(1, 10)}, b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4",
}  # fmt: skip
XZ = b"\xfd7zXZ\0"
_LOCAL = b"PK\x03\x04"  # APPNOTE 6.3.10, 4.3.7
_LOCAL_SIZE = 30


def parts_of_zip(place: str, stream: IO[bytes], allowance: Allowance) -> Iterator[Unit | Member]:
    """Names, comments and extra fields, then every member; members that the directory no longer names.

    Raises:
        PrivacyRefused: a member is encrypted or damaged, so that nobody can say what it holds.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            yield Unit(f"{place} > comment", archive.comment)
            for info in archive.infolist():
                told = info.filename.encode("utf-8", "replace") + b"\n" + info.comment + b"\n" + info.extra
                yield Unit(f"{place} > name, comment and extra field of a member", told)
                if not info.is_dir():
                    with archive.open(info) as member:
                        yield Member(f"{place} > {info.filename}", member)
            named = {info.header_offset for info in archive.infolist()}
        yield from _taken_out(place, stream, named, allowance)
    except DAMAGED as error:
        met = f"is a zip that cannot be opened ({type(error).__name__})"
        raise PrivacyRefused(place, met, remedy="Publish it without a password, whole.") from error


def _taken_out(place: str, stream: IO[bytes], named: set[int], allowance: Allowance) -> Iterator[Member]:
    """Members whose bytes are still there although the directory was written anew without them."""
    for at in _offsets(stream, _LOCAL):
        if at in named:
            continue
        stream.seek(at)
        head = stream.read(_LOCAL_SIZE)
        if len(head) < _LOCAL_SIZE:
            continue
        method, name, extra = struct.unpack("<H", head[8:10])[0], *struct.unpack("<HH", head[26:30])
        stream.seek(at + _LOCAL_SIZE + name + extra)
        if method == zipfile.ZIP_DEFLATED:
            content = _inflated(stream, allowance, -zlib.MAX_WBITS)
            yield Member(f"{place} > a member taken out", BytesIO(content))


def _offsets(stream: IO[bytes], mark: bytes) -> Iterator[int]:
    """Where the mark stands."""
    found: list[int] = []
    place, tail = 0, b""
    size_of(stream)
    while chunk := stream.read(CHUNK):
        window = tail + chunk
        at = window.find(mark)
        while at >= 0:
            found.append(place - len(tail) + at)
            at = window.find(mark, at + 1)
        place, tail = place + len(chunk), window[-(len(mark) - 1) :]
    return iter(found)


def _inflated(stream: IO[bytes], allowance: Allowance, bits: int) -> bytes:
    """What inflates from here on, until its end or its first fault."""
    inflating, out = zlib.decompressobj(bits), []
    while not inflating.eof and (chunk := stream.read(CHUNK)):
        try:
            out.append(inflating.decompress(chunk))
        except zlib.error:
            break
        allowance.spend(len(out[-1]))
    return b"".join(out)


def decompressed(place: str, stream: IO[bytes], head: bytes) -> Iterator[Member]:
    """The one file inside a gzip, bzip2, zstd, lz4 or xz."""
    if head.startswith(XZ):
        with lzma.open(stream) as inner:
            yield Member(f"{place} > xz", inner)
    for mark, codec in COMPRESSED.items():
        if head.startswith(mark):
            with pa.CompressedInputStream(pa.PythonFile(stream, "r"), codec) as inner:
                yield Member(f"{place} > {codec}", inner)
