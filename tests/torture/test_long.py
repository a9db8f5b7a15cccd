"""The long fault runs (`make torture`): histories by the thousand, real stores, races, and readers."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

import pytest
from torture.simulation import Played, play

from contracts.batch import FileEntry, Manifest
from contracts.errors import StorageRefused
from storage import layout
from storage.log import commits_of
from storage.publishing import current_of, publish, sequence_of
from storage.records import record_of
from storage.store import Store, store_at

pytestmark = pytest.mark.torture
ID = "mobility.parkings"
WRITERS, READERS = 8, 4
FORK = multiprocessing.get_context("fork")


def told(what: str, played: list[Played]) -> None:
    totals = {name: sum(getattr(one, name) for one in played) for name in Played.__dataclass_fields__}
    print(
        f"\n{what}: {len(played)} histories, "
        + ", ".join(f"{count} {name}" for name, count in totals.items())
    )


class Within:
    """A store with a lock of its own, entered for each decision: the history's lock is the simulated one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def create(self, key: str, content: bytes) -> bool:
        with self._store.held(ID):
            return self._store.create(key, content)

    def swap(self, key: str, content: bytes, seen: bytes | None) -> bool:
        with self._store.held(ID):
            return self._store.swap(key, content, seen)


@pytest.mark.parametrize("locking", [False, True], ids=["conditional writes", "a lock"])
def test_ten_thousand_histories(tmp_path: Path, locking: bool) -> None:
    told(
        f"simulation, locking={locking}",
        [play(seed, tmp_path, locking=locking) for seed in range(10_000, 15_000)],
    )


@pytest.mark.parametrize(("kind", "histories"), [("folder", 1200), ("s3", 40), ("rclone", 25)])
def test_histories_on_real_stores(
    kind: str, histories: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    address = {"folder": str(tmp_path / "store"), "s3": "", "rclone": ""}[kind] or request.getfixturevalue(
        f"{kind}_address"
    )
    place, _, options = address.partition("?")
    played = []
    for seed in range(20_000, 20_000 + histories):
        own = f"{place}/{seed}?{options}" if options else f"{place}/{seed}"
        store = store_at(own, "public store", str(tmp_path / "locks"))
        store = Within(store) if kind == "rclone" else store  # type: ignore[assignment]
        played.append(play(seed, shelf, locking=kind == "rclone", store=store))
    told(kind, played)


def release_of(writer: int, turn: int, folder: Path) -> tuple[Manifest, Path]:
    """A release whose every file says by itself whether it is whole."""
    place = folder / f"{writer}-{turn}"
    place.mkdir(parents=True)
    entries = []
    for extension in ("csv", "parquet"):
        body = f"{writer},{turn},{extension}\n" * 200
        content = f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}".encode()
        path = place / f"parkings.{extension}"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        entries.append(FileEntry(name=path.name, media_type="text/csv", bytes=len(content), sha256=digest))
    now = datetime.now(UTC)
    manifest = Manifest(
        dataset_id=ID, audience="public", release_id=f"r{writer}-{turn}", created_at=now, title="Parcs",
        publisher="Ville", licence="etalab-2.0", rows=200, columns=(), contract_hash="c",
        content_sha256=f"{writer}-{turn}", files=tuple(entries),
    )  # fmt: skip
    return manifest, place


def write(address: str, lock: str, writer: int, turns: int, meet: Barrier, wins: Any, folder: Path) -> None:
    store = store_at(address, "public store", lock)
    for turn in range(turns):
        meet.wait()
        expected = sequence_of(store, ID)
        manifest, place = release_of(writer, turn, folder)
        meet.wait()
        moment = datetime.now(UTC)
        with suppress(StorageRefused):
            publish(
                store, manifest, place, moment=moment, expires_at=moment + timedelta(days=1),
                attempt_id=f"{writer}-{turn}", expected=expected,
            )  # fmt: skip
            with wins.get_lock():
                wins[turn] += 1


def read(address: str, lock: str, stop: Event, reads: Any, torn: Any) -> None:
    """Reads as a harvester does: by the pointer and by the stable names."""
    store, last = store_at(address, "public store", lock), 0
    count = wrong = 0
    while not stop.is_set():
        current = current_of(store, ID)
        if current is None or current.release_id is None:
            continue
        wrong += current.sequence < last
        last = current.sequence
        manifest = record_of(
            store.read(layout.release_manifest(ID, current.release_id)), Manifest, "manifest"
        )
        for entry in manifest.files:
            content = store.read(layout.release_file(ID, current.release_id, entry.name))
            wrong += hashlib.sha256(content).hexdigest() != entry.sha256
            shown = store.read_or_none(layout.stable(ID, entry.name))
            if shown is not None:
                digest, _, body = shown.partition(b"\n")
                wrong += hashlib.sha256(body).hexdigest().encode() != digest
            count += 2
        count += 2
    with reads.get_lock():
        reads.value += count
    with torn.get_lock():
        torn.value += wrong


@pytest.mark.parametrize(("kind", "turns"), [("folder", 500), ("s3", 25), ("rclone", 25)])
def test_eight_writers_have_one_winner_each_round_and_readers_see_whole_releases(
    kind: str, turns: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    address = str(tmp_path / "store") if kind == "folder" else request.getfixturevalue(f"{kind}_address")
    lock = str(tmp_path / "locks")
    meet, stop = FORK.Barrier(WRITERS), FORK.Event()
    wins, reads, torn = FORK.Array("i", turns), FORK.Value("l", 0), FORK.Value("l", 0)
    writers = started(
        write, [(address, lock, one, turns, meet, wins, tmp_path / "shelf") for one in range(WRITERS)]
    )
    readers = started(read, [(address, lock, stop, reads, torn)] * READERS)
    for process in writers:
        process.join()
    stop.set()
    for process in readers:
        process.join()
    print(f"\n{kind}: {turns} rounds of {WRITERS} writers, {reads.value} reads by {READERS} readers")
    assert [process.exitcode for process in (*writers, *readers)] == [0] * (WRITERS + READERS)
    assert list(wins) == [1] * turns
    assert torn.value == 0
    log = list(commits_of(store_at(address, "public store", lock), ID))
    assert [commit.sequence for commit in log] == list(range(turns, 0, -1))


def started(act: Callable[..., None], given: list[tuple[Any, ...]]) -> list[Any]:
    processes = [FORK.Process(target=act, args=one) for one in given]
    for process in processes:
        process.start()
    return processes
