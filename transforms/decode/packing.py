"""The archive around a file: unpacked into the scratch folder, never into itself, never without end."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EINVAL
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import IO

from contracts.errors import SourceChanged
from contracts.formats import Packed
from transforms.decode.source import CHUNK, Source

MAX_UNPACKED = 8 << 30  # bytes that the disk of a small worker holds
MAX_RATIO = 200  # a workbook of 100,000 equal rows packs 14:1 (measured); deflate itself ends at 1032:1
SMALL = 64 << 20  # bytes that any worker can bear, whatever the ratio
MAX_MEMBERS = 10_000
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, struct.error)


def unpacked(source: Source, form: Packed) -> Source:
    """The file itself, out of its declared archive.

    Raises:
        SourceChanged: not that archive, cut short, encrypted, a bomb, or not exactly one matching member.
    """
    if form.archive is None:
        return source
    with whole(source, form.archive, f"`archive: {form.archive}`"):
        if form.archive == "gz":
            with gzip.open(source.path) as stream:
                return _copied(source, stream, source.path.stat().st_size)
        with zipfile.ZipFile(source.path) as archive:
            return member_of(source, archive, _member(source, archive.infolist(), form.member))


@contextmanager
def whole(source: Source, archive: str, promised: str) -> Iterator[None]:
    """What is done with an archive.

    Raises:
        SourceChanged: it is none, or cut short, or its directory leads nowhere.
    """
    try:
        yield
    except (OSError, *_BROKEN) as error:
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile) and error.errno != EINVAL:
            raise  # EINVAL is a place before the file's beginning; the others are the disk's
        remedy = "It may be cut short, or not packed at all; ask the source for it again."
        raise source.changed(
            f"is no whole {archive} file ({error})", promised=promised, remedy=remedy
        ) from error


def _member(source: Source, members: Sequence[zipfile.ZipInfo], wanted: str | None) -> zipfile.ZipInfo:
    """The only file of the archive, or the only one that the pattern names."""
    files = [member for member in members if not member.is_dir()]
    matching = [member for member in files if wanted is None or fnmatchcase(member.filename, wanted)]
    if wanted is not None and not matching:  # `[table].csv` is a name, and no pattern matches itself there
        matching = [member for member in files if member.filename == wanted]
    if len(matching) != 1:
        names = ", ".join(f'"{member.filename}"' for member in files[:10]) or "nothing"
        pattern = f"match {wanted!r}" if wanted else "it holds"
        raise source.changed(f"holds {names}, of which {len(matching)} {pattern}" if wanted else
                             f"holds {len(matching)} files: {names}", promised="exactly one",
                             remedy="Name it under `member:`.")  # fmt: skip
    return matching[0]


def member_of(source: Source, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Source:
    """One file out of an open zip.

    Raises:
        SourceChanged: it lies outside of the archive, is encrypted, or the archive is a bomb.
    """
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise source.changed(f"holds {member.filename!r}, a path out of the archive", promised="plain names")
    if member.flag_bits & 1:
        raise source.changed("is protected by a password", promised="an open archive")
    refuse_bomb(source, archive.infolist())
    with archive.open(member) as stream:
        return _copied(source, stream, member.compress_size)


def refuse_bomb(source: Source, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive that says itself that it would unpack beyond measure.

    Raises:
        SourceChanged: too many members, too many bytes, or too high a ratio.
    """
    if len(members) > MAX_MEMBERS:
        raise source.changed(f"holds {len(members)} files", promised=f"at most {MAX_MEMBERS}")
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if _is_bomb(size, packed):
        raise _bomb(source, size, packed)


def _is_bomb(size: int, packed: int) -> bool:
    return size > MAX_UNPACKED or (size > SMALL and size > packed * MAX_RATIO)


def _bomb(source: Source, size: int, packed: int) -> SourceChanged:
    met = f"unpacks from {packed} bytes to more than {size}"
    promised = f"at most {MAX_RATIO} times its size, and {MAX_UNPACKED >> 30} GB"
    return source.changed(met, promised=promised, remedy="It may be an attack; ask the source.")


def _copied(source: Source, stream: IO[bytes] | gzip.GzipFile, packed: int) -> Source:
    """The stream as a file, counted while it grows: what an archive says of itself need not be true."""
    copy, size = source.copy_as("unpacked"), 0
    with copy.open("wb") as out:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if _is_bomb(size, packed):
                raise _bomb(source, size, packed)
            out.write(chunk)
    return source.at(copy)
