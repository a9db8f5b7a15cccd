"""The publish protocol: a release becomes visible whole, by one commit, or not at all."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from contracts.batch import Current, Manifest
from contracts.errors import PrivacyRefused, StorageRefused
from contracts.model import Frozen
from storage import layout
from storage.log import append, current_of, head_of, manifest_of, require_sha256
from storage.pointer import point, recheck, reconcile
from storage.records import JSON, bytes_of
from storage.store import Store

__all__ = [
    "Published", "current_manifest", "current_of", "publish", "recheck", "reconcile", "release_id_at",
]  # fmt: skip


class Published(Frozen):
    """What a publish came to: the release that readers now see."""

    manifest: Manifest
    sequence: int
    unchanged: bool = False


def release_id_at(moment: datetime, random_bytes: bytes) -> str:
    """`20261025T003000Z-<16 hex digits>` of an aware time and 64 random bits; sorts by time.

    Raises:
        ValueError: a naive time, or not 8 bytes.
    """
    if moment.tzinfo is None or len(random_bytes) != 8:
        raise ValueError("a release id is made of an aware time and 8 random bytes")
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{random_bytes.hex()}"


def current_manifest(store: Store, dataset_id: str) -> Manifest | None:
    """The manifest of the last committed release, or None before the first.

    Raises:
        StorageRefused: the log or the manifest is damaged.
    """
    head = head_of(store, dataset_id)
    return manifest_of(store, dataset_id, head.commit) if head else None


def publish(
    store: Store, manifest: Manifest, folder: Path, *,
    moment: datetime, expires_at: datetime, attempt_id: str,
) -> Published:  # fmt: skip
    """The release now visible: this one, or the present one where rows, contract and files' names are
    the same (then only the freshness clock moves).

    `folder` holds the files that the manifest names. `attempt_id` says in the log whose commit it
    is. A retry after a commit whose answer was lost finds its release already there.

    Raises:
        StorageRefused: overtaken by another run, a file came back changed, or the store failed.
        PrivacyRefused: the store holds the releases of another audience.
    """
    dataset_id = manifest.dataset_id
    for entry in manifest.files:
        layout.stable(dataset_id, entry.name)
    reconcile(store, dataset_id)
    head = head_of(store, dataset_id)
    if head is not None:
        present = manifest_of(store, dataset_id, head.commit)
        _require_audience(store, present, manifest)
        if _same(present, manifest):
            recheck(store, dataset_id, moment=moment, expires_at=expires_at)
            return Published(manifest=present, sequence=head.commit.sequence, unchanged=True)
    commit = append(
        store, dataset_id, head, release_id=manifest.release_id, attempt_id=attempt_id,
        manifest_sha256=_uploaded(store, manifest, folder), moment=moment,
    )  # fmt: skip
    point(
        store, dataset_id,
        Current(
            sequence=commit.sequence, release_id=commit.release_id, checked_at=moment, expires_at=expires_at
        ),
    )  # fmt: skip
    reconcile(store, dataset_id)
    return Published(manifest=manifest, sequence=commit.sequence)


def _uploaded(store: Store, manifest: Manifest, folder: Path) -> str:
    """The sha256 of the release's manifest, after everything was read back and compared."""
    dataset_id, release_id = manifest.dataset_id, manifest.release_id
    key = layout.release_manifest(dataset_id, release_id)
    if store.exists(key):
        raise StorageRefused(dataset_id, f"the release id {release_id} was used before")
    for entry in manifest.files:
        source = folder / entry.name
        store.put_file(layout.release_file(dataset_id, release_id, entry.name), source, entry.media_type)
    content = bytes_of(manifest)
    store.put_bytes(key, content, JSON)
    for entry in manifest.files:
        uploaded = layout.release_file(dataset_id, release_id, entry.name)
        require_sha256(store, dataset_id, uploaded, entry.sha256)
    digest = hashlib.sha256(content).hexdigest()
    require_sha256(store, dataset_id, key, digest)
    return digest


def _require_audience(store: Store, present: Manifest, new: Manifest) -> None:
    if present.audience != new.audience:
        met = f"a {new.audience} release was about to enter the {store.name} of {present.audience} ones"
        raise PrivacyRefused(new.dataset_id, met, remedy="Correct the stores' addresses.")


def _same(present: Manifest, new: Manifest) -> bool:
    def of(manifest: Manifest) -> tuple[object, ...]:
        names = sorted(entry.name for entry in manifest.files)
        return manifest.content_sha256, manifest.contract_hash, names

    return of(present) == of(new)
