"""What the collector may delete, and when."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from breaking import ID, PLACE, Breaking, Killed, Later, assert_settled, broken_stores, killed_before, noted

from contracts.batch import Changes, Manifest
from storage.collection import Collected, collect, plan_of
from storage.history import releases_of
from storage.publishing import publish, put_changes, reconcile
from storage.rollback import rollback
from storage.store import Store, store_at
from storage.withdrawal import withdraw

Release = Callable[..., tuple[Manifest, Path]]
Times = Callable[[int], dict[str, Any]]
YEARS = {"keep_releases": 1, "keep_days": 0}


@pytest.fixture
def three(folder_store: Store, release: Release, times: Times) -> Store:
    """A store with releases r1, r2 and r3, the last shown."""
    return published(folder_store, release, times)


def published(store: Store, release: Release, times: Times) -> Store:
    for number in (1, 2, 3):
        publish(store, *release(number), **times(number))
    return store


def collected(store: Store, *days: float, **retention: int) -> list[Collected]:
    """What collections came to that ran so many days after the store was filled."""
    return [collect(Later(store, timedelta(days=day)), [ID], **(retention or YEARS)) for day in days]


def ids(found: Any) -> list[str]:
    return [one.release_id for one in found]


def left(store: Store) -> set[str]:
    return {key.split("/")[3] for key in store.keys(PLACE + "releases/")}


def test_a_release_goes_a_day_after_it_was_planned_and_its_commit_stays(
    store: Store, release: Release, times: Times
) -> None:
    published(store, release, times)
    planned, early, gone = collected(store, 8, 8.9, 9.1)
    assert (ids(planned.planned), ids(planned.gone)) == (["r1", "r2"], [])
    assert (ids(early.planned), ids(early.gone)) == (["r1", "r2"], [])
    assert (ids(gone.planned), ids(gone.gone)) == ([], ["r1", "r2"])
    assert gone.bytes == sum(one.bytes for one in gone.gone) > 2 * 11
    assert left(store) == {"r3"}
    assert len(list(store.keys(PLACE + "commits/"))) == 3
    assert [one.state for one in releases_of(store, ID)] == ["current", "collected", "collected"]
    assert not reconcile(store, ID, thorough=True)
    assert_settled(store, release(3)[0])


@pytest.mark.parametrize(
    ("retention", "planned"),
    [
        ({"keep_releases": 2, "keep_days": 0}, ["r1"]),
        ({"keep_releases": 9, "keep_days": 0}, []),
        ({"keep_releases": 0, "keep_days": 0}, ["r1", "r2"]),
        ({"keep_releases": 1, "keep_days": 10_000}, []),
    ],
)
def test_what_is_within_retention_stays(three: Store, retention: dict[str, int], planned: list[str]) -> None:
    assert ids(collected(three, 8, **retention)[0].planned) == planned


def test_retention_counts_days_from_the_last_commit_that_named_a_release(
    folder_store: Store, release: Release, times: Times
) -> None:
    now = folder_store.now()
    for number, days in ((1, 30), (2, 20), (3, 1)):
        run = times(number) | {"moment": now - timedelta(days=days)}
        publish(folder_store, *release(number), **run)
    plan = plan_of(Later(folder_store, timedelta(days=8)), [ID], keep_releases=1, keep_days=30)
    assert ids(plan.releases) == ["r1"]


def test_what_was_written_within_a_week_stays(three: Store) -> None:
    assert ids(collected(three, 6.9)[0].planned) == []
    assert ids(collected(three, 7.1)[0].planned) == ["r1", "r2"]


def test_an_old_release_that_is_shown_stays(three: Store, times: Times) -> None:
    rollback(three, ID, "r1", **times(4))
    collected(three, 8, 10)
    assert left(three) == {"r1"}


def test_a_release_that_left_the_plan_is_planned_anew(three: Store, times: Times) -> None:
    collected(three, 8)
    rollback(three, ID, "r1", **times(4))
    rollback(three, ID, "r3", **times(5))
    assert ids(collected(three, 10)[0].gone) == ["r2"]
    assert left(three) == {"r1", "r3"}


def test_a_plan_is_renewed_without_deleting_and_keeps_since_when(three: Store) -> None:
    for day in (8, 20):
        report = collect(Later(three, timedelta(days=day)), [ID], **YEARS, plan=True)
        assert (ids(report.gone), ids(report.planned)) == ([], ["r1", "r2"])
        assert not any(one.going for one in report.planned)
    assert left(three) == {"r1", "r2", "r3"}
    assert {three.now() + timedelta(days=8) - one.since < timedelta(hours=1) for one in report.planned} == {
        True
    }
    assert ids(collected(three, 20)[0].gone) == ["r1", "r2"]


def test_plan_of_writes_nothing(three: Store) -> None:
    before = list(three.keys())
    assert ids(plan_of(Later(three, timedelta(days=8)), [ID], **YEARS).releases) == ["r1", "r2"]
    assert list(three.keys()) == before


def test_the_plan_of_other_datasets_stays_as_it_is(three: Store, release: Release, times: Times) -> None:
    other = "mobility.trams"
    for number in (1, 2):
        publish(three, *release(number, dataset_id=other), **times(number))
    later = Later(three, timedelta(days=8))
    collect(later, [ID, other], **YEARS)
    report = collect(Later(three, timedelta(days=10)), [ID], **YEARS)
    assert [(one.dataset_id, one.release_id, one.going) for one in report.planned] == [(other, "r1", False)]
    assert three.exists("mobility/trams/releases/r1/manifest.json")
    assert ids(collect(Later(three, timedelta(days=10)), [other], **YEARS).gone) == ["r1"]


def test_an_upload_that_never_was_committed_goes_too(three: Store, release: Release, times: Times) -> None:
    with pytest.raises(Killed):
        publish(Breaking(three, dying_at("create")), *release(4), **times(4))
    three.put_bytes(PLACE + "changes/r5/added.csv", b"5")
    assert ids(collected(three, 8, 10)[1].gone) == ["r1", "r2", "r4", "r5"]
    assert left(three) == {"r3"}
    assert not three.exists(PLACE + "changes/r5/added.csv")


def dying_at(operation: str) -> Callable[..., Any]:
    def fault(number: int, met: str, carry_out: Callable[[], Any]) -> Any:
        if met == operation:
            raise Killed
        return carry_out()

    return fault


def test_the_differences_of_a_collected_release_go_and_those_of_the_next_which_quote_it(
    folder_store: Store, release: Release, times: Times, changes: Callable[..., tuple[Changes, Path]]
) -> None:
    publish(folder_store, *release(1), **times(1))
    for number in (2, 3):
        put_changes(folder_store, *changes(number, number - 1))
        publish(folder_store, *release(number), **times(number))
    collected(folder_store, 8, 10)
    assert not list(folder_store.keys(PLACE + "changes/"))


def test_tombstones_stay(three: Store, times: Times) -> None:
    withdraw(three, ID, "r1", reason="erreur", remembered_in=None, **times(4))
    collected(three, 8, 10)
    assert three.exists(PLACE + "withdrawn/r1.json")


def test_unfinished_writes_are_swept_when_they_are_a_week_old(three: Store, tmp_path: Path) -> None:
    (tmp_path / "store" / ".arriving-1").write_bytes(b"half")
    young, old = collected(three, 6, 8)
    assert (young.swept, old.swept) == (0, 1)


def test_feeds_no_longer_lead_to_what_was_collected(three: Store) -> None:
    collected(three, 8, 10)
    for feed in (PLACE + "changes.atom", "changes.atom"):
        assert b"releases/r3/manifest.json" in three.read(feed)
        assert b"releases/r1/manifest.json" not in three.read(feed)


def test_a_collection_killed_at_any_operation_leaves_what_is_shown_and_ends_the_next_time(
    address: str, tmp_path: Path, release: Release, times: Times
) -> None:
    seen: list[str] = []
    counted = published(store_at(str(tmp_path / "counted"), "public store"), release, times)
    collected(counted, 8)
    collected(Breaking(counted, noted(seen)), 10)
    for store, broken in broken_stores(address, seen, killed_before):
        published(store, release, times)
        collected(store, 8)
        with pytest.raises(Killed):
            collected(Breaking(store, broken), 10)
        assert_settled(store, release(3)[0])
        for number in (1, 2):  # data first, manifest last: what lost its manifest lost all
            place = f"{PLACE}releases/r{number}/"
            assert store.exists(place + "manifest.json") or not list(store.keys(place))
        collected(store, 11)
        assert left(store) == {"r3"}
        assert ids(plan_of(store, [ID], **YEARS).releases) == []
        assert_settled(store, release(3)[0])
