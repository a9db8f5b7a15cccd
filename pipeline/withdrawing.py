"""Withdrawal, whole: the release out of its store, and a look for the values that it brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pydantic import Field as Setting

from contracts.batch import Manifest
from contracts.dataset import Audience
from contracts.errors import StorageRefused
from contracts.model import Frozen
from pipeline.house import House
from pipeline.releases import audience_of
from pipeline.search import Looking, Searched, object_of, searched, table_of
from privacy.audit import Telling, telling_values
from privacy.scan.hunting import Leak
from storage import layout
from storage.history import releases_of
from storage.log import current_of
from storage.records import record_at
from storage.store import Store
from storage.withdrawal import Withdrawal, withdraw
from transforms.engine import engine


class Left(Frozen):
    """Where values of the withdrawn release still stand; how many and of which columns, never which."""

    audience: Audience
    place: str = Setting(description="`release <id>`, `differences of <id>`, or another object's name.")
    fields: tuple[str, ...]
    values: int


class Withdrawn(Frozen):
    """What was withdrawn, and what the look for its values came to.

    `looked_for` are values that the release before it had not; None where its rows are gone already.
    """

    audience: Audience
    withdrawal: Withdrawal
    looked_for: int | None = None
    objects: int = 0
    left: tuple[Left, ...] = ()
    unread: tuple[str, ...] = ()


class Wish(Frozen):
    """What a person asks to be withdrawn, and how."""

    dataset_id: str
    release_id: str
    reason: str
    audience: Audience | None = None
    urgent: bool = False
    leave_nothing: bool = False
    plan: bool = False


def withdrawn(house: House, wish: Wish, looking: Looking = lambda done, total, at: None) -> Withdrawn:
    """What was done; with `plan` what would be, and nothing is written.

    Before the bytes go, the values are taken that the release has and the one before it had not. After it
    they are looked for in all that the same readers have. Views that wait for the publisher are deleted.

    Raises:
        StorageRefused: no such release, no reason, nothing else to show, or another run was faster.
    """
    audience = audience_of(house, wish.dataset_id, wish.release_id, wish.audience)
    telling = None if wish.plan else _telling(house, audience, wish.dataset_id, wish.release_id)
    withdrawal = _withdrawal(house, audience, wish)
    if wish.plan:
        return Withdrawn(audience=audience, withdrawal=withdrawal)
    for key in list(house.handover.keys(layout.handed_prefix(wish.dataset_id))):
        house.handover.erase(key)
    if telling is None:
        return Withdrawn(audience=audience, withdrawal=withdrawal)
    found = _looked(house, audience, wish.dataset_id, telling, looking)
    return Withdrawn(
        audience=audience, withdrawal=withdrawal, looked_for=len(telling.needles),
        objects=sum(one.objects for one in found.values()),
        left=tuple(
            left for whose, one in found.items() for left in _left(house, whose, withdrawal, one.leaks)
        ),
        unread=tuple(sentence for one in found.values() for sentence in one.unread),
    )  # fmt: skip


def _withdrawal(house: House, audience: Audience, wish: Wish) -> Withdrawal:
    """The store's own part; what is shown instead counts as fresh as long as what it replaces did."""
    store, moment = house.store_of(audience), house.clock()
    current = current_of(store, wish.dataset_id)
    return withdraw(
        store, wish.dataset_id, wish.release_id, reason=wish.reason, moment=moment,
        expires_at=current.expires_at if current else moment, remembered_in=house.restricted,
        attempt_id=f"withdraw-{house.random(8).hex()}", urgent=wish.urgent,
        leave_nothing=wish.leave_nothing, plan=wish.plan,
    )  # fmt: skip


def _telling(house: House, audience: Audience, dataset_id: str, release_id: str) -> Telling | None:
    """What tells of the release, but not of the one before it; None where its rows are gone."""
    store = house.store_of(audience)
    manifest = record_at(store, layout.release_manifest(dataset_id, release_id), Manifest)
    if manifest is None:
        return None
    earlier = _earlier(store, dataset_id, release_id)
    with house.workbench() as folder, engine(folder) as connection:
        try:
            table = table_of(store, manifest, folder / "withdrawn")
        except StorageRefused:
            return None  # an urgent withdrawal that was killed took them
        before = [table_of(store, earlier, folder / "earlier")] if earlier else []
        return telling_values(connection, table, before, None, None)


def _earlier(store: Store, dataset_id: str, release_id: str) -> Manifest | None:
    """The manifest of the newest kept release that was first committed before this one."""
    releases = releases_of(store, dataset_id)
    first = {one.release_id: one.sequences[-1] for one in releases}
    kept = [
        one.release_id
        for one in releases
        if one.state in ("current", "kept") and first[one.release_id] < first[release_id]
    ]
    if not kept:
        return None
    newest = max(kept, key=lambda one: first[one])
    return record_at(store, layout.release_manifest(dataset_id, newest), Manifest)


def _looked(
    house: House, audience: Audience, dataset_id: str, telling: Telling, looking: Looking
) -> dict[Audience, Searched]:
    """The public store, whole; and for agents' releases what else they have of the dataset."""
    found: dict[Audience, Searched] = {
        "public": searched(house.public, telling.needles, house.scratch, looking)
    }
    if audience == "restricted":
        prefix = layout.dataset_prefix(dataset_id)
        found["restricted"] = searched(
            house.restricted, telling.needles, house.scratch, looking, prefix=prefix
        )
    return found


def _left(house: House, audience: Audience, withdrawal: Withdrawal, leaks: Iterable[Leak]) -> Iterable[Left]:
    """The leaks by release, and by object where they are in none."""
    met: dict[str, set[str]] = defaultdict(set)
    current = current_of(house.store_of(audience), withdrawal.dataset_id)
    shown = current.release_id if current else None
    for leak in leaks:
        met[_part_of(withdrawal.dataset_id, object_of(leak.place), shown)].add(leak.needle)
    for place, needles in sorted(met.items()):
        fields = tuple(sorted({needle.partition(", ")[0] for needle in needles}))
        yield Left(audience=audience, place=place, fields=fields, values=len(needles))


def _part_of(dataset_id: str, key: str, shown: str | None) -> str:
    """The release or the differences that an object belongs to; a stable name shows the current one."""
    if shown is not None and key.startswith(layout.stable_prefix(dataset_id)):
        return f"release {shown}"
    release_id = layout.release_of(dataset_id, key)
    if release_id is None:
        return key
    inside = key.startswith(layout.releases_prefix(dataset_id))
    return f"release {release_id}" if inside else f"differences of {release_id}"
