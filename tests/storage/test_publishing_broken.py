"""A publish that is killed, cut off, deceived or overtaken at any moment leaves a whole release."""

import hashlib
import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from breaking import (
    ID,
    PLACE,
    Breaking,
    Killed,
    assert_settled,
    assert_whole,
    broken_stores,
    killed_before,
    noted,
    reply_lost,
)

from contracts.batch import Manifest
from contracts.errors import StorageRefused
from storage.publishing import current_manifest, current_of, publish, reconcile
from storage.store import Store, store_at

Release = Callable[..., tuple[Manifest, Path]]
Times = Callable[[int], dict[str, Any]]


def operations_of_a_publish(tmp_path: Path, release: Release, times: Times) -> list[str]:
    """The operations of the second publish, in order, as a folder store sees them."""
    store = store_at(str(tmp_path / "counted"), "public store")
    publish(store, *release(1), **times(1))
    seen: list[str] = []
    publish(Breaking(store, noted(seen)), *second(release), **times(2))
    return seen


def second(release: Release) -> tuple[Manifest, Path]:
    """The release that follows: it ends one format and begins another."""
    return release(2, files={"csv": "id\n2\n", "geojson": "{}"})


@pytest.mark.parametrize("fault", [killed_before, reply_lost])
def test_a_publish_broken_at_any_operation_leaves_one_whole_release_and_heals(
    address: str, tmp_path: Path, release: Release, times: Times, fault: Callable[[int], Callable[..., Any]]
) -> None:
    operations = operations_of_a_publish(tmp_path, release, times)
    old, new = release(1)[0], second(release)[0]
    for store, broken in broken_stores(address, operations, fault):
        publish(store, *release(1), **times(1))
        with pytest.raises((Killed, StorageRefused)):
            publish(Breaking(store, broken), *second(release), **times(2))
        assert_whole(store, old, new)
        committed = store.exists(PLACE + "commits/0000000002.json")
        reconcile(store, ID)
        assert_settled(store, new if committed else old)
        assert not reconcile(store, ID)
        changes = {"release_id": "r3"}
        files, folder = second(release)
        retried = publish(store, files.model_copy(update=changes), folder, **times(2))
        assert_settled(store, retried.manifest)
        assert retried.manifest.release_id == ("r2" if committed else "r3")
        assert len(list(store.keys(PLACE + "commits/"))) == 2


def test_a_first_publish_broken_at_any_operation_shows_nothing_or_all(
    tmp_path: Path, release: Release, times: Times
) -> None:
    new, folder = release(1)
    at, broken = 0, True
    while broken:
        at += 1
        store = store_at(str(tmp_path / f"first-{at}"), "public store")
        try:
            publish(Breaking(store, killed_before(at)), new, folder, **times(1))
            broken = False
        except Killed:
            assert_whole(store, new)
            reconcile(store, ID)
            if current_manifest(store, ID):
                assert_settled(store, new)
            else:
                assert not list(store.keys(PLACE + "parkings."))
    assert at > 20


def _publish_until_killed(address: str, at: int, manifest: Manifest, folder: Path, times: Any) -> None:
    """In a process of its own: the kernel ends it at the `at`-th rename or link, in the store's midst."""
    real, calls = {call: getattr(os, call) for call in ("replace", "link")}, [0]

    def killing(call: str) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            calls[0] += 1
            if calls[0] == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real[call](*arguments)

        return called

    for call in real:
        setattr(os, call, killing(call))
    publish(store_at(address, "public store"), manifest, folder, **times)


def test_a_process_killed_inside_the_store_leaves_one_whole_release_and_heals(
    tmp_path: Path, release: Release, times: Times
) -> None:
    old, (new, folder) = release(1)[0], second(release)
    code, at = -signal.SIGKILL, 0
    while code == -signal.SIGKILL:
        at += 1
        address = str(tmp_path / f"killed-{at}")
        store = store_at(address, "public store")
        publish(store, *release(1), **times(1))
        arguments = (address, at, new, folder, times(2))
        process = get_context("fork").Process(target=_publish_until_killed, args=arguments)
        process.start()
        process.join()
        code = process.exitcode or 0
        assert_whole(store, old, new)
        committed = store.exists(PLACE + "commits/0000000002.json")
        reconcile(store, ID)
        assert_settled(store, new if committed else old)
        assert not [key for key in store.keys("") if "arriving" in key]
    assert code == 0
    assert at > 7


def test_a_disk_that_fills_at_any_moment_leaves_one_whole_release(
    tmp_path: Path, release: Release, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, (new, folder) = release(1)[0], second(release)
    real, at, full = os.fsync, 0, True
    while full:
        at += 3  # every third: files, folders and links all get their turn
        store = store_at(str(tmp_path / f"full-{at}"), "public store")
        publish(store, *release(1), **times(1))
        calls = [0]

        def filling(descriptor: int, at: int = at, calls: list[int] = calls) -> None:
            calls[0] += 1
            if calls[0] >= at:
                raise OSError(28, "No space left on device")
            real(descriptor)

        monkeypatch.setattr(os, "fsync", filling)
        try:
            publish(store, new, folder, **times(2))
            full = False
        except StorageRefused as refusal:
            assert "disk full" in str(refusal)  # noqa: PT017
        monkeypatch.setattr(os, "fsync", real)
        assert_whole(store, old, new)
        assert not list((tmp_path / f"full-{at}").rglob(".arriving-*"))
        reconcile(store, ID)
        assert_settled(store, new if store.exists(PLACE + "commits/0000000002.json") else old)
    assert at > 12


@pytest.mark.parametrize("victim", ["parkings.csv", "parkings.parquet", "manifest.json"])
def test_an_upload_that_was_tampered_with_is_never_committed(
    store: Store, release: Release, times: Times, victim: str
) -> None:
    publish(store, *release(1), **times(1))

    def tampering(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        result = carry_out()
        if store.exists(f"{PLACE}releases/r2/{victim}") and operation.startswith("put"):
            store.put_bytes(f"{PLACE}releases/r2/{victim}", b"other bytes")
        return result

    with pytest.raises(StorageRefused, match=rf"{victim} came back changed from the public store"):
        publish(Breaking(store, tampering), *release(2), **times(2))
    assert_settled(store, release(1)[0])
    assert not store.exists(PLACE + "commits/0000000002.json")


def test_a_stable_name_that_comes_back_changed_for_ever_is_reported(
    store: Store, release: Release, times: Times
) -> None:
    def tampering(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        result = carry_out()
        if operation == "copy":
            store.put_bytes(PLACE + "parkings.csv", b"other bytes")
        return result

    with pytest.raises(StorageRefused, match="do not come to rest"):
        publish(Breaking(store, tampering), *release(1), **times(1))


@pytest.mark.parametrize("at", ["now", "put_file", "create", "swap", "copy"])
def test_a_run_that_another_overtakes_is_told_or_gives_way(
    store: Store, release: Release, times: Times, at: str
) -> None:
    """The other run publishes whole just before this one's first such operation.

    `now` comes before this run looks for the head: the other's release is then the older one.
    """
    publish(store, *release(1), **times(1))
    other, folder = release(3)
    done: list[str] = []

    def overtaking(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        if operation == at and not done:
            done.append(at)
            publish(store, other, folder, **times(3))
        result = carry_out()
        if done and at in ("swap", "copy"):  # but for the write under way, it writes no more names of its own
            assert store.read(PLACE + "parkings.parquet") != b"PAR1 2"
        return result

    if at in ("put_file", "create"):  # after the head was looked up, before the commit
        with pytest.raises(StorageRefused, match=r"^mobility.parkings: overtaken by another run"):
            publish(Breaking(store, overtaking), *release(2), **times(2))
    else:
        publish(Breaking(store, overtaking), *release(2), **times(2))
    head = current_manifest(store, ID)
    assert head is not None
    assert_settled(store, head)
    assert head.release_id == ("r2" if at == "now" else "r3")


def _race(address: str, number: int, together: Any, told: Any, publishing: Any) -> None:
    def waiting(_: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        if operation == "create":
            together.wait()
        return carry_out()

    manifest, folder, times = publishing
    try:
        publish(Breaking(store_at(address, "public store"), waiting), manifest, folder, **times)
        told.put((number, "committed"))
    except StorageRefused as refusal:
        told.put((number, refusal.met))


def test_of_eight_processes_one_commits_and_seven_are_told(
    tmp_path: Path, release: Release, times: Times
) -> None:
    context, address = get_context("fork"), str(tmp_path / "store")
    together, told = context.Barrier(8), context.Queue()
    runs = [(*release(number), times(number)) for number in range(8)]
    processes = [
        context.Process(target=_race, args=(address, number, together, told, run))
        for number, run in enumerate(runs)
    ]
    for process in processes:
        process.start()
    outcomes = dict(told.get(timeout=60) for _ in processes)
    for process in processes:
        process.join()
    winners = [number for number, outcome in outcomes.items() if outcome == "committed"]
    assert len(winners) == 1
    assert sorted(outcomes.values()) == ["committed"] + ["overtaken by another run"] * 7
    assert_settled(store_at(address, "public store"), runs[winners[0]][0])


def test_readers_never_meet_a_torn_release(tmp_path: Path, release: Release, times: Times) -> None:
    """A reader looks after every single operation of three publishes in a row."""
    store = store_at(str(tmp_path / "store"), "public store")
    releases = [release(number)[0] for number in (1, 2, 3)]
    sequences: list[int] = []

    def watched(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        result = carry_out()
        assert_whole(store, *releases)
        current = current_of(store, ID)
        sequences.append(current.sequence if current else 0)
        if sequences[-1] > 1:  # the first publish makes the names, and none of them goes away again
            assert {"csv", "parquet"} <= {key.split(".")[-1] for key in store.keys(PLACE + "parkings.")}
        return result

    for number in (1, 2, 3):
        publish(Breaking(store, watched), *release(number), **times(number))
    assert sequences == sorted(sequences)
    assert hashlib.sha256(store.read(PLACE + "parkings.csv")).hexdigest() == releases[2].files[0].sha256
