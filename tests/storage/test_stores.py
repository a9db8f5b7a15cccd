"""What a folder and an S3 bucket both do."""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from contracts.errors import StorageRefused
from storage import layout
from storage.store import Store, store_at


def test_what_is_put_is_read_back(store: Store) -> None:
    store.put_bytes("a/b.csv", b"id\n1\n", "text/csv")
    assert store.read("a/b.csv") == store.read_or_none("a/b.csv") == b"id\n1\n"
    assert store.size("a/b.csv") == 5
    assert store.exists("a/b.csv")


def test_a_second_put_replaces_the_first(store: Store) -> None:
    store.put_bytes("a", b"one")
    store.put_bytes("a", b"two")
    assert store.read("a") == b"two"


def test_a_file_larger_than_one_part_arrives_whole(store: Store, tmp_path: Path) -> None:
    content = bytes(range(256)) * 40_000  # 10 MB: boto3 sends parts of 8 MB
    path = tmp_path / "large"
    path.write_bytes(content)
    store.put_file("large", path)
    store.copy("large", "copied", "text/csv")
    expected = hashlib.sha256(content).hexdigest()
    assert store.sha256("large") == store.sha256("copied") == expected


def test_an_empty_object_is_an_object(store: Store) -> None:
    store.put_bytes("empty", b"")
    assert store.read("empty") == b""
    assert store.size("empty") == 0
    assert store.sha256("empty") == hashlib.sha256(b"").hexdigest()


def test_local_gives_a_file_with_the_bytes(store: Store, tmp_path: Path) -> None:
    store.put_bytes("a/b.csv", b"id\n")
    path = store.local("a/b.csv", tmp_path / "scratch")
    assert (path.name, path.read_bytes()) == ("b.csv", b"id\n")


@pytest.mark.parametrize(
    "use",
    [
        lambda store, there: store.read("none"),
        lambda store, there: store.size("none"),
        lambda store, there: store.sha256("none"),
        lambda store, there: store.local("none", there),
        lambda store, there: store.copy("none", "copy"),
    ],
    ids=["read", "size", "sha256", "local", "copy"],
)
def test_what_is_missing_is_refused_by_name(
    store: Store, tmp_path: Path, use: Callable[[Store, Path], object]
) -> None:
    with pytest.raises(StorageRefused, match=r"none.* missing") as refusal:
        use(store, tmp_path / "scratch")
    assert refusal.value.place == store.name


def test_what_is_missing_is_none_false_and_deleted_without_fuss(store: Store) -> None:
    assert store.read_or_none("none/at/all") is None
    assert not store.exists("none/at/all")
    store.delete("none/at/all")
    assert list(store.keys("none")) == []


def test_a_deleted_key_is_gone(store: Store) -> None:
    store.put_bytes("a", b"1")
    store.delete("a")
    assert not store.exists("a")


def test_keys_are_those_of_the_prefix_sorted_as_whole_keys(store: Store) -> None:
    for key in ("a/b/c", "a/b.csv", "a/b-", "ab", "a/é", "a/z", "b/a/b"):
        store.put_bytes(key, b"")
    assert list(store.keys("a/")) == ["a/b-", "a/b.csv", "a/b/c", "a/z", "a/é"]
    assert list(store.keys("a/b.")) == ["a/b.csv"]
    assert len(list(store.keys())) == 7


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a/.hidden", "a\\b", "a\nb", "a\0b",
     "x" * 256, "a/" * 600 + "a", "\ud800"],
)  # fmt: skip
def test_a_key_that_could_leave_its_place_is_refused(store: Store, key: str) -> None:
    for use in (lambda: store.put_bytes(key, b"1"), lambda: store.read(key), lambda: store.create(key, b"1")):
        with pytest.raises(StorageRefused, match="is no name for an object"):
            use()


def test_create_never_overwrites(store: Store) -> None:
    assert store.create("commits/1", b"mine")
    assert not store.create("commits/1", b"yours")
    assert store.read("commits/1") == b"mine"


def test_create_tells_the_same_call_that_it_succeeded_before(store: Store) -> None:
    assert store.create("commits/1", b"mine")
    assert store.create("commits/1", b"mine")


def test_swap_replaces_only_what_was_seen(store: Store) -> None:
    assert store.swap("current", b"1", None)
    assert not store.swap("current", b"2", None)
    assert not store.swap("current", b"2", b"other")
    assert store.swap("current", b"2", b"1")
    assert not store.swap("current", b"3", b"1")
    assert store.read("current") == b"2"


def test_swap_of_what_is_gone_does_nothing(store: Store) -> None:
    assert not store.swap("current", b"2", b"1")
    assert not store.exists("current")


def test_a_probe_of_the_server_leaves_nothing(store: Store) -> None:
    store.create("a", b"1")
    assert list(store.keys()) == ["a"]


def test_the_stores_clock_is_that_by_which_its_objects_are_dated(store: Store) -> None:
    before = store.now()
    store.put_bytes("a", b"1")
    assert before <= store.modified("a") <= store.now()
    assert abs(store.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert list(store.keys()) == ["a"]


def test_a_copy_is_dated_by_when_it_was_made(store: Store, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"1")
    os.utime(old, (0, 0))
    store.put_file("a", old)
    assert store.now() - store.modified("a") < timedelta(minutes=1)


def test_what_is_missing_has_no_date(store: Store) -> None:
    with pytest.raises(StorageRefused, match="none is missing"):
        store.modified("none")


def test_what_is_erased_is_gone_and_may_be_erased_again(store: Store) -> None:
    store.put_bytes("a/b", b"1")
    store.put_bytes("a/b.csv", b"1")
    store.erase("a/b")
    store.erase("a/b")
    store.erase("none/at/all")
    assert list(store.keys()) == ["a/b.csv"]


def test_a_sweep_leaves_what_was_finished_and_takes_probes_that_stayed(store: Store) -> None:
    store.put_bytes("a", b"1")
    store.put_bytes(layout.probe("0123"), b"1")
    assert store.sweep(store.now() - timedelta(minutes=1)) == 0
    assert store.sweep(store.now() + timedelta(minutes=1)) == 1
    assert list(store.keys()) == ["a"]


def test_a_sweep_of_an_empty_store_finds_nothing(store: Store) -> None:
    assert store.sweep(datetime.now(UTC)) == 0


def test_a_store_that_decides_lets_everyone_hold_a_dataset(address: str) -> None:
    stores = [store_at(address, "public store") for _ in range(2)]
    with stores[0].held("mobility.parkings"), stores[1].held("mobility.parkings"):
        assert stores[0].create("a", b"1")
        assert not stores[1].create("a", b"2")


def test_of_eight_creators_exactly_one_wins(address: str) -> None:
    stores = [store_at(address, "public store") for _ in range(8)]
    for number, store in enumerate(stores):
        assert store.create(f"own/{number}", b"")  # so that no probe is left to run
    for round_ in range(5):
        won = _winners(stores, f"commits/{round_}")
        assert len(won) == 1
        assert stores[0].read(f"commits/{round_}") == str(won[0]).encode()


def _winners(stores: list[Store], key: str) -> list[int]:
    won: list[int] = []
    together = Barrier(len(stores))

    def race(number: int) -> None:
        together.wait()
        if stores[number].create(key, str(number).encode()):
            won.append(number)

    threads = [Thread(target=race, args=(number,)) for number in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


@pytest.mark.parametrize(
    ("given", "met"),
    [
        ("", "neither a folder nor s3"),
        ("gs://city/x", "neither a folder nor s3"),
        ("s3://", "names no bucket"),
        ("s3://key:hidden@city/x", "holds more than it may"),
        ("s3://city/x?endpoint=http://key:hidden@127.0.0.1:1", "holds more than it may"),
        ("s3://city/x?secret=hidden", "holds more than it may"),
        ("s3://city/x?endpoint=nonsense&region=x", "no such profile or endpoint"),
        ("s3://city/x?profile=none-of-that-name", "no such profile or endpoint"),
    ],
)
def test_an_address_that_names_no_store_is_refused_without_repeating_it(given: str, met: str) -> None:
    with pytest.raises(StorageRefused, match=met) as refusal:
        store_at(given, "work store")
    assert "hidden" not in str(refusal.value)


def test_a_store_calls_itself_by_label_and_place_without_its_options(tmp_path: Path) -> None:
    assert store_at("var/public", "public store").name == "public store (var/public)"
    address = "s3://city/open/data/?endpoint=http://127.0.0.1:1&region=x"
    assert store_at(address, "work store").name == "work store (s3://city/open/data)"
