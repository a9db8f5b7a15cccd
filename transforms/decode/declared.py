"""XML whose bytes contradict the encoding that it declares: noticed while it is read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from typing import IO, cast
from xml.etree.ElementTree import Element

from transforms.decode.elements import elements_at
from transforms.decode.source import Source

_DECLARED = re.compile(rb"""\A(?:\xef\xbb\xbf)?<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def elements_of(source: Source, *paths: Sequence[str]) -> Iterator[Element]:
    """The elements of a file at the paths, as `elements_at` has them; to be taken to their end.

    Raises:
        SourceChanged: what `elements_at` refuses, and at the end, a file that declares an encoding of single
            bytes and was written in UTF-8: accents would be two wrong letters each (no French text in
            ISO-8859-1 is sound UTF-8 by chance).
    """
    with source.path.open("rb") as file:
        watched = _Watched(file)
        yield from elements_at(source, cast("IO[bytes]", watched), *paths)
    if watched.declared and watched.is_utf8():
        met = f"declares the encoding {watched.declared} and is written in UTF-8"
        raise source.changed(met, promised="bytes of that encoding",
                             remedy="Have the export mended: its accents would be lost.")  # fmt: skip


class _Watched:
    """A file that is asked, while it is read, whether it is UTF-8 beyond ASCII."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._sound, self._beyond_ascii = True, False
        self.declared = ""  # an encoding of single bytes; else empty

    def read(self, size: int = -1) -> bytes:
        first = self._file.tell() == 0
        chunk = self._file.read(size)
        if first and (met := _DECLARED.match(chunk)):
            name = met[1].decode()
            self.declared = name if _is_single_byte(name) else ""
        if self.declared and self._sound:
            try:
                self._beyond_ascii |= not chunk.isascii()
                self._utf8.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                self._sound = False
        return chunk

    def is_utf8(self) -> bool:
        """Whether all that was read is UTF-8 and could be nothing simpler."""
        return self._sound and self._beyond_ascii


def _is_single_byte(name: str) -> bool:
    try:
        return len("é".encode(name)) == 1
    except (LookupError, UnicodeError):
        return False  # the parser refuses what it does not know; ASCII has no é
