"""The protocol with one rule broken at a time: what the simulation has to notice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from torture import tasks, world

from contracts.batch import Commit
from storage import collection, layout, log, pointer, publishing, rollback, stable, withdrawal
from storage.log import overtaken
from storage.records import bytes_of

Break = Callable[[pytest.MonkeyPatch], None]


def _nothing(*_: Any, **__: Any) -> None:
    """A rule that is not asked."""


def _set(module: Any, name: str, value: Any) -> Break:
    return lambda patch: patch.setattr(module, name, value)


def _append_over(store: Any, dataset_id: str, head: Any, entry: Any) -> Commit:
    """A commit that overwrites what another wrote there."""
    commit = _commit(head, entry, head.sha256 if head else None)
    store.put_bytes(layout.commit(dataset_id, commit.sequence), bytes_of(commit))
    return commit


def _append_unchained(store: Any, dataset_id: str, head: Any, entry: Any) -> Commit:
    commit = _commit(head, entry, "0" * 64 if head else None)
    if not store.create(layout.commit(dataset_id, commit.sequence), bytes_of(commit)):
        raise overtaken(dataset_id)
    return commit


def _commit(head: Any, entry: Any, previous: str | None) -> Commit:
    return Commit(
        sequence=head.commit.sequence + 1 if head else 1, release_id=entry.release_id,
        manifest_sha256=entry.manifest_sha256, previous_sha256=previous, attempt_id=entry.attempt_id,
        action=entry.action, committed_at=entry.moment,
    )  # fmt: skip


def _point_anyhow(store: Any, dataset_id: str, target: Any) -> bool:
    store.put_bytes(layout.pointer(dataset_id), bytes_of(target))
    return True


def _commit_first(patch: pytest.MonkeyPatch) -> None:
    """The commit before the files are there."""

    def committed(store: Any, manifest: Any, folder: Any, head: Any, attempt: str, moment: Any) -> Commit:
        import hashlib

        digest = hashlib.sha256(bytes_of(manifest)).hexdigest()
        entry = log.Entry(manifest.release_id, digest, attempt, moment)
        commit = log.append(store, manifest.dataset_id, head, entry)
        publishing._uploaded(store, manifest, folder)
        return commit

    patch.setattr(publishing, "_committed", committed)
    patch.setattr(publishing, "_require_unused", _nothing)


def _publish_without(name: str, value: Any) -> Break:
    def broken(patch: pytest.MonkeyPatch) -> None:
        real = publishing.publish
        patch.setattr(tasks, "publish", lambda *given, **named: real(*given, **{**named, name: value}))

    return broken


def _erase_but(part: str) -> Break:
    def broken(patch: pytest.MonkeyPatch) -> None:
        real = withdrawal._erase
        patch.setattr(
            withdrawal, "_erase", lambda store, keys: real(store, [key for key in keys if part not in key])
        )

    return broken


def _fall_back_to_the_same(patch: pytest.MonkeyPatch) -> None:
    """Only the release that is named goes, and not those of the very same content."""
    patch.setattr(withdrawal, "_goes", lambda one, release_id, *_: one.release_id == release_id)


IN_PLACE: dict[str, Break] = {
    "a commit may overwrite another": _set(publishing, "append", _append_over),
    "a commit does not name the one before it": _set(publishing, "append", _append_unchained),
    "the commit comes before the files": _commit_first,
    "an overtaken run may commit": _publish_without("expected", None),
    "withdrawn content may be published again": _publish_without("withdrawn", frozenset()),
    "a writer that slept a day may commit": _set(publishing, "_require_awake", _nothing),
    "what was uploaded is not read back": _set(publishing, "require_sha256", _nothing),
    "a time may lie in the store's future": lambda patch: [
        patch.setattr(module, "stamp", lambda store, moment, expires: (moment, expires))
        for module in (publishing, pointer)
    ] and None,
    "the pointer may go back": _set(pointer, "point", _point_anyhow),
    "the pointer is left to somebody else": lambda patch: [
        patch.setattr(module, "follow", lambda *_: False) for module in (publishing, pointer)
    ] and None,
    "stable names are written by who is no longer head": _set(stable, "is_head", lambda *_: True),
    "a stable name that is there is taken for right": _set(stable, "_shows", lambda s, i, e, present, f: layout.stable(i, e.name) in present),
    "stable names are left to somebody else": _set(pointer, "show", lambda *_, **__: stable.Names(False, True)),
    "collection gives no notice": _set(collection, "_NOTICE", timedelta()),
    "collection takes young uploads": _set(collection, "_YOUNG", timedelta()),
    "collection forgets retention": _set(collection, "commits_of", lambda *_, **__: ()),
    "collection does not claim before it deletes": _set(rollback, "spare", _nothing),
    "withdrawal leaves the differences beside it": _erase_but("/changes/"),
    "withdrawal leaves the release's bytes": _erase_but("/releases/"),
    "withdrawal leaves no tombstone": _set(withdrawal, "_bury", _nothing),
    "withdrawal is not remembered": _set(withdrawal, "_remember", _nothing),
    "withdrawal leaves other releases of the same content": _fall_back_to_the_same,
}  # fmt: skip

WITH_A_LOCK: dict[str, Break] = {
    "nobody takes the lock": _set(world.Hand, "held", lambda *_: nullcontext()),
}
