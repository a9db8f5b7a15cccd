"""The public publish as a task of its own: what it needs, what it waits for, and what it refuses."""

import json
import os
import shutil
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from played import Run
from town import PARKS, Town

from operators.journey import journey_at

BEFORE_HAND_OVER = ("extract", "standardize", "validate", "publish_restricted")


def run_of(town: Town, run_id: str) -> Run:
    return Run(journey_at(town.folder / "config", "mobility.parks"), run_id)


def test_a_worker_without_anything_of_the_restricted_side_publishes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(town, "first").tasks(*BEFORE_HAND_OVER, "hand_over")
    for name in [name for name in os.environ if name.startswith(("CONCENTRATOR_", "AIRFLOW_CONN_"))]:
        if name not in ("CONCENTRATOR_PUBLIC", "CONCENTRATOR_HANDOVER", "CONCENTRATOR_PUBLISHER"):
            monkeypatch.delenv(name)
    for folder in ("work", "restricted", "config"):
        shutil.rmtree(town.folder / folder)
    monkeypatch.chdir(town.folder)  # the default folders would be below
    run.task("publish_public")
    assert town.csv("public") == "id,nom,places\np1,Église,80\np2,Gare,120\n"
    assert {path.name for path in town.folder.iterdir()} >= {"public", "handover"}
    assert not list(town.folder.rglob("restricted"))


def test_the_public_columns_keep_the_order_of_the_contract(town: Town) -> None:
    town.contract(fields={name: PARKS["fields"][name] for name in ("places", "tel", "nom", "id")})
    run_of(town, "first").whole()
    assert town.csv("public").startswith("places,nom,id\n")


def test_a_worker_that_has_both_sides_starts_a_process_that_has_one(
    town: Town, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (town.folder / "sitecustomize.py").write_text(
        "import os, sys\nprint('variables:', *sorted(os.environ), file=sys.stderr)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(town.folder))
    monkeypatch.delenv("CONCENTRATOR_PUBLISHER")
    run_of(town, "first").whole()
    assert town.csv("public").startswith("id,nom,places\n")
    said = next(line for line in capfd.readouterr().err.splitlines() if line.startswith("variables:"))
    assert {"CONCENTRATOR_PUBLIC", "CONCENTRATOR_HANDOVER"} <= set(said.split())
    assert "RESTRICTED" not in said
    assert "AIRFLOW_CONN" not in said


def test_under_embargo_the_public_waits_and_the_agents_do_not(town: Town) -> None:
    town.contract(embargo="2099-03-14T20:00:00+01:00")
    run = run_of(town, "first").tasks(*BEFORE_HAND_OVER)
    with pytest.raises(AirflowSkipException, match="the public waits until 2099-03-14T20:00:00"):
        run.task("hand_over")
    assert town.csv("restricted").startswith("id,nom,places,tel\n")
    assert town.published("public") == {}
    assert town.published("handover") == {}


def test_a_refusal_of_the_privacy_gate_is_one_sentence_without_a_value(town: Town) -> None:
    town.source("id;nom;places;tel\np1;marie.curie@example.org;3;\np2;jean.moulin@example.org;4;\n")
    run = run_of(town, "first").tasks(*BEFORE_HAND_OVER)
    with pytest.raises(AirflowFailException, match=r"^mobility\.parks: .*nom") as refusal:
        run.task("hand_over")
    assert refusal.value.__suppress_context__
    assert "curie" not in str(refusal.value)
    assert town.published("public") == {}
    assert town.published("handover") == {}


def test_a_refusal_of_the_publishers_process_reaches_the_task_in_its_own_words(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_of(town, "first").whole()
    town.contract(fields={**PARKS["fields"], "places": {"hidden_because": "CRPA L311-6", "about": "Places."}})
    monkeypatch.delenv("CONCENTRATOR_PUBLISHER")
    run = run_of(town, "second").tasks(*BEFORE_HAND_OVER, "hand_over")
    with pytest.raises(AirflowFailException, match=r"^mobility\.parks.*places"):
        run.task("publish_public")
    assert town.csv("public").startswith("id,nom,places\n")


def test_a_try_that_was_killed_after_its_commit_is_answered_alike_by_the_next(town: Town) -> None:
    run = run_of(town, "first").whole()
    before, said = town.published("public"), run.kept["publish_public"]
    run.task("publish_public", try_number=2)
    assert run.kept["publish_public"] == said
    assert town.published("public") == before


def test_a_dataset_for_agents_only_hands_nothing_over(town: Town) -> None:
    town.contract(audiences=["restricted"], hidden_because="CRPA L311-6")
    run = run_of(town, "first").whole()
    assert list(run.kept) == list(BEFORE_HAND_OVER)
    assert json.loads(run.kept["publish_restricted"])["rows"] == 2
    assert not Path(town.folder / "handover").exists()
