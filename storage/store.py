"""What every store can do, and which store an address names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from contracts.errors import StorageRefused
from storage.folder import FolderStore

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


def store_at(address: str, label: str) -> Store:
    """The store at a folder's path, or at `s3://bucket/prefix?endpoint=…&region=…&profile=…`.

    `label` ("public store") begins every message about it. Credentials are found by boto3 (its
    environment, profile or role), never in the address.

    Raises:
        StorageRefused: the address is empty, of another kind, or holds a secret.
    """
    if address.startswith("s3://"):
        return _s3_store(address, label)
    if not address.strip() or "://" in address:
        remedy = "Write a folder's path, or s3://bucket/prefix?endpoint=…"
        raise StorageRefused(label, "its address is neither a folder nor s3://", remedy=remedy)
    return FolderStore(Path(address), f"{label} ({address})")


def _s3_store(address: str, label: str) -> Store:
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    if "@" in parts.netloc or "@" in options.get("endpoint", "") or options.keys() - S3_OPTIONS:
        remedy = "Keep credentials in boto3's profile or environment; the address takes no other option."
        promised = "s3://bucket/prefix?endpoint=…&region=…&profile=…"
        raise StorageRefused(label, "its address holds more than it may", promised=promised, remedy=remedy)
    if not parts.netloc:
        raise StorageRefused(label, "its address names no bucket", remedy="Write s3://bucket/prefix.")
    from storage.s3 import s3_store  # boto3 costs 0.3 s: only who keeps data in S3 pays it

    shown = f"{label} (s3://{parts.netloc}{parts.path.rstrip('/')})"
    return s3_store(parts.netloc, parts.path.strip("/"), shown, **options)
