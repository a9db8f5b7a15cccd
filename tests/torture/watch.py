"""What readers were promised, checked after every single write to a store."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from contracts.batch import Commit, Current, Manifest
from storage import layout
from storage.collection import Plan
from storage.records import bytes_of, record_of

ID = "mobility.parkings"
PLACE = "mobility/parkings/"
COMMITS, RELEASES = layout.commits_prefix(ID), layout.releases_prefix(ID)
POINTER, STABLE, SHOWN = layout.pointer(ID), layout.stable_prefix(ID), layout.stable_manifest(ID)
BURIED, DIFFERENCES = PLACE + "withdrawn/", PLACE + "changes/"
DAY = timedelta(days=1)


class Violated(BaseException):
    """A promise was broken; nothing in our code may catch it."""


def require(kept: bool, promise: str) -> None:
    if not kept:
        raise Violated(promise)


def traces_of(content: int) -> tuple[bytes, bytes]:
    """What gives a content away: its cell, and its hash in a manifest."""
    return f"cell-{content:03d}!".encode(), f"hash-{content:03d}!".encode()


class Watch:
    """Everything that was ever promised of one dataset in one store."""

    def __init__(self, store: Any, clock: Any) -> None:
        self.store, self.clock = store, clock
        self.log: list[Commit] = []
        self.bytes: list[bytes] = []
        self.manifests: dict[str, Manifest] = {}
        self.pointer: Current | None = None
        self.withdrawing: set[str] = set()  # contents whose withdrawal has begun
        self.withdrawn: dict[str, int] = {}  # contents → the last commit before it was complete
        self.buried: dict[str, int] = {}  # release → operation of its tombstone
        self.planned: dict[str, datetime] = {}
        self.uploaded: dict[str, datetime] = {}  # release → last write of a file of it
        self.written: dict[str, int] = {}  # key → operation
        self.keep_releases = 1
        self.checks = 0

    def looked(self, task: Any, operation: str, key: str) -> None:
        """A task looked whether it is still head: what it shows next must have been the head then."""
        if operation == "exists" and key.startswith(COMMITS):
            task.looked = len(self.log)

    def wrote(self, task: Any, operation: str, key: str, at: int, *, locking: bool) -> None:
        """Every promise that this write could have broken.

        Raises:
            Violated: it was.
        """
        self.checks += 1
        if locking and key.startswith(PLACE):
            require(ID in task.holding, f"{task} wrote {key} without the lock")
        self.written[key] = at
        if key.startswith(COMMITS):
            self._committed(task, operation, key)
        elif key == POINTER:
            self._pointed(task)
        elif key == SHOWN:
            self._told(task)
        elif key.startswith(STABLE):
            self._shown(task, key)
        elif key.startswith(RELEASES):
            self._uploaded(task, operation, key)
        elif key.startswith(BURIED):
            self._buried(task, operation, key, at)
        elif key == layout.collection_plan():
            self._planned()

    def whole(self, release_id: str, promise: str) -> None:
        """Every file of the release is there, byte for byte, unless its withdrawal has begun."""
        manifest = self.manifests[release_id]
        if manifest.content_sha256 in self.withdrawing:
            return
        for entry in manifest.files:
            key = layout.release_file(ID, release_id, entry.name)
            present = self.store.read_or_none(key)
            found = present is not None and hashlib.sha256(present).hexdigest() == entry.sha256
            require(found, f"{promise}: {key} is missing or torn")

    def _committed(self, task: Any, operation: str, key: str) -> None:
        content = self.store.read_or_none(key)
        sequence = int(key.removeprefix(COMMITS).removesuffix(".json"))
        if sequence <= len(self.log):
            require(
                content == self.bytes[sequence - 1], f"{task}: commit {sequence} was changed by {operation}"
            )
            return
        if content is None:
            return
        require(sequence == len(self.log) + 1, f"{task}: commit {sequence} leaves a gap")
        commit = record_of(content, Commit, key)
        before = hashlib.sha256(self.bytes[-1]).hexdigest() if self.bytes else None
        require(commit.previous_sha256 == before, f"{task}: commit {sequence} does not follow the one before")
        require(commit.committed_at <= self.clock.now, f"{task}: commit {sequence} is of the future")
        if commit.release_id is not None:
            self._committable(task, commit)
        self.log.append(commit)
        self.bytes.append(content)

    def _committable(self, task: Any, commit: Commit) -> None:
        release_id, says = commit.release_id or "", f"{task}: commit {commit.sequence}"
        manifest = self.manifests[release_id]
        self.whole(release_id, says)
        stored = self.store.read_or_none(layout.release_manifest(ID, release_id))
        if manifest.content_sha256 not in self.withdrawing:
            found = stored is not None and hashlib.sha256(stored).hexdigest() == commit.manifest_sha256
            require(found, f"{says}: its manifest is not there")
        ended = self.withdrawn.get(manifest.content_sha256)
        require(ended is None or commit.action == "withdraw", f"{says} brings back what was withdrawn")
        buried = self.buried.get(release_id)
        require(buried is None or buried > task.began, f"{says} names a release that has a tombstone")
        if commit.action == "publish":
            self._publishable(task, commit, manifest, says)

    def _publishable(self, task: Any, commit: Commit, manifest: Manifest, says: str) -> None:
        before = self.log[-1] if self.log else None
        follows = before is not None and before.attempt_id == commit.attempt_id
        require(
            follows or task.expected == len(self.log), f"{says} was overtaken since it looked at its source"
        )
        stored = self.store.read_or_none(layout.release_manifest(ID, manifest.release_id))
        created = record_of(stored, Manifest, "manifest").created_at if stored else self.clock.now
        require(created <= self.clock.now, f"{says} shows a release of the future")
        first = task.first_upload or self.clock.now
        require(self.clock.now - first <= DAY + timedelta(hours=1), f"{says} comes a day after its upload")
        present = self.manifests.get(before.release_id or "") if before else None
        same = present is not None and _facts(present) == _facts(manifest)
        require(not same, f"{says} tells nothing new")

    def _pointed(self, task: Any) -> None:
        content = self.store.read_or_none(POINTER)
        require(content is not None, f"{task} deleted the pointer")
        current = record_of(content or b"", Current, POINTER)
        if self.pointer is not None:
            back = (current.sequence, current.checked_at) < (self.pointer.sequence, self.pointer.checked_at)
            require(not back, f"{task}: the pointer went back to {current.sequence}")
        require(current.sequence <= len(self.log), f"{task}: the pointer names what was not committed")
        named = self.log[current.sequence - 1].release_id
        require(named == current.release_id, f"{task}: the pointer names another release than its commit")
        require(current.checked_at <= self.clock.now, f"{task}: the pointer is of the future")
        if current.release_id is not None:
            self.whole(current.release_id, f"{task}: the pointer")
        self.pointer = current

    def _told(self, task: Any) -> None:
        content = self.store.read_or_none(SHOWN)
        if content is None:
            require(task.kind == "withdraw" or self._head() is None, f"{task} deleted the stable manifest")
            return
        known = {commit.manifest_sha256 for commit in self.log}
        require(
            hashlib.sha256(content).hexdigest() in known, f"{task}: the stable manifest was not committed"
        )

    def _shown(self, task: Any, key: str) -> None:
        content, name = self.store.read_or_none(key), key.removeprefix(PLACE)
        if content is None:
            head = self.manifests.get(self._shown_at(task.looked) or "")
            needed = head is not None and name in {entry.name for entry in head.files}
            require(task.kind == "withdraw" or not needed, f"{task} deleted {key}, which readers need")
            return
        digest = hashlib.sha256(content).hexdigest()
        naming = {rid for rid, manifest in self.manifests.items() if (name, digest) in _files(manifest)}
        require(bool(naming & self._named()), f"{task}: {key} is torn, or of no committed release")
        fresh = naming & {self._shown_at(task.looked), self._head()}
        require(bool(fresh), f"{task}: {key} is of a release that was not head when the task looked")

    def _uploaded(self, task: Any, operation: str, key: str) -> None:
        release_id = layout.release_of(ID, key) or ""
        manifest = self.manifests.get(release_id)
        deleted = operation in ("delete", "erase")
        if not deleted:
            self.uploaded[release_id] = self.clock.now
            if task.kind == "publish":
                task.first_upload = task.first_upload or self.clock.now
        if manifest is None or manifest.content_sha256 in self.withdrawing:
            return
        # A withdrawal takes an upload that did not tell, when it looked, what it holds: its run is overtaken.
        overtaken = task.kind == "withdraw" and release_id not in self._named()
        if deleted and not overtaken:
            self._collectable(task, key, release_id)
        elif not deleted and release_id in self._named():
            self.whole(release_id, f"{task} wrote over a committed release")

    def _collectable(self, task: Any, key: str, release_id: str) -> None:
        says, now = f"{task} deleted {key}", self.clock.now
        require(self._head() != release_id, f"{says} of the release that is head")
        newest = {commit.release_id for commit in self.log[-self.keep_releases :]}
        require(release_id not in newest, f"{says}, which retention keeps")
        require(now - self.uploaded.get(release_id, now) >= 7 * DAY, f"{says}, which is not a week old")
        require(now - self.planned.get(release_id, now) >= DAY, f"{says} without a day's notice")
        if key == layout.release_manifest(ID, release_id):
            left = [one for one in self.store.keys(layout.release_file(ID, release_id, "")) if one != key]
            require(not left, f"{says} before its data")

    def _buried(self, task: Any, operation: str, key: str, at: int) -> None:
        require(operation not in ("delete", "erase"), f"{task} deleted the tombstone {key}")
        release_id = key.removeprefix(BURIED).removesuffix(".json")
        self.buried.setdefault(release_id, at)
        manifest = self.manifests[release_id]
        if task.kind == "withdraw" and task.urgent:
            for entry in manifest.files:
                data = layout.release_file(ID, release_id, entry.name)
                require(not self.store.exists(data), f"{task} wrote a tombstone before it took {data} away")

    def _planned(self) -> None:
        content = self.store.read_or_none(layout.collection_plan())
        plan = record_of(content, Plan, "plan") if content else None
        named = {one.release_id for one in plan.releases} if plan else set()
        self.planned = {one: self.planned.get(one, self.clock.now) for one in named}

    def going(self) -> bool:
        """Whether a collection has begun and not ended: the next one puts the feed right, too."""
        content = self.store.read_or_none(layout.collection_plan())
        return bool(content) and any(one.going for one in record_of(content, Plan, "plan").releases)

    def _named(self) -> set[str | None]:
        return {commit.release_id for commit in self.log}

    def _head(self) -> str | None:
        return self.log[-1].release_id if self.log else None

    def _shown_at(self, length: int) -> str | None:
        return self.log[length - 1].release_id if 0 < length <= len(self.log) else None


def _facts(manifest: Manifest) -> tuple[Any, ...]:
    return manifest.content_sha256, sorted(entry.name for entry in manifest.files)


def _files(manifest: Manifest) -> set[tuple[str, str]]:
    return {(entry.name, entry.sha256) for entry in manifest.files}


def digest_of(manifest: Manifest) -> str:
    return hashlib.sha256(bytes_of(manifest)).hexdigest()
