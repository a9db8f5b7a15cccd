"""The stable names: what catalogues and people keep, made to show one committed release."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from contracts.batch import Commit, FileEntry, Manifest
from contracts.errors import StorageRefused
from storage import layout
from storage.log import is_head, manifest_bytes, require_sha256
from storage.records import JSON, record_of
from storage.store import Store

_SMALL = 8 << 20  # bytes: one part of an S3 download, which costs the request that a look at its size costs


class Names(NamedTuple):
    """What one pass came to: whether it wrote, and whether all names now show the release."""

    wrote: bool
    whole: bool


def show(store: Store, dataset_id: str, commit: Commit, *, thorough: bool, verified: bool) -> Names:
    """The stable names made those of the commit: files, names to end, and their manifest last.

    So where the manifest is the commit's, the files were written before it, and a look at their sizes
    is enough (small ones are read). `thorough` reads all; `verified` says that the release's own files
    were read back by the caller, and copies them. Every copy is read back once.

    Raises:
        StorageRefused: a file of the release is missing or was changed.
    """
    content = manifest_bytes(store, dataset_id, commit)
    files = record_of(content, Manifest, dataset_id).files if content else ()
    shown = store.read_or_none(layout.stable_manifest(dataset_id))
    if not verified:
        _require_kept(store, dataset_id, commit, files, thorough)
    full = thorough or shown != content
    present = frozenset(store.keys(layout.stable_prefix(dataset_id)))
    stale = [entry for entry in files if verified or not _shows(store, dataset_id, entry, present, full)]
    trusted = verified or thorough
    whole = all([_copied(store, dataset_id, commit, entry, trusted) for entry in stale])
    ended = present - {layout.stable(dataset_id, entry.name) for entry in files}
    for key in sorted(ended):
        if is_head(store, dataset_id, commit):
            store.delete(key)
    if shown != content and whole:
        whole = _told(store, dataset_id, commit, content)
    return Names(wrote=bool(stale or ended or shown != content), whole=whole)


def _require_kept(
    store: Store, dataset_id: str, commit: Commit, files: Iterable[FileEntry], thorough: bool
) -> None:
    if commit.release_id is None:
        return
    present = set(store.keys(layout.release_file(dataset_id, commit.release_id, "")))
    for entry in files:
        key = layout.release_file(dataset_id, commit.release_id, entry.name)
        if key not in present or store.size(key) != entry.bytes:
            met = f"{key} is missing from the {store.name}, or was changed"
            remedy = "Restore it from a backup, or roll back to a release that is whole."
            raise StorageRefused(dataset_id, met, remedy=remedy)
        if thorough:
            require_sha256(store, dataset_id, key, entry.sha256)


def _shows(store: Store, dataset_id: str, entry: FileEntry, present: frozenset[str], full: bool) -> bool:
    key = layout.stable(dataset_id, entry.name)
    if key not in present:
        return False
    if entry.bytes > _SMALL and (store.size(key) != entry.bytes or not full):
        return store.size(key) == entry.bytes
    return store.sha256(key) == entry.sha256


def _copied(store: Store, dataset_id: str, commit: Commit, entry: FileEntry, trusted: bool) -> bool:
    """Whether the copy came back right; none is made once another run has committed."""
    if commit.release_id is None or not is_head(store, dataset_id, commit):
        return False
    source = layout.release_file(dataset_id, commit.release_id, entry.name)
    if not trusted:
        require_sha256(store, dataset_id, source, entry.sha256)
    target = layout.stable(dataset_id, entry.name)
    store.copy(source, target, entry.media_type)
    return store.sha256(target) == entry.sha256


def _told(store: Store, dataset_id: str, commit: Commit, content: bytes | None) -> bool:
    """Whether the manifest beside the stable names is now the commit's (None: there is none)."""
    key = layout.stable_manifest(dataset_id)
    if not is_head(store, dataset_id, commit):
        return False
    if content is None:
        store.delete(key)
    else:
        store.put_bytes(key, content, JSON)
    return store.read_or_none(key) == content
