"""What follows a commit: the pointer and the stable names, which only ever move forward."""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.batch import Commit, Current, FileEntry, Manifest
from contracts.errors import StorageRefused
from storage import layout
from storage.log import OVERTAKEN, current_of, head_of, is_head, manifest_bytes, require_sha256
from storage.records import JSON, bytes_of, record_of
from storage.store import Store

_ROUNDS = 5  # one writes, the next reads back; each further one means that another run moved too


def reconcile(store: Store, dataset_id: str) -> bool:
    """Whether anything had to be rewritten so that pointer and stable names show the last commit.

    Safe at any time and by anyone. A pointer it has to move keeps the length of validity that the
    last one had; without one it is expired at once, until a run looks at the source.

    Raises:
        StorageRefused: a committed file is missing or was changed.
    """
    healed = False
    for _ in range(_ROUNDS):
        head = head_of(store, dataset_id)
        if head is None:
            return healed
        moved = _followed(store, dataset_id, head.commit)
        moved |= _stable_renewed(store, dataset_id, head.commit)
        if not moved and is_head(store, dataset_id, head.commit):
            return healed
        healed |= moved
    remedy = "Other runs keep moving them, or the store gives back other bytes than it was given."
    raise StorageRefused(dataset_id, f"its names in the {store.name} do not come to rest", remedy=remedy)


def recheck(store: Store, dataset_id: str, *, moment: datetime, expires_at: datetime) -> bool:
    """Whether the freshness clock moved: the current release was found still right at `moment`."""
    current = current_of(store, dataset_id)
    if current is None:
        return False
    return point(
        store, dataset_id, current.model_copy(update={"checked_at": moment, "expires_at": expires_at})
    )


def point(store: Store, dataset_id: str, target: Current) -> bool:
    """Whether the pointer moved to `target`; it never goes back, in sequence or in time."""
    key = layout.pointer(dataset_id)
    for _ in range(_ROUNDS):
        seen = store.read_or_none(key)
        if seen is not None and _age(record_of(seen, Current, f"{store.name}, {key}")) >= _age(target):
            return False
        if store.swap(key, bytes_of(target), seen):
            return True
    raise StorageRefused(dataset_id, OVERTAKEN)


def _age(current: Current) -> tuple[int, datetime, datetime]:
    return current.sequence, current.checked_at, current.expires_at


def _followed(store: Store, dataset_id: str, commit: Commit) -> bool:
    current = current_of(store, dataset_id)
    if current is not None and current.sequence >= commit.sequence:
        return False
    valid = current.expires_at - current.checked_at if current else timedelta()
    moment = commit.committed_at
    return point(
        store, dataset_id,
        Current(
            sequence=commit.sequence, release_id=commit.release_id,
            checked_at=moment, expires_at=moment + valid,
        ),
    )  # fmt: skip


def _stable_renewed(store: Store, dataset_id: str, commit: Commit) -> bool:
    """Files first, their manifest after them, names that the release no longer has last."""
    content = manifest_bytes(store, dataset_id, commit)
    files = record_of(content, Manifest, dataset_id).files
    changed = [_file_renewed(store, dataset_id, commit, entry) for entry in files]
    key = layout.stable_manifest(dataset_id)
    if store.read_or_none(key) != content and is_head(store, dataset_id, commit):
        store.put_bytes(key, content, JSON)
        changed.append(True)
    kept = {layout.stable(dataset_id, entry.name) for entry in files}
    for key in store.keys(layout.stable_prefix(dataset_id)):
        if key not in kept and is_head(store, dataset_id, commit):
            store.delete(key)
            changed.append(True)
    return any(changed)


def _file_renewed(store: Store, dataset_id: str, commit: Commit, entry: FileEntry) -> bool:
    """Whether the stable name was rewritten; the next round of `reconcile` reads it back."""
    target = layout.stable(dataset_id, entry.name)
    right = store.exists(target) and store.sha256(target) == entry.sha256
    if right or not is_head(store, dataset_id, commit):
        return False
    source = layout.release_file(dataset_id, commit.release_id, entry.name)
    require_sha256(store, dataset_id, source, entry.sha256)
    store.copy(source, target, entry.media_type)
    return True
