"""What is wrong with a store, found by using it for a moment: rights, clock, and who else may read it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, islice

from contracts.errors import StorageRefused
from storage import layout
from storage.store import Store

CLOCK_TOLERANCE = timedelta(minutes=5)  # S3 services themselves refuse from 15 on


@dataclass(frozen=True)
class Findings:
    """Sentences: a fault forbids to publish, a warning wants to be looked at."""

    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def findings_of(store: Store, *, now: datetime, public: bool | None) -> Findings:
    """What listing, writing, reading, swapping and deleting one small object showed, to us and to strangers.

    `now` is this machine's clock. `public` says whether everyone, or nobody else, should be able to
    read the store (None: not asked). The object is gone afterwards wherever the rights allow it.
    """
    key = layout.probe(secrets.token_hex(8))
    late = tuple(_clock(store, now))
    unlisted = _refusal(lambda: list(islice(store.keys(), 1)))
    unwritten = _refusal(lambda: store.put_bytes(key, b"1"))
    if unwritten:
        return Findings(
            (str(unlisted) if unlisted else _half(store, "read but not written", unwritten), *late)
        )
    half = (_half(store, "written but not listed", unlisted),) if unlisted else ()
    strangers, invited = _strangers(store, key, public)
    return Findings((*half, *_uses(store, key), *late, *strangers), invited)


def overlaps(stores: Sequence[Store]) -> tuple[str, ...]:
    """One sentence for each two stores that are one place, or of which one lies inside the other."""
    pairs = (sorted(pair, key=lambda store: len(store.place)) for pair in combinations(stores, 2))
    return tuple(
        f"{inner.name} {'is the same place as' if inner.place == outer.place else 'lies inside'} "
        f"{outer.name}. Give each store a place of its own."
        for outer, inner in pairs
        if inner.place[: len(outer.place)] == outer.place
    )


def _uses(store: Store, key: str) -> Iterator[str]:
    """What is wrong with what we may do; the probe is gone at the end."""
    try:
        if store.read(key) != b"1":
            yield f"{store.name} gives back other bytes than were written. Look at the disk or the service."
    except StorageRefused as unread:
        yield _half(store, "written but not read", unread)
        _refusal(lambda: store.erase(key))
        return
    unswapped = _refusal(lambda: _swap(store, key))
    unerased = _refusal(lambda: store.erase(key))
    if unerased and not _refusal(lambda: store.size(key)):
        yield _half(store, f"written but nothing in it deleted ({key} stays)", unerased)
    elif unerased or unswapped:
        yield str(unerased or unswapped)


def _swap(store: Store, key: str) -> None:
    with store.held("probes"):
        if not store.swap(key, b"2", b"1") or store.swap(key, b"3", b"1"):
            raise StorageRefused(store.name, "a conditional write did not do what it said")


def _clock(store: Store, now: datetime) -> Iterator[str]:
    try:
        ahead = store.now() - now
    except StorageRefused:
        return  # whatever it is, the other probes say it
    if abs(ahead) > CLOCK_TOLERANCE:
        side = "ahead of" if ahead > timedelta(0) else "behind"
        minutes = round(abs(ahead) / timedelta(minutes=1))
        yield f"{store.name}: its clock is {minutes} min {side} this machine's. Set both by NTP."


def _strangers(store: Store, key: str, public: bool | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Faults and warnings about what anyone may do without credentials."""
    if public is None:
        return (), ()
    try:
        rights = store.rights_of_anyone(key)
    except StorageRefused as refusal:
        return (f"{store.name}: whether strangers may read it could not be seen ({refusal.met}).",), ()
    if not public:
        granted = " and ".join(sorted(rights))
        opened = f"{store.name} can be {granted} by anyone although it is not the public store. Close it."
        return (opened,) * bool(rights), ()
    open_to_write = f"{store.name} can be written by anyone. Close it to writers without credentials."
    not_open = f"{store.name} cannot be read without credentials: readers need a web server before it."
    return (open_to_write,) * ("written" in rights), (not_open,) * ("read" not in rights)


def _refusal(use: Callable[[], object]) -> StorageRefused | None:
    try:
        use()
    except StorageRefused as refusal:
        return refusal
    return None


def _half(store: Store, what: str, refusal: StorageRefused) -> str:
    return f"{store.name} can be {what}: {refusal.met}. {refusal.remedy}".rstrip()
