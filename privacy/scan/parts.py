"""What a file is taken apart into, and how much of it at most."""

from __future__ import annotations

import lzma
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, NamedTuple

import pyarrow as pa

from contracts.errors import PrivacyRefused

MOST_DEPTH = 6  # a zip in a workbook in a zip … deeper nobody publishes
MOST_RATIO = 300  # a sheet of equal rows deflates to 1:150; 1,032 is the most that deflate can
LEAST_ALLOWANCE = 1 << 28  # 256 MB, however small the file
IN_MEMORY = 1 << 24  # larger parts are spooled to disk
CHUNK = 1 << 20
DAMAGED = (
    OSError, EOFError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
    pa.ArrowException,
)  # fmt: skip


class Unit(NamedTuple):
    """Bytes to look into, decoded as far as they can be, and where they stand."""

    place: str
    content: bytes


@dataclass
class Member:
    """A file inside a file, to be taken apart in its turn."""

    place: str
    stream: IO[bytes]


@dataclass
class Allowance:
    """How many bytes may still come out of a file before it is taken for a bomb."""

    name: str
    left: int

    @classmethod
    def of(cls, name: str, size: int) -> Allowance:
        """That of a file of so many bytes."""
        return cls(name, LEAST_ALLOWANCE + MOST_RATIO * size)

    def spend(self, count: int) -> None:
        """So many bytes came out.

        Raises:
            PrivacyRefused: more than may.
        """
        self.left -= count
        if self.left < 0:
            met = f"decompresses to more than {MOST_RATIO} times its size and cannot be looked through"
            raise PrivacyRefused(self.name, met, remedy="Publish it uncompressed, or not at all.")

    def spool(self, member: Member) -> IO[bytes]:
        """The member's bytes, which can be read from any place; the caller closes them.

        Raises:
            PrivacyRefused: more than may, or it is damaged.
        """
        kept: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the caller's
        try:
            while chunk := member.stream.read(CHUNK):
                self.spend(len(chunk))
                kept.write(chunk)
        except DAMAGED as error:
            met = f"cannot be unpacked ({type(error).__name__})"
            raise PrivacyRefused(member.place, met, remedy="Write it again, without a password.") from error
        kept.seek(0)
        return kept


def size_of(stream: IO[bytes]) -> int:
    """Bytes of a stream that can be read from any place; it stands at its beginning afterwards."""
    size = stream.seek(0, 2)
    stream.seek(0)
    return size
