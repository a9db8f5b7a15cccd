"""One thing looked at in an installation: a store that is used for a moment, or one that must stay closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Literal

from contracts.errors import StorageRefused
from contracts.model import Frozen
from storage.probes import findings_of
from storage.store import Store, store_at


class Check(Frozen):
    """One thing looked at: sound, worth a note, or a fault."""

    about: str
    state: Literal["sound", "note", "fault"] = "sound"
    sentence: str


class Closed(Frozen):
    """A store that the public publisher may not read, and one object in it, if there is any."""

    name: str
    address: str
    key: str | None = None


def checks_of_store(store: Store, name: str, moment: datetime, *, public: bool | None) -> Iterator[Check]:
    """Rights, clock, conditional writes or the lock, and what strangers may do (None: not asked)."""
    found = findings_of(store, now=moment, public=public)
    about = label_of(name)
    yield from (Check(about=about, state="fault", sentence=sentence) for sentence in found.faults)
    yield from (Check(about=about, state="note", sentence=sentence) for sentence in found.warnings)
    if not found.faults:
        yield Check(about=about, sentence=f"{store.name}: written, read, swapped and deleted")


def label_of(name: str) -> str:
    """A store as people call it."""
    return "hand-over store" if name == "handover" else f"{name} store"


def closed_checks(closed: Closed) -> Iterator[Check]:
    """Whether the environment that this runs in can read what it must not.

    A folder is a note: under one operating-system user nothing else can be had.
    """
    try:
        store = store_at(closed.address, f"{closed.name} store")
        list(islice(store.keys(), 1)) if closed.key is None else store.read(closed.key)
    except StorageRefused:
        yield Check(about="publisher", sentence=f"it cannot read the {closed.name} store")
        return
    if "://" in closed.address:
        sentence = f"it can read the {closed.name} store with the credentials that it finds. Give it others."
        yield Check(about="publisher", state="fault", sentence=sentence)
    elif Path(closed.address).is_dir():
        sentence = f"it could open the folder of the {closed.name} store: the boundary is another user."
        yield Check(about="publisher", state="note", sentence=sentence)
