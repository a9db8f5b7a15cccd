"""The whole protocol on a store that ignores conditional writes: alone by its lock."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from breaking import ID, Later, assert_settled

from contracts.batch import Manifest
from storage.collection import collect
from storage.history import releases_of
from storage.publishing import publish, recheck, reconcile
from storage.rollback import rollback
from storage.store import store_at
from storage.withdrawal import withdraw

Release = Callable[..., tuple[Manifest, Path]]
Times = Callable[[int], dict[str, Any]]


def test_publish_rollback_withdraw_collect_and_reconcile_hold_the_lock_they_need(
    rclone_address: str, tmp_path: Path, release: Release, times: Times
) -> None:
    store = store_at(rclone_address, "public store", lock=str(tmp_path / "locks"))
    for number in range(1, 5):
        publish(store, *release(number), **times(number))
    rollback(store, ID, "r1", **times(5))
    assert withdraw(store, ID, "r1", reason="erreur", remembered_in=None, **times(6)).shown == "r4"
    run = times(7)
    assert recheck(store, ID, moment=run["moment"], expires_at=run["expires_at"])
    for days in (8, 10):
        collect(Later(store, timedelta(days=days)), [ID], keep_releases=1, keep_days=0)
    assert not reconcile(store, ID, thorough=True)
    assert_settled(store, release(4)[0])
    states = [(one.release_id, one.state) for one in releases_of(store, ID)]
    assert states == [("r4", "current"), ("r1", "withdrawn"), ("r3", "collected"), ("r2", "collected")]
