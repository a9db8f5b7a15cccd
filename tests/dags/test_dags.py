"""What Airflow makes of the contracts, with Airflow's own DagBag; no database, no server."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import AssetOrTimeSchedule

from contracts.library import dataset_at
from operators.steps import RETRY_ONLY_THE_UNAVAILABLE

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
SAMPLES = {f"{path.parent.name}.{path.stem}" for path in (CONFIG / "datasets").glob("*/*.yml")}
UPKEEP = {"upkeep_reconcile", "upkeep_collect"}
HEAVY = ("pandas", "pyarrow", "duckdb", "boto3", "great_expectations")
PARSE = f"""
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder={str(ROOT / "dags")!r})
print(len(bag.dags), bag.import_errors, [name for name in {HEAVY!r} if name in sys.modules], sep=";")
"""


def bag_of(config: Path, monkeypatch: pytest.MonkeyPatch) -> DagBag:
    monkeypatch.setenv("CONCENTRATOR_CONFIG", str(config))
    return DagBag(dag_folder=ROOT / "dags")


def parsed_apart(config: Path) -> str:
    """DAGs, import errors and heavy modules of a parse in a process that nothing was imported in before."""
    command = [sys.executable, "-c", PARSE]
    environment = {**os.environ, "CONCENTRATOR_CONFIG": str(config)}
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return answer.stdout.strip().splitlines()[-1]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the city's contracts, to spoil."""
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


@pytest.fixture(scope="module")
def bag() -> DagBag:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return bag_of(CONFIG, monkeypatch)


def test_each_contract_is_one_dag_of_its_name(bag: DagBag) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == SAMPLES | UPKEEP


def test_the_stages_follow_each_other_and_the_restricted_audience_commits_first(bag: DagBag) -> None:
    tasks = [task.task_id for task in bag.dags["mobility.parkings"].topological_sort()]
    assert tasks == [
        "extract", "standardize", "validate", "publish_restricted", "hand_over", "publish_public",
    ]  # fmt: skip
    assert all(len(task.downstream_task_ids) <= 1 for dag in bag.dags.values() for task in dag.tasks)


def test_only_what_needs_no_restricted_store_runs_in_the_public_queue(bag: DagBag) -> None:
    public = {
        (dag.dag_id, task.task_id)
        for dag in bag.dags.values()
        for task in dag.tasks
        if task.queue == "public"
    }
    shown = {dag_id for dag_id in SAMPLES if "public" in dataset_at(CONFIG, dag_id).audiences}
    assert public == {(dag_id, "publish_public") for dag_id in shown} | {
        ("upkeep_reconcile", "reconcile_public")
    }


def test_a_joined_table_runs_by_the_clock_and_whenever_a_part_has_news(bag: DagBag) -> None:
    woken, asleep = bag.dags["hub.places"].timetable, bag.dags["hub.observations"].timetable
    assert isinstance(woken, AssetOrTimeSchedule)
    assert not isinstance(asleep, AssetOrTimeSchedule)
    uris = {asset.uri for asset in woken.asset_condition.objects}
    assert {"concentrator://public/mobility.parkings", "concentrator://restricted/mobility.parkings"} <= uris
    assert not any("mobility.stations" in uri or "hub." in uri for uri in uris)


def test_no_dataset_can_take_the_name_of_the_upkeep(bag: DagBag) -> None:
    assert [dag_id for dag_id in set(bag.dags) - SAMPLES if "." in dag_id] == []


def test_a_dataset_without_a_public_audience_has_no_public_task(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = config / "datasets" / "mobility" / "parkings.yml"
    lines = file.read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("audiences:", "public_rows:"))]
    file.write_text("\n".join([*kept, "audiences: [restricted]", "hidden_because: CRPA L311-6"]), "utf-8")
    dag = bag_of(config, monkeypatch).dags["mobility.parkings"]
    assert dag.task_ids == ["extract", "standardize", "validate", "publish_restricted"]
    assert {"restricted"} == dag.tags & {"public", "restricted"}


def test_each_publish_task_renews_the_asset_of_its_audience(bag: DagBag) -> None:
    dag = bag.dags["mobility.parkings"]
    uris = {task.task_id: [asset.uri for asset in task.outlets] for task in dag.tasks if task.outlets}
    assert uris == {
        "publish_restricted": ["concentrator://restricted/mobility.parkings"],
        "publish_public": ["concentrator://public/mobility.parkings"],
    }


def test_every_task_has_a_time_out_and_every_dag_one_run_at_a_time(bag: DagBag) -> None:
    assert all(task.execution_timeout for dag in bag.dags.values() for task in dag.tasks)
    assert {(dag.max_active_runs, dag.catchup) for dag in bag.dags.values()} == {(1, False)}


def test_no_task_tries_again_what_would_end_alike(bag: DagBag) -> None:
    policies = {task.retry_policy for dag in bag.dags.values() for task in dag.tasks}
    assert policies == {RETRY_ONLY_THE_UNAVAILABLE}


def test_a_schedule_is_read_in_the_time_zone_of_the_city(bag: DagBag) -> None:
    scheduled = [dag for dag in bag.dags.values() if hasattr(dag.timetable, "timezone")]
    assert scheduled
    assert {str(dag.timetable.timezone) for dag in scheduled} == {"Europe/Paris"}


def test_a_person_finds_title_service_source_and_audience(bag: DagBag) -> None:
    dag, promised = bag.dags["mobility.parkings"], dataset_at(CONFIG, "mobility.parkings")
    about = promised.about
    assert dag.dag_display_name == about.title.fr
    assert dag.description == about.description.fr
    assert dag.tags == {"theme:mobility", "source:http_file", "public", "restricted"}
    assert (dag.owner, dag.owner_links) == (about.publisher, {about.publisher: f"mailto:{about.contact}"})
    assert dict(dag.params) == {"force": False}  # no `full` where everything is fetched each time


def test_the_page_has_every_field_the_contract_itself_and_what_to_do_on_failure(bag: DagBag) -> None:
    for dag_id in SAMPLES:
        page, promised = bag.dags[dag_id].doc_md or "", dataset_at(CONFIG, dag_id)
        contract = CONFIG / "datasets" / promised.theme / f"{promised.name}.yml"
        assert contract.read_text("utf-8").strip() in page
        assert [name for name in promised.fields if f"| `{name}` |" not in page] == []
        assert "## Si ça échoue" in page


def test_a_broken_contract_costs_its_own_dag_and_is_an_import_error_with_file_and_line(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config / "datasets" / "mobility" / "parkings.yml").write_text(
        "about:\n  title: {fr: Parcs}\n  tilte: x\n"
    )
    found = bag_of(config, monkeypatch)
    assert set(found.dags) == SAMPLES - {"mobility.parkings"} | UPKEEP
    ((file, message),) = found.import_errors.items()
    assert file.endswith("contract_faults.py")
    assert "config/datasets/mobility/parkings.yml:3: about.tilte" in message


@pytest.mark.parametrize("cron", ["99 99 * * *", "0 0 30 2 *"])
def test_a_schedule_that_never_comes_costs_its_own_dag_too(
    config: Path, monkeypatch: pytest.MonkeyPatch, cron: str
) -> None:
    file = config / "datasets" / "mobility" / "parkings.yml"
    lines = file.read_text("utf-8").splitlines()
    number = next(n for n, line in enumerate(lines) if line.startswith("schedule:"))
    lines[number] = f'schedule: "{cron}"'
    file.write_text("\n".join(lines), "utf-8")
    found = bag_of(config, monkeypatch)
    assert set(found.dags) == SAMPLES - {"mobility.parkings"} | UPKEEP
    assert f"config/datasets/mobility/parkings.yml:{number + 1}: schedule" in "".join(
        found.import_errors.values()
    )


def test_inside_a_task_only_its_own_contract_is_read(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (config / "datasets" / "energy" / "power_readings.yml").write_text("about: [\n")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "mobility.parkings")
    found = bag_of(config, monkeypatch)
    assert set(found.dags) - UPKEEP == {"mobility.parkings"}  # the upkeep stands in a file of its own


def test_the_same_contracts_give_the_same_dags_twice(bag: DagBag, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    again = bag_of(CONFIG, monkeypatch)
    for dag_id in SAMPLES | UPKEEP:
        assert DagSerialization.to_dict(bag.dags[dag_id]) == DagSerialization.to_dict(again.dags[dag_id])


def test_the_end_of_an_embargo_is_the_instant_at_which_its_dag_runs(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    file = config / "datasets" / "mobility" / "parkings.yml"
    file.write_text(f"embargo: 2097-03-14T20:00:00+01:00\n{file.read_text('utf-8')}", "utf-8")
    found = bag_of(config, monkeypatch)
    assert found.import_errors == {}
    dag = DagSerialization.from_dict(DagSerialization.to_dict(found.dags["upkeep_embargoes"]))
    first = dag.next_dagrun_info(last_automated_run_info=None)
    assert first.run_after == datetime(2097, 3, 14, 19, tzinfo=UTC)
    again = dag.next_dagrun_info(last_automated_run_info=first)
    assert again.run_after == datetime(2097, 3, 14, 20, tzinfo=UTC)
    assert dag.task_dict["mobility.parkings.publish_public"].upstream_task_ids == {
        "mobility.parkings.hand_over"
    }
    assert dag.task_dict["mobility.parkings.publish_public"].queue == "public"


def test_an_embargo_that_ended_while_no_scheduler_ran_is_caught_up_with(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    file = config / "datasets" / "mobility" / "parkings.yml"
    file.write_text(f"embargo: 2026-01-31T20:00:00+01:00\n{file.read_text('utf-8')}", "utf-8")
    dag = DagSerialization.from_dict(
        DagSerialization.to_dict(bag_of(config, monkeypatch).dags["upkeep_embargoes"])
    )
    first = dag.next_dagrun_info(last_automated_run_info=None)
    assert first.run_after == datetime(2026, 1, 31, 19, tzinfo=UTC)


def test_parsing_imports_nothing_heavy() -> None:
    assert parsed_apart(CONFIG) == f"{len(SAMPLES | UPKEEP)};{{}};[]"


def test_272_contracts_are_272_dags(config: Path) -> None:
    contract = (config / "datasets" / "mobility" / "parkings.yml").read_text("utf-8")
    for number in range(272 - len(SAMPLES)):
        (config / "datasets" / "mobility" / f"parkings_{number}.yml").write_text(contract, "utf-8")
    assert parsed_apart(config) == f"{272 + len(UPKEEP)};{{}};[]"
