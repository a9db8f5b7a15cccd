"""An earlier release shown again."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from breaking import (
    ID,
    PLACE,
    Breaking,
    Killed,
    Later,
    assert_settled,
    assert_whole,
    broken_stores,
    killed_before,
    noted,
    reply_lost,
)

from contracts.batch import Manifest
from contracts.errors import ConcentratorError, PrivacyRefused, StorageRefused
from storage.collection import collect
from storage.publishing import current_of, publish, reconcile, sequence_of
from storage.rollback import rollback
from storage.store import Store, store_at
from storage.withdrawal import withdraw

Release = Callable[..., tuple[Manifest, Path]]
Times = Callable[[int], dict[str, Any]]


@pytest.fixture
def two(folder_store: Store, release: Release, times: Times) -> Store:
    """A store with releases r1 and r2."""
    return published(folder_store, release, times)


def published(store: Store, release: Release, times: Times) -> Store:
    publish(store, *release(1, files={"csv": "id\n1\n", "geojson": "{}"}), **times(1))
    publish(store, *release(2), **times(2))
    return store


def first(release: Release) -> Manifest:
    return release(1, files={"csv": "id\n1\n", "geojson": "{}"})[0]


def test_a_rollback_is_a_new_commit_that_names_the_old_release(
    store: Store, release: Release, times: Times
) -> None:
    done = rollback(published(store, release, times), ID, "r1", **times(3))
    assert (done.release_id, done.before, done.sequence, done.planned) == ("r1", "r2", 3, False)
    assert_settled(store, first(release))
    current = current_of(store, ID)
    assert current is not None
    assert (current.sequence, current.checked_at) == (3, times(3)["moment"])


def test_a_plan_writes_nothing(two: Store, times: Times) -> None:
    before = {key: two.read(key) for key in two.keys("")}
    done = rollback(two, ID, "r1", **times(3), plan=True)
    assert (done.before, done.sequence, done.planned) == ("r2", 3, True)
    assert {key: two.read(key) for key in two.keys("")} == before


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("r2", "mobility.parkings: r2 is what is shown now. Choose another release."),
        ("r", "mobility.parkings: it has no release 'r'. It has r2, r1."),
        ("2", "mobility.parkings: it has no release '2'. It has r2."),
        ("x" * 80, f"mobility.parkings: it has no release '{'x' * 60}'. It has r2, r1."),
    ],
)
@pytest.mark.parametrize("plan", [False, True])
def test_a_rollback_to_nowhere_is_refused(
    two: Store, times: Times, asked: str, sentence: str, plan: bool
) -> None:
    with pytest.raises(StorageRefused) as refusal:
        rollback(two, ID, asked, **times(3), plan=plan)
    assert str(refusal.value) == sentence
    assert sequence_of(two, ID) == 2


def test_a_dataset_without_releases_has_nothing_to_go_back_to(folder_store: Store, times: Times) -> None:
    with pytest.raises(StorageRefused, match="has no release 'r1'. Nothing was ever published"):
        rollback(folder_store, ID, "r1", **times(3))


@pytest.mark.parametrize("plan", [False, True])
@pytest.mark.parametrize(
    ("key", "content", "met"),
    [
        ("parkings.csv", None, "r1 is no longer kept"),
        ("parkings.csv", b"id\n9\n", "r1/parkings.csv came back changed"),
        ("manifest.json", b"{}", "r1 is damaged"),
        ("manifest.json", None, "r1 is no longer kept"),
    ],
)
def test_a_release_that_is_not_whole_is_not_shown_again(
    two: Store, release: Release, times: Times, key: str, content: bytes | None, met: str, plan: bool
) -> None:
    place = PLACE + "releases/r1/" + key
    two.delete(place) if content is None else two.put_bytes(place, content)
    with pytest.raises(StorageRefused, match=met):
        rollback(two, ID, "r1", **times(3), plan=plan)
    assert_settled(two, release(2)[0])


@pytest.mark.parametrize("plan", [False, True])
def test_a_withdrawn_release_is_not_shown_again(two: Store, times: Times, plan: bool) -> None:
    withdraw(two, ID, "r1", reason="erreur", remembered_in=None, **times(3))
    with pytest.raises(PrivacyRefused, match="r1 was withdrawn and may not come back"):
        rollback(two, ID, "r1", **times(4), plan=plan)


def test_a_run_that_began_before_a_rollback_is_overtaken(two: Store, release: Release, times: Times) -> None:
    rollback(two, ID, "r1", **times(3))
    with pytest.raises(StorageRefused, match="overtaken by another run"):
        publish(two, *release(3), **times(4), expected=2)


def test_a_rollback_that_another_run_overtakes_is_told(two: Store, release: Release, times: Times) -> None:
    def overtaking(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        if operation == "create":
            publish(two, *release(3), **times(3))
        return carry_out()

    with pytest.raises(StorageRefused, match="overtaken by another run"):
        rollback(Breaking(two, overtaking), ID, "r1", **times(4))
    assert_settled(two, release(3)[0])


@pytest.mark.parametrize("fault", [killed_before, reply_lost])
def test_a_rollback_broken_at_any_operation_shows_one_whole_release_and_heals(
    address: str, tmp_path: Path, release: Release, times: Times, fault: Callable[[int], Callable[..., Any]]
) -> None:
    seen: list[str] = []
    counted = published(store_at(str(tmp_path / "counted"), "public store"), release, times)
    rollback(Breaking(counted, noted(seen)), ID, "r1", **times(3))
    old, new = first(release), release(2)[0]
    for store, broken in broken_stores(address, seen, fault):
        published(store, release, times)
        with pytest.raises((Killed, StorageRefused)):
            rollback(Breaking(store, broken), ID, "r1", **times(3))
        assert_whole(store, old, new)
        reconcile(store, ID)
        assert_settled(store, old if sequence_of(store, ID) == 3 else new)
        if sequence_of(store, ID) == 2:
            rollback(store, ID, "r1", **times(3))
        assert_settled(store, old)
        assert sequence_of(store, ID) == 3


def test_of_a_collector_and_a_rollback_of_the_same_release_one_has_its_way(
    tmp_path: Path, release: Release, times: Times
) -> None:
    """The rollback comes before each single operation of the collection that is to delete its release."""
    outcomes: set[str] = set()
    at, waiting = 0, True
    while waiting:
        at += 1
        store = published(store_at(str(tmp_path / f"store-{at}"), "public store"), release, times)
        collect(Later(store, timedelta(days=100)), [ID], keep_releases=1, keep_days=1)
        done: list[str] = []

        def meeting(
            number: int, operation: str, carry_out: Callable[[], Any],
            at: int = at, store: Store = store, done: list[str] = done,
        ) -> Any:  # fmt: skip
            if number == at:
                try:
                    rollback(store, ID, "r1", **times(3))
                    done.append("shown")
                except ConcentratorError as refusal:
                    done.append(refusal.met)
            return carry_out()

        collector = Later(Breaking(store, meeting), timedelta(days=102))
        gone = collect(collector, [ID], keep_releases=1, keep_days=1).gone
        waiting = bool(done)
        outcomes.update(done)
        assert_whole(store, first(release), release(2)[0])
        if done == ["shown"]:
            assert "r1" not in {one.release_id for one in gone}
            assert_settled(store, first(release))
    assert outcomes == {
        "shown", "the files of r1 are being collected", "r1 is no longer kept: files of it are gone",
    }  # fmt: skip
