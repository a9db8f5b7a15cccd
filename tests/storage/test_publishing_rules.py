"""Who may publish, when, and how often bytes are read back."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from breaking import ID, PLACE, Breaking, Killed, assert_settled, broken_stores, killed_before, noted

from contracts.batch import Changes, Manifest
from contracts.errors import PrivacyRefused, StorageRefused
from storage import stable
from storage.differences import changes_of
from storage.publishing import current_of, publish, put_changes, recheck, reconcile, sequence_of
from storage.store import Store, store_at

Release = Callable[..., tuple[Manifest, Path]]
Times = Callable[[int], dict[str, Any]]


def test_a_run_that_was_overtaken_since_it_looked_at_its_source_does_not_publish(
    folder_store: Store, release: Release, times: Times
) -> None:
    publish(folder_store, *release(1), **times(1), expected=0)
    publish(folder_store, *release(3), **times(3), expected=1)
    with pytest.raises(StorageRefused, match=r"^mobility.parkings: overtaken by another run"):
        publish(folder_store, *release(2), **times(2), expected=1)
    assert not list(folder_store.keys(PLACE + "releases/r2"))
    assert_settled(folder_store, release(3)[0])


def test_a_first_run_that_was_overtaken_does_not_publish(
    folder_store: Store, release: Release, times: Times
) -> None:
    publish(folder_store, *release(1), **times(1), expected=0)
    with pytest.raises(StorageRefused, match="overtaken by another run"):
        publish(folder_store, *release(2), **times(2), expected=0)


def test_an_overtaken_run_with_what_is_shown_already_is_no_loss(
    folder_store: Store, release: Release, times: Times
) -> None:
    first, folder = release(1)
    publish(folder_store, first, folder, **times(1), expected=0)
    again = first.model_copy(update={"release_id": "r2"})
    assert publish(folder_store, again, folder, **times(2), expected=0).unchanged


def test_a_retry_finds_its_own_release_and_says_that_it_is_new(
    folder_store: Store, release: Release, times: Times
) -> None:
    manifest, folder = release(1)
    publish(folder_store, manifest, folder, **times(1), expected=0)
    published = publish(folder_store, manifest, folder, **times(1), expected=0)
    assert (published.manifest, published.sequence, published.unchanged) == (manifest, 1, False)


def test_a_retry_of_an_attempt_whose_rows_changed_follows_its_own_release(
    folder_store: Store, release: Release, times: Times
) -> None:
    publish(folder_store, *release(1), **times(1), expected=0)
    assert publish(folder_store, *release(2), **times(1), expected=0).sequence == 2


def test_a_retry_uploads_under_the_same_id_what_was_never_committed(
    folder_store: Store, release: Release, times: Times
) -> None:
    at = 0
    while not folder_store.exists(PLACE + "releases/r1/manifest.json"):
        at += 1
        with pytest.raises(Killed):
            publish(Breaking(folder_store, killed_before(at)), *release(1), **times(1))
    assert sequence_of(folder_store, ID) == 0
    assert publish(folder_store, *release(1), **times(1)).sequence == 1


def test_an_id_that_was_uploaded_with_other_bytes_is_not_used_again(
    folder_store: Store, release: Release, times: Times
) -> None:
    def dying(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        if operation == "create":
            raise Killed
        return carry_out()

    with pytest.raises(Killed):
        publish(Breaking(folder_store, dying), *release(1), **times(1))
    before = folder_store.read(PLACE + "releases/r1/manifest.json")
    with pytest.raises(StorageRefused, match="the release id r1 was used before"):
        publish(folder_store, *release(2, release_id="r1"), **times(2))
    assert folder_store.read(PLACE + "releases/r1/manifest.json") == before


def test_a_release_that_was_committed_before_is_not_published_again(
    folder_store: Store, release: Release, times: Times
) -> None:
    publish(folder_store, *release(1), **times(1))
    publish(folder_store, *release(2), **times(2))
    with pytest.raises(StorageRefused, match="the release id r1 was used before"):
        publish(folder_store, *release(1), **times(1))
    assert_settled(folder_store, release(2)[0])


def test_two_tries_of_one_attempt_at_once_both_succeed_with_one_commit(
    folder_store: Store, release: Release, times: Times
) -> None:
    other: list[int] = []

    def meeting(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        if operation == "create" and not other:
            late = times(1) | {"moment": times(1)["moment"] + timedelta(minutes=1)}
            other.append(publish(folder_store, *release(1), **late).sequence)
        return carry_out()

    mine = publish(Breaking(folder_store, meeting), *release(1), **times(1)).sequence
    assert (mine, other, sequence_of(folder_store, ID)) == (1, [1], 1)


def test_a_content_that_was_withdrawn_is_refused_before_anything_is_written(
    folder_store: Store, release: Release, times: Times
) -> None:
    manifest, folder = release(1)
    with pytest.raises(PrivacyRefused, match=r"mobility.parkings: this content was withdrawn"):
        publish(folder_store, manifest, folder, **times(1), withdrawn=frozenset([manifest.content_sha256]))
    assert list(folder_store.keys()) == []


@pytest.mark.parametrize(("hours", "refused"), [(25, True), (23, False)])
def test_a_writer_that_slept_for_a_day_does_not_commit(
    store: Store, release: Release, times: Times, hours: int, refused: bool
) -> None:
    """It falls asleep when all is uploaded and read back."""

    def sleeping(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        slept = store.exists(PLACE + "releases/r1/manifest.json")
        result = carry_out()
        return result + timedelta(hours=hours) if operation == "now" and slept else result

    if refused:
        with pytest.raises(StorageRefused, match="more than 24 hours ago"):
            publish(Breaking(store, sleeping), *release(1), **times(1))
    else:
        publish(Breaking(store, sleeping), *release(1), **times(1))
    assert sequence_of(store, ID) == (0 if refused else 1)


def test_no_time_that_readers_are_told_lies_in_the_future_of_the_store(
    store: Store, release: Release, times: Times
) -> None:
    now = store.now()
    run = times(0) | {"moment": now + timedelta(hours=2), "expires_at": now + timedelta(hours=26)}
    manifest, folder = release(1, created_at=now + timedelta(hours=2))
    published = publish(store, manifest, folder, **run).manifest
    current = current_of(store, ID)
    assert current is not None
    assert now <= published.created_at == current.checked_at <= store.now()
    assert current.expires_at - current.checked_at == timedelta(hours=24)
    recheck(store, ID, moment=run["moment"], expires_at=run["expires_at"])
    current = current_of(store, ID)
    assert current is not None
    assert now <= current.checked_at <= store.now()


def test_sequence_and_not_time_decides_which_release_is_newer(
    folder_store: Store, release: Release, times: Times
) -> None:
    publish(folder_store, *release(1), **times(9))
    publish(folder_store, *release(2), **times(2))
    assert_settled(folder_store, release(2)[0])


def test_a_publish_reads_each_file_back_once(folder_store: Store, release: Release, times: Times) -> None:
    publish(folder_store, *release(1), **times(1))
    read: Counter[str] = Counter()

    class Counting(Breaking):
        def sha256(self, key: str) -> str:
            read[key] += 1
            return folder_store.sha256(key)

    publish(Counting(folder_store, lambda _, __, carry_out: carry_out()), *release(2), **times(2))
    names = ("parkings.csv", "parkings.parquet")
    files = {PLACE + "releases/r2/" + name for name in (*names, "manifest.json")} | {
        PLACE + name for name in names
    }
    assert read == dict.fromkeys(files, 1)


def test_a_light_pass_reads_no_large_file(
    folder_store: Store, release: Release, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stable, "_SMALL", 0)
    publish(folder_store, *release(1), **times(1))

    def reading(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        assert operation not in ("sha256", "local", "copy", "put_bytes", "swap")
        return carry_out()

    assert not reconcile(Breaking(folder_store, reading), ID)


def test_a_stable_name_left_old_by_a_kill_heals_although_its_size_is_right_and_it_is_not_read(
    tmp_path: Path, release: Release, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stable, "_SMALL", 0)
    counted, seen = store_at(str(tmp_path / "counted"), "public store"), list[str]()
    publish(counted, *release(1), **times(1))
    publish(Breaking(counted, noted(seen)), *release(2), **times(2))
    for store, broken in broken_stores(str(tmp_path), seen, killed_before):
        publish(store, *release(1), **times(1))
        with pytest.raises(Killed):
            publish(Breaking(store, broken), *release(2), **times(2))
        reconcile(store, ID)
        assert_settled(store, release(sequence_of(store, ID))[0])


def test_a_thorough_pass_finds_what_was_changed_by_hand(
    folder_store: Store, release: Release, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stable, "_SMALL", 0)
    publish(folder_store, *release(1), **times(1))
    folder_store.put_bytes(PLACE + "parkings.csv", b"id\n9\n")
    assert reconcile(folder_store, ID, thorough=True)
    assert_settled(folder_store, release(1)[0])
    folder_store.put_bytes(PLACE + "releases/r1/parkings.csv", b"id\n9\n")
    with pytest.raises(StorageRefused, match=r"r1/parkings.csv came back changed"):
        reconcile(folder_store, ID, thorough=True)


@pytest.mark.parametrize("thorough", [False, True])
def test_a_release_file_that_was_deleted_is_found_although_its_stable_name_is_there(
    store: Store, release: Release, times: Times, thorough: bool
) -> None:
    publish(store, *release(1), **times(1))
    store.delete(PLACE + "releases/r1/parkings.csv")
    with pytest.raises(StorageRefused, match=r"mobility.parkings: .*r1/parkings.csv is missing"):
        reconcile(store, ID, thorough=thorough)
    with pytest.raises(StorageRefused, match="is missing"):
        publish(store, *release(1, release_id="r2"), **times(2))
    assert publish(store, *release(3), **times(3)).sequence == 2


def test_a_run_overtaken_while_it_writes_names_heals_what_it_wrote_late(
    folder_store: Store, release: Release, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last copy lands after the other run has set all names; sizes are equal and not looked into."""
    monkeypatch.setattr(stable, "_SMALL", 0)
    other: list[int] = []

    def overtaking(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        if operation == "copy" and not other:
            other.append(publish(folder_store, *release(2), **times(2)).sequence)
        return carry_out()

    publish(Breaking(folder_store, overtaking), *release(1), **times(1))
    assert_settled(folder_store, release(2)[0])


def test_differences_are_kept_beside_the_releases_and_their_record_last(
    store: Store, changes: Callable[..., tuple[Changes, Path]]
) -> None:
    record, folder = changes(2, 1)
    put_changes(store, record, folder)
    assert list(store.keys()) == [PLACE + "changes/r2/added.csv", PLACE + "changes/r2/changes.json"]
    assert changes_of(store, ID, "r2") == record
    (folder / "added.csv").write_bytes(b"other")
    with pytest.raises(StorageRefused, match="came back changed"):
        put_changes(store, record.model_copy(update={"release_id": "r3"}), folder)
    assert changes_of(store, ID, "r3") is None
