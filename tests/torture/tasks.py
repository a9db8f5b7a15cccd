"""What may happen to a dataset: tasks that a world plays, drawn from its seed."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from torture.watch import DAY, ID, require, traces_of
from torture.world import KINDS, Fault, Hand, Task, World

from contracts.batch import Changes, FileEntry, Manifest
from storage import layout
from storage.collection import collect
from storage.history import releases_of
from storage.pointer import recheck, reconcile
from storage.publishing import current_manifest, publish, put_changes, sequence_of
from storage.records import record_of
from storage.rollback import rollback
from storage.withdrawal import withdraw, withdrawn_contents

FORMATS = (("csv",), ("csv", "parquet"), ("csv", "geojson"))
WEIGHTS = {"publish": 9, "rollback": 3, "withdraw": 3, "reconcile": 2, "recheck": 1, "collect": 4, "read": 3}
LONGEST_TASK = 90  # operations, about: where faults are drawn


def file_of(world: World, content: int, name: str) -> tuple[FileEntry, Path]:
    """A file that holds a content's cell; the same content gives the same bytes."""
    folder = world.shelf / f"{content:03d}"
    path = folder / name
    data = b"id\n" + traces_of(content)[0] + name.encode() + b"\n"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    entry = FileEntry(
        name=name, media_type="text/csv", bytes=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
    return entry, folder


def manifest_for(world: World, task: Task, release_id: str, content: int) -> tuple[Manifest, Path]:
    found = [file_of(world, content, f"parkings.{one}") for one in FORMATS[content % len(FORMATS)]]
    moment = world.clock.now + task.offset
    manifest = Manifest(
        dataset_id=ID, audience="public", release_id=release_id, created_at=moment,
        title="Parcs", publisher="Ville", licence="etalab-2.0", rows=content, columns=(), contract_hash="c",
        content_sha256=traces_of(content)[1].decode(), files=tuple(entry for entry, _ in found),
    )  # fmt: skip
    return manifest, found[0][1]


def times(world: World, task: Task) -> dict[str, Any]:
    moment = world.clock.now + task.offset
    return {"moment": moment, "expires_at": moment + 3 * DAY}


def publishing(content: int, release_id: str) -> Any:
    """Looks where the log stands, makes the release and its differences, and publishes them."""

    def act(world: World, task: Task) -> Any:
        hand, restricted = _hands(world, task)
        task.expected = sequence_of(hand, ID) if task.expected is None else task.expected
        manifest, folder = manifest_for(world, task, release_id, content)
        known = withdrawn_contents(restricted, ID, "public")
        present = current_manifest(hand, ID)
        if present and manifest.content_sha256 not in known and not world.store.exists(_key(release_id)):
            _put_changes(world, hand, present, manifest, content)
        world.watch.manifests.setdefault(release_id, manifest)
        done = publish(
            hand, manifest, folder, attempt_id=task.attempt_id, expected=task.expected, withdrawn=known,
            **times(world, task),
        )  # fmt: skip
        if not done.unchanged:
            commit = world.watch.log[done.sequence - 1]
            require(
                commit.attempt_id == task.attempt_id, f"{task} was told of another run's commit as its own"
            )
        return done

    return act


def rolling_back(world: World, task: Task) -> Any:
    hand, _ = _hands(world, task)
    chosen = _chosen(hand, task)
    return chosen and rollback(hand, ID, chosen, attempt_id=task.attempt_id, **times(world, task))


def withdrawing(release_id: str | None = None, *, urgent: bool, leave_nothing: bool) -> Any:
    """Withdraws a release, and tells the watch what may be missing from now on, and never come back."""

    def act(world: World, task: Task) -> Any:
        hand, restricted = _hands(world, task)
        chosen = release_id or _chosen(hand, task)
        if chosen is None:
            return None
        content = world.watch.manifests[chosen].content_sha256
        world.watch.withdrawing.add(content)
        began = world.operations
        done = withdraw(
            hand, ID, chosen, reason="erreur", remembered_in=restricted, attempt_id=task.attempt_id,
            urgent=urgent, leave_nothing=leave_nothing, **times(world, task),
        )  # fmt: skip
        if content in withdrawn_contents(world.restricted, ID, "public"):
            world.watch.withdrawn.setdefault(content, len(world.watch.log))
        require(not done.sequence or _clean(world, content, began), f"{task} left cells of {chosen}")
        return done

    return act


def _clean(world: World, content: str, began: int) -> bool:
    """Whether nothing that was written before the withdrawal holds what was withdrawn."""
    return not [key for key in held_by(world, content) if world.watch.written.get(key, 0) <= began]


def held_by(world: World, content: str) -> set[str]:
    """The keys that hold a content's cells or hash, in an older version too."""
    traces = traces_of(int(content[5:8]))
    older = getattr(world.store, "older", {})
    return {
        key
        for key in (*world.store.keys(""), *older)
        for bytes_ in (world.store.read_or_none(key) or b"", *older.get(key, ()))
        if any(trace in bytes_ for trace in traces)
    }


def reconciling(*, thorough: bool) -> Any:
    return lambda world, task: reconcile(_hands(world, task)[0], ID, thorough=thorough)


def rechecking(world: World, task: Task) -> Any:
    return recheck(_hands(world, task)[0], ID, **times(world, task))


def collecting(world: World, task: Task) -> Any:
    return collect(_hands(world, task)[0], [ID], keep_releases=world.watch.keep_releases, keep_days=0)


def reading(world: World, task: Task) -> Any:
    """A reader who follows the pointer finds all it names, whole, unless it took a day or it was withdrawn."""
    hand, _ = _hands(world, task)
    content, started = hand.read_or_none(layout.pointer(ID)), world.clock.now
    current = world.watch.pointer if content else None
    if current is None or current.release_id is None:
        return
    listed = hand.read_or_none(_key(current.release_id))
    for entry in record_of(listed, Manifest, "manifest").files if listed else ():
        found = hand.read_or_none(layout.release_file(ID, current.release_id, entry.name))
        right = found is not None and hashlib.sha256(found).hexdigest() == entry.sha256
        withdrawn = world.watch.manifests[current.release_id].content_sha256 in world.watch.withdrawing
        late = world.clock.now - started >= DAY
        require(
            right or withdrawn or late, f"{task} found {entry.name} of {current.release_id} missing or torn"
        )


def drawn(world: World, rng: Random, contents: int, kinds: dict[str, int], faults: tuple[str, ...]) -> Task:
    """The next task, with the fault that may strike it."""
    kind = rng.choices(list(kinds), list(kinds.values()))[0]
    number = world.tasks + rng.randint(1, 10**6) * 1000
    fault = Fault(rng.choice(faults), rng.randint(1, LONGEST_TASK)) if rng.random() < 0.5 else Fault()
    urgent = rng.random() < 0.3
    acts = {
        "publish": publishing(rng.randint(1, contents), f"r{number}"), "rollback": rolling_back,
        "withdraw": withdrawing(urgent=urgent, leave_nothing=rng.random() < 0.3),
        "reconcile": reconciling(thorough=rng.random() < 0.3), "recheck": rechecking,
        "collect": collecting, "read": reading,
    }  # fmt: skip
    offset = timedelta(hours=rng.choice((0, 0, 0, 2, -2)))
    return Task(
        number, kind, acts[kind], fault, drawn=rng.random(), offset=offset, attempt_id=f"run-{number}",
        urgent=urgent,
    )  # fmt: skip


def faults_for(world: World) -> tuple[str, ...]:
    return (*KINDS, "lock lost", "stalled, lock lost") if world.locking else KINDS


def _hands(world: World, task: Task) -> tuple[Any, Any]:
    return Hand(world, task, world.store), Hand(world, task, world.restricted)


def _key(release_id: str) -> str:
    return layout.release_manifest(ID, release_id)


def _chosen(hand: Any, task: Task) -> str | None:
    """One of the releases, kept ones before others."""
    releases = releases_of(hand, ID)
    kept = [one for one in releases if one.state in ("kept", "current")]
    from_these = kept if kept and task.drawn < 0.8 else releases
    return from_these[int(task.drawn * 1000) % len(from_these)].release_id if from_these else None


def _put_changes(world: World, hand: Any, present: Manifest, manifest: Manifest, content: int) -> None:
    """Differences that quote both releases."""
    before = int(present.content_sha256[5:8])
    folder = world.shelf / f"{before:03d}-{content:03d}"
    folder.mkdir(parents=True, exist_ok=True)
    data = b"".join(traces_of(one)[0] for one in (before, content))
    (folder / "added.csv").write_bytes(data)
    entry = FileEntry(
        name="added.csv", media_type="text/csv", bytes=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
    changes = Changes(
        dataset_id=ID, release_id=manifest.release_id, previous_release_id=present.release_id,
        rows_before=1, rows_after=1, added=1, removed=0, changed=0, cells=0, breaking=False,
        sentence={"fr": "Une ligne ajoutée.", "en": "One row added."}, files=(entry,),
    )  # fmt: skip
    put_changes(hand, changes, folder)
