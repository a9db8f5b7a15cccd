"""The decoded search: every object of a store taken apart, and values looked for that should not be there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from contracts.batch import Manifest
from contracts.errors import PrivacyRefused, StorageRefused
from contracts.model import Frozen
from pipeline.house import workbench_in
from privacy.scan.hunting import Leak, hunt
from privacy.scan.parts import Unit
from privacy.scan.units import units_in
from storage import layout
from storage.store import Store

Looking = Callable[[int, int, str], None]  # objects read, of how many, and the next one


class Searched(Frozen):
    """What was met in a store, and what could not be looked into."""

    objects: int
    leaks: tuple[Leak, ...]
    unread: tuple[str, ...] = ()


def searched(
    store: Store, needles: Mapping[str, str], scratch: Path, looking: Looking, *, prefix: str = ""
) -> Searched:
    """Where the needles (name → value) stand below the prefix, in whatever encoding and container.

    A folder is read in place, the objects of S3 one by one through a file below `scratch`. What others
    delete meanwhile is left out.

    Raises:
        StorageRefused: the store failed.
    """
    keys = list(store.keys(prefix))
    unread: list[str] = []

    def objects() -> Iterator[Iterator[Unit]]:
        with workbench_in(scratch) as folder:
            for number, key in enumerate(keys):
                looking(number, len(keys), key)
                yield _units(store, key, folder, unread)

    leaks = hunt(chain.from_iterable(objects()), needles)
    return Searched(objects=len(keys), leaks=leaks, unread=tuple(unread))


def object_of(place: str) -> str:
    """The object's name in a place that a search tells of."""
    return re.split(r" > | \(", place, maxsplit=1)[0]


def table_of(store: Store, manifest: Manifest, folder: Path) -> Path:
    """A release's rows as a local Parquet file, to read only.

    Raises:
        StorageRefused: it is missing, or the store failed.
    """
    name = f"{layout.name_of(manifest.dataset_id)}.parquet"
    return store.local(layout.release_file(manifest.dataset_id, manifest.release_id, name), folder)


def _units(store: Store, key: str, folder: Path, unread: list[str]) -> Iterator[Unit]:
    try:
        path = store.local(key, folder)
        yield from units_in(path, key)
        if path.is_relative_to(folder):
            path.unlink()
    except PrivacyRefused as refusal:
        unread.append(str(refusal))
    except (StorageRefused, FileNotFoundError):
        if store.exists(key):
            raise
