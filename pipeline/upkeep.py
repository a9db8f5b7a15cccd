"""Upkeep: names healed after a crash, and what nobody promised to keep any longer collected."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field as Setting

from contracts.dataset import AUDIENCES, Audience
from contracts.errors import ConcentratorError
from contracts.library import Library
from contracts.model import Frozen
from pipeline.clearing import Cleared, cleared
from pipeline.house import House
from storage.collection import Collected, collect, plan_of
from storage.publishing import reconcile
from storage.store import Store


class Reconciled(Frozen):
    """Whether an audience's names had to be rewritten to show the last commit, or why they could not."""

    dataset_id: str
    audience: Audience
    healed: bool = False
    refusal: str = ""


class Collection(Frozen):
    """What one look for what may go came to, in all stores."""

    releases: dict[Audience, Collected]
    cleared: tuple[Cleared, ...] = Setting((), description="Of the datasets that had anything.")
    refusals: tuple[str, ...] = Setting((), description="Why the rest could not be looked at.")


def reconciled(store: Store, audience: Audience, dataset_id: str) -> Reconciled:
    """What one look at a dataset's pointer, names and feed came to; safe at any time and by anyone."""
    try:
        healed = reconcile(store, dataset_id)
    except ConcentratorError as error:
        return Reconciled(dataset_id=dataset_id, audience=audience, refusal=str(error))
    return Reconciled(dataset_id=dataset_id, audience=audience, healed=healed)


def collect_all(
    house: House, library: Library, *, plan: bool = False, looking: Callable[[str], None] = lambda at: None
) -> Collection:
    """What went, or with `plan` what would, by each contract's `retention`, or the city's `keep_releases` and
    `keep_days`; nothing is written then.

    A damaged log keeps its store, or its dataset's batches, as they are; the others are collected.
    """
    releases: dict[Audience, Collected] = {}
    found: list[Cleared] = []
    refusals: list[str] = []
    for audience in AUDIENCES:
        looking(f"{audience} store")
        try:
            releases[audience] = _collected(house, house.store_of(audience), library, plan)
        except ConcentratorError as error:
            refusals.append(str(error))
    for dataset_id in library.datasets:
        looking(dataset_id)
        try:
            found.append(cleared(house, dataset_id, plan=plan))
        except ConcentratorError as error:
            refusals.append(str(error))
    had = tuple(one for one in found if one != Cleared(dataset_id=one.dataset_id))
    return Collection(releases=releases, cleared=had, refusals=tuple(refusals))


def _collected(house: House, store: Store, library: Library, plan: bool) -> Collected:
    own = {dataset_id: one.retention for dataset_id, one in library.datasets.items() if one.retention}
    releases, days = house.city.keep_releases, house.city.keep_days
    if not plan:
        return collect(store, library.datasets, keep_releases=releases, keep_days=days, own=own)
    planned = plan_of(store, library.datasets, keep_releases=releases, keep_days=days, own=own).releases
    return Collected(gone=(), planned=planned, bytes=0, swept=0)
