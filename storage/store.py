"""What every store can do, and which store an address names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from contracts.errors import StorageRefused
from storage.folder import FolderStore
from storage.lock import lock_at

S3_OPTIONS = frozenset({"endpoint", "region", "profile"})


class Store(Protocol):
    """Named bytes; a reader sees an object whole or not at all, whatever happens to its writer.

    Keys are `/`-separated (`storage.layout` makes them). Every method raises `StorageRefused`,
    naming the store, when it cannot do what it says.
    """

    name: str

    def put_file(self, key: str, path: Path, media_type: str | None = None) -> None:
        """Keep a local file's bytes, replacing what was there."""

    def put_bytes(self, key: str, content: bytes, media_type: str | None = None) -> None:
        """Keep these bytes, replacing what was there."""

    def copy(self, source: str, target: str, media_type: str | None = None) -> None:
        """Keep under `target` what `source` holds, inside the store."""

    def read(self, key: str) -> bytes:
        """The bytes; refused when there are none."""

    def read_or_none(self, key: str) -> bytes | None:
        """The bytes, or None when there are none."""

    def local(self, key: str, scratch: Path) -> Path:
        """A local file to read only: the store's own, or one downloaded below `scratch`."""

    def exists(self, key: str) -> bool:
        """Whether something is kept under this key."""

    def size(self, key: str) -> int:
        """Its bytes; refused when missing."""

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with `prefix`, sorted."""

    def delete(self, key: str) -> None:
        """Forget it; nothing happens when it is missing."""

    def create(self, key: str, content: bytes) -> bool:
        """Whether the key now holds `content`: written here, or by an earlier try of the same call.

        Of several writers with different contents exactly one gets True; so the content must
        carry something of its own (an attempt id). Nothing is ever overwritten.
        """

    def swap(self, key: str, content: bytes, seen: bytes | None) -> bool:
        """Whether the key now holds `content`, replaced only if it held `seen` (None: nothing)."""

    def sha256(self, key: str) -> str:
        """Hex digest of the bytes as they come back from the store, never of its own claims."""

    def now(self) -> datetime:
        """The store's own clock, UTC: what every writer can agree on."""

    def modified(self, key: str) -> datetime:
        """When the key was last written, by the store's own clock, UTC; refused when missing."""

    def erase(self, key: str) -> None:
        """Delete it with every older version that the store may keep; nothing happens when missing."""

    def sweep(self, before: datetime) -> int:
        """How many unfinished writes that began before then were cleared away (parts, arriving files)."""

    def held(self, dataset_id: str) -> AbstractContextManager[None]:
        """Alone on this dataset where the store cannot decide between writers; else nothing to wait for.

        May be entered again by whoever is inside. Where a lock is held, `create` and `swap` refuse once
        it is lost.
        """

    @property
    def place(self) -> tuple[str, ...]:
        """Where it is, part by part: a store inside another begins with the other's place."""

    def rights_of_anyone(self, key: str) -> frozenset[str]:
        """Those of `read`, `listed` and `written` that need no credentials; may overwrite `key`, a probe."""


def store_at(address: str, label: str, lock: str | None = None, *, private: bool = False) -> Store:
    """The store at a folder's path, or at `s3://bucket/prefix?endpoint=…&region=…&profile=…`.

    `label` ("public store") begins every message about it. Credentials are found by boto3 (its
    environment, profile or role), never in the address. `lock` is the address of a lock
    (`storage.lock`), used only where the S3 service heeds no conditional writes. A `private` folder that is
    made now is its owner's alone (mode 700).

    Raises:
        StorageRefused: the address is empty, of another kind, or holds a secret; the lock's is neither
            a folder nor `postgresql://…`.
    """
    if address.startswith("s3://"):
        return _s3_store(address, label, lock)
    if not address.strip() or "://" in address:
        remedy = "Write a folder's path, or s3://bucket/prefix?endpoint=…"
        raise StorageRefused(label, "its address is neither a folder nor s3://", remedy=remedy)
    return FolderStore(Path(address), f"{label} ({address})", private=private)


def _s3_store(address: str, label: str, lock: str | None) -> Store:
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    if "@" in parts.netloc or "@" in options.get("endpoint", "") or options.keys() - S3_OPTIONS:
        remedy = "Keep credentials in boto3's profile or environment; the address takes no other option."
        promised = "s3://bucket/prefix?endpoint=…&region=…&profile=…"
        raise StorageRefused(label, "its address holds more than it may", promised=promised, remedy=remedy)
    if not parts.netloc:
        raise StorageRefused(label, "its address names no bucket", remedy="Write s3://bucket/prefix.")
    from storage.s3 import s3_store  # boto3 costs 0.3 s: only who keeps data in S3 pays it

    place = f"s3://{parts.netloc}{parts.path.rstrip('/')}"  # without the endpoint, which has many spellings
    held_by = lock_at(lock, place) if lock else None
    return s3_store(parts.netloc, parts.path.strip("/"), f"{label} ({place})", held_by, **options)
