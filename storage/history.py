"""What a dataset's log and store tell of its releases: which are shown, kept, withdrawn or collected."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import datetime
from difflib import get_close_matches
from typing import Literal

from pydantic import Field as Setting

from contracts.batch import Commit, Manifest
from contracts.errors import StorageRefused
from contracts.model import Frozen
from storage import layout
from storage.log import commits_of, require_sha256
from storage.records import record_of
from storage.store import Store

State = Literal["current", "kept", "withdrawn", "collected", "damaged"]


class Kept(Frozen):
    """One release, as its log and its files tell."""

    release_id: str
    sequences: tuple[int, ...] = Setting(description="The commits that named it, the newest first.")
    action: Literal["publish", "rollback", "withdraw"] = Setting(description="Of the last of them.")
    committed_at: datetime = Setting(description="Of the last of them.")
    state: State = Setting(description="`damaged`: its manifest is not the one that was committed.")
    manifest_sha256: str | None
    rows: int | None = Setting(None, description="As bytes and hash, None where no manifest tells.")
    bytes: int | None = None
    content_sha256: str | None = None


def releases_of(store: Store, dataset_id: str) -> tuple[Kept, ...]:
    """All releases ever committed, by the last commit that named each, the newest first.

    Raises:
        StorageRefused: the log is damaged.
    """
    commits = tuple(commits_of(store, dataset_id))
    naming: dict[str, list[Commit]] = defaultdict(list)
    for commit in commits:
        if commit.release_id is not None:
            naming[commit.release_id].append(commit)
    present = frozenset(store.keys(layout.dataset_prefix(dataset_id)))
    shown = commits[0].release_id if commits else None
    return tuple(_kept(store, dataset_id, named, present, shown) for named in naming.values())


def files_by_release(store: Store, dataset_id: str) -> dict[str, list[str]]:
    """Release id → keys of all that is kept of it, its differences too; also of what was never committed.

    Data files come before manifests, so that what is deleted in this order never looks whole.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for key in store.keys(layout.dataset_prefix(dataset_id)):
        if release_id := layout.release_of(dataset_id, key):
            found[release_id].append(key)
    return {
        release_id: sorted(keys, key=lambda key: (key == manifest, key))
        for release_id, keys in sorted(found.items())
        for manifest in [layout.release_manifest(dataset_id, release_id)]
    }


def release_called(releases: tuple[Kept, ...], dataset_id: str, release_id: str) -> Kept:
    """The release of this id.

    Raises:
        StorageRefused: there is none; those that it may have meant are named.
    """
    by_id = {one.release_id: one for one in releases}
    if release_id in by_id:
        return by_id[release_id]
    meant = [known for known in by_id if release_id and known.startswith(release_id)]
    meant = (meant or get_close_matches(release_id, by_id) or list(by_id))[:3]
    remedy = f"It has {', '.join(meant)}." if meant else "Nothing was ever published."
    raise StorageRefused(dataset_id, f"it has no release {release_id[:60]!a}", remedy=remedy)


def require_whole(store: Store, dataset_id: str, release: Kept) -> None:
    """Refuses a release of which not every byte comes back as it was committed.

    Raises:
        StorageRefused: a file is missing or was changed.
    """
    key = layout.release_manifest(dataset_id, release.release_id)
    require_sha256(store, dataset_id, key, release.manifest_sha256 or "")
    for entry in record_of(store.read(key), Manifest, dataset_id).files:
        file = layout.release_file(dataset_id, release.release_id, entry.name)
        require_sha256(store, dataset_id, file, entry.sha256)


def manifest_or_none(
    store: Store, dataset_id: str, commit: Commit, present: frozenset[str]
) -> Manifest | None:
    """The manifest of a committed release, or None where it is gone or is not the one that was committed.

    `present` are the dataset's keys.
    """
    key = layout.release_manifest(dataset_id, commit.release_id or "")
    content = store.read_or_none(key) if key in present else None
    if content is None or hashlib.sha256(content).hexdigest() != commit.manifest_sha256:
        return None
    return record_of(content, Manifest, dataset_id)


def _kept(
    store: Store, dataset_id: str, named: list[Commit], present: frozenset[str], shown: str | None
) -> Kept:
    last, release_id = named[0], named[0].release_id or ""
    manifest = manifest_or_none(store, dataset_id, last, present)
    return Kept(
        release_id=release_id, sequences=tuple(commit.sequence for commit in named), action=last.action,
        committed_at=last.committed_at, manifest_sha256=last.manifest_sha256,
        state=_state(dataset_id, release_id, manifest, present, shown),
        rows=manifest.rows if manifest else None,
        bytes=sum(entry.bytes for entry in manifest.files) if manifest else None,
        content_sha256=manifest.content_sha256 if manifest else None,
    )  # fmt: skip


def _state(
    dataset_id: str, release_id: str, manifest: Manifest | None, present: frozenset[str], shown: str | None
) -> State:
    if layout.tombstone(dataset_id, release_id) in present:
        return "withdrawn"
    if release_id == shown:
        return "current"
    if layout.release_manifest(dataset_id, release_id) not in present:
        return "collected"
    if manifest is None:
        return "damaged"
    keys = [layout.release_file(dataset_id, release_id, entry.name) for entry in manifest.files]
    return "kept" if present.issuperset(keys) else "collected"
