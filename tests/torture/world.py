"""A small world that replays from its seed: tasks on one dataset take turns, and a fault may strike each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from torture.memory import Memory
from torture.watch import Violated, Watch

from contracts.errors import ConcentratorError, StorageRefused

WRITES = frozenset({"put_file", "put_bytes", "copy", "delete", "erase", "create", "swap"})
ADDING = WRITES - {"delete", "erase"}
LOOKS = (
    "create",
    "modified",
)  # a writer that sleeps between its look at the clock and its commit is beyond any rule
MOST_TURNS = 20_000
START = datetime(2026, 10, 24, 22, tzinfo=UTC)  # the night in which the clocks go back


def _taken_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


class Killed(BaseException):
    """The process ends here: nothing in our code may catch it."""


@dataclass(frozen=True)
class Fault:
    """What strikes a task at its `at`-th operation, or at the first after it that fits."""

    kind: str = "none"
    at: int = 0


KINDS = ("killed before", "killed after", "reply lost", "unavailable", "full", "corrupted", "stalled")


@dataclass
class Clock:
    """The store's clock."""

    now: datetime = START

    def forward(self, by: timedelta) -> None:
        self.now += by


@dataclass(eq=False)
class Task:
    """One process that does one thing, in a thread that runs only when it is its turn."""

    number: int
    kind: str
    act: Callable[[World, Task], Any]
    fault: Fault = Fault()
    urgent: bool = False
    drawn: float = 0.0  # what it chooses by
    offset: timedelta = timedelta()  # of its own clock
    attempt_id: str = ""
    operations: int = 0
    struck: bool = False
    asleep: bool = False
    lost: bool = False  # its lock's session has ended
    doomed: bool = False
    over: bool = False
    turns: int = 0
    looked: int = 0  # the log's length when it last looked whether it is head
    began: int = 0
    expected: int | None = None
    first_upload: datetime | None = None
    outcome: Any = None
    refusal: ConcentratorError | None = None
    error: BaseException | None = None
    holding: set[str] = field(default_factory=set)
    go: threading.Lock = field(default_factory=_taken_lock)

    def __str__(self) -> str:
        struck = f", {self.fault.kind} at {self.fault.at}" if self.struck else ""
        return f"task {self.number} ({self.kind}{struck})"


class World:
    """One store, its clock, its lock, who is at work on it, and who watches."""

    def __init__(self, rng: Random, store: Any, shelf: Path, *, locking: bool = False) -> None:
        self.rng, self.store, self.shelf, self.locking = rng, store, shelf, locking
        self.restricted = Memory("restricted store")
        self.clock = Clock()
        self.times: dict[str, datetime] = {}
        self.watch = Watch(store, self.clock)
        self.locks: dict[str, Task] = {}
        self.asleep: list[Task] = []
        self.operations, self.struck, self.tasks = 0, 0, 0
        self.since_healed = 0  # faults that struck since all was last healed
        self._back = _taken_lock()

    def play(self, tasks: list[Task]) -> None:
        """All of them, in turns, to their ends or to sleep."""
        for task in tasks:
            task.began = self.operations
            self.tasks += 1
            threading.Thread(target=self._run, args=(task,), daemon=True).start()
        self.resume(tasks)

    def resume(self, tasks: list[Task]) -> None:
        """The tasks woken and played to their ends."""
        for task in tasks:
            task.asleep = False
        self.asleep = [task for task in self.asleep if task not in tasks]
        left = list(tasks)
        turns = 0
        while left:
            turns += 1
            task = self.rng.choice(left)
            task.turns = self.rng.choice((1, 1, 2, 3, 5, 8, 13, 34)) if len(left) > 1 else 10**9
            self._give_turn(task)
            if task.error is not None or turns > MOST_TURNS:
                self.abandon([*tasks, *self.asleep])
                raise Violated(f"{task}: does not end") if task.error is None else task.error
            if task.over or task.asleep:
                left.remove(task)
                self.asleep += [task] if task.asleep else []

    def abandon(self, tasks: list[Task]) -> None:
        """Whoever still runs is killed, so that no thread stays."""
        for task in tasks:
            task.doomed = True
            while not task.over:
                self._give_turn(task)

    def operate(self, task: Task, operation: str, store: Any, *arguments: Any, **named: Any) -> Any:
        """What a store answers a task, when it is its turn and unless a fault strikes."""
        self._wait_for_turn(task)
        task.operations += 1
        self.operations += 1
        self.clock.forward(timedelta(seconds=1))
        fault = task.fault
        fits = task.operations >= fault.at and not (
            task.struck or self._unfit(fault.kind, operation, arguments)
        )
        strikes = fault.kind != "none" and fits
        if strikes:
            task.struck = True
            self.struck += 1
            self.since_healed += 1
            if fault.kind in ("stalled", "stalled, lock lost"):
                task.asleep = True
                self._lose(task, fault.kind)
                self._wait_for_turn(task)
            self._lose(task, fault.kind)
        self._strike_before(task, strikes, operation)
        result = self._carried_out(
            task, operation, store, strikes and fault.kind == "corrupted", *arguments, **named
        )
        if strikes and fault.kind == "killed after":
            raise Killed
        if strikes and fault.kind in ("reply lost", "unavailable"):
            raise StorageRefused(store.name, "storage unavailable")
        return result

    @contextmanager
    def held(self, task: Task, name: str) -> Iterator[None]:
        """The lock, which a kill frees and a sleeper keeps."""
        if not self.locking or name in task.holding:
            yield
            return
        while self.locks.get(name, task) is not task:
            if self.locks[name].asleep:
                raise StorageRefused(name, "another run holds it and does not end")
            task.turns = 0
            self._wait_for_turn(task)
        self.locks[name] = task
        task.holding.add(name)
        try:
            yield
        finally:
            task.holding.discard(name)
            if self.locks.get(name) is task:
                del self.locks[name]

    def modified(self, store: Any, key: str) -> datetime:
        if not store.exists(key):
            raise StorageRefused(store.name, f"{key} is missing")
        return self.times.get(key, START)

    def _unfit(self, kind: str, operation: str, arguments: tuple[Any, ...]) -> bool:
        if kind == "corrupted":
            return operation != "put_file"
        if kind == "full":
            return operation not in ADDING
        return kind.startswith("stalled") and operation in LOOKS

    def _strike_before(self, task: Task, strikes: bool, operation: str) -> None:
        kind = task.fault.kind if task.struck else ""
        if strikes and kind == "killed before":
            raise Killed
        if kind == "unavailable" and not strikes:
            raise StorageRefused(self.store.name, "storage unavailable")
        if kind == "full" and operation in ADDING:
            raise StorageRefused(self.store.name, "disk full while writing")

    def _lose(self, task: Task, kind: str) -> None:
        if "lock lost" in kind:
            task.lost = True
            self.locks = {name: holder for name, holder in self.locks.items() if holder is not task}

    def _carried_out(
        self, task: Task, operation: str, store: Any, corrupted: bool, *arguments: Any, **named: Any
    ) -> Any:
        if operation == "now":
            return self.clock.now
        if operation == "modified":
            return self.modified(store, *arguments)
        if operation in ("create", "swap") and self.locking and store is self.store:
            self._wait_for_turn(task)  # the look and the write are two: only the lock stands between
            if task.lost or not task.holding:
                raise StorageRefused("dataset", "the lock on it was lost, so another run may be writing")
        if corrupted:
            store.put_bytes(arguments[0], b"bytes that nobody sent")
            result = None
        else:
            result = getattr(store, operation)(*arguments, **named)
        if operation == "keys":
            return iter(list(result))
        if store is self.store:
            self._noted(task, operation, *arguments)
        return result

    def _noted(self, task: Task, operation: str, key: Any = "", *rest: Any) -> None:
        if operation in WRITES:
            target = rest[0] if operation == "copy" else key
            self.times[target] = self.clock.now
            self.watch.wrote(task, operation, target, self.operations, locking=self.locking)
        else:
            self.watch.looked(task, operation, key)

    def _run(self, task: Task) -> None:
        task.go.acquire()
        try:
            if not task.doomed:
                task.outcome = task.act(self, task)
        except Killed:
            pass
        except ConcentratorError as refusal:
            task.refusal = refusal
        except BaseException as error:
            task.error = error
        task.over = True
        self._back.release()

    def _give_turn(self, task: Task) -> None:
        task.go.release()
        self._back.acquire()

    def _wait_for_turn(self, task: Task) -> None:
        task.turns -= 1
        if task.turns < 0 or task.asleep:
            self._back.release()
            task.go.acquire()
        if task.doomed:
            raise Killed


class Hand:
    """A store as one task has it in hand."""

    def __init__(self, world: World, task: Task, store: Any) -> None:
        self._world, self._task, self._store = world, task, store
        self.name, self.place = store.name, store.place

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            return self._world.operate(self._task, operation, self._store, *arguments, **named)

        return called

    def held(self, name: str) -> Any:
        return self._world.held(self._task, name)
