"""A try that Airflow gave up for dead, and that still runs, never puts older data over newer."""

import copy

import pytest
from airflow.sdk.exceptions import AirflowFailException
from played import Run
from town import SOUND, Town

from operators.journey import journey_at

NEWER = SOUND.replace("120", "125")
TO_VALIDATE = ("extract", "standardize", "validate")


def run_of(town: Town, run_id: str) -> Run:
    return Run(journey_at(town.folder / "config", "mobility.parks"), run_id)


def orphan_of(run: Run) -> Run:
    """The same run as a try sees it that lives on: with what its own earlier tasks returned."""
    orphan = copy.copy(run)
    orphan.kept = dict(run.kept)
    return orphan


def shown(town: Town, store: str) -> dict[str, bytes]:
    """What a reader can be led to; differences without a commit are named by nothing."""
    return {key: content for key, content in town.published(store).items() if "/changes/" not in key}


def test_a_chain_of_first_tries_that_outlives_its_retries_commits_nowhere(town: Town) -> None:
    run = run_of(town, "first")
    run.task("extract", try_number=1)
    orphan = orphan_of(run)
    town.source(NEWER)
    run.tasks(*TO_VALIDATE, "publish_restricted", "hand_over", "publish_public", try_number=2)
    orphan.tasks("standardize", "validate")
    with pytest.raises(AirflowFailException, match="overtaken by another run"):
        orphan.task("publish_restricted")
    orphan.task("hand_over")
    with pytest.raises(AirflowFailException, match="overtaken by another run"):
        orphan.task("publish_public")
    assert "125" in town.csv("public")
    assert "125" in town.csv("restricted")
    assert len(list((town.folder / "public").rglob("commits/*"))) == 1


@pytest.mark.parametrize("task_id", ["publish_restricted", "publish_public"])
def test_a_publish_that_wakes_up_after_the_next_run_is_refused(town: Town, task_id: str) -> None:
    stalled = run_of(town, "monday").tasks(*TO_VALIDATE, "hand_over")
    town.source(NEWER)
    run_of(town, "tuesday").whole()
    store = task_id.removeprefix("publish_")
    before = shown(town, store)
    with pytest.raises(AirflowFailException, match="overtaken by another run"):
        stalled.task(task_id)
    assert shown(town, store) == before


def test_a_retry_after_a_commit_whose_worker_died_finds_its_release_there(town: Town) -> None:
    run = run_of(town, "first").tasks(*TO_VALIDATE, "publish_restricted")
    before = town.published("restricted")
    assert run.task("publish_restricted", try_number=2)["unchanged"]
    assert town.published("restricted") == before
