"""One contract as one DAG, from the source to both audiences, restricted before public."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable, Param, chain
from airflow.sdk.exceptions import AirflowTimetableInvalid

from contracts.city import City
from contracts.dataset import Dataset
from contracts.errors import Fault
from contracts.library import city_at, dataset_at, library_at
from operators.pages import page_of
from operators.stages import Extract, HandOver, PublishPublic, PublishRestricted, Stage, Standardize, Validate

# In the order of the journey. The slowest source known to the city sends for about 20 minutes; ten million
# rows conform in 7 s, are judged in 4 s and written in under a minute (measured): each limit leaves room for
# a loaded machine.
_STAGES: dict[str, tuple[type[Stage], timedelta]] = {
    "extract": (Extract, timedelta(hours=1)),
    "standardize": (Standardize, timedelta(minutes=30)),
    "validate": (Validate, timedelta(minutes=30)),
    "publish_restricted": (PublishRestricted, timedelta(hours=1)),
    "hand_over": (HandOver, timedelta(hours=1)),
    "publish_public": (PublishPublic, timedelta(hours=1)),
}
_ONLY_FOR = {"publish_restricted": "restricted", "hand_over": "public", "publish_public": "public"}
_RETRIES = 3  # for a source that is down, five minutes apart, and for a worker that was killed


def journeys_in(config: Path) -> tuple[dict[str, DAG], tuple[Fault, ...]]:
    """The DAG of every sound contract by its id, and every fault of the contracts that have none.

    Raises:
        ContractInvalid: `city.yml` or `vocabulary.yml` is broken, which concerns every dataset.
    """
    library = library_at(config)
    faults = [fault for of_one in library.faults.values() for fault in of_one]
    journeys = {}
    for dataset_id, dataset in library.datasets.items():
        try:
            journeys[dataset_id] = _journey(config, dataset, library.city)
        except AirflowTimetableInvalid as error:  # one bad DAG would stop the scheduling of the whole file
            document = library.documents[dataset_id]
            line = document.line_of(("schedule",))
            faults.append(Fault(document.file, line, "schedule", str(error), 'Write it like "15 4 * * *".'))
    return journeys, tuple(faults)


def journey_at(config: Path, dataset_id: str) -> DAG:
    """One DAG, without reading the other contracts: what a task needs.

    Raises:
        ContractInvalid: the contract, `city.yml` or `vocabulary.yml` is broken.
    """
    return _journey(config, dataset_at(config, dataset_id), city_at(config))


def _journey(config: Path, dataset: Dataset, city: City) -> DAG:
    contract = config / "datasets" / dataset.theme / f"{dataset.name}.yml"
    journey = journey_of(dataset, city, contract.read_text("utf-8"))
    journey.timetable.validate()
    return journey


def journey_of(dataset: Dataset, city: City, contract: str) -> DAG:
    """The DAG of a dataset; `contract` is its YAML as written, shown on its page."""
    about, cron = dataset.about, dataset.schedule
    dag = DAG(
        dag_id=dataset.id,
        dag_display_name=about.title.fr,
        description=about.description.fr,
        doc_md=page_of(dataset, contract),
        schedule=CronTriggerTimetable(cron, timezone=city.time_zone) if cron else None,
        catchup=False,
        max_active_runs=1,
        default_args={"owner": about.publisher, "retries": _RETRIES},
        owner_links={about.publisher: f"mailto:{about.contact}"},
        tags=[f"theme:{dataset.theme}", f"source:{dataset.source.kind}", *dataset.audiences],
        params={
            "force": Param(
                False, type="boolean", title="Reprendre même sans nouveauté",
                description="Refait tout le trajet, même si la source renvoie les mêmes octets.",
            )
        },
    )  # fmt: skip
    chain(*_stages(dataset, dag))
    return dag


def _stages(dataset: Dataset, dag: DAG) -> list[Stage]:
    return [
        stage(dag=dag, dataset_id=dataset.id, task_id=name, execution_timeout=limit)
        for name, (stage, limit) in _STAGES.items()
        if _ONLY_FOR.get(name) in (None, *dataset.audiences)
    ]
