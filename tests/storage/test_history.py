"""What a dataset's history tells of each release."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from breaking import ID, PLACE

from contracts.batch import Manifest
from contracts.errors import StorageRefused
from storage.history import releases_of
from storage.publishing import publish
from storage.rollback import rollback
from storage.store import Store
from storage.withdrawal import withdraw

Release = Callable[..., tuple[Manifest, Path]]
Times = Callable[[int], dict[str, Any]]


def test_releases_come_newest_first_with_what_named_them_last(
    store: Store, release: Release, times: Times
) -> None:
    for number in (1, 2, 3):
        publish(store, *release(number), **times(number))
    rollback(store, ID, "r1", **times(4))
    first, second, third = releases_of(store, ID)
    assert (first.release_id, first.sequences, first.action, first.state) == (
        "r1",
        (4, 1),
        "rollback",
        "current",
    )
    assert first.committed_at == times(4)["moment"]
    assert (second.release_id, second.sequences, second.action, second.state) == (
        "r3",
        (3,),
        "publish",
        "kept",
    )
    assert (third.rows, third.bytes, third.content_sha256) == (1, 11, "rows of 2")


def test_before_the_first_release_there_is_no_history(folder_store: Store) -> None:
    assert releases_of(folder_store, ID) == ()


def test_what_is_withdrawn_collected_or_damaged_is_told_apart(
    folder_store: Store, release: Release, times: Times
) -> None:
    for number in range(1, 7):
        publish(folder_store, *release(number), **times(number))
    folder_store.delete(PLACE + "releases/r1/parkings.csv")  # a collector killed half-way
    for key in list(folder_store.keys(PLACE + "releases/r2/")):
        folder_store.delete(key)
    folder_store.put_bytes(PLACE + "releases/r3/manifest.json", b"{}")
    withdraw(folder_store, ID, "r4", reason="erreur", remembered_in=None, **times(7))
    states = {one.release_id: one.state for one in releases_of(folder_store, ID)}
    assert states == {
        "r1": "collected", "r2": "collected", "r3": "damaged", "r4": "withdrawn", "r5": "kept", "r6": "current",
    }  # fmt: skip


@pytest.mark.parametrize("damage", ["rewritten", "deleted"])
def test_a_damaged_log_is_refused(folder_store: Store, release: Release, times: Times, damage: str) -> None:
    for number in (1, 2, 3):
        publish(folder_store, *release(number), **times(number))
    key = PLACE + "commits/0000000001.json"
    if damage == "deleted":
        folder_store.delete(key)
    else:
        folder_store.put_bytes(key, folder_store.read(key).replace(b"run-1", b"run-9"))
    with pytest.raises(StorageRefused, match="its log is broken at commit 1"):
        releases_of(folder_store, ID)
