"""One contract as one DAG, from the source to both audiences, restricted before public."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable, Param, chain
from croniter import CroniterError, croniter  # type: ignore[import-untyped]  # Airflow reads schedules by it

from contracts.city import City
from contracts.dataset import Dataset
from contracts.errors import Fault
from contracts.joining import parts_of
from contracts.library import Library, city_at, dataset_and_parts_at, library_at
from operators.pages import page_of
from operators.stages import (
    Extract,
    HandOver,
    PublishPublic,
    PublishRestricted,
    Stage,
    Standardize,
    Validate,
    asset_of,
)
from operators.steps import RETRY_ONLY_THE_UNAVAILABLE

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


def journeys_in(config: Path) -> dict[str, DAG]:
    """The DAG of every sound contract by its id; one whose schedule does not exist is left out.

    Raises:
        ContractInvalid: `city.yml` or `vocabulary.yml` is broken, which concerns every dataset.
    """
    library = library_at(config)
    return {
        dataset_id: _journey(config, dataset, library.city, parts_of(dataset, library.datasets))
        for dataset_id, dataset in library.datasets.items()
        if _schedule_fault(library, dataset) is None
    }


def faults_in(config: Path) -> tuple[Fault, ...]:
    """Every fault of the contracts that have no DAG, without building the others'.

    Raises:
        ContractInvalid: `city.yml` or `vocabulary.yml` is broken.
    """
    library = library_at(config)
    schedules = (_schedule_fault(library, dataset) for dataset in library.datasets.values())
    of_contracts = (fault for faults in library.faults.values() for fault in faults)
    return (*of_contracts, *filter(None, schedules))


def _schedule_fault(library: Library, dataset: Dataset) -> Fault | None:
    """Why Airflow never finds a moment for it (30 February): that would stop the DAGs of the whole file."""
    try:
        if dataset.schedule is not None:
            croniter(dataset.schedule).get_next()
    except CroniterError as error:
        document = library.documents[dataset.id]
        line = document.line_of(("schedule",))
        return Fault(document.file, line, "schedule", str(error), 'Write it like "15 4 * * *".')
    return None


def journey_at(config: Path, dataset_id: str) -> DAG:
    """One DAG, without reading the other contracts: what a task needs.

    Raises:
        ContractInvalid: the contract, `city.yml` or `vocabulary.yml` is broken.
    """
    dataset, parts = dataset_and_parts_at(config, dataset_id)
    return _journey(config, dataset, city_at(config), parts)


def _journey(config: Path, dataset: Dataset, city: City, parts: Sequence[Dataset]) -> DAG:
    contract = config / "datasets" / dataset.theme / f"{dataset.name}.yml"
    return journey_of(dataset, city, contract.read_text("utf-8"), parts)


def journey_of(dataset: Dataset, city: City, contract: str, parts: Sequence[Dataset] = ()) -> DAG:
    """The DAG of a dataset; `contract` is its YAML as written, shown on its page.

    A joined table also runs when one of its `parts` has a new release, and then looks at all of them.
    """
    about = dataset.about
    dag = DAG(
        dag_id=dataset.id,
        dag_display_name=about.title.fr,
        description=about.description.fr,
        doc_md=page_of(dataset, contract),
        schedule=_schedule(dataset, city, parts),
        catchup=False,
        max_active_runs=1,
        default_args={
            "owner": about.publisher, "retries": _RETRIES, "retry_policy": RETRY_ONLY_THE_UNAVAILABLE,
        },
        owner_links={about.publisher: f"mailto:{about.contact}"},
        tags=[f"theme:{dataset.theme}", f"source:{dataset.source.kind}", *dataset.audiences],
        params=_params(dataset),
    )  # fmt: skip
    chain(*_stages(dataset, dag))
    return dag


def _schedule(
    dataset: Dataset, city: City, parts: Sequence[Dataset]
) -> AssetAny | AssetOrTimeSchedule | CronTriggerTimetable | None:
    """By the clock, by what its parts release, or both: events that come together merge into one run."""
    cron = dataset.schedule
    clock = CronTriggerTimetable(cron, timezone=city.time_zone) if cron else None
    joined = dataset.joined
    if joined is None or not joined.woken or not parts:
        return clock
    news = AssetAny(*(asset_of(part.id, audience) for part in parts for audience in part.audiences))
    return AssetOrTimeSchedule(timetable=clock, assets=news) if clock else news


def _params(dataset: Dataset) -> dict[str, Param]:
    """What a person may ask of one run."""
    force = Param(
        False, type="boolean", title="Reprendre même sans nouveauté",
        description="Refait tout le trajet, même si la source renvoie les mêmes octets.",
    )  # fmt: skip
    full = Param(
        False, type="boolean", title="Tout recharger",
        description="Redemande tout à la source, aussi ce que les chargements partiels n'ont pas vu partir.",
    )  # fmt: skip
    return {"force": force, "full": full} if dataset.load.grows else {"force": force}


def _stages(dataset: Dataset, dag: DAG) -> list[Stage]:
    return [
        stage(dag=dag, dataset_id=dataset.id, task_id=name, execution_timeout=limit)
        for name, (stage, limit) in _STAGES.items()
        if _ONLY_FOR.get(name) in (None, *dataset.audiences)
    ]
