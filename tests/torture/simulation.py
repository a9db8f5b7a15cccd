"""The simulation: from a seed, a random history of one dataset, watched at every write and healed at its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from torture.memory import Memory
from torture.tasks import (
    WEIGHTS,
    collecting,
    drawn,
    faults_for,
    held_by,
    publishing,
    reconciling,
    withdrawing,
)
from torture.watch import DAY, ID, PLACE, SHOWN, STABLE, Violated, require
from torture.world import Fault, Task, World

from storage import layout
from storage.feed import feed_of
from storage.log import head_of
from storage.withdrawal import withdrawn_contents

PAUSES = (
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(hours=1),
    timedelta(hours=25),
    timedelta(days=8),
)
CONTENTS = 6  # few, so that equal contents meet again
REFUSALS = (  # what a task may be told although nothing struck it
    "overtaken by another run", "is the last release", "was withdrawn", "is what is shown now",
    "is no longer kept", "being collected", "was begun and not finished", "nothing is left of",
    "another run holds it", "used before", "24 hours ago",
)  # fmt: skip


@dataclass(frozen=True)
class Played:
    """What one history came to."""

    tasks: int
    operations: int
    faults: int
    commits: int
    checks: int


def play(
    seed: int, shelf: Path, *, locking: bool = False, store: Any = None, kinds: dict[str, int] = WEIGHTS
) -> Played:
    """What the history of this seed came to; `shelf` is a folder for the releases' files.

    Raises:
        AssertionError: a promise was broken; the message names the seed that shows it again.
    """
    rng = Random(seed)
    world = World(rng, Memory("public store") if store is None else store, shelf, locking=locking)
    world.watch.keep_releases = rng.choice((1, 1, 2))
    try:
        _lived(world, rng, kinds)
        healed(world)
    except Violated as violated:
        raise AssertionError(f"seed {seed}{', with a lock' * locking}: {violated}") from violated
    return Played(world.tasks, world.operations, world.struck, len(world.watch.log), world.watch.checks)


def _lived(world: World, rng: Random, kinds: dict[str, int]) -> None:
    faults = faults_for(world)
    number = 0
    for content in range(1, rng.choice((2, 3, 4))):
        number -= 1
        world.play([plain(number, "publish", publishing(content, f"r{-number}"))])
    for _ in range(rng.randint(2, 5)):
        world.clock.forward(rng.choice(PAUSES))
        awake = [task for task in world.asleep if rng.random() < 0.5]
        tasks = [drawn(world, rng, CONTENTS, kinds, faults) for _ in range(rng.choice((1, 2, 2, 3)))]
        calm = not (world.asleep or awake or world.since_healed or len(tasks) > 1)
        if awake:
            world.clock.forward(timedelta(hours=25))
            world.resume(awake)
        world.play(tasks)
        if calm and not tasks[0].struck:
            _expect_calm(world, tasks[0])
        retries = [again(task, rng) for task in tasks if task.struck and task.over and task.kind == "publish"]
        world.play([task for task in retries if rng.random() < 0.5])


def _expect_calm(world: World, task: Task) -> None:
    """Alone and undisturbed, a task ends well or with a sentence that says why not, and all is settled."""
    told = str(task.refusal)
    require(task.refusal is None or any(one in told for one in REFUSALS), f"{task} ended with: {told}")
    if not unfinished(world):
        settled(world, f"after {task}")


def again(task: Task, rng: Random) -> Task:
    """The same run once more, as Airflow's retry does: with its attempt's id."""
    return Task(
        task.number, task.kind, task.act, drawn=task.drawn, offset=task.offset, attempt_id=task.attempt_id,
        expected=task.expected,
    )  # fmt: skip


def plain(number: int, kind: str, act: Any) -> Task:
    return Task(number, kind, act, Fault(), attempt_id=f"run{number}")


def unfinished(world: World) -> list[str]:
    """Releases whose withdrawal was begun and has not ended."""
    known = withdrawn_contents(world.restricted, ID, "public") - world.watch.withdrawn.keys()
    committed = {commit.release_id for commit in world.watch.log}
    return sorted(
        rid
        for rid, manifest in world.watch.manifests.items()
        if rid in committed and manifest.content_sha256 in known
    )


def healed(world: World) -> None:
    """The sleepers end, what was begun is run again, and one reconcile settles all; a week later too.

    Raises:
        Violated: it does not.
    """
    world.clock.forward(timedelta(hours=25))
    world.resume(list(world.asleep))
    for number in range(10):  # one that was urgent may have erased what another one's end has to show
        for release_id in unfinished(world):
            task = plain(0, "withdraw", withdrawing(release_id, urgent=False, leave_nothing=True))
            task.attempt_id = f"w{number}-{release_id}-{world.tasks}"
            world.play([task])
    require(not unfinished(world), "a withdrawal does not end")
    for release_id in (rid for rid in world.watch.manifests if world.store.exists(layout.tombstone(ID, rid))):
        ended(
            world, "w", "withdraw", withdrawing(release_id, urgent=False, leave_nothing=True)
        )  # typed again
    ended(world, "heal", "reconcile", reconciling(thorough=False))
    settled(world, "after one reconcile")
    again = ended(world, "heal again", "reconcile", reconciling(thorough=False))
    require(again.outcome is False, "a second reconcile finds something to do")
    for days in (8, 2):
        world.clock.forward(days * DAY)
        ended(world, "collect", "collect", collecting)
    settled(world, "after collection")
    for content in world.watch.withdrawn:
        left = held_by(world, content)
        require(not left, f"what was withdrawn is still in {sorted(left)}")


def ended(world: World, name: str, kind: str, act: Any) -> Task:
    """A task that nothing disturbs, and that must end well."""
    task = plain(0, kind, act)
    task.attempt_id = f"{name}-{world.tasks}"
    world.play([task])
    require(task.refusal is None, f"{name} was refused: {task.refusal}")
    return task


def settled(world: World, when: str) -> None:
    """Pointer, stable names, their manifest and the feed show the last commit, and nothing else.

    Raises:
        Violated: they do not.
    """
    watch, store = world.watch, world.store
    if not watch.log:
        return
    head = watch.log[-1]
    require(
        watch.pointer is not None and watch.pointer.sequence == head.sequence,
        f"{when}: the pointer is behind",
    )
    manifest = watch.manifests.get(head.release_id or "")
    files = {PLACE + entry.name: entry.sha256 for entry in manifest.files} if manifest else {}
    shown = {key: store.sha256(key) for key in store.keys(STABLE)}
    require(shown == files, f"{when}: the stable names are not the head's")
    stored = store.read_or_none(layout.release_manifest(ID, head.release_id)) if head.release_id else None
    require(store.read_or_none(SHOWN) == stored, f"{when}: the stable manifest is not the head's")
    last = head_of(store, ID)
    feed = feed_of(store, ID, last) if last else None
    told = (watch.going() and when == "after one reconcile") or store.read_or_none(layout.feed(ID)) == feed
    require(told, f"{when}: the feed is not right")
