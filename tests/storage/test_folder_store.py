"""What a folder store does when the disk, and not the network, is at fault."""

import errno
import fcntl
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from contracts.errors import StorageRefused
from storage.folder import FolderStore


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store", "public store (var/public)")


@pytest.fixture
def disk_says(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """From now on this call of the system fails with this errno."""

    def breaks(call: str, number: int) -> None:
        def fail(*arguments: object, **more: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, call, fail)

    return breaks


def _files_below(folder: FolderStore) -> list[str]:
    return sorted(path.name for path in folder.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_named_and_leaves_the_old_file_only(
    folder: FolderStore, disk_says: Callable[[str, int], None], call: str, number: int
) -> None:
    folder.put_bytes("a.csv", b"old")
    disk_says(call, number)
    with pytest.raises(StorageRefused, match=r"^public store \(var/public\): disk full while writing a.csv"):
        folder.put_bytes("a.csv", b"new")
    assert folder.read("a.csv") == b"old"
    assert _files_below(folder) == ["a.csv"]


def test_a_full_disk_creates_no_commit(folder: FolderStore, disk_says: Callable[[str, int], None]) -> None:
    disk_says("link", errno.ENOSPC)
    with pytest.raises(StorageRefused, match="disk full"):
        folder.create("commits/1", b"mine")
    assert _files_below(folder) == []


def test_a_file_system_without_hard_links_is_refused_saying_so(
    folder: FolderStore, disk_says: Callable[[str, int], None]
) -> None:
    disk_says("link", errno.EPERM)
    with pytest.raises(StorageRefused, match="no hard links"):
        folder.create("commits/1", b"mine")


def test_a_source_file_that_is_not_there_is_refused(folder: FolderStore, tmp_path: Path) -> None:
    with pytest.raises(StorageRefused, match="No such file"):
        folder.put_file("a.csv", tmp_path / "none.csv")
    assert _files_below(folder) == []


def test_a_file_where_a_folder_should_be_is_refused(folder: FolderStore) -> None:
    folder.put_bytes("a", b"1")
    with pytest.raises(StorageRefused, match="writing a/b failed"):
        folder.put_bytes("a/b", b"2")
    with pytest.raises(StorageRefused, match="reading a/b failed"):
        folder.read_or_none("a/b")


def test_what_a_killed_writer_left_behind_is_no_key(folder: FolderStore) -> None:
    folder.put_bytes("a/b.csv", b"1")
    (folder.root / "a" / ".arriving-0123").write_bytes(b"half")
    assert list(folder.keys()) == ["a/b.csv"]
    folder.swap("a/current.json", b"2", None)  # leaves its lock in the folder
    assert list(folder.keys()) == ["a/b.csv", "a/current.json"]


def test_files_are_readable_by_whom_the_umask_lets(folder: FolderStore) -> None:
    before = os.umask(0o022)
    try:
        folder.put_bytes("a", b"1")
        folder.create("b", b"1")
    finally:
        os.umask(before)
    assert [(folder.root / key).stat().st_mode & 0o777 for key in "ab"] == [0o644, 0o644]


def test_a_stable_copy_is_not_the_release_itself(folder: FolderStore) -> None:
    folder.put_bytes("release.csv", b"1")
    folder.copy("release.csv", "stable.csv")
    (folder.root / "stable.csv").write_bytes(b"edited by hand")
    assert folder.read("release.csv") == b"1"


def test_a_store_stays_where_it_was_when_the_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = FolderStore(Path("var"), "work store (var)")
    folder.put_bytes("a", b"1")
    monkeypatch.chdir("/")
    assert folder.read("a") == b"1"


def test_swaps_of_many_threads_are_each_counted(folder: FolderStore) -> None:
    def count(name: str) -> None:
        counted = 0
        while counted < 10:
            seen = folder.read_or_none("sum")
            before = int(seen.split()[0]) if seen else 0
            counted += folder.swap("sum", f"{before + 1} {name}".encode(), seen)

    threads = [Thread(target=count, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert folder.read("sum").split()[0] == b"40"


def test_a_sweep_takes_the_arriving_files_of_killed_writers_only(folder: FolderStore) -> None:
    folder.put_bytes("a/b.csv", b"1")
    left, arriving = folder.root / "a" / ".arriving-0123", folder.root / ".arriving-4567"
    for path in (left, arriving):
        path.write_bytes(b"half")
    yesterday = (folder.now() - timedelta(days=1)).timestamp()
    os.utime(left, (yesterday, yesterday))
    os.utime(folder.root / "a" / "b.csv", (yesterday, yesterday))
    assert folder.sweep(folder.now() - timedelta(hours=1)) == 1
    assert _files_below(folder) == [".arriving-4567", "b.csv"]


def test_a_swap_does_not_wait_for_ever_for_a_stopped_one(
    folder: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.folder._PATIENCE", 0.1)
    folder.swap("current", b"1", None)
    with (folder.root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StorageRefused, match=r"locking .lock failed \(another process holds it\)"):
            folder.swap("current", b"2", b"1")
    assert folder.swap("current", b"2", b"1")


def test_a_private_store_that_is_made_now_is_its_owners_alone(tmp_path: Path) -> None:
    FolderStore(tmp_path / "agents", "restricted store", private=True).put_bytes("a/b", b"1")
    FolderStore(tmp_path / "open", "public store").put_bytes("a/b", b"1")
    modes = [(tmp_path / name).stat().st_mode & 0o077 for name in ("agents", "open")]
    assert modes[0] == 0
    assert modes[1] != 0
