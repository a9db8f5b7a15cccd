"""Rollback: an earlier release shown again, by a new commit, after each of its files was read again."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field as Setting

from contracts.errors import PrivacyRefused, StorageRefused
from contracts.model import Frozen
from storage.collection import spare
from storage.history import Kept, release_called, releases_of, require_whole
from storage.log import Entry, append, head_of, stamp
from storage.pointer import follow, settle
from storage.store import Store


class RolledBack(Frozen):
    """Which release is shown now instead of which, or would be."""

    dataset_id: str
    release_id: str
    before: str | None = Setting(description="What was shown before; None: nothing was.")
    sequence: int = Setting(description="Of the commit that says so.")
    planned: bool


def rollback(
    store: Store, dataset_id: str, release_id: str, *,
    moment: datetime, expires_at: datetime, attempt_id: str, plan: bool = False,
) -> RolledBack:  # fmt: skip
    """What was done, or with `plan` what would be: nothing is written then.

    Raises:
        StorageRefused: there is no such release, its files are gone or changed, it is shown already, or
            another run was faster.
        PrivacyRefused: it was withdrawn.
    """
    with store.held(dataset_id):
        head = head_of(store, dataset_id)
        chosen = release_called(releases_of(store, dataset_id), dataset_id, release_id)
        if chosen.state == "current" and not plan:
            settle(store, dataset_id)  # a rollback that was killed after its commit ends here
        _require_eligible(dataset_id, chosen)
        sequence = head.commit.sequence + 1 if head else 1
        before = head.commit.release_id if head else None
        done = RolledBack(
            dataset_id=dataset_id, release_id=release_id, before=before, sequence=sequence, planned=plan
        )
        if plan:
            require_whole(store, dataset_id, chosen)
            return done
        spare(store, dataset_id, release_id)
        require_whole(store, dataset_id, chosen)
        moment, expires_at = stamp(store, moment, expires_at)
        entry = Entry(release_id, chosen.manifest_sha256, attempt_id, moment, "rollback")
        commit = append(store, dataset_id, head, entry)
        follow(store, dataset_id, commit, expires_at)
        settle(store, dataset_id, verified=release_id)
        return done


def _require_eligible(dataset_id: str, chosen: Kept) -> None:
    remedy = "Choose another release."
    if chosen.state == "withdrawn":
        met = f"{chosen.release_id} was withdrawn and may not come back"
        raise PrivacyRefused(dataset_id, met, remedy=remedy)
    why = {
        "current": "is what is shown now",
        "collected": "is no longer kept: files of it are gone",
        "damaged": "is damaged: its manifest was changed",
    }.get(chosen.state)
    if why:
        raise StorageRefused(dataset_id, f"{chosen.release_id} {why}", remedy=remedy)
