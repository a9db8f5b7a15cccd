"""Collection: releases that nobody may miss, deleted a day after they were first planned to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from pydantic import Field as Setting

from contracts.errors import StorageRefused
from contracts.model import Frozen
from contracts.retention import Retention
from storage import layout
from storage.differences import quoting
from storage.feed import renew_feed
from storage.history import files_by_release
from storage.log import OVERTAKEN, commits_of, head_of
from storage.records import bytes_of, record_of
from storage.store import Store

_YOUNG = timedelta(days=7)  # of a release, an upload or a part: readers of yesterday's list still follow it
_NOTICE = timedelta(hours=24)  # between plan and deletion; as long as a publish may last
Own = Mapping[str, Retention]
_ROUNDS = 20  # of the plan: each lost one means that a rollback took a release out of it


class Doomed(Frozen):
    """One release that is to go, or an upload that never became one."""

    dataset_id: str
    release_id: str
    since: datetime = Setting(description="Since when it stands in the plan, by the store's clock.")
    bytes: int
    going: bool = Setting(False, description="Its deletion has begun: no commit may name it any more.")


class Plan(Frozen):
    """What the collector means to delete."""

    written_at: datetime
    releases: tuple[Doomed, ...] = ()


class Collected(Frozen):
    """What one collection came to."""

    gone: tuple[Doomed, ...]
    planned: tuple[Doomed, ...] = Setting(description="What goes when it has stood in the plan for a day.")
    bytes: int = Setting(description="Of what went.")
    swept: int = Setting(description="Unfinished writes cleared away.")


def plan_of(
    store: Store, dataset_ids: Iterable[str], *, keep_releases: int, keep_days: int, own: Own | None = None
) -> Plan:
    """What may go as things stand, by dataset and release id; nothing is written.

    Kept are the releases of the newest `keep_releases` commits and of those committed within
    `keep_days` (or what a dataset has as its `own`), what is shown, and all that was written within a week.
    What stood in the last plan keeps the time since when it stands there; the plan for other datasets stays
    as it is.

    Raises:
        StorageRefused: a log or the last plan is damaged.
    """
    seen = store.read_or_none(layout.collection_plan())
    retention = _retention_of(dataset_ids, keep_releases, keep_days, own)
    return _renewed(store, _plan_in(store, seen), retention)


def collect(
    store: Store, dataset_ids: Iterable[str], *, keep_releases: int, keep_days: int, own: Own | None = None,
    plan: bool = False,
) -> Collected:  # fmt: skip
    """What went and what is planned; with `plan` the plan is renewed and nothing goes.

    Only what stood in the plan for a day and still may go is deleted, with older versions: data first,
    manifest last. Commits and tombstones stay. A collection that was killed is ended by the next one.

    Raises:
        StorageRefused: a log is damaged, the store failed, or other runs keep changing the plan.
    """
    retention = _retention_of(dataset_ids, keep_releases, keep_days, own)
    wanted = tuple(retention)

    def renewed(last: Plan) -> Plan:
        fresh = _renewed(store, last, retention)
        return fresh if plan else _claimed(fresh, wanted)

    claimed = _replanned(store, renewed)
    gone = tuple(one for one in claimed.releases if one.going and one.dataset_id in wanted and not plan)
    for one in gone:
        _delete(store, one)
    if gone:
        done = {(one.dataset_id, one.release_id) for one in gone}
        _replanned(store, lambda last: _without(last, done))
    return Collected(
        gone=gone, planned=tuple(one for one in claimed.releases if one not in gone),
        bytes=sum(one.bytes for one in gone), swept=0 if plan else store.sweep(store.now() - _YOUNG),
    )  # fmt: skip


def _retention_of(
    dataset_ids: Iterable[str], keep_releases: int, keep_days: int, own: Own | None
) -> dict[str, Retention]:
    every = Retention(releases=max(keep_releases, 1), days=keep_days)
    return {dataset_id: (own or {}).get(dataset_id, every) for dataset_id in dataset_ids}


def spare(store: Store, dataset_id: str, release_id: str) -> None:
    """Take a release out of the plan before a commit names it again.

    Collector and rollback both swap the plan, so that exactly one of the two has its way.

    Raises:
        StorageRefused: its deletion has begun.
    """

    def spared(last: Plan) -> Plan:
        for one in last.releases:
            if (one.dataset_id, one.release_id) == (dataset_id, release_id) and one.going:
                met = f"the files of {release_id} are being collected"
                raise StorageRefused(dataset_id, met, remedy="Choose another release.")
        return _without(last, {(dataset_id, release_id)})

    _replanned(store, spared)


def _replanned(store: Store, change: Callable[[Plan], Plan]) -> Plan:
    """The plan as changed; whoever else changed it meanwhile is looked at anew."""
    key = layout.collection_plan()
    with store.held(key):
        for _ in range(_ROUNDS):
            seen = store.read_or_none(key)
            last = _plan_in(store, seen)
            changed = change(last)
            if changed == last or store.swap(key, bytes_of(changed), seen):
                return changed
    raise StorageRefused(store.name, f"{key}: {OVERTAKEN}", remedy="Run again.")


def _plan_in(store: Store, seen: bytes | None) -> Plan:
    if seen is None:
        return Plan(written_at=store.now())
    key = layout.collection_plan()
    plan, written_at = record_of(seen, Plan, f"{store.name}, {key}"), store.modified(key)
    dated = (  # a collector that slept wrote it later than it says
        one.model_copy(update={"since": max(one.since, written_at)}) if one.since == plan.written_at else one
        for one in plan.releases
    )
    return plan.model_copy(update={"releases": tuple(dated)})


def _renewed(store: Store, last: Plan, retention: Mapping[str, Retention]) -> Plan:
    now = store.now()
    known = {(one.dataset_id, one.release_id): one for one in last.releases}
    renewed = [one for one in last.releases if one.dataset_id not in retention]
    for dataset_id, keep in retention.items():
        going = {one.release_id for one in last.releases if one.going and one.dataset_id == dataset_id}
        for release_id, keys in _spent(store, dataset_id, now, keep, going):
            doomed = known.get((dataset_id, release_id)) or Doomed(
                dataset_id=dataset_id, release_id=release_id, since=now,
                bytes=sum(store.size(key) for key in keys),
            )  # fmt: skip
            renewed.append(doomed)
    return Plan(written_at=now, releases=tuple(renewed))


def _spent(
    store: Store, dataset_id: str, now: datetime, keep: Retention, going: set[str]
) -> Iterator[tuple[str, list[str]]]:
    """The releases and uploads that no commit within retention names, each with its keys.

    Of the `going` also those whose last file a killed collector deleted: the feed may still lead there.
    What a withdrawal has not finished stays, so that it can be run again and knows what to erase.
    """
    kept = keep.kept([(one.release_id, one.committed_at) for one in commits_of(store, dataset_id)], now)
    files: dict[str, list[str]] = {release_id: [] for release_id in sorted(going)}
    for release_id, keys in (files | files_by_release(store, dataset_id)).items():
        old = release_id not in kept and all(now - store.modified(key) >= _YOUNG for key in keys)
        if old and not store.exists(layout.tombstone(dataset_id, release_id)):
            yield release_id, keys


def _claimed(plan: Plan, dataset_ids: tuple[str, ...]) -> Plan:
    releases = [
        one.model_copy(update={"going": True})
        if one.dataset_id in dataset_ids and plan.written_at - one.since >= _NOTICE
        else one
        for one in plan.releases
    ]
    return plan.model_copy(update={"releases": tuple(releases)})


def _without(plan: Plan, releases: set[tuple[str, str]]) -> Plan:
    left = tuple(one for one in plan.releases if (one.dataset_id, one.release_id) not in releases)
    return plan.model_copy(update={"releases": left})


def _delete(store: Store, one: Doomed) -> None:
    with store.held(one.dataset_id):
        files = files_by_release(store, one.dataset_id)
        # What quotes it would outlive its hash, and no withdrawal of the same content could find it.
        for key in quoting(store, one.dataset_id, files, {one.release_id}, doubtful=False):
            store.erase(key)
        for key in files.get(one.release_id, ()):
            store.erase(key)
        head = head_of(store, one.dataset_id)
        if head is not None:
            renew_feed(store, one.dataset_id, head, full=True)  # it may have linked to what went
