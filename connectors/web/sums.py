"""The size and the checksum that a catalogue tells of a file, and whether the received one has them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from connectors.connector import FetchedFile

_BY_LENGTH = {64: "sha256", 96: "sha384", 128: "sha512"}  # hexadecimal digits of the SHA-2 family
_KNOWN = ("md5", "sha1", "sha256", "sha384", "sha512")


@dataclass(frozen=True)
class Announced:
    """A file's size in bytes and its checksum in lower-case hexadecimal, as far as they are told."""

    size: int | None = None
    algorithm: str = ""
    digest: str = ""

    @property
    def checkable(self) -> bool:
        """Whether there is a checksum that can be computed."""
        return bool(self.digest) and self.algorithm in _KNOWN

    def differs(self, file: FetchedFile) -> tuple[str, str] | None:
        """What was met and what was announced, where they are not the same."""
        if self.size is not None and self.size != file.bytes:
            return f"the file has {file.bytes} bytes", f"{self.size}, as its catalogue says"
        if self.checkable and (found := _digest_of(file, self.algorithm)) != self.digest:
            return f"the file's {self.algorithm} is {found}", f"{self.digest}, as its catalogue says"
        return None


def announced_by(size: object, algorithm: object, digest: object) -> Announced:
    """From a catalogue's loose values: what is no number, or no known sum, counts as not told.

    udata's `sha2` is the one of that family that has as many digits.
    """
    text = str(digest or "").strip().lower()
    name = str(algorithm or "").strip().lower().replace("-", "")
    name = _BY_LENGTH.get(len(text), name) if name == "sha2" else name
    counted = isinstance(size, int) and not isinstance(size, bool) and size > 0
    return Announced(size if counted else None, name if text else "", text)  # type: ignore[arg-type]


def _digest_of(file: FetchedFile, algorithm: str) -> str:
    if algorithm == "sha256":
        return file.sha256
    with file.path.open("rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
