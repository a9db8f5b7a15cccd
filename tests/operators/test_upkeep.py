"""The upkeep's tasks on real stores; only Airflow's context and the clock are played."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from played import Run
from town import Town

from operators import upkeep
from operators.journey import journey_at
from operators.surroundings import house_here
from operators.upkeep import upkeep_in

PARKS = "mobility.parks"
EMBARGO = datetime(2099, 3, 14, 20, tzinfo=UTC)
TO_RESTRICTED = ("extract", "standardize", "validate", "publish_restricted")
HAND_OVER, PUBLISH = f"{PARKS}.hand_over", f"{PARKS}.publish_public"


def journey(town: Town, run_id: str) -> Run:
    return Run(journey_at(town.folder / "config", PARKS), run_id)


def run_of(town: Town, dag_id: str, run_id: str = "scheduled") -> Run:
    return Run(upkeep_in(town.folder / "config")[dag_id], run_id)


@pytest.fixture
def held(town: Town) -> Town:
    """A town whose dataset was run under its embargo."""
    town.contract(embargo=EMBARGO.isoformat())
    run = journey(town, "scheduled").tasks(*TO_RESTRICTED)
    with pytest.raises(AirflowSkipException):
        run.task("hand_over")
    return town


@pytest.fixture
def afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hour after the embargo, by the worker's clock."""
    late = EMBARGO + timedelta(seconds=1)
    monkeypatch.setattr(upkeep, "house_here", lambda: replace(house_here(), clock=lambda: late))


@pytest.mark.usefixtures("afterwards")
def test_what_an_embargo_held_back_is_published_at_its_end_without_asking_the_source(held: Town) -> None:
    held.source("gone")
    run_of(held, "upkeep_embargoes").tasks(HAND_OVER, PUBLISH)
    assert held.csv("public") == "id,nom,places\np1,Église,80\np2,Gare,120\n"


def test_before_its_end_nothing_is_handed_over(held: Town) -> None:
    with pytest.raises(AirflowSkipException):
        run_of(held, "upkeep_embargoes").task(HAND_OVER)
    assert held.published("handover") == {}
    assert held.published("public") == {}


@pytest.mark.usefixtures("afterwards")
def test_the_second_look_finds_nothing_to_do(held: Town) -> None:
    run_of(held, "upkeep_embargoes").tasks(HAND_OVER, PUBLISH)
    with pytest.raises(AirflowSkipException):
        run_of(held, "upkeep_embargoes", "an hour later").task(HAND_OVER)


@pytest.mark.usefixtures("afterwards")
def test_a_batch_that_was_refused_is_not_published_when_the_embargo_ends(held: Town) -> None:
    held.contract(embargo=EMBARGO.isoformat(), quality={"rows": [10, 20]})
    run = journey(held, "second").tasks("extract", "standardize")
    with pytest.raises(AirflowFailException, match="rows"):
        run.task("validate")
    with pytest.raises(AirflowSkipException):
        run_of(held, "upkeep_embargoes").task(HAND_OVER)
    assert held.published("public") == {}


@pytest.mark.usefixtures("afterwards")
def test_a_bad_batch_after_the_one_held_back_does_not_take_its_place(held: Town) -> None:
    held.source("id;nom;tel\np1;Gare;\n")
    with pytest.raises(AirflowFailException, match="places"):
        journey(held, "second").tasks("extract", "standardize")
    run_of(held, "upkeep_embargoes").tasks(HAND_OVER, PUBLISH)
    assert held.csv("public") == "id,nom,places\np1,Église,80\np2,Gare,120\n"


def test_the_end_of_an_embargo_shares_no_name_with_the_datasets_own_run(town: Town) -> None:
    town.contract(embargo=EMBARGO.isoformat())
    context: Any = {"run_id": "scheduled__2099-03-14", "ti": SimpleNamespace(try_number=1)}
    own = journey(town, "").dag.get_task("hand_over").attempt(context)
    assert run_of(town, "upkeep_embargoes").dag.get_task(HAND_OVER).attempt(context) != own


def test_no_embargo_no_dag(town: Town) -> None:
    assert set(upkeep_in(town.folder / "config")) == {"upkeep_reconcile", "upkeep_collect"}


def test_a_torn_switch_is_healed_in_the_public_store_alone(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey(town, "first").whole()
    stable = town.folder / "public" / "mobility" / "parks"
    whole = town.published("public")
    (stable / "parks.csv").write_text("torn")
    (stable / "manifest.json").unlink()
    for name in ("CONCENTRATOR_RESTRICTED", "CONCENTRATOR_WORK", "CONCENTRATOR_HANDOVER"):
        monkeypatch.setenv(name, "nowhere://")  # a house would be refused
    run = run_of(town, "upkeep_reconcile").tasks("reconcile_public")
    assert json.loads(run.kept["reconcile_public"]) == {"datasets": 1, "healed": [PARKS]}
    assert town.published("public") == whole


def test_a_dataset_that_cannot_be_healed_is_named_and_the_others_are_healed(town: Town) -> None:
    contracts = town.folder / "config" / "datasets" / "mobility"
    (contracts / "squares.yml").write_text((contracts / "parks.yml").read_text())
    journey(town, "first").tasks(*TO_RESTRICTED)
    Run(journey_at(town.folder / "config", "mobility.squares"), "first").tasks(*TO_RESTRICTED)
    whole = town.published("restricted")
    (town.folder / "restricted" / "mobility" / "parks" / "commits" / "0000000001.json").write_text("{}")
    (town.folder / "restricted" / "mobility" / "squares" / "manifest.json").unlink()
    with pytest.raises(AirflowFailException, match=r"^mobility\.parks, commit 1") as refusal:
        run_of(town, "upkeep_reconcile").task("reconcile_restricted")
    assert "squares" not in str(refusal.value)
    squares = {key: content for key, content in whole.items() if "squares" in key}
    assert squares.items() <= town.published("restricted").items()


def test_a_store_that_cannot_be_collected_turns_the_task_red(town: Town) -> None:
    journey(town, "first").tasks(*TO_RESTRICTED)
    (town.folder / "restricted" / "mobility" / "parks" / "commits" / "0000000001.json").write_text("{}")
    with pytest.raises(AirflowFailException, match=r"^mobility\.parks, commit 1"):
        run_of(town, "upkeep_collect").task("collect")


def test_collection_plans_and_deletes_nothing_of_a_young_city(town: Town) -> None:
    journey(town, "first").whole()
    whole = town.published("public")
    run = run_of(town, "upkeep_collect").whole()
    none = {"restricted": 0, "public": 0}
    assert json.loads(run.kept["collect"]) == {"releases_gone": none, "releases_planned": none, "bytes": 0}
    assert whole.items() <= town.published("public").items()
