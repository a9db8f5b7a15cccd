"""An audience's log of commits: where its head is, and how one entry is added by one writer only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from contracts.batch import Commit, Current, Manifest
from contracts.errors import StorageRefused
from storage import layout
from storage.records import bytes_of, record_at, record_of
from storage.store import Store

OVERTAKEN = "overtaken by another run"


@dataclass(frozen=True)
class Head:
    """The last commit of the log, and the sha256 of its bytes."""

    commit: Commit
    sha256: str


def current_of(store: Store, dataset_id: str) -> Current | None:
    """The pointer, or None before the first release."""
    return record_at(store, layout.pointer(dataset_id), Current)


def head_of(store: Store, dataset_id: str) -> Head | None:
    """The highest commit, or None before the first.

    Raises:
        StorageRefused: the log misses an entry, or one was changed after the next was written.
    """
    current = current_of(store, dataset_id)
    head = _head_at(store, dataset_id, current.sequence) if current else None
    if current and head is None:
        raise _broken(store, dataset_id, current.sequence)
    while following := _head_at(store, dataset_id, head.commit.sequence + 1 if head else 1):
        if following.commit.previous_sha256 != (head.sha256 if head else None):
            raise _broken(store, dataset_id, following.commit.sequence)
        head = following
    return head


def is_head(store: Store, dataset_id: str, commit: Commit) -> bool:
    """Whether nothing was committed after it."""
    return not store.exists(layout.commit(dataset_id, commit.sequence + 1))


def append(
    store: Store, dataset_id: str, head: Head | None, *,
    release_id: str, manifest_sha256: str, attempt_id: str, moment: datetime,
) -> Commit:  # fmt: skip
    """The commit written after `head`; of several writers exactly one gets it.

    Raises:
        StorageRefused: overtaken by another run; nothing of this one becomes visible.
    """
    commit = Commit(
        sequence=head.commit.sequence + 1 if head else 1,
        release_id=release_id,
        manifest_sha256=manifest_sha256,
        previous_sha256=head.sha256 if head else None,
        attempt_id=attempt_id,
        committed_at=moment,
    )
    if not store.create(layout.commit(dataset_id, commit.sequence), bytes_of(commit)):
        raise StorageRefused(dataset_id, OVERTAKEN, remedy="Its release stands; run again to look anew.")
    return commit


def manifest_bytes(store: Store, dataset_id: str, commit: Commit) -> bytes:
    """The manifest of a committed release, as it was committed.

    Raises:
        StorageRefused: it is missing or was changed.
    """
    content = store.read(layout.release_manifest(dataset_id, commit.release_id))
    if hashlib.sha256(content).hexdigest() != commit.manifest_sha256:
        remedy = "Restore the release from a backup."
        raise StorageRefused(dataset_id, f"the manifest of {commit.release_id} was changed", remedy=remedy)
    return content


def manifest_of(store: Store, dataset_id: str, commit: Commit) -> Manifest:
    """The manifest of a committed release (see `manifest_bytes`)."""
    return record_of(manifest_bytes(store, dataset_id, commit), Manifest, dataset_id)


def require_sha256(store: Store, dataset_id: str, key: str, sha256: str) -> None:
    """Refuses what a store does not give back byte for byte.

    Raises:
        StorageRefused: it is missing, or its bytes are others.
    """
    if store.sha256(key) != sha256:
        remedy = "What was published before stands; look at the disk or the bucket, then run again."
        raise StorageRefused(dataset_id, f"{key} came back changed from the {store.name}", remedy=remedy)


def _head_at(store: Store, dataset_id: str, sequence: int) -> Head | None:
    content = store.read_or_none(layout.commit(dataset_id, sequence))
    if content is None:
        return None
    commit = record_of(content, Commit, f"{dataset_id}, commit {sequence}")
    return Head(commit, hashlib.sha256(content).hexdigest())


def _broken(store: Store, dataset_id: str, sequence: int) -> StorageRefused:
    remedy = f"Restore {layout.commit(dataset_id, sequence)} in the {store.name} from a backup."
    return StorageRefused(dataset_id, f"its log is broken at commit {sequence}", remedy=remedy)
