"""Text of any declared encoding as verified UTF-8; copied only where something must change."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from contracts.errors import SourceChanged
from transforms.decode.nature import nature_of
from transforms.decode.source import CHUNK, Source

UTF8_BOM = codecs.BOM_UTF8
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_AS_IT_IS = ("utf-8", "utf-8-sig", "ascii")  # the bytes are UTF-8 already


def as_utf8(source: Source, encoding: str) -> Source:
    """The file as UTF-8 (a leading BOM may remain) whose lines end with LF or CRLF, without NUL.

    Raises:
        SourceChanged: it is empty, no text at all, not in the promised encoding, or holds a NUL.
    """
    codec = codecs.lookup(encoding).name
    head = _head(source)
    if not head.strip(b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"):
        raise source.changed("is empty", promised="data", remedy="Ask the source for the file again.")
    if head.startswith(_UTF16_BOMS) and not codec.startswith(("utf-16", "utf-32")):
        raise source.changed("is UTF-16", promised=codec, remedy="Declare `encoding: utf-16`.")
    if nature := nature_of(head):
        raise source.changed(f"is {nature.what}", promised="text", remedy=nature.remedy)
    if codec in _AS_IT_IS and not _only_cr(head):
        if not _sound(source.path, codec):
            for _ in _texts(source, codec):  # which finds the place, for its sentence
                pass
        return source
    copy = source.copy_as("utf8")
    with copy.open("wb") as out:
        for text in _texts(source, codec, "\r" if _only_cr(_recoded(head, codec)) else ""):
            out.write(text)
    return source.at(copy)


def _sound(path: Path, codec: str) -> bool:
    """Whether the file is text of the codec without NUL; looked at in whole lines, as fast as it is read."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            chunk += file.readline(CHUNK)
            if b"\0" in chunk or not (chunk.isascii() or (codec != "ascii" and _is_utf8(chunk))):
                return False
    return True


def _is_utf8(chunk: bytes) -> bool:
    ends = np.array([0, len(chunk)], np.int32)
    try:
        pa.StringArray.from_buffers(1, pa.py_buffer(ends), pa.py_buffer(chunk)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _head(source: Source) -> bytes:
    with source.path.open("rb") as file:
        return file.read(CHUNK)


def _recoded(head: bytes, codec: str) -> bytes:
    return codecs.getincrementaldecoder(codec)("ignore").decode(head).encode("utf-8", "ignore")


def _only_cr(head: bytes) -> bool:
    """Whether lines end as on the Macs of before 2001; a CRLF may be cut after its CR."""
    return b"\r" in head[:-1] and b"\n" not in head


def _texts(source: Source, codec: str, line_end: str = "") -> Iterator[bytes]:
    """The file's text in UTF-8, chunk by chunk; `line_end` is rewritten as LF."""
    decoder = codecs.getincrementaldecoder(codec)()
    could_be_utf8 = None if codec in _AS_IT_IS else codecs.getincrementaldecoder("utf-8")()
    foreign = False
    for offset, chunk in _chunks(source.path):
        if could_be_utf8 is not None:
            try:
                foreign |= not could_be_utf8.decode(chunk).isascii()
            except UnicodeDecodeError:
                could_be_utf8 = None
        waiting = len(decoder.getstate()[0])
        if codec in _AS_IT_IS and not waiting and chunk.isascii():
            text = chunk
        else:
            text = _decoded(source, decoder, codec, chunk, offset - waiting)
        yield _checked(source, text, offset, line_end)
    if could_be_utf8 is not None and foreign:
        raise source.changed("is UTF-8", promised=codec, remedy="Declare `encoding: utf-8`.")
    _decoded(source, decoder, codec, b"", source.path.stat().st_size - len(decoder.getstate()[0]), final=True)


def _chunks(path: Path) -> Iterator[tuple[int, bytes]]:
    offset = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield offset, chunk
            offset += len(chunk)


def _decoded(
    source: Source,
    decoder: codecs.IncrementalDecoder,
    codec: str,
    chunk: bytes,
    start: int,
    final: bool = False,
) -> bytes:
    try:
        return decoder.decode(chunk, final).encode("utf-8")
    except UnicodeDecodeError as error:
        raise _misencoded(source, codec, start + error.start) from error
    except UnicodeError as error:
        raise source.changed(f"cannot be read as text ({error})", promised=codec) from error


def _misencoded(source: Source, codec: str, offset: int) -> SourceChanged:
    if codec in _AS_IT_IS and (wide := _wide(_head(source))):
        hint = f"It looks like UTF-16: declare `encoding: {wide}`."
    elif codec == "ascii":
        hint = "Declare `encoding: utf-8`, or cp1252."
    else:
        hint = "Declare `encoding: cp1252` if it comes from Windows." if codec != "cp1252" else ""
    met = f"has on line {_line_at(source.path, offset)}, at byte {offset}, what is not {codec}"
    return source.changed(met, promised=codec, remedy=hint)


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark: every second byte of Latin text is NUL."""
    for codec, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        half = head[first:4096:2]
        if half and half.count(0) > len(half) * 0.9:
            return codec
    return None


def _line_at(path: Path, offset: int) -> int:
    line = 1
    for start, chunk in _chunks(path):
        line += chunk[: max(0, offset - start)].count(b"\n")
        if start + len(chunk) > offset:
            break
    return line


def _checked(source: Source, text: bytes, offset: int, line_end: str) -> bytes:
    """The chunk without what no text may hold: NUL, and a second kind of line end beside a lone CR."""
    found = text.find(b"\0")
    if found >= 0:
        hint = "Ask for the file again; it was cut or is not text."
        if wide := _wide(_head(source)):
            hint = f"It looks like UTF-16: declare `encoding: {wide}`."
        line = _line_at(source.path, offset + found)
        raise source.changed(f"has a NUL byte on line {line}", promised="text", remedy=hint)
    if not line_end:
        return text
    if b"\n" in text:
        met = "ends its lines in two ways, some with CR alone and some with LF"
        raise source.changed(met, remedy="Save it with one kind of line end.")
    return text.replace(b"\r", b"\n")
