"""What every folder can do, whatever carries it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

PIECE = 1 << 20  # bytes read at once


@dataclass(frozen=True)
class Dropped:
    """One file in a folder, as it was when looked at."""

    written: str  # its name as the folder writes it
    modified: datetime  # by the folder's own clock, UTC
    bytes: int
    version: str = ""  # the ETag, where the folder has one

    @property
    def name(self) -> str:
        """Its name, accents composed as Windows writes them and macOS does not."""
        return unicodedata.normalize("NFC", self.written)


class Folder(Protocol):
    """A folder that is open. Whatever goes wrong in it is an OSError whose `strerror` holds no secret."""

    @property
    def address(self) -> str:
        """Where it is, secrets out, without a slash at its end."""

    def files(self) -> tuple[Dropped, ...]:
        """What lies directly in it, by name; links and folders are passed over."""

    def reading(self, one: Dropped) -> AbstractContextManager[Iterator[bytes]]:
        """The file's bytes, piece by piece."""
