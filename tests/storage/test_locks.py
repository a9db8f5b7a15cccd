"""The lock for stores without conditional writes: a file of this host, or a session of PostgreSQL."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import psycopg
import pytest

from contracts.errors import StorageRefused
from storage.lock import lock_at
from storage.store import Store, store_at

ROOT = Path(__file__).parent.parent.parent
ID = "mobility.parkings"
LOST = r"^mobility.parkings: the lock on it in .* was lost"

HOLD = """
import sys, time
from storage.lock import lock_at
with lock_at(sys.argv[1], sys.argv[2]).held("mobility.parkings"):
    print("inside", flush=True)
    time.sleep(600)
"""
RACE = """
import sys
from storage.store import store_at
address, lock, me, rounds = sys.argv[1:]
store = store_at(address, "public store", lock)
with store.held("probes"):
    print("ready", flush=True)
input()
for number in range(int(rounds)):
    with store.held("mobility.parkings"):
        if store.create(f"commits/{number}", me.encode()):
            print(number, flush=True)
"""


@pytest.fixture(params=["folder", "postgresql"])
def lock_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a lock, of each kind in turn."""
    return str(tmp_path / "locks") if request.param == "folder" else request.getfixturevalue("postgres_url")


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A store's place that no other test locks."""
    return f"s3://city/{tmp_path.name}"


@pytest.fixture
def bucket(rclone_address: str, lock_address: str) -> Store:
    """A store that needs its lock."""
    return store_at(rclone_address, "public store", lock_address)


@pytest.fixture
def end_sessions(lock_address: str, tmp_path: Path) -> Callable[[], None]:
    """What ends every session that holds a lock: the server's backends, or the file."""

    def end() -> None:
        if not lock_address.startswith("postgres"):
            for path in (tmp_path / "locks").iterdir():
                path.unlink()
            return
        with psycopg.connect(lock_address, autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
            ).fetchall()
            assert ended == [(True,)]

    return end


def _python(script: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@contextmanager
def _another_inside(lock_address: str, place: str) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the dataset until it is killed."""
    with _python(HOLD, lock_address, place) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "inside\n"
            yield process
        finally:
            process.kill()


def _in_thread(use: Callable[[], object]) -> None:
    thread = Thread(target=use)
    thread.start()
    thread.join()


def test_whoever_is_inside_may_enter_again_and_stays_inside_until_the_first_door(
    lock_address: str, place: str
) -> None:
    lock = lock_at(lock_address, place, 1)
    with lock.held(ID):
        with lock_at(lock_address, place, 1).held(ID):
            lock.check()
        lock.check()
    with pytest.raises(StorageRefused, match="without it"):
        lock.check()


def test_of_two_threads_one_is_inside(lock_address: str, place: str) -> None:
    inside, most = [], []

    def enter(name: int) -> None:
        for _ in range(5):
            with lock_at(lock_address, place).held(ID):
                inside.append(name)
                time.sleep(0.002)  # so that another could be seen
                most.append(len(inside))
                inside.remove(name)

    threads = [Thread(target=enter, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 20


def test_a_thread_is_not_inside_because_another_is(lock_address: str, place: str) -> None:
    lock, refused = lock_at(lock_address, place), []

    def check() -> None:
        with pytest.raises(StorageRefused, match="without it"):
            lock.check()
        refused.append(True)

    with lock.held(ID):
        _in_thread(check)
    assert refused


def test_a_forked_child_is_not_inside_because_its_parent_is(lock_address: str, place: str) -> None:
    lock = lock_at(lock_address, place)
    with lock.held(ID):
        child = os.fork()
        if child == 0:
            try:
                lock.check()
            except StorageRefused:
                os._exit(0)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        lock.check()


def test_a_wait_for_another_process_ends_in_a_refusal(lock_address: str, place: str) -> None:
    with _another_inside(lock_address, place):
        refusal = rf"^{ID}: another run holds it in {place} and does not end\. Run again"
        with pytest.raises(StorageRefused, match=refusal), lock_at(lock_address, place, 0.2).held(ID):
            pytest.fail("two are inside")


def test_a_killed_holder_holds_no_longer(lock_address: str, place: str) -> None:
    with _another_inside(lock_address, place) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with lock_at(lock_address, place, 30).held(ID):
            pass


def test_a_run_that_failed_inside_holds_no_longer(lock_address: str, place: str) -> None:
    with pytest.raises(ZeroDivisionError), lock_at(lock_address, place).held(ID):
        _ = 1 / 0
    with pytest.raises(StorageRefused, match="without it"):
        lock_at(lock_address, place).check()
    with _another_inside(lock_address, place):
        pass


@pytest.mark.parametrize(
    ("other_place", "other_id"), [("s3://city/restricted", ID), ("", "mobility.stations")]
)
def test_another_store_or_dataset_does_not_wait(
    lock_address: str, place: str, other_place: str, other_id: str
) -> None:
    with _another_inside(lock_address, place), lock_at(lock_address, other_place or place, 1).held(other_id):
        pass


def test_a_lost_session_is_noticed(lock_address: str, place: str, end_sessions: Callable[[], None]) -> None:
    lock = lock_at(lock_address, place)
    with lock.held(ID):
        end_sessions()
        with pytest.raises(StorageRefused, match=LOST):
            lock.check()
    with lock.held(ID):
        lock.check()


@pytest.mark.parametrize("use", ["create", "swap"])
def test_nothing_is_written_once_the_session_is_lost(
    bucket: Store, end_sessions: Callable[[], None], use: str
) -> None:
    bucket.put_bytes("current", b"1")
    with bucket.held(ID):
        end_sessions()
        with pytest.raises(StorageRefused, match=LOST):
            bucket.create("commits/1", b"mine") if use == "create" else bucket.swap("current", b"2", b"1")
    assert list(bucket.keys()) == ["current"]
    assert bucket.read("current") == b"1"


def test_a_server_that_ignores_conditions_is_written_inside_the_lock_only(bucket: Store) -> None:
    for use in (lambda: bucket.create("a", b"1"), lambda: bucket.swap("a", b"1", None)):
        with pytest.raises(StorageRefused, match="without it"):
            use()
    assert list(bucket.keys()) == []
    with bucket.held(ID):
        assert bucket.create("a", b"1")
    assert list(bucket.keys()) == ["a"]


def test_inside_the_lock_create_and_swap_keep_their_promises(bucket: Store) -> None:
    with bucket.held(ID):
        assert bucket.create("commits/1", b"mine")
        assert bucket.create("commits/1", b"mine")
        assert not bucket.create("commits/1", b"yours")
        assert bucket.swap("commits/1", b"2", b"mine")
        assert not bucket.swap("commits/1", b"3", b"mine")
        assert not bucket.swap("none", b"3", b"mine")
    assert bucket.read("commits/1") == b"2"
    assert list(bucket.keys()) == ["commits/1"]


def test_the_lock_of_another_store_is_not_the_lock_of_this_one(
    bucket: Store, rclone_address: str, lock_address: str
) -> None:
    other = store_at(rclone_address.replace("?", "-restricted?"), "restricted store", lock_address)
    with other.held(ID), pytest.raises(StorageRefused, match="without it"):
        bucket.create("a", b"1")


def test_without_a_lock_such_a_server_is_refused_and_nothing_stays(rclone_address: str) -> None:
    bucket = store_at(rclone_address, "public store")
    with pytest.raises(StorageRefused, match=r"ignores If-None-Match.*name a lock in CONCENTRATOR_LOCK"):
        bucket.create("commits/1", b"1")
    with pytest.raises(StorageRefused, match="ignores If-None-Match"), bucket.held(ID):
        pytest.fail("nobody may be inside")
    assert list(bucket.keys()) == []


def test_of_two_processes_one_wins_each_round(rclone_address: str, lock_address: str) -> None:
    rounds = range(24)
    writers = {name: _python(RACE, rclone_address, lock_address, name, str(len(rounds))) for name in "ab"}
    for writer in writers.values():
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
    for writer in writers.values():
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    won = {name: writer.communicate()[0].split() for name, writer in writers.items()}
    assert [writer.returncode for writer in writers.values()] == [0, 0]
    assert sorted(int(number) for numbers in won.values() for number in numbers) == list(rounds)
    store = store_at(rclone_address, "public store")
    assert all(store.read(f"commits/{number}") == name.encode() for name in won for number in won[name])


def test_a_store_that_decides_by_itself_never_asks_the_lock(s3_address: str) -> None:
    bucket = store_at(s3_address, "public store", "postgresql://nobody@127.0.0.1:9/none")
    with bucket.held(ID):
        assert bucket.create("commits/1", b"1")
    assert bucket.create("commits/2", b"1")


def test_a_folder_needs_no_lock(tmp_path: Path) -> None:
    folder = store_at(str(tmp_path / "store"), "public store", "postgresql://nobody@127.0.0.1:9/none")
    with folder.held(ID):
        assert folder.create("commits/1", b"1")


def test_a_lock_that_another_lets_go_is_entered_by_who_waits(lock_address: str, place: str) -> None:
    lock, entered, go = lock_at(lock_address, place), [], Event()

    def enter() -> None:
        go.set()
        with lock.held(ID):
            entered.append(True)

    thread = Thread(target=enter)
    with lock.held(ID):
        thread.start()
        go.wait()
        assert not entered
    thread.join()
    assert entered


@pytest.mark.parametrize("address", ["", "  ", "mysql://me:hidden@h/d", "redis://:hidden@h"])
def test_an_address_that_names_no_lock_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(StorageRefused, match="neither a folder nor postgresql") as refusal:
        lock_at(address, "s3://city/x")
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:hidden@127.0.0.1:9/none",  # nobody listens
        "postgresql://me:hidden@127.0.0.1:hidden/none",  # libpq's message holds the whole address
        "postgresql://me:hid@hidden@127.0.0.1:9/none",  # and here a part of the password as the host
        "postgresql://me:x@127.0.0.1:9/none?hidden=1",
    ],
)
def test_a_postgresql_that_does_not_answer_is_refused_without_its_password(address: str, place: str) -> None:
    with pytest.raises(StorageRefused, match="did not answer, or refused the login") as refusal:
        lock_at(address, place).held(ID).__enter__()
    shown: BaseException | None = refusal.value
    while shown:
        assert "hidden" not in str(shown)
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)


def test_a_lock_folder_that_is_a_file_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "locks").write_text("")
    with pytest.raises(StorageRefused, match=r"CONCENTRATOR_LOCK: its folder failed \(File exists\)"):
        lock_at(str(tmp_path / "locks"), place).held(ID).__enter__()


def test_a_lock_lost_between_the_look_and_the_write_is_noticed(
    s3_server: SimpleNamespace, s3_address: str, tmp_path: Path
) -> None:
    bucket = store_at(s3_address, "public store", str(tmp_path / "locks"))

    def fault(environ: dict[str, str], start: Callable[..., object], moto: Callable[..., object]) -> object:
        if environ["REQUEST_METHOD"] == "GET" and "commits" in environ["PATH_INFO"]:
            for path in (tmp_path / "locks").iterdir():
                path.unlink()
        return _without_conditions(environ, start, moto)

    s3_server.fault = fault
    with bucket.held(ID), pytest.raises(StorageRefused, match=LOST):
        bucket.create("commits/1", b"1")
    assert list(bucket.keys()) == []


def _without_conditions(
    environ: dict[str, str], start: Callable[..., object], moto: Callable[..., object]
) -> object:
    """moto as a server that takes no notice of the conditions."""
    for header in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"):
        environ.pop(header, None)
    return moto(environ, start)


def test_the_answer_of_a_write_inside_the_lock_is_read_back(
    s3_server: SimpleNamespace, s3_address: str, tmp_path: Path
) -> None:
    """A server that ignores conditions, and loses what it was given."""

    def fault(environ: dict[str, str], start: Callable[..., object], moto: Callable[..., object]) -> object:
        if environ["REQUEST_METHOD"] == "PUT" and "commits" in environ["PATH_INFO"]:
            start("200 OK", [("Content-Length", "0"), ("ETag", '"0"')])
            return [b""]
        return _without_conditions(environ, start, moto)

    s3_server.fault = fault
    bucket = store_at(s3_address, "public store", str(tmp_path / "locks"))
    with bucket.held(ID):
        assert not bucket.create("commits/1", b"1")
