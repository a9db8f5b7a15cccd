"""The publish protocol: a release becomes visible whole, by one commit, or not at all."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts.batch import Commit, Manifest
from contracts.errors import PrivacyRefused, StorageRefused
from contracts.model import Frozen
from storage import layout
from storage.differences import put_changes
from storage.log import (
    Entry,
    Head,
    append,
    commits_of,
    current_of,
    head_of,
    manifest_of,
    overtaken,
    require_sha256,
    sequence_of,
    stamp,
)
from storage.pointer import follow, recheck, reconcile, settle
from storage.records import JSON, bytes_of
from storage.store import Store

__all__ = [
    "Published", "current_manifest", "current_of", "publish", "put_changes", "recheck", "reconcile",
    "release_id_at", "same_release", "sequence_of",
]  # fmt: skip

LONGEST = timedelta(hours=24)  # of a publish: the collector waits a week before it calls an upload given up


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
    """The manifest of the last committed release, or None where nothing is shown.

    Raises:
        StorageRefused: the log or the manifest is damaged.
    """
    head = head_of(store, dataset_id)
    return manifest_of(store, dataset_id, head.commit) if head else None


def same_release(present: Manifest, new: Manifest) -> bool:
    """Whether rows, contract and files' names are the same, so that a new release would tell nothing."""

    def of(manifest: Manifest) -> tuple[object, ...]:
        names = sorted(entry.name for entry in manifest.files)
        return manifest.content_sha256, manifest.contract_hash, names

    return of(present) == of(new)


def publish(
    store: Store, manifest: Manifest, folder: Path, *,
    moment: datetime, expires_at: datetime, attempt_id: str,
    expected: int | None = None, withdrawn: frozenset[str] = frozenset(),
) -> Published:  # fmt: skip
    """The release now visible: this one, or the present one where it is the same (then only the
    freshness clock moves).

    `folder` holds the files that the manifest names. `attempt_id` says in the log whose commit it
    is: a retry after a commit whose answer was lost finds its release there. `expected` is the
    sequence of the log when the run looked at its source: a run that another overtook since may not
    put older data over newer. `withdrawn` are the contents that may not come back.

    Raises:
        StorageRefused: overtaken by another run, too late, a file came back changed, or the store failed.
        PrivacyRefused: the content was withdrawn, or the store holds the releases of another audience.
    """
    dataset_id = manifest.dataset_id
    for entry in manifest.files:
        layout.stable(dataset_id, entry.name)
    if manifest.content_sha256 in withdrawn:
        remedy = "Correct the source, or hide what must not be seen, then run again."
        raise PrivacyRefused(dataset_id, "this content was withdrawn and may not come back", remedy=remedy)
    with store.held(dataset_id):
        moment, expires_at = stamp(store, moment, expires_at)
        manifest = manifest.model_copy(update={"created_at": min(manifest.created_at, moment)})
        head = head_of(store, dataset_id)
        present = manifest_of(store, dataset_id, head.commit) if head else None
        mine = head is not None and head.commit.attempt_id == attempt_id
        _require_audience(store, present, manifest)
        if head and present and same_release(present, manifest):
            settle(store, dataset_id)
            recheck(store, dataset_id, moment=moment, expires_at=expires_at)
            return Published(manifest=present, sequence=head.commit.sequence, unchanged=not mine)
        if expected not in (None, head.commit.sequence if head else 0) and not mine:
            raise overtaken(dataset_id)
        commit = _committed(store, manifest, folder, head, attempt_id, moment)
        follow(store, dataset_id, commit, expires_at)
        settle(store, dataset_id, verified=manifest.release_id)
        return Published(manifest=manifest, sequence=commit.sequence)


def _committed(
    store: Store, manifest: Manifest, folder: Path, head: Head | None, attempt_id: str, moment: datetime
) -> Commit:  # fmt: skip
    digest = _uploaded(store, manifest, folder)
    _require_awake(store, manifest)
    entry = Entry(manifest.release_id, digest, attempt_id, moment)
    return append(store, manifest.dataset_id, head, entry)


def _uploaded(store: Store, manifest: Manifest, folder: Path) -> str:
    """The sha256 of the release's manifest, after everything was read back and compared."""
    dataset_id, release_id = manifest.dataset_id, manifest.release_id
    key, content = layout.release_manifest(dataset_id, release_id), bytes_of(manifest)
    _require_unused(store, dataset_id, release_id, key, content)
    for entry in manifest.files:
        source = folder / entry.name
        store.put_file(layout.release_file(dataset_id, release_id, entry.name), source, entry.media_type)
    store.put_bytes(key, content, JSON)
    for entry in manifest.files:
        uploaded = layout.release_file(dataset_id, release_id, entry.name)
        require_sha256(store, dataset_id, uploaded, entry.sha256)
    digest = hashlib.sha256(content).hexdigest()
    require_sha256(store, dataset_id, key, digest)
    return digest


def _require_unused(store: Store, dataset_id: str, release_id: str, key: str, content: bytes) -> None:
    """Only the very same release, of a try that was killed before its commit, may be uploaded again."""
    present = store.read_or_none(key)
    if present is None:
        return
    if present != content or any(one.release_id == release_id for one in commits_of(store, dataset_id)):
        remedy = "Run again: it gets another."
        raise StorageRefused(dataset_id, f"the release id {release_id} was used before", remedy=remedy)


def _require_awake(store: Store, manifest: Manifest) -> None:
    """Refuses a writer that slept since its first upload: what it knows is a day old."""
    names = [entry.name for entry in manifest.files] or [layout.MANIFEST]
    first = layout.release_file(manifest.dataset_id, manifest.release_id, names[0])
    if store.now() - store.modified(first) > LONGEST:
        met = "this run began to upload more than 24 hours ago, and may not publish any more"
        raise StorageRefused(manifest.dataset_id, met, remedy="Run again.")


def _require_audience(store: Store, present: Manifest | None, new: Manifest) -> None:
    if present and present.audience != new.audience:
        met = f"a {new.audience} release was about to enter the {store.name} of {present.audience} ones"
        raise PrivacyRefused(new.dataset_id, met, remedy="Correct the stores' addresses.")
