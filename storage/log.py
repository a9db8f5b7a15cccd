"""An audience's log of commits: where its head is, and how one entry is added by one writer only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

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


@dataclass(frozen=True)
class Entry:
    """What a commit is to say: which release readers shall see (None: none), who says so, when and why."""

    release_id: str | None
    manifest_sha256: str | None
    attempt_id: str
    moment: datetime
    action: Literal["publish", "rollback", "withdraw"] = "publish"


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


def sequence_of(store: Store, dataset_id: str) -> int:
    """The highest commit's sequence; 0 before the first.

    Raises:
        StorageRefused: as `head_of`.
    """
    head = head_of(store, dataset_id)
    return head.commit.sequence if head else 0


def commits_of(store: Store, dataset_id: str, head: Head | None = None) -> Iterator[Commit]:
    """All commits, the newest first, or from a given one back.

    Raises:
        StorageRefused: one is missing or was changed; those after it came whole.
    """
    head = head or head_of(store, dataset_id)
    while head is not None:
        yield head.commit
        sequence = head.commit.sequence - 1
        before = _head_at(store, dataset_id, sequence) if sequence else None
        if head.commit.previous_sha256 != (before.sha256 if before else None):
            raise _broken(store, dataset_id, sequence)
        head = before


def is_head(store: Store, dataset_id: str, commit: Commit) -> bool:
    """Whether nothing was committed after it."""
    return not store.exists(layout.commit(dataset_id, commit.sequence + 1))


def append(store: Store, dataset_id: str, head: Head | None, entry: Entry) -> Commit:
    """The commit written after `head`; of several writers exactly one gets it, and every try of the same
    attempt for the same release.

    Raises:
        StorageRefused: overtaken by another run; nothing of this one becomes visible.
    """
    commit = Commit(
        sequence=head.commit.sequence + 1 if head else 1,
        release_id=entry.release_id,
        manifest_sha256=entry.manifest_sha256,
        previous_sha256=head.sha256 if head else None,
        attempt_id=entry.attempt_id,
        action=entry.action,
        committed_at=entry.moment,
    )
    if store.create(layout.commit(dataset_id, commit.sequence), bytes_of(commit)):
        return commit
    there = _head_at(store, dataset_id, commit.sequence)
    if there is None or there.commit.model_copy(update={"committed_at": entry.moment}) != commit:
        raise overtaken(dataset_id)
    return there.commit


def overtaken(dataset_id: str) -> StorageRefused:
    """The sentence for a run that came second."""
    return StorageRefused(dataset_id, OVERTAKEN, remedy="Its release stands; run again to look anew.")


def stamp(store: Store, moment: datetime, expires_at: datetime) -> tuple[datetime, datetime]:
    """Both moved back together where our clock is ahead of the store's: no time that readers are told
    lies in the future.
    """
    ahead = max(moment - store.now(), timedelta())
    return moment - ahead, expires_at - ahead


def manifest_bytes(store: Store, dataset_id: str, commit: Commit) -> bytes | None:
    """The manifest of a committed release as it was committed, or None where a commit shows none.

    Raises:
        StorageRefused: it is missing or was changed.
    """
    if commit.release_id is None:
        return None
    content = store.read(layout.release_manifest(dataset_id, commit.release_id))
    if hashlib.sha256(content).hexdigest() != commit.manifest_sha256:
        remedy = "Restore the release from a backup."
        raise StorageRefused(dataset_id, f"the manifest of {commit.release_id} was changed", remedy=remedy)
    return content


def manifest_of(store: Store, dataset_id: str, commit: Commit) -> Manifest | None:
    """The manifest of a committed release (see `manifest_bytes`)."""
    content = manifest_bytes(store, dataset_id, commit)
    return None if content is None else record_of(content, Manifest, dataset_id)


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
