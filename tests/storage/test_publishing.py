"""The publish protocol when nothing breaks, and when what it finds is not what it left."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from contracts.batch import Manifest
from contracts.errors import PrivacyRefused, StorageRefused
from storage.publishing import (
    current_manifest,
    current_of,
    publish,
    recheck,
    reconcile,
    release_id_at,
)
from storage.records import bytes_of
from storage.store import Store

ID = "mobility.parkings"
PLACE = "mobility/parkings/"
Release = Callable[..., tuple[Manifest, Path]]
Times = Callable[[int], dict[str, Any]]


def test_a_first_release_shows_under_every_name(store: Store, release: Release, times: Times) -> None:
    manifest, folder = release(1)
    published = publish(store, manifest, folder, **times(0))
    assert (published.manifest, published.sequence, published.unchanged) == (manifest, 1, False)
    assert list(store.keys()) == [
        "changes.atom",
        PLACE + "changes.atom",
        PLACE + "commits/0000000001.json",
        PLACE + "current.json",
        PLACE + "manifest.json",
        PLACE + "parkings.csv",
        PLACE + "parkings.parquet",
        PLACE + "releases/r1/manifest.json",
        PLACE + "releases/r1/parkings.csv",
        PLACE + "releases/r1/parkings.parquet",
    ]
    assert store.read(PLACE + "parkings.csv") == b"id\n1\n"
    assert current_manifest(store, ID) == manifest


def test_the_pointer_says_until_when_the_data_was_verified(
    store: Store, release: Release, times: Times
) -> None:
    publish(store, *release(1), **times(0))
    current = current_of(store, ID)
    assert current is not None
    assert (current.sequence, current.release_id) == (1, "r1")
    assert (current.checked_at, current.expires_at) == (times(0)["moment"], times(0)["expires_at"])


def test_before_the_first_release_there_is_nothing(store: Store, times: Times) -> None:
    run = times(0)
    assert current_manifest(store, ID) is current_of(store, ID) is None
    assert not reconcile(store, ID)
    assert not recheck(store, ID, moment=run["moment"], expires_at=run["expires_at"])
    assert list(store.keys()) == []


def test_every_commit_holds_the_sha256_of_the_one_before_and_of_its_manifest(
    store: Store, release: Release, times: Times
) -> None:
    for number in (1, 2, 3):
        publish(store, *release(number), **times(number))
    contents = [store.read(key) for key in store.keys(PLACE + "commits/")]
    commits = [json.loads(content) for content in contents]
    assert [commit["sequence"] for commit in commits] == [1, 2, 3]
    assert commits[0]["previous_sha256"] is None
    for before, after in zip(contents, commits[1:], strict=False):
        assert after["previous_sha256"] == hashlib.sha256(before).hexdigest()
    for commit in commits:
        manifest = store.read(f"{PLACE}releases/{commit['release_id']}/manifest.json")
        assert commit["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()


def test_old_releases_stay_readable(store: Store, release: Release, times: Times) -> None:
    publish(store, *release(1), **times(1))
    publish(store, *release(2), **times(2))
    assert store.read(PLACE + "releases/r1/parkings.csv") == b"id\n1\n"
    assert store.read(PLACE + "parkings.csv") == b"id\n2\n"


def test_equal_rows_and_contract_only_move_the_clock(store: Store, release: Release, times: Times) -> None:
    first, folder = release(1)
    publish(store, first, folder, **times(1))
    before = set(store.keys())
    again, folder = release(2, content_sha256=first.content_sha256)
    published = publish(store, again, folder, **times(2))
    assert (published.manifest, published.sequence, published.unchanged) == (first, 1, True)
    assert set(store.keys()) == before
    current = current_of(store, ID)
    assert current is not None
    assert (current.checked_at, current.expires_at) == (times(2)["moment"], times(2)["expires_at"])


@pytest.mark.parametrize(
    "change", [{"contract_hash": "other"}, {"files": {"csv": "id\n1\n"}}], ids=["contract", "formats"]
)
def test_equal_rows_under_another_contract_or_in_other_formats_are_a_release(
    store: Store, release: Release, times: Times, change: dict[str, Any]
) -> None:
    first, folder = release(1)
    publish(store, first, folder, **times(1))
    second, folder = release(2, content_sha256=first.content_sha256, **change)
    published = publish(store, second, folder, **times(2))
    assert (published.sequence, published.unchanged) == (2, False)


def test_a_format_that_ends_loses_its_stable_name(store: Store, release: Release, times: Times) -> None:
    publish(store, *release(1), **times(1))
    publish(store, *release(2, files={"csv": "id\n2\n"}), **times(2))
    assert not store.exists(PLACE + "parkings.parquet")
    assert store.exists(PLACE + "releases/r1/parkings.parquet")


def test_datasets_of_one_store_do_not_touch_each_other(store: Store, release: Release, times: Times) -> None:
    publish(store, *release(1, dataset_id="mobility.parkings-old"), **times(1))
    publish(store, *release(2), **times(2))
    assert store.read("mobility/parkings-old/parkings-old.csv") == b"id\n1\n"


def test_an_attempt_that_is_used_again_for_other_rows_is_a_release(
    store: Store, release: Release, times: Times
) -> None:
    publish(store, *release(1), **times(1))
    published = publish(store, *release(2), **times(1))
    assert (published.manifest.release_id, published.sequence) == ("r2", 2)


def test_recheck_never_sets_the_clock_back(store: Store, release: Release, times: Times) -> None:
    publish(store, *release(1), **times(5))
    moment = times(5)["moment"]
    assert not recheck(store, ID, moment=moment - timedelta(days=1), expires_at=moment + timedelta(days=9))
    assert recheck(store, ID, moment=moment + timedelta(days=1), expires_at=moment + timedelta(days=4))
    current = current_of(store, ID)
    assert current is not None
    assert current.checked_at == moment + timedelta(days=1)


def test_reconcile_has_nothing_to_do_after_a_publish(store: Store, release: Release, times: Times) -> None:
    publish(store, *release(1), **times(1))
    before = {key: store.read(key) for key in store.keys("")}
    assert not reconcile(store, ID)
    assert {key: store.read(key) for key in store.keys("")} == before


@pytest.mark.parametrize("damage", ["parkings.csv", "manifest.json", "parkings.xlsx"])
def test_reconcile_rewrites_stable_names_that_were_changed(
    store: Store, release: Release, times: Times, damage: str
) -> None:
    publish(store, *release(1), **times(1))
    before = {key: store.read(key) for key in store.keys("")}
    store.put_bytes(PLACE + damage, b"edited by hand")
    assert reconcile(store, ID)
    assert {key: store.read(key) for key in store.keys("")} == before


def test_reconcile_replaces_a_lost_pointer_by_an_expired_one(
    store: Store, release: Release, times: Times
) -> None:
    publish(store, *release(1), **times(1))
    store.delete(PLACE + "current.json")
    assert reconcile(store, ID)
    current = current_of(store, ID)
    assert current is not None
    assert current.release_id == "r1"
    assert current.expires_at == current.checked_at == times(1)["moment"]


def test_a_damaged_release_is_never_copied_over_a_good_stable_name(
    store: Store, release: Release, times: Times
) -> None:
    publish(store, *release(1), **times(1))
    store.put_bytes(PLACE + "releases/r1/parkings.csv", b"rot\n\n")
    assert not reconcile(store, ID)
    store.delete(PLACE + "parkings.csv")
    with pytest.raises(StorageRefused, match=r"mobility.parkings: .*parkings.csv came back changed"):
        reconcile(store, ID)
    assert not store.exists(PLACE + "parkings.csv")


@pytest.mark.parametrize(
    ("key", "content", "met"),
    [
        ("current.json", b"{", "is not a Current"),
        ("current.json", b'{"sequence": 1}', "is not a Current"),
        ("commits/0000000001.json", None, "its log is broken at commit 1"),
        ("commits/0000000001.json", b"[]", "is not a Commit"),
        ("releases/r1/manifest.json", b"{}", "the manifest of r1 was changed"),
        ("releases/r1/manifest.json", None, "is missing"),
    ],
)
def test_a_damaged_log_is_refused_in_one_sentence(
    store: Store, release: Release, times: Times, key: str, content: bytes | None, met: str
) -> None:
    publish(store, *release(1), **times(1))
    store.delete(PLACE + key) if content is None else store.put_bytes(PLACE + key, content)
    with pytest.raises(StorageRefused, match=met):
        publish(store, *release(2), **times(2))
    assert store.read(PLACE + "parkings.csv") == b"id\n1\n"


def test_a_commit_that_was_rewritten_breaks_the_chain(store: Store, release: Release, times: Times) -> None:
    publish(store, *release(1), **times(1))
    publish(store, *release(2), **times(2))
    store.delete(PLACE + "current.json")
    key = PLACE + "commits/0000000001.json"
    store.put_bytes(key, store.read(key).replace(b"run-1", b"run-9"))
    with pytest.raises(StorageRefused, match="its log is broken at commit 2"):
        current_manifest(store, ID)


def test_a_release_of_another_audience_is_kept_out(store: Store, release: Release, times: Times) -> None:
    publish(store, *release(1), **times(1))
    with pytest.raises(PrivacyRefused, match="a restricted release was about to enter"):
        publish(store, *release(2, audience="restricted"), **times(2))
    assert not list(store.keys(PLACE + "releases/r2"))


def test_a_release_id_is_never_used_twice(store: Store, release: Release, times: Times) -> None:
    publish(store, *release(1), **times(1))
    with pytest.raises(StorageRefused, match="the release id r1 was used before"):
        publish(store, *release(2, release_id="r1"), **times(2))
    assert store.read(PLACE + "releases/r1/parkings.csv") == b"id\n1\n"


def test_a_file_of_a_foreign_name_is_refused_before_anything_is_written(
    store: Store, release: Release, times: Times
) -> None:
    manifest, folder = release(1)
    entry = manifest.files[0].model_copy(update={"name": "../../other/other/other.csv"})
    with pytest.raises(StorageRefused, match="is no file of it"):
        publish(store, manifest.model_copy(update={"files": (entry,)}), folder, **times(1))
    assert list(store.keys()) == []


@pytest.mark.parametrize("fault", ["other bytes", "no file"])
def test_a_folder_that_does_not_hold_what_the_manifest_says_is_not_published(
    store: Store, release: Release, times: Times, fault: str
) -> None:
    publish(store, *release(1), **times(1))
    manifest, folder = release(2)
    path = folder / "parkings.csv"
    path.write_bytes(b"other") if fault == "other bytes" else path.unlink()
    with pytest.raises(StorageRefused, match=r"came back changed|No such file"):
        publish(store, manifest, folder, **times(2))
    assert current_manifest(store, ID) == release(1)[0]


def test_equal_records_are_equal_bytes_in_the_models_order_and_ended_by_a_newline(release: Release) -> None:
    manifest, _ = release(1, title="Parcs à l’ombre")
    content = bytes_of(manifest)
    again = Manifest(**dict(reversed(list(manifest.model_dump().items()))))
    assert content == bytes_of(again)
    assert content.endswith(b"}\n")
    assert "à l’ombre".encode() in content
    assert list(json.loads(content)) == list(Manifest.model_fields)


def test_release_ids_sort_by_utc_time_and_hold_all_64_bits() -> None:
    paris = timezone(timedelta(hours=2))
    assert release_id_at(datetime(2026, 10, 25, 2, 30, tzinfo=paris), bytes(range(8))) == (
        "20261025T003000Z-0001020304050607"
    )


@pytest.mark.parametrize(
    ("moment", "random_bytes"),
    [(datetime(2026, 1, 1), bytes(8)), (datetime(2026, 1, 1, tzinfo=UTC), bytes(7))],
)
def test_a_release_id_needs_an_aware_time_and_8_bytes(moment: datetime, random_bytes: bytes) -> None:
    with pytest.raises(ValueError, match="release id"):
        release_id_at(moment, random_bytes)
