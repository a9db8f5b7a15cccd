"""A store in a folder of a local file system: the embedded default."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path

from contracts.errors import StorageRefused
from storage import layout
from storage.lock import flocked

_LOCK = ".lock"  # hidden names are never keys: `layout.parts_of` refuses them
_ARRIVING = ".arriving-"
_PATIENCE = 60.0  # seconds: a swap writes one small file
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK)


class FolderStore:
    """Objects as files: written beside their place, synced, then renamed or linked into it."""

    def __init__(self, root: Path, name: str, *, private: bool = False) -> None:
        self.root, self.name, self._private = root.absolute(), name, private

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
        with self._refusing("locking", _LOCK), self._alone():
            present = self.read_or_none(key)
            if present == seen:
                self.put_bytes(key, content)
            return present in (seen, content)

    def sha256(self, key: str) -> str:
        """Hex digest of the bytes on disk."""
        with self._refusing("reading", key), self._found(key).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def now(self) -> datetime:
        """The file server's clock, UTC: a file touched by it now."""
        touched = self.root / f"{_ARRIVING}{secrets.token_hex(8)}"
        with self._refusing("writing", touched.name):
            self._make(self.root)
            try:
                touched.touch()
                return _modified(touched)
            finally:
                touched.unlink(missing_ok=True)

    def modified(self, key: str) -> datetime:
        """When the file was last written, by the file server's clock, UTC; refused when missing."""
        with self._refusing("reading", key):
            return _modified(self._found(key))

    def erase(self, key: str) -> None:
        """Delete it: a folder keeps no older version."""
        self.delete(key)

    def sweep(self, before: datetime) -> int:
        """How many arriving files and probes that killed processes left before then were deleted."""
        swept = 0
        with self._refusing("sweeping", "arriving files"):
            for path in (*self.root.rglob(f"{_ARRIVING}*"), *map(self._path, self.keys(layout.PROBES))):
                with suppress(FileNotFoundError):
                    if _modified(path) < before:
                        path.unlink()
                        swept += 1
        return swept

    def held(self, dataset_id: str) -> AbstractContextManager[None]:
        """Nothing to wait for: the file system decides between writers."""
        return nullcontext()

    @property
    def place(self) -> tuple[str, ...]:
        """The folder's path, without links."""
        return self.root.resolve().parts

    def rights_of_anyone(self, key: str) -> frozenset[str]:
        """What the mode bits grant to every user of the machine: `read`, `listed`, `written`."""
        path = self._found(key).resolve()
        with self._refusing("reading", key):
            if not all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents):
                return frozenset()
            file, root = path.stat().st_mode, self.root.stat().st_mode
        granted = {
            "read": file & stat.S_IROTH, "listed": root & stat.S_IROTH,
            "written": (file | root) & stat.S_IWOTH,
        }  # fmt: skip
        return frozenset(right for right, bit in granted.items() if bit)

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
            self._make(target.parent)
            try:
                fill(arriving)
                _sync(arriving)
                place(arriving, target)
            finally:
                arriving.unlink(missing_ok=True)
            _sync(target.parent)

    def _make(self, folder: Path) -> None:
        """The folder exists, below a root that only its owner enters if it is private and new."""
        if self._private and not self.root.exists():
            _make(self.root.parent)
            self.root.mkdir(mode=0o700, exist_ok=True)
        _make(folder)

    def _alone(self) -> AbstractContextManager[object]:
        self._make(self.root)
        return flocked(self.root / _LOCK, _PATIENCE)

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


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


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
