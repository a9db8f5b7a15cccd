"""A release taken from every reader, whatever breaks on the way."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from breaking import (
    ID,
    PLACE,
    Breaking,
    Killed,
    Later,
    assert_settled,
    assert_stable_names_whole,
    assert_whole,
    broken_stores,
    killed_before,
    noted,
    reply_lost,
)

from contracts.batch import Changes, Manifest
from contracts.errors import ConcentratorError, PrivacyRefused, StorageRefused
from storage.collection import collect
from storage.history import releases_of
from storage.publishing import current_manifest, current_of, publish, put_changes, reconcile, sequence_of
from storage.rollback import rollback
from storage.store import Store, store_at
from storage.withdrawal import Withdrawal, withdraw, withdrawn_contents

Make = Callable[..., Any]
Release = Callable[..., tuple[Manifest, Path]]
Times = Callable[[int], dict[str, Any]]
SECRET = {"files": {"csv": "id\nsecret\n", "geojson": "secret"}, "content_sha256": "5ec4e7"}
TRACES = (b"secret", b"5ec4e7")


@pytest.fixture
def restricted(tmp_path: Path) -> Store:
    return store_at(str(tmp_path / "restricted"), "restricted store")


@pytest.fixture
def filled(release: Release, times: Times, changes: Callable[..., tuple[Changes, Path]]) -> Make:
    """A store with r1, the release r2 that holds the secret, and where asked r3; with their differences."""

    def fill(store: Store, last: int = 2) -> Store:
        publish(store, *release(1), **times(1))
        put_changes(store, *changes(2, 1, "+ secret"))
        publish(store, *release(2, **SECRET), **times(2))
        if last == 3:
            put_changes(store, *changes(3, 2, "- secret"))
            publish(store, *release(3), **times(3))
        return store

    return fill


@pytest.fixture
def away(times: Times, restricted: Store) -> Callable[..., Withdrawal]:
    """Withdraws r2."""

    def withdrawn(store: Store, day: int = 4, release_id: str = "r2", **options: Any) -> Withdrawal:
        given = {"reason": "erreur de publication", "remembered_in": restricted} | options
        return withdraw(store, ID, release_id, **times(day), **given)

    return withdrawn


def traces(store: Store) -> list[str]:
    return [key for key in store.keys("") if any(trace in store.read(key) for trace in TRACES)]


def assert_gone(store: Store, release: Release, times: Times, restricted: Store) -> None:
    """Nothing of it is left, and nothing brings it back."""
    assert traces(store) == []
    assert store.exists(PLACE + "withdrawn/r2.json")
    known = withdrawn_contents(restricted, ID, "public")
    assert known == {"5ec4e7"}
    with pytest.raises(PrivacyRefused):
        rollback(store, ID, "r2", **times(8))
    with pytest.raises(PrivacyRefused):
        publish(store, *release(9, **SECRET), **times(9), withdrawn=known)
    assert not reconcile(store, ID, thorough=True)
    assert traces(store) == []


def test_a_withdrawn_release_gives_way_to_the_one_before_and_leaves_no_trace(
    store: Store, filled: Make, away: Make, release: Release, times: Times, restricted: Store
) -> None:
    assert traces(filled(store))
    done = away(store)
    assert (done.releases, done.shown, done.sequence, done.planned) == (("r2",), "r1", 3, False)
    assert_settled(store, release(1)[0])
    assert_gone(store, release, times, restricted)


def test_the_differences_of_the_release_right_after_it_go_too(
    folder_store: Store, filled: Make, away: Make, release: Release, times: Times, restricted: Store
) -> None:
    assert PLACE + "changes/r3/added.csv" in traces(filled(folder_store, 3))
    done = away(folder_store)
    assert (done.shown, done.sequence) == ("r3", 4)
    assert not list(folder_store.keys(PLACE + "changes/"))
    assert_settled(folder_store, release(3)[0])
    assert_gone(folder_store, release, times, restricted)


def test_differences_of_other_releases_stay(
    folder_store: Store, filled: Make, away: Make, release: Release, times: Times, changes: Make
) -> None:
    filled(folder_store, 3)
    put_changes(folder_store, *changes(4, 3))
    publish(folder_store, *release(4), **times(4))
    away(folder_store, 5)
    assert {key.split("/")[3] for key in folder_store.keys(PLACE + "changes/")} == {"r4"}


def test_the_caches_to_purge_are_told(folder_store: Store, filled: Make, away: Make) -> None:
    done = away(filled(folder_store))
    assert {PLACE + name for name in ("parkings.csv", "parkings.geojson")} < set(done.purge)
    assert {PLACE + "manifest.json", PLACE + "current.json", PLACE + "changes.atom"} < set(done.purge)
    assert PLACE + "releases/r2/parkings.geojson" in done.purge
    assert "changes.atom" in done.purge


def test_releases_and_uploads_of_the_very_same_content_go_with_it(
    folder_store: Store, filled: Make, away: Make, release: Release, times: Times, restricted: Store
) -> None:
    filled(folder_store)
    publish(folder_store, *release(3, **SECRET, contract_hash="other"), **times(3))
    for at, number in (("create", 4), ("put_bytes", 5)):
        with pytest.raises(Killed):
            publish(
                Breaking(folder_store, dying_at(at)),
                *release(number, **SECRET, contract_hash="x"),
                **times(3),
            )
    done = away(folder_store)
    assert (done.releases, done.shown) == (("r3", "r2"), "r1")
    assert folder_store.exists(PLACE + "withdrawn/r3.json")
    assert_settled(folder_store, release(1)[0])
    assert_gone(folder_store, release, times, restricted)


def test_an_upload_of_another_content_stays(
    folder_store: Store, filled: Make, away: Make, release: Release, times: Times
) -> None:
    filled(folder_store)
    with pytest.raises(Killed):
        publish(Breaking(folder_store, dying_at("create")), *release(4), **times(3))
    away(folder_store)
    assert len(list(folder_store.keys(PLACE + "releases/r4/"))) == 3
    assert publish(folder_store, *release(4), **times(5)).sequence == 4


def dying_at(operation: str) -> Callable[..., Any]:
    def fault(number: int, met: str, carry_out: Callable[[], Any]) -> Any:
        if met == operation:
            raise Killed
        return carry_out()

    return fault


def test_what_is_shown_instead_is_the_newest_that_is_whole_and_was_not_withdrawn(
    folder_store: Store, release: Release, times: Times, away: Make
) -> None:
    for number in range(1, 7):
        publish(folder_store, *release(number), **times(number))
    away(folder_store, 7, "r5")
    folder_store.put_bytes(PLACE + "releases/r4/parkings.csv", b"id\n9\n")
    folder_store.put_bytes(PLACE + "releases/r3/manifest.json", b"{}")
    assert away(folder_store, 8, "r6").shown == "r2"
    assert_settled(folder_store, release(2)[0])


@pytest.mark.parametrize("urgent", [False, True])
def test_the_last_release_is_not_withdrawn_by_mistake(
    folder_store: Store, release: Release, times: Times, away: Make, restricted: Store, urgent: bool
) -> None:
    publish(folder_store, *release(2, **SECRET), **times(2))
    before = {key: folder_store.read(key) for key in folder_store.keys("")}
    for plan in (True, False):
        with pytest.raises(StorageRefused, match="r2 is the last release that can be shown"):
            away(folder_store, urgent=urgent, plan=plan)
    assert {key: folder_store.read(key) for key in folder_store.keys("")} == before
    assert list(restricted.keys("")) == []


def test_where_nothing_is_to_be_left_readers_find_nothing(
    store: Store, release: Release, times: Times, away: Make, restricted: Store
) -> None:
    publish(store, *release(2, **SECRET), **times(2))
    done = away(store, leave_nothing=True)
    assert (done.shown, done.sequence) == (None, 2)
    current = current_of(store, ID)
    assert current is not None
    assert (current.sequence, current.release_id) == (2, None)
    assert list(store.keys(PLACE + "parkings.")) == []
    assert not store.exists(PLACE + "manifest.json")
    assert current_manifest(store, ID) is None
    assert_gone(store, release, times, restricted)
    assert publish(store, *release(3), **times(5), expected=2).sequence == 3
    assert_settled(store, release(3)[0])


def test_a_plan_says_what_would_go_and_writes_nothing(
    folder_store: Store, filled: Make, away: Make, restricted: Store
) -> None:
    filled(folder_store)
    collect(Later(folder_store, timedelta(days=8)), [ID], keep_releases=1, keep_days=0)  # r1 is planned to go
    before = {key: folder_store.read(key) for key in folder_store.keys("")}
    planned = away(folder_store, plan=True)
    assert {key: folder_store.read(key) for key in folder_store.keys("")} == before
    assert list(restricted.keys("")) == []
    done = away(folder_store)
    assert planned == done.model_copy(update={"planned": True, "sequence": None})


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "nul\0"])
def test_a_withdrawal_needs_a_reason(folder_store: Store, filled: Make, away: Make, reason: str) -> None:
    with pytest.raises(StorageRefused, match="needs a reason"):
        away(filled(folder_store), reason=reason)
    assert sequence_of(folder_store, ID) == 2


def test_what_is_unknown_cannot_be_withdrawn(folder_store: Store, filled: Make, away: Make) -> None:
    filled(folder_store)
    with pytest.raises(StorageRefused, match=r"it has no release 'r7'. It has r2, r1"):
        away(folder_store, release_id="r7")


def test_of_what_was_collected_a_withdrawal_takes_the_differences_that_quote_it(
    folder_store: Store, filled: Make, away: Make
) -> None:
    filled(folder_store)
    for key in list(folder_store.keys(PLACE + "releases/r1/")):
        folder_store.delete(key)
    quoting = [key for key in folder_store.keys(PLACE + "changes/r2/")]
    away(folder_store, release_id="r1")
    assert quoting
    assert not list(folder_store.keys(PLACE + "changes/r2/"))
    assert folder_store.exists(PLACE + "withdrawn/r1.json")


def test_what_is_being_collected_is_not_shown_instead(
    folder_store: Store, release: Release, times: Times, away: Make
) -> None:
    for number in (1, 2):
        publish(folder_store, *release(number), **times(number))
    collect(Later(folder_store, timedelta(days=8)), [ID], keep_releases=1, keep_days=0)
    collector = Later(Breaking(folder_store, dying_at("erase")), timedelta(days=10))
    with pytest.raises(Killed):
        collect(collector, [ID], keep_releases=1, keep_days=0)
    with pytest.raises(StorageRefused, match="r2 is the last release that can be shown"):
        away(folder_store)
    assert_settled(folder_store, release(2)[0])


def test_a_second_try_changes_neither_day_nor_reason(
    folder_store: Store, filled: Make, away: Make, restricted: Store
) -> None:
    filled(folder_store)
    with pytest.raises(Killed):
        away(Breaking(folder_store, dying_at("create")))
    written = (
        folder_store.read(PLACE + "withdrawn/r2.json"),
        [restricted.read(key) for key in restricted.keys("")],
    )
    away(folder_store, 5, reason="another")
    assert written == (
        folder_store.read(PLACE + "withdrawn/r2.json"), [restricted.read(key) for key in restricted.keys("")],
    )  # fmt: skip


def test_a_second_withdrawal_has_nothing_left_to_do(folder_store: Store, filled: Make, away: Make) -> None:
    away(filled(folder_store))
    before = {key: folder_store.read(key) for key in folder_store.keys("")}
    again = away(folder_store, 5, reason="another")
    assert (again.releases, again.shown, again.sequence, again.erased) == (("r2",), "r1", None, ())
    assert {key: folder_store.read(key) for key in folder_store.keys("")} == before


@pytest.mark.parametrize("urgent", [False, True])
def test_the_hash_is_remembered_before_anything_else_is_touched(
    folder_store: Store, filled: Make, away: Make, restricted: Store, urgent: bool
) -> None:
    filled(folder_store)
    before = {key: folder_store.read(key) for key in folder_store.keys("")}
    with pytest.raises(Killed):
        away(folder_store, urgent=urgent, remembered_in=Breaking(restricted, dying_at("put_bytes")))
    assert {key: folder_store.read(key) for key in folder_store.keys("")} == before


def test_an_urgent_withdrawal_deletes_before_it_writes(
    folder_store: Store, filled: Make, away: Make, release: Release
) -> None:
    filled(folder_store)

    def watching(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        if operation in ("put_bytes", "create", "swap", "copy"):
            assert not list(folder_store.keys(PLACE + "releases/r2/parkings"))
            assert not any("parkings." in key for key in traces(folder_store))
        return carry_out()

    away(Breaking(folder_store, watching), urgent=True)
    assert_settled(folder_store, release(1)[0])


def test_until_a_withdrawal_is_finished_nothing_of_it_is_shown_again(
    folder_store: Store, filled: Make, away: Make, release: Release, times: Times
) -> None:
    filled(folder_store)
    with pytest.raises(Killed):
        away(Breaking(folder_store, dying_at("create")))
    folder_store.delete(PLACE + "parkings.csv")
    for look in (
        lambda: reconcile(folder_store, ID),
        lambda: publish(folder_store, *release(2, **SECRET), **times(3)),
    ):
        with pytest.raises(StorageRefused, match="the withdrawal of r2 was begun and not finished"):
            look()
    assert not folder_store.exists(PLACE + "parkings.csv")
    assert publish(folder_store, *release(3), **times(3)).sequence == 3


def test_collection_leaves_what_a_withdrawal_showed_instead(
    folder_store: Store, filled: Make, away: Make, release: Release
) -> None:
    away(filled(folder_store))
    collect(folder_store, [ID], keep_releases=1, keep_days=0)
    assert_settled(folder_store, release(1)[0])


def test_a_run_that_began_before_a_withdrawal_is_overtaken(
    folder_store: Store, filled: Make, away: Make, release: Release, times: Times
) -> None:
    away(filled(folder_store))
    with pytest.raises(StorageRefused, match="overtaken by another run"):
        publish(folder_store, *release(9, **SECRET), **times(5), expected=2)
    assert traces(folder_store) == []


def test_an_upload_under_way_cannot_be_committed_after_its_bytes_were_erased(
    folder_store: Store, filled: Make, away: Make, release: Release, times: Times
) -> None:
    """The withdrawal takes place as a whole before each single operation of a publish of the same content."""
    at, met = 0, "begun"
    while met:
        at, met = at + 7, ""  # a look is followed by others
        store = filled(store_at(f"{folder_store.root}-{at}", "public store"))

        def meeting(
            number: int, operation: str, carry_out: Callable[[], Any], at: int = at, store: Store = store
        ) -> Any:
            nonlocal met
            if number == at:
                met = "met"
                away(store)
            return carry_out()

        try:
            publish(
                Breaking(store, meeting), *release(9, **SECRET, contract_hash="x"), **times(5), expected=2
            )
        except ConcentratorError as refusal:
            met = refusal.met
        if met:
            assert sequence_of(store, ID) in (3, 4)
            current = current_manifest(store, ID)
            assert current is not None
            assert_whole(store, release(1)[0], current)
            reconcile(store, ID)
    assert at > 20


@pytest.mark.parametrize(
    ("last", "options", "fault"),
    [
        (2, {}, killed_before),
        (2, {}, reply_lost),
        (3, {}, killed_before),
        (2, {"urgent": True}, killed_before),
        (0, {"leave_nothing": True}, killed_before),
    ],  # those after the first take every second write
    ids=["shown", "reply-lost", "old", "urgent", "last"],
)
def test_a_withdrawal_broken_at_any_operation_ends_when_it_is_run_again(
    tmp_path: Path, release: Release, times: Times, filled: Make, away: Make, restricted: Store,
    last: int, options: dict[str, Any], fault: Any,
) -> None:  # fmt: skip
    def fill(store: Store) -> Store:
        if last:
            return filled(store, last)
        publish(store, *release(2, **SECRET), **times(2))
        return store

    seen: list[str] = []
    away(Breaking(fill(store_at(str(tmp_path / "counted"), "public store")), noted(seen)), **options)
    _broken_everywhere(str(tmp_path), seen, fault, fill, release, times, away, restricted, last, options)


def test_a_withdrawal_broken_over_s3_ends_when_it_is_run_again(
    s3_address: str,
    tmp_path: Path,
    release: Release,
    times: Times,
    filled: Make,
    away: Make,
    restricted: Store,
) -> None:
    seen: list[str] = []
    away(Breaking(filled(store_at(str(tmp_path / "counted"), "public store")), noted(seen)))
    _broken_everywhere(s3_address, seen, killed_before, filled, release, times, away, restricted, 2, {})


def _broken_everywhere(
    address: str, seen: list[str], fault: Any, fill: Make, release: Release, times: Times, away: Make,
    restricted: Store, last: int, options: dict[str, Any],
) -> None:  # fmt: skip
    releases = [release(1)[0], release(2, **SECRET)[0], release(3)[0]]
    for store, broken in broken_stores(
        address, seen, fault, every=1 if (last, options, fault) == (2, {}, killed_before) else 2
    ):
        fill(store)
        with pytest.raises((Killed, StorageRefused)):
            away(Breaking(store, broken), **options)
        (assert_stable_names_whole if options else assert_whole)(store, *releases)
        shown = [key for key in traces(store) if "parkings." in key]
        try:
            reconcile(store, ID)
        except StorageRefused as refusal:
            assert "was begun and not finished" in refusal.met or "is missing" in refusal.met  # noqa: PT017
        assert set(shown) >= {key for key in traces(store) if "parkings." in key}
        done = away(store, 5, **options)
        assert done.shown == {0: None, 2: "r1", 3: "r3"}[last]
        if done.shown:
            assert_settled(store, release(int(done.shown[1:]))[0])
        else:
            assert list(store.keys(PLACE + "parkings.")) == []
        assert_gone(store, release, times, restricted)
        assert [one.state for one in releases_of(store, ID) if one.release_id == "r2"] == ["withdrawn"]


def test_older_versions_in_the_bucket_go_too(
    s3_server: SimpleNamespace, filled: Make, away: Make, release: Release
) -> None:
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    client.create_bucket(Bucket="versioned-town")
    client.put_bucket_versioning(Bucket="versioned-town", VersioningConfiguration={"Status": "Enabled"})
    store = store_at(f"s3://versioned-town/x?endpoint={s3_server.endpoint}&region=us-east-1", "public store")
    away(filled(store, 3))
    for version in client.list_object_versions(Bucket="versioned-town")["Versions"]:
        body = client.get_object(Bucket="versioned-town", Key=version["Key"], VersionId=version["VersionId"])
        assert not any(trace in body["Body"].read() for trace in TRACES), version["Key"]
    assert_settled(store, release(3)[0])
