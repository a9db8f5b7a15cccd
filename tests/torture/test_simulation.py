"""Random histories of one dataset keep every promise; with one rule broken, they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from torture.mutants import IN_PLACE, WITH_A_LOCK
from torture.simulation import play

SEEDS = range(150)  # `make torture` plays 10,000
PATIENCE = 400  # histories until a broken rule has shown


@pytest.mark.parametrize("locking", [False, True], ids=["conditional writes", "a lock"])
def test_every_history_keeps_every_promise_and_one_reconcile_heals(tmp_path: Path, locking: bool) -> None:
    played = [play(seed, tmp_path, locking=locking) for seed in SEEDS]
    assert sum(one.faults for one in played) > len(SEEDS)
    assert sum(one.commits for one in played) > len(SEEDS)


def test_a_seed_tells_the_same_history_again(tmp_path: Path) -> None:
    assert play(7, tmp_path) == play(7, tmp_path)


@pytest.mark.parametrize("rule", IN_PLACE)
def test_a_broken_rule_is_noticed(rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    IN_PLACE[rule](monkeypatch)
    with pytest.raises(AssertionError, match="seed"):
        until_noticed(tmp_path)


@pytest.mark.parametrize("rule", WITH_A_LOCK)
def test_a_broken_rule_of_the_lock_is_noticed(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    WITH_A_LOCK[rule](monkeypatch)
    with pytest.raises(AssertionError, match="seed"):
        until_noticed(tmp_path, locking=True)


def until_noticed(shelf: Path, *, locking: bool = False) -> None:
    for seed in range(PATIENCE):
        play(seed, shelf, locking=locking)
