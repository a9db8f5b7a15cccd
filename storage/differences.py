"""What a release changed against the one before it: kept beside the releases, counted in `changes.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

from contracts.batch import Changes
from contracts.errors import StorageRefused
from storage import layout
from storage.log import require_sha256
from storage.records import put_record, record_of
from storage.store import Store


def put_changes(store: Store, changes: Changes, folder: Path) -> None:
    """Keep a release's differences, read back, before the release itself is committed; their record last.

    `folder` holds the files that `changes` names.

    Raises:
        StorageRefused: a file came back changed, or the store failed.
    """
    dataset_id, release_id = changes.dataset_id, changes.release_id
    with store.held(dataset_id):
        for entry in changes.files:
            key = layout.changes(dataset_id, release_id, entry.name)
            store.put_file(key, folder / entry.name, entry.media_type)
            require_sha256(store, dataset_id, key, entry.sha256)
        put_record(store, record_key(dataset_id, release_id), changes)


def record_key(dataset_id: str, release_id: str) -> str:
    """Where a release's differences are counted."""
    return layout.changes(dataset_id, release_id, "changes.json")


def changes_of(store: Store, dataset_id: str, release_id: str) -> Changes | None:
    """What a release changed, or None where it was the first, or no whole record is kept of it."""
    key = record_key(dataset_id, release_id)
    content = store.read_or_none(key)
    with suppress(StorageRefused):
        return None if content is None else record_of(content, Changes, key)
    return None


def is_difference(dataset_id: str, key: str) -> bool:
    """Whether a key that belongs to a release stands beside it, not in it."""
    return not key.startswith(layout.releases_prefix(dataset_id))


def quoting(
    store: Store, dataset_id: str, files: Mapping[str, Sequence[str]], gone: AbstractSet[str], *,
    doubtful: bool,
) -> Iterator[str]:  # fmt: skip
    """The differences of what goes, and of what came right after it; `files` are the keys by release.

    Those that no record tells of may be of a publish that is under way; `doubtful` takes them too.
    """
    for release_id, keys in files.items():
        differences = [key for key in keys if is_difference(dataset_id, key)]
        changes = changes_of(store, dataset_id, release_id) if differences else None
        if {release_id, changes.previous_release_id} & gone if changes else doubtful:
            yield from differences
