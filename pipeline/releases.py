"""What readers have had of a dataset, and an earlier release shown to them again."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.dataset import AUDIENCES, Audience
from contracts.model import Frozen
from pipeline.house import House
from storage.differences import changes_of
from storage.history import Kept, release_called, releases_of
from storage.log import current_of
from storage.rollback import RolledBack, rollback


class Told(Frozen):
    """One release of one audience, and in a sentence what it changed (None: the first, or not kept)."""

    audience: Audience
    release: Kept
    change: dict[str, str] | None = None


def told_releases(house: House, dataset_id: str, audiences: Iterable[Audience]) -> tuple[Told, ...]:
    """Every release ever committed, audience by audience, the newest first.

    Raises:
        StorageRefused: a log is damaged, or a store does not answer.
    """
    return tuple(
        Told(audience=audience, release=release, change=_change(house, dataset_id, audience, release))
        for audience in audiences
        for release in releases_of(house.store_of(audience), dataset_id)
    )


def audience_of(house: House, dataset_id: str, release_id: str, asked: Audience | None) -> Audience:
    """The audience that has the release: ids are never used twice, so one at most.

    Raises:
        StorageRefused: none has; the releases that it may have meant are named.
    """
    told = told_releases(house, dataset_id, (asked,) if asked else AUDIENCES)
    known = {one.release.release_id: one.audience for one in told}
    if release_id not in known:
        release_called(tuple(one.release for one in told), dataset_id, release_id)
    return known[release_id]


def shown_again(
    house: House, dataset_id: str, release_id: str, audience: Audience | None, *, plan: bool = False
) -> tuple[Audience, RolledBack]:
    """Whose store it was, and what was done there.

    The release counts as fresh as long as the one that it replaces did: going back verifies nothing.

    Raises:
        StorageRefused: no such release, it is shown already, its files are gone or changed, or another
            run was faster.
        PrivacyRefused: it was withdrawn.
    """
    found = audience_of(house, dataset_id, release_id, audience)
    store, moment = house.store_of(found), house.clock()
    current = current_of(store, dataset_id)
    return found, rollback(
        store, dataset_id, release_id, moment=moment, plan=plan,
        expires_at=current.expires_at if current else moment,
        attempt_id=f"rollback-{house.random(8).hex()}",
    )  # fmt: skip


def _change(house: House, dataset_id: str, audience: Audience, release: Kept) -> dict[str, str] | None:
    if release.state in ("withdrawn", "collected"):
        return None
    changes = changes_of(house.store_of(audience), dataset_id, release.release_id)
    return changes.sentence if changes else None
