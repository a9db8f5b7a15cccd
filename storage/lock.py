"""The lock for stores that cannot decide between two writers: it stands as long as its holder's session."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.errors import StorageRefused
from storage.layout import safe_name

if TYPE_CHECKING:
    from psycopg import Connection

PATIENCE = 300.0  # seconds; who waits longer for one publish learns more from a refusal
SETTING = "CONCENTRATOR_LOCK"

_PAUSE = 0.02  # seconds between two looks at a file's lock, which the kernel gives in no order
_POSTGRESQL = ("postgresql://", "postgres://")
_SESSION: dict[str, Any] = {  # a machine that is gone is noticed within minutes, from both ends
    "connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 60_000, "application_name": "concentrator lock",
}  # fmt: skip
_SETTINGS = """
    SELECT set_config(name, wanted, false) FROM pg_settings JOIN (VALUES
        ('lock_timeout', %s), ('statement_timeout', '0'), ('idle_session_timeout', '0'),
        ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3')
    ) AS wish (name, wanted) USING (name)
"""  # those that this server's version knows
_MINE = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid = 1 AND granted
"""

Session = Callable[[], bool]  # whether it still stands
Take = Callable[[str], AbstractContextManager[Session]]


class Lock:
    """Who may write the datasets of one store; whoever is inside (process and thread) may enter again."""

    def __init__(self, place: str, take: Take) -> None:
        self._place, self._take = place, take
        self._sessions: dict[tuple[int, int], dict[str, Session]] = {}

    @contextmanager
    def held(self, dataset_id: str) -> Iterator[None]:
        """Alone on this dataset.

        Raises:
            StorageRefused: another run does not let go of it, or the lock's folder or server fails.
        """
        mine = self._sessions.setdefault((os.getpid(), threading.get_ident()), {})
        if dataset_id in mine:
            yield
            return
        with ExitStack() as stack:
            mine[dataset_id] = self._entered(stack, dataset_id)
            stack.callback(mine.pop, dataset_id)
            yield

    def check(self) -> None:
        """Refuses whoever holds nothing here, or no longer.

        Raises:
            StorageRefused: nothing is held by this thread, or the session that held it has ended.
        """
        mine = self._sessions.get((os.getpid(), threading.get_ident()))
        if not mine:
            met = "a write that needs its lock was about to happen without it"
            raise StorageRefused(self._place, met, remedy="Report this: it is a fault of the concentrator.")
        for dataset_id, stands in mine.items():
            if not stands():
                met = f"the lock on it in {self._place} was lost, so another run may be writing"
                raise StorageRefused(dataset_id, met, remedy="Nothing more was written; run again.")

    def _entered(self, stack: ExitStack, dataset_id: str) -> Session:
        try:
            return stack.enter_context(self._take(f"{self._place}/{dataset_id}"))
        except TimeoutError as error:
            met = f"another run holds it in {self._place} and does not end"
            raise StorageRefused(dataset_id, met, remedy="Run again when it has ended.") from error
        except OSError as error:
            raise _unusable(f"its folder failed ({error.strerror})") from error


@cache
def lock_at(address: str, place: str, patience: float = PATIENCE) -> Lock:
    """The lock on a store's datasets kept in a folder (flock: one host), or at `postgresql://…`.

    `place` tells one store from another, and is the same for whoever writes to it. The same address
    gives the same lock, so that a process cannot wait for itself. `patience` is in seconds.

    Raises:
        StorageRefused: the address is neither; it is never repeated, for it may hold a password.
    """
    if address.startswith(_POSTGRESQL):
        return Lock(place, partial(_advisory, address, patience))
    if not address.strip() or "://" in address:
        raise _unusable("its address is neither a folder nor postgresql://")
    folder = Path(address).absolute()
    return Lock(place, lambda name: flocked(folder / safe_name(f"{name}.lock"), patience))


@contextmanager
def flocked(path: Path, patience: float) -> Iterator[Session]:
    """Alone with this file, which is made when missing and never deleted; a kill frees it.

    Raises:
        TimeoutError: it stays another's for `patience` seconds.
        OSError: it cannot be made or locked.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _locked(path, patience)
    try:
        yield lambda: _is_at(descriptor, path)  # a deleted file keeps nobody out
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # also for a child that inherited it by fork
        os.close(descriptor)


def _locked(path: Path, patience: float) -> int:
    """An open descriptor of the locked file."""
    for _ in range(max(1, int(patience / _PAUSE))):
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        os.close(descriptor)
        time.sleep(_PAUSE)
    raise TimeoutError(errno.ETIMEDOUT, "another process holds it")


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def _advisory(address: str, patience: float, name: str) -> Iterator[Session]:
    """A session of its own that holds the name's advisory lock; PostgreSQL frees it when it ends."""
    import psycopg  # only whose stores need it pay for it

    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    try:
        connection = psycopg.connect(address, autocommit=True, **_SESSION)
    except psycopg.Error:  # without its cause: libpq quotes parts of an address that holds a password
        raise _unusable("its PostgreSQL server did not answer, or refused the login") from None
    with closing(connection):
        try:
            connection.execute(_SETTINGS, [str(max(1, int(patience * 1000)))])
            connection.execute("SELECT pg_advisory_lock(%s)", [key])
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            raise TimeoutError(errno.ETIMEDOUT, "another session holds it") from error
        except psycopg.Error as error:
            raise _unusable("its PostgreSQL server failed while waiting") from error
        yield lambda: _stands(connection)


def _stands(connection: Connection) -> bool:
    import psycopg

    try:
        return connection.execute(_MINE).fetchone() == (1,)
    except psycopg.Error:
        return False


def _unusable(met: str) -> StorageRefused:
    remedy = f"{SETTING} takes a folder of this one machine, or postgresql://user:password@host/database."
    return StorageRefused(f"the lock of {SETTING}", met, remedy=remedy)
