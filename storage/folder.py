"""A store in a folder of a local file system: the embedded default."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contracts.errors import StorageRefused
from storage import layout

_LOCK = ".lock"  # hidden names are never keys: `layout.parts_of` refuses them
_ARRIVING = ".arriving-"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK)


class FolderStore:
    """Objects as files: written beside their place, synced, then renamed or linked into it."""

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name = root.absolute(), name

    def put_file(self, key: str, path: Path, media_type: str | None = None) -> None:
        """Keep a local file's bytes, replacing what was there."""
        self._install(key, lambda arriving: shutil.copyfile(path, arriving), os.replace)

    def put_bytes(self, key: str, content: bytes, media_type: str | None = None) -> None:
        """Keep these bytes, replacing what was there."""
        self._install(key, lambda arriving: arriving.write_bytes(content), os.replace)

    def copy(self, source: str, target: str, media_type: str | None = None) -> None:
        """Keep under `target` what `source` holds; a true copy, so that nobody edits a release by its
        stable name.
        """
        self.put_file(target, self._found(source))

    def read(self, key: str) -> bytes:
        """The bytes; refused when there are none."""
        with self._refusing("reading", key):
            return self._found(key).read_bytes()

    def read_or_none(self, key: str) -> bytes | None:
        """The bytes, or None when there are none."""
        with self._refusing("reading", key), suppress(FileNotFoundError):
            return self._path(key).read_bytes()
        return None

    def local(self, key: str, scratch: Path) -> Path:
        """The store's own file, to read only."""
        return self._found(key)

    def exists(self, key: str) -> bool:
        """Whether something is kept under this key."""
        return self._path(key).is_file()

    def size(self, key: str) -> int:
        """Its bytes; refused when missing."""
        return self._found(key).stat().st_size

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with `prefix`, sorted."""
        with self._refusing("listing", prefix):
            yield from _keys(self.root, "", prefix)

    def delete(self, key: str) -> None:
        """Forget it; nothing happens when it is missing."""
        path = self._path(key)
        with self._refusing("deleting", key), suppress(FileNotFoundError):
            path.unlink()
            _sync(path.parent)

    def create(self, key: str, content: bytes) -> bool:
        """Whether the key now holds `content`; nothing is ever overwritten."""
        self._install(key, lambda arriving: arriving.write_bytes(content), _link_unless_taken)
        return self.read(key) == content

    def swap(self, key: str, content: bytes, seen: bytes | None) -> bool:
        """Whether the key now holds `content`, replaced only if it held `seen` (None: nothing)."""
        with self._locked():
            present = self.read_or_none(key)
            if present == seen:
                self.put_bytes(key, content)
            return present in (seen, content)

    def sha256(self, key: str) -> str:
        """Hex digest of the bytes on disk."""
        with self._refusing("reading", key), self._found(key).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _path(self, key: str) -> Path:
        return self.root.joinpath(*layout.parts_of(key))

    def _found(self, key: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise StorageRefused(self.name, f"{key} is missing")
        return path

    def _install(self, key: str, fill: Callable[[Path], object], place: Callable[[Path, Path], None]) -> None:
        target = self._path(key)
        arriving = target.with_name(f"{_ARRIVING}{secrets.token_hex(8)}")
        with self._refusing("writing", key):
            _make(target.parent)
            try:
                fill(arriving)
                _sync(arriving)
                place(arriving, target)
            finally:
                arriving.unlink(missing_ok=True)
            _sync(target.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """The whole store is this process's: other swaps wait (the kernel frees it after a kill)."""
        with self._refusing("locking", _LOCK):
            _make(self.root)
            lock = os.open(self.root / _LOCK, os.O_CREAT | os.O_RDWR, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    @contextmanager
    def _refusing(self, doing: str, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                remedy = "Make room and run again; what was published before is intact."
                raise StorageRefused(self.name, f"disk full while {doing} {key}", remedy=remedy) from error
            raise StorageRefused(self.name, f"{doing} {key} failed ({error.strerror})") from error


def _keys(folder: Path, place: str, prefix: str) -> Iterator[str]:
    """A folder sorts as `name/`: that is how its keys compare with its neighbours'."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        found = sorted((entry.name + "/" * entry.is_dir(), entry.path) for entry in entries)
        for name, path in found:
            key = place + name
            if name.startswith(".") or not (key.startswith(prefix) or prefix.startswith(key)):
                continue
            if name.endswith("/"):
                yield from _keys(Path(path), key, prefix)
            elif key.startswith(prefix):
                yield key


def _link_unless_taken(arriving: Path, target: Path) -> None:
    try:
        os.link(arriving, target)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno in _NO_LINKS:
            raise OSError(error.errno, "this file system has no hard links; use another") from error
        raise


def _make(folder: Path) -> None:
    """The folder exists, and its parents know it even after a power cut."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in missing:
        _sync(place.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
