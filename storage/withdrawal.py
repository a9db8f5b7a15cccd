"""Withdrawal: a release taken from every reader for ever, with all that quotes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field as Setting

from contracts.batch import Manifest, Tombstone, Withdrawn
from contracts.dataset import Audience
from contracts.errors import StorageRefused
from contracts.model import Frozen
from storage import layout
from storage.collection import spare
from storage.differences import is_difference, quoting
from storage.feed import renew_feed
from storage.history import Kept, files_by_release, release_called, releases_of, require_whole
from storage.log import Entry, Head, append, head_of, stamp
from storage.pointer import follow, settle
from storage.records import put_record, record_at
from storage.store import Store


class Withdrawal(Frozen):
    """What was taken away, or with `planned` would be."""

    dataset_id: str
    releases: tuple[str, ...] = Setting(description="The release, and all others of the very same content.")
    shown: str | None = Setting(description="The release that readers see now; None: nothing.")
    sequence: int | None = Setting(None, description="Of the commit; None: planned, or all was done before.")
    erased: tuple[str, ...] = Setting((), description="Keys deleted, with their older versions.")
    purge: tuple[str, ...] = Setting((), description="Keys whose copies in caches have to be purged.")
    planned: bool = False


@dataclass(frozen=True)
class _Case:
    """What is to go, as the store stood before anything was done."""

    store: Store
    dataset_id: str
    release_id: str
    head: Head
    manifest: Manifest | None  # None: erased by an earlier try, which ended
    doomed: tuple[Kept, ...]
    safe: tuple[Kept, ...]  # what may be shown instead, the newest first
    names: tuple[str, ...]  # the stable names that show it, or did
    data: tuple[str, ...]
    quoting: tuple[str, ...]  # differences that hold its cells
    rest: tuple[str, ...]  # unfinished uploads and manifests; the release's own is the last of all

    @property
    def shown(self) -> bool:
        """Whether readers see it now."""
        return self.head.commit.release_id in {one.release_id for one in self.doomed}


def withdrawn_contents(store: Store, dataset_id: str, audience: Audience) -> frozenset[str]:
    """The `content_sha256` that an audience may never be shown again; `store` is the restricted one."""
    keys = store.keys(layout.withdrawn_prefix(dataset_id, audience))
    return frozenset(key.rpartition("/")[2].removesuffix(".json") for key in keys)


def withdraw(
    store: Store, dataset_id: str, release_id: str, *,
    reason: str, moment: datetime, expires_at: datetime, attempt_id: str, remembered_in: Store | None,
    urgent: bool = False, leave_nothing: bool = False, plan: bool = False,
) -> Withdrawal:  # fmt: skip
    """What was done, or with `plan` what would be: nothing is written then.

    Readers then see the newest other release of another content that is whole or, with
    `leave_nothing` and none left, a 404. `urgent` deletes bytes and stable names before all else. The
    content's hash is kept in `remembered_in`, the restricted store, first of all. `reason` is public.
    After a kill the same call ends what was begun.

    Raises:
        StorageRefused: no such release, nothing left of it, no reason, nothing else to show, or another
            run was faster.
    """
    _require_reason(dataset_id, reason)
    with store.held(dataset_id):
        case = _case_of(store, dataset_id, release_id)
        if case.manifest is None:
            return _ended(case, reason, stamp(store, moment, expires_at)[0], plan)
        if case.shown and not case.safe and not leave_nothing:
            raise _last(case)
        if plan:
            return _told(case, _instead(case, leave_nothing, plan)[0], planned=True)
        moment, expires_at = stamp(store, moment, expires_at)
        target = None if urgent else _instead(case, leave_nothing, plan)
        _remember(case, case.manifest, remembered_in, reason, moment)
        if urgent:
            _erase(store, (*case.data, *(case.names if case.shown else ())))
        target = target or _instead(case, leave_nothing, plan)
        _bury(case, reason, moment)
        _erase(store, case.quoting)  # before the commit, so that no feed made after it counts them
        commit = append(store, dataset_id, case.head, Entry(*target, attempt_id, moment, "withdraw"))
        follow(store, dataset_id, commit, expires_at)
        _erase(store, case.names)
        settle(store, dataset_id)
        _erase(store, (*case.data, *case.rest))
        return _told(case, commit.release_id, commit.sequence)


def _ended(case: _Case, reason: str, moment: datetime, plan: bool) -> Withdrawal:
    """Of a release whose bytes are gone already, by an earlier try or by the collector: what still quotes
    it goes, and its tombstone stays. What a collected one held is not known, so it is not remembered.
    """
    if not plan:
        _bury(case, reason, moment)
        _erase(case.store, case.quoting)
        settle(case.store, case.dataset_id)
        renew_feed(case.store, case.dataset_id, case.head, full=True)
    return _told(case, case.head.commit.release_id, planned=plan)


def _case_of(store: Store, dataset_id: str, release_id: str) -> _Case:
    """The head is looked up first: an upload seen after it cannot be committed once we have committed."""
    head, releases = head_of(store, dataset_id), releases_of(store, dataset_id)
    chosen = release_called(releases, dataset_id, release_id)
    manifest = record_at(store, layout.release_manifest(dataset_id, release_id), Manifest)
    if head is None or (manifest is None and chosen.state in ("current", "kept")):
        raise StorageRefused(dataset_id, f"the manifest of {release_id} is missing from the {store.name}")
    files = files_by_release(store, dataset_id)
    content = manifest.content_sha256 if manifest else None
    doomed = tuple(one for one in releases if _goes(one, release_id, content, files))
    gone = {one.release_id for one in doomed}
    unfinished = files.keys() - {one.release_id for one in releases}
    unfinished = {one for one in unfinished if _may_hold(store, dataset_id, one, content)}
    manifests = [layout.release_manifest(dataset_id, one) for one in sorted(gone - {release_id})]
    manifests.append(layout.release_manifest(dataset_id, release_id))
    of_release = [key for one in gone for key in files.get(one, ()) if not is_difference(dataset_id, key)]
    uploads = [key for one in unfinished for key in files[one] if not is_difference(dataset_id, key)]
    data = set(of_release) - set(manifests)
    names = {*_names(store, dataset_id, data, manifests), *store.keys(layout.stable_prefix(dataset_id))}
    return _Case(
        store, dataset_id, release_id, head, manifest, doomed,
        safe=tuple(one for one in releases if one.state == "kept" and one.release_id not in gone),
        names=(*sorted(names), layout.stable_manifest(dataset_id)),
        data=tuple(sorted(data)),
        quoting=tuple(quoting(store, dataset_id, files, gone | unfinished, doubtful=True)),
        rest=(*sorted(uploads), *manifests),
    )  # fmt: skip


def _goes(one: Kept, release_id: str, content: str | None, files: dict[str, list[str]]) -> bool:
    """The release, those of the same content, and what an earlier withdrawal that was killed has left."""
    same = content is not None and one.content_sha256 == content
    return one.release_id == release_id or same or (one.state == "withdrawn" and one.release_id in files)


def _may_hold(store: Store, dataset_id: str, upload: str, content: str | None) -> bool:
    """Whether an upload that was never committed has the content, or does not tell which it has."""
    manifest = record_at(store, layout.release_manifest(dataset_id, upload), Manifest)
    return manifest is None or manifest.content_sha256 == content


def _names(
    store: Store, dataset_id: str, data: Iterable[str], manifests: Iterable[str]
) -> Iterator[str]:  # fmt: skip
    """The stable names that may have older versions: also of data that an earlier try erased."""
    known = filter(None, (record_at(store, key, Manifest) for key in manifests))
    listed = {entry.name for manifest in known for entry in manifest.files}
    for name in listed | {key.rpartition("/")[2] for key in data}:
        key = layout.dataset_prefix(dataset_id) + name
        if key.startswith(layout.stable_prefix(dataset_id)):
            yield key


def _instead(case: _Case, leave_nothing: bool, plan: bool) -> tuple[str | None, str | None]:
    """The release to show from now on and its manifest's sha256: the newest that is whole."""
    if not case.shown:
        return case.head.commit.release_id, case.head.commit.manifest_sha256
    for one in case.safe:
        with suppress(StorageRefused):
            if not plan:
                spare(case.store, case.dataset_id, one.release_id)
            require_whole(case.store, case.dataset_id, one)
            return one.release_id, one.manifest_sha256
    if not leave_nothing:
        raise _last(case)
    return None, None


def _remember(
    case: _Case, manifest: Manifest, remembered_in: Store | None, reason: str, moment: datetime
) -> None:
    if remembered_in is None:
        return
    key = layout.withdrawn_content(case.dataset_id, manifest.audience, manifest.content_sha256)
    if not remembered_in.exists(key):
        record = Withdrawn(
            dataset_id=case.dataset_id, audience=manifest.audience, release_id=case.release_id,
            content_sha256=manifest.content_sha256, withdrawn_at=moment, reason=reason,
        )  # fmt: skip
        put_record(remembered_in, key, record)


def _bury(case: _Case, reason: str, moment: datetime) -> None:
    """Tombstones, each written once: a second try does not change day or reason."""
    for one in case.doomed:
        key = layout.tombstone(case.dataset_id, one.release_id)
        if not case.store.exists(key):
            tombstone = Tombstone(release_id=one.release_id, withdrawn_at=moment, reason=reason)
            put_record(case.store, key, tombstone)


def _erase(store: Store, keys: Iterable[str]) -> None:
    for key in keys:
        store.erase(key)


def _told(
    case: _Case, shown: str | None, sequence: int | None = None, *, planned: bool = False
) -> Withdrawal:
    if case.manifest is None:
        return Withdrawal(
            dataset_id=case.dataset_id, releases=(case.release_id,), shown=shown, erased=case.quoting,
            purge=case.quoting, planned=planned,
        )  # fmt: skip
    erased = (*case.quoting, *case.data, *case.rest)
    places = (layout.pointer(case.dataset_id), layout.feed(case.dataset_id), layout.feed())
    return Withdrawal(
        dataset_id=case.dataset_id, releases=tuple(one.release_id for one in case.doomed), shown=shown,
        sequence=sequence, erased=erased, purge=(*case.names, *places, *erased), planned=planned,
    )  # fmt: skip


def _last(case: _Case) -> StorageRefused:
    met = f"{case.release_id} is the last release that can be shown"
    remedy = "Publish a corrected one first, or say that nothing is to be left: readers then get a 404."
    return StorageRefused(case.dataset_id, met, remedy=remedy)


def _require_reason(dataset_id: str, reason: str) -> None:
    if not reason.strip() or not reason.isprintable():
        remedy = "It is public: name no person and no value."
        raise StorageRefused(dataset_id, "a withdrawal needs a reason, in one line of text", remedy=remedy)
