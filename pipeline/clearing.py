"""Clearing: what only the pipeline reads, deleted once nothing that is kept was made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from contracts.batch import RawBatch, StagedBatch
from contracts.dataset import AUDIENCES
from contracts.model import Frozen
from pipeline.house import House
from pipeline.publish import Provenance
from pipeline.record import Done, Handed
from storage import layout
from storage.history import releases_of
from storage.records import record_at
from storage.store import Store

LANDING = timedelta(days=30)  # a refused batch is looked into within a month
WAITING = timedelta(days=7)  # staging, views and provenance: no run is under way for so long


class Cleared(Frozen):
    """What of one dataset had its time, in batches, tries, views and records."""

    dataset_id: str
    landed: int = 0
    staged: int = 0
    views: int = 0
    provenance: int = 0
    bytes: int = 0


def cleared(house: House, dataset_id: str, *, plan: bool = False) -> Cleared:
    """What was deleted, or would be: landed batches that no kept release was made of, staged tables that
    nothing goes on from, views that no publisher took, and provenance of releases that no log names.

    Raises:
        StorageRefused: a log or a record is damaged; then nothing of the dataset is deleted.
    """
    folders = {
        "landed": list(_landed(house, dataset_id)), "staged": list(_staged(house, dataset_id)),
        "views": list(_views(house, dataset_id)), "provenance": list(_provenance(house, dataset_id)),
    }  # fmt: skip
    size = 0
    for store, keys in (folder for found in folders.values() for folder in found):
        for key in keys:
            size += store.size(key)
            if not plan:
                store.erase(key)
    counts = {name: len(found) for name, found in folders.items()}
    return Cleared(dataset_id=dataset_id, bytes=size, **counts)


Folder = tuple[Store, list[str]]


def _landed(house: House, dataset_id: str) -> Iterator[Folder]:
    needed = _needed(house, dataset_id)
    for keys in _folders(house.work, layout.landing_prefix(dataset_id), 1):
        if needed.isdisjoint(keys) and _older(house.work, keys[-1], LANDING):
            yield house.work, keys


def _needed(house: House, dataset_id: str) -> set[str]:
    """The raw files and records of kept releases, of the last batch, and of those that staged tables that
    are needed were made of.
    """
    batches = [record_at(house.work, layout.latest(dataset_id), RawBatch)]
    last = record_at(house.work, layout.latest_staged(dataset_id), StagedBatch)
    for staged in (last, *_published(house, dataset_id)):
        if staged is not None:
            batches.append(record_at(house.work, layout.batch(dataset_id, staged.batch_id), RawBatch))
    for audience in AUDIENCES:
        for release in releases_of(house.store_of(audience), dataset_id):
            if release.state in ("current", "kept"):
                key = layout.provenance(dataset_id, release.release_id)
                made_from = record_at(house.restricted, key, Provenance)
                batches.append(made_from.raw if made_from else None)
    needed: set[str] = set()
    for batch in batches:
        if batch is not None:
            needed |= {file.key for file in batch.files} | {layout.batch(dataset_id, batch.batch_id)}
    return needed


def _staged(house: House, dataset_id: str) -> Iterator[Folder]:
    needed = _needed_tables(house, dataset_id)
    for keys in _folders(house.work, layout.staging_prefix(dataset_id), 2):
        if needed.isdisjoint(keys) and _older(house.work, keys[-1], WAITING):
            yield house.work, keys


def _needed_tables(house: House, dataset_id: str) -> set[str]:
    """The table that was staged last; of increments, those that the next one goes on from, and those that
    the last batch and the current releases were merged into.
    """
    last = record_at(house.work, layout.latest_staged(dataset_id), StagedBatch)
    landed = [record_at(house.work, layout.latest(dataset_id), RawBatch)]
    published = _published(house, dataset_id)
    for staged in published:
        landed.append(record_at(house.work, layout.batch(dataset_id, staged.batch_id), RawBatch))
    tables = {staged.table_key for staged in (last, *published) if staged}
    return tables | {raw.base.table_key for raw in landed if raw and raw.base}


def _published(house: House, dataset_id: str) -> list[StagedBatch]:
    """The tables that audiences were published of last, where increments go on from them."""
    done = record_at(house.work, layout.done(dataset_id, "restricted"), Done)
    handed = record_at(house.work, layout.handed(dataset_id), Handed)
    return [one.staged for one in (done, handed.done if handed else None) if one and one.staged]


def _views(house: House, dataset_id: str) -> Iterator[Folder]:
    for keys in _folders(house.handover, layout.handed_prefix(dataset_id), 1):
        if _older(house.handover, keys[-1], WAITING):
            yield house.handover, keys


def _provenance(house: House, dataset_id: str) -> Iterator[Folder]:
    named = {
        layout.provenance(dataset_id, release.release_id)
        for audience in AUDIENCES
        for release in releases_of(house.store_of(audience), dataset_id)
    }
    for key in list(house.restricted.keys(layout.provenance_prefix(dataset_id))):
        if key not in named and _older(house.restricted, key, WAITING):
            yield house.restricted, [key]


def _folders(store: Store, prefix: str, depth: int) -> list[list[str]]:
    """The keys below `prefix` by the folder that is `depth` below it; what lies higher is left out."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for key in store.keys(prefix):
        parts = tuple(key.removeprefix(prefix).split("/"))
        if len(parts) > depth:
            found[parts[:depth]].append(key)
    return list(found.values())


def _older(store: Store, key: str, age: timedelta) -> bool:
    return store.now() - store.modified(key) > age
