"""What follows a commit: pointer, stable names and feed, which only ever move forward."""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.batch import Commit, Current
from contracts.errors import StorageRefused
from storage import layout
from storage.feed import renew_feed
from storage.log import OVERTAKEN, current_of, head_of, is_head, stamp
from storage.records import bytes_of, record_of
from storage.stable import show
from storage.store import Store

_ROUNDS = 5  # one is enough; each further one means that another run moved too


def reconcile(store: Store, dataset_id: str, *, thorough: bool = False) -> bool:
    """Whether anything had to be rewritten so that pointer, stable names and feed show the last commit.

    Safe at any time and by anyone. A pointer it has to move keeps the length of validity that the
    last one had; without one it is expired at once, until a run looks at the source. A light pass
    reads no large file; `thorough` reads every file of the release and of the stable names once, and
    also finds what was changed by hand.

    Raises:
        StorageRefused: a committed file is missing or was changed, or a withdrawal was not finished.
    """
    with store.held(dataset_id):
        return settle(store, dataset_id, thorough=thorough)


def settle(store: Store, dataset_id: str, *, thorough: bool = False, verified: str | None = None) -> bool:
    """`reconcile`, by who holds the dataset; `verified` is a release whose files were just read back."""
    healed = False
    for _ in range(_ROUNDS):
        head = head_of(store, dataset_id)
        if head is None:
            return healed
        commit = head.commit
        _require_standing(store, dataset_id, commit)
        moved = _followed(store, dataset_id, commit)
        own = verified is not None and commit.release_id == verified
        names = show(store, dataset_id, commit, thorough=thorough, verified=own)
        told = renew_feed(store, dataset_id, head, full=thorough)
        healed |= moved or names.wrote or told
        if names.whole and is_head(store, dataset_id, commit):
            return healed
        thorough, verified = True, None  # what was written late may lie over what another run wrote
    remedy = "Other runs keep moving them, or the store gives back other bytes than it was given."
    raise StorageRefused(dataset_id, f"its names in the {store.name} do not come to rest", remedy=remedy)


def recheck(store: Store, dataset_id: str, *, moment: datetime, expires_at: datetime) -> bool:
    """Whether the freshness clock moved: the current release was found still right at `moment`."""
    with store.held(dataset_id):
        current = current_of(store, dataset_id)
        if current is None or current.release_id is None:
            return False
        moment, expires_at = stamp(store, moment, expires_at)
        checked = current.model_copy(update={"checked_at": moment, "expires_at": expires_at})
        return point(store, dataset_id, checked)


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


def follow(store: Store, dataset_id: str, commit: Commit, expires_at: datetime) -> bool:
    """Whether the pointer moved to a commit, whose data may be called fresh until then."""
    current = Current(
        sequence=commit.sequence, release_id=commit.release_id,
        checked_at=commit.committed_at, expires_at=expires_at,
    )  # fmt: skip
    return point(store, dataset_id, current)


def _age(current: Current) -> tuple[int, datetime, datetime]:
    return current.sequence, current.checked_at, current.expires_at


def _followed(store: Store, dataset_id: str, commit: Commit) -> bool:
    current = current_of(store, dataset_id)
    if current is not None and current.sequence >= commit.sequence:
        return False
    valid = current.expires_at - current.checked_at if current else timedelta()
    return follow(store, dataset_id, commit, commit.committed_at + valid)


def _require_standing(store: Store, dataset_id: str, commit: Commit) -> None:
    """What was withdrawn is never shown again, also where a kill came before the commit that says so."""
    if commit.release_id and store.exists(layout.tombstone(dataset_id, commit.release_id)):
        met = f"the withdrawal of {commit.release_id} was begun and not finished"
        raise StorageRefused(dataset_id, met, remedy="Run the withdrawal again.")
