"""The feeds of a dataset and of the store: what became of its releases; counts, never a row's value."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from contracts.batch import Changes, Commit, Manifest, Tombstone
from contracts.errors import StorageRefused
from storage import layout
from storage.atom import MEDIA_TYPE, Entry, document, entries_in, time_of
from storage.differences import changes_of, record_key
from storage.history import manifest_or_none
from storage.log import OVERTAKEN, Head, commits_of
from storage.records import record_at
from storage.store import Store

_NEWEST = 50  # entries: readers ask daily or weekly, and each entry costs up to four looks at the store
_ROUNDS = 20  # of the store's feed: each lost one means that another dataset's entries went in
_STORE_TITLE = "Nouveautés des jeux de données"


class Told(NamedTuple):
    """A commit, and what may still be told of the release it names."""

    commit: Commit
    manifest: Manifest | None
    changes: Changes | None
    tombstone: Tombstone | None


def renew_feed(store: Store, dataset_id: str, head: Head, *, full: bool) -> bool:
    """Whether the dataset's feed or the store's had to be rewritten.

    Unless `full`, a feed that begins with the head is taken for right.

    Raises:
        StorageRefused: the log is damaged, or other runs keep moving the store's feed.
    """
    key = layout.feed(dataset_id)
    present = store.read_or_none(key)
    first = next((entry.id for entry in entries_in(present)), None)
    right = present is not None and not full and first == _id_of(dataset_id, head.commit)
    fresh = present if right and present else feed_of(store, dataset_id, head)
    if fresh != present:
        store.put_bytes(key, fresh, MEDIA_TYPE)
    return _merged(store, dataset_id, fresh) or fresh != present


def feed_of(store: Store, dataset_id: str, head: Head) -> bytes:
    """An Atom document of the 50 commits up to the head, the newest first; equal stores give equal bytes.

    Raises:
        StorageRefused: the log is damaged.
    """
    present = frozenset(store.keys(layout.dataset_prefix(dataset_id)))
    commits = tuple(islice(commits_of(store, dataset_id, head), _NEWEST + 1))
    told = [
        _told(store, dataset_id, commit, before, present)
        for commit, before in zip(commits, (*commits[1:], None), strict=True)
    ]
    latest = next((one.manifest for one in told if one.manifest), None)
    title, author = (latest.title, latest.publisher) if latest else (dataset_id, dataset_id)
    entries = [_entry(dataset_id, one, title, author) for one in told[:_NEWEST]]
    return document(f"urn:concentrator:{dataset_id}", title, entries)


def _merged(store: Store, dataset_id: str, fresh: bytes) -> bool:
    """Whether the store's feed had to take this dataset's entries; each writer replaces only its own."""
    key = layout.feed()
    own = [_seen_from_above(dataset_id, entry) for entry in entries_in(fresh)]
    with store.held(key):
        for _ in range(_ROUNDS):
            seen = store.read_or_none(key)
            others = [one for one in entries_in(seen) if not one.id.startswith(_prefix(dataset_id))]
            newest = sorted([*others, *own], key=lambda one: (one.updated, one.id), reverse=True)[:_NEWEST]
            merged = document("urn:concentrator:", _STORE_TITLE, newest)
            if merged == seen:
                return False
            if store.swap(key, merged, seen):
                return True
    raise StorageRefused(store.name, f"{key}: {OVERTAKEN}", remedy="Run again.")


def _seen_from_above(dataset_id: str, entry: Entry) -> Entry:
    href = layout.dataset_prefix(dataset_id) + entry.href if entry.href else None
    return entry._replace(href=href)


def _told(
    store: Store, dataset_id: str, commit: Commit, before: Commit | None, present: frozenset[str]
) -> Told:
    """Of a withdrawn release its tombstone alone; differences only against what was shown before it."""
    release_id = commit.release_id
    if release_id is None:
        return Told(commit, None, None, None)
    if (buried := layout.tombstone(dataset_id, release_id)) in present:
        return Told(commit, None, None, record_at(store, buried, Tombstone))
    manifest = manifest_or_none(store, dataset_id, commit, present)
    counted = record_key(dataset_id, release_id) in present
    changes = changes_of(store, dataset_id, release_id) if counted and manifest else None
    fitting = changes is not None and before is not None and changes.previous_release_id == before.release_id
    return Told(commit, manifest, changes if fitting else None, None)


def _entry(dataset_id: str, told: Told, title: str, author: str) -> Entry:
    commit, tombstone = told.commit, told.tombstone
    event, fr, en = _words(told)
    published = time_of(commit.committed_at)
    return Entry(
        id=_id_of(dataset_id, commit), title=f"{title} : {event}", published=published,
        updated=max(published, time_of(tombstone.withdrawn_at)) if tombstone else published,
        author=author, fr=fr, en=en,
        href=f"releases/{commit.release_id}/manifest.json" if told.manifest else None,
    )  # fmt: skip


def _words(told: Told) -> tuple[str, str, str]:
    """The event, and a sentence in French and in English."""
    commit, manifest, changes, tombstone = told
    shown = commit.release_id
    if tombstone:
        reason = tombstone.reason
        fr, en = (
            f"Cette version a été retirée. Motif : {reason}",
            f"This release was withdrawn. Reason: {reason}",
        )
        return "version retirée", fr, en
    if shown is None:
        fr = "Une version a été retirée ; aucune autre n’est montrée."
        return "données retirées", fr, "A release was withdrawn; no other is shown."
    if commit.action == "withdraw":
        fr = f"Une version a été retirée ; les données montrées sont celles de {shown}."
        return "retrait d’une version", fr, f"A release was withdrawn; the data shown is that of {shown}."
    if commit.action == "rollback":
        fr = f"Les données montrées sont de nouveau celles de {shown}."
        return "retour à une version antérieure", fr, f"The data shown is that of {shown} again."
    if manifest is None:
        fr = "Les fichiers de cette version ne sont plus conservés."
        return "nouvelle version", fr, "The files of this release are no longer kept."
    if changes:
        return "nouvelle version", changes.sentence["fr"], changes.sentence["en"]
    return "nouvelle version", f"Lignes : {manifest.rows}.", f"Rows: {manifest.rows}."


def _id_of(dataset_id: str, commit: Commit) -> str:
    return f"{_prefix(dataset_id)}{commit.sequence:010d}"


def _prefix(dataset_id: str) -> str:
    return f"urn:concentrator:{dataset_id}:"
