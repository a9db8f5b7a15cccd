"""The operators, with real stores and a real source; only Airflow's context is played, from outside."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from hypothesis import given
from hypothesis import strategies as st
from played import Run
from town import Town

from contracts.errors import ConcentratorError, QualityRefused, SourceUnavailable
from operators.journey import journey_at
from operators.preload import preload
from operators.steps import RETRY_ONLY_THE_UNAVAILABLE, attempt_of
from operators.surroundings import connection_named

PARKS = "mobility.parks"


def run_of(town: Town, run_id: str, **asked: bool) -> Run:
    return Run(journey_at(Path(town.environment["CONCENTRATOR_CONFIG"]), PARKS), run_id, **asked)


def test_the_stages_publish_both_audiences_and_pass_names_and_counts_only(town: Town) -> None:
    run = run_of(town, "manual__2026-11-25T00:00:00+00:00").whole()
    assert town.csv("public") == "id,nom,places\np1,Église,80\np2,Gare,120\n"
    assert town.csv("restricted").startswith("id,nom,places,tel\n")
    assert "Église" not in "".join(run.kept.values())
    assert all(len(outcome) < 5_000 for outcome in run.kept.values())


def test_each_release_tells_its_rows_and_name_to_its_asset(town: Town) -> None:
    run = run_of(town, "first").whole()
    extras = {asset.uri: event.extra for asset, event in run.events.items()}
    assert set(extras) == {f"concentrator://public/{PARKS}", f"concentrator://restricted/{PARKS}"}
    assert all(
        extra["rows"] == 2 and extra["release_id"] and not extra["unchanged"] for extra in extras.values()
    )


def test_an_unchanged_source_ends_the_run_as_skipped(town: Town) -> None:
    run_of(town, "first").whole()
    with pytest.raises(AirflowSkipException, match="nothing new"):
        run_of(town, "second").task("extract")


def test_force_goes_all_the_way_and_makes_no_second_release(town: Town) -> None:
    run_of(town, "first").whole()
    before = town.published("public")
    run = run_of(town, "second", force=True).whole()
    assert json.loads(run.kept["publish_restricted"])["unchanged"]
    assert json.loads(run.kept["publish_public"])["state"] == "unchanged"
    assert town.published("public") == before


def test_an_increment_names_its_base_and_a_person_may_ask_for_everything(town: Town) -> None:
    fields = {"id": {"public": True, "about": "Identifiant."}, "rang": {"type": "integer", "required": True,
              "public": True, "about": "Rang."}}  # fmt: skip
    town.contract(
        source={"kind": "rest", "connection": "portal", "path": "parks.json", "query": {"from": "{since}"}},
        format={"type": "json"}, load={"mode": "upsert", "by": "rang"}, fields=fields, quality={"shrink": 1},
    )  # fmt: skip
    town.source('[{"id": "a", "rang": 1}]', "parks.json")
    first = run_of(town, "first").whole()
    assert json.loads(first.kept["extract"])["base"] is None
    assert first.dag.params["full"] is False
    town.source('[{"id": "b", "rang": 2}]', "parks.json")
    second = run_of(town, "second").whole()
    base = json.loads(second.kept["extract"])["base"]
    assert base["table_key"] == json.loads(first.kept["standardize"])["table_key"]
    assert town.csv("public") == "id,rang\na,1\nb,2\n"
    run_of(town, "third", full=True, force=True).whole()
    assert town.csv("public") == "id,rang\nb,2\n"


def test_a_changed_source_fails_with_one_sentence_and_no_chain_of_causes(town: Town) -> None:
    town.source("id;nom;spaces\np1;Gare;3\n")
    run = run_of(town, "first")
    run.task("extract")
    with pytest.raises(AirflowFailException, match=r'^mobility\.parks: .*"places"') as refusal:
        run.task("standardize")
    assert refusal.value.__suppress_context__


def test_a_contract_that_broke_since_the_dag_was_read_fails_the_task_with_its_line(town: Town) -> None:
    run = run_of(town, "first")
    town.contract(key=None)
    with pytest.raises(AirflowFailException, match=r"parks\.yml:1: key: is missing"):
        run.task("extract")


def test_a_connection_that_airflow_does_not_know_is_worth_another_try(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_PORTAL")
    with pytest.raises(SourceUnavailable, match="connection portal: is not defined"):
        run_of(town, "first").task("extract")


@pytest.mark.parametrize(
    ("conn_type", "host", "schema"),
    [
        ("http", "data.example.org/api", "https"),
        ("postgres", "db.example.org", "rues"),
        ("sftp", "depot", None),
    ],
)
def test_a_connection_is_read_as_the_command_line_reads_it(
    monkeypatch: pytest.MonkeyPatch, conn_type: str, host: str, schema: str | None
) -> None:
    from contracts.connection import connection_from

    text = json.dumps(
        {
            "conn_type": conn_type, "host": host, "schema": schema, "port": 8443,
            "login": "ville", "password": "motdepasse", "extra": {"timeout": 5},
        }
    )  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_PORTAL", text)
    assert connection_named("portal") == connection_from({"AIRFLOW_CONN_PORTAL": text}, "portal")


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (SourceUnavailable("a.b", "does not answer"), RetryAction.RETRY),
        (QualityRefused("a.b", "has no rows"), RetryAction.FAIL),
        (ConcentratorError("a.b", "is odd"), RetryAction.FAIL),
        (MemoryError(), RetryAction.FAIL),
    ],
)
def test_only_an_unavailable_source_is_tried_again(error: Exception, action: RetryAction) -> None:
    decision = RETRY_ONLY_THE_UNAVAILABLE.evaluate(error, try_number=1, max_tries=3)
    assert decision.action is action
    assert decision.retry_delay == (timedelta(minutes=5) if action is RetryAction.RETRY else None)


@given(run_id=st.text(min_size=1), other=st.text(min_size=1), number=st.integers(1, 99))
def test_no_two_tries_share_a_name_and_every_name_is_safe(run_id: str, other: str, number: int) -> None:
    name = attempt_of(run_id, number)
    assert name != attempt_of(run_id, number + 1)
    assert (name == attempt_of(other, number)) == (run_id == other)
    assert name.isascii()
    assert set("/\\. ") & set(name) == set()
    assert len(name) <= 80


@pytest.mark.parametrize(
    ("arguments", "forks"),
    [
        (["airflow", "scheduler", "--skip-serve-logs"], True), (["airflow", "celery", "worker"], True),
        (["airflow", "api-server"], False), (["airflow"], False),
    ],
)  # fmt: skip
def test_only_what_forks_tasks_loads_the_heavy_libraries(arguments: list[str], forks: bool) -> None:
    assert preload(arguments) is forks
