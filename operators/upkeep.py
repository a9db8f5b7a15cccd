"""The city's upkeep as DAGs: names healed each hour, old releases collected each day, embargoes that end.

Their ids have no dot, so that no dataset's id is ever one of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
from airflow.sdk import DAG, Context, CronTriggerTimetable
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.timetables.events import EventsTimetable

from contracts.city import City
from contracts.dataset import AUDIENCES, Audience, Dataset
from contracts.library import library_at
from contracts.model import Frozen
from operators.stages import PUBLIC_QUEUE, PublishPublic, Stage
from operators.steps import RETRY_ONLY_THE_UNAVAILABLE, Step, attempt_of
from operators.surroundings import config_folder, house_here

RECONCILE, COLLECT, EMBARGOES = "upkeep_reconcile", "upkeep_collect", "upkeep_embargoes"
_RETRIES = 1  # for a worker that was killed; every one of these tasks may be repeated
_LIMIT = timedelta(hours=1)
# At the instant itself, and again later: a store may have failed then, or a worker's clock been behind.
_LOOKS = (timedelta(), timedelta(hours=1), timedelta(days=1))
_RECONCILE_PAGE = """\
# Remettre les noms d'aplomb

Toutes les heures, pour chaque public : le pointeur (`current.json`), les noms stables et le fil des
changements sont comparés au journal des versions, et réécrits s'ils en diffèrent (une exécution tuée au
mauvais moment). Rien ne recule jamais.

Une tâche rouge nomme le jeu de données et ce qui manque : un fichier publié a été effacé ou modifié à la
main ; le restaurer d'une sauvegarde.
"""
_COLLECT_PAGE = """\
# Ranger les anciennes versions

Tous les jours : ce que plus aucune version gardée ne nomme est d'abord inscrit à un plan, puis effacé le
lendemain au plus tôt (`keep_releases` et `keep_days` dans `city.yml`). Les journaux et les retraits restent.
"""
_EMBARGOES_PAGE = """\
# Lever les embargos

À l'instant fixé par `embargo:` dans un contrat, ce que la dernière exécution a retenu est contrôlé puis
publié, sans redemander la source ; encore une heure et un jour après, au cas où un dépôt n'aurait pas
répondu. Une tâche rose : rien n'attendait.
"""


def upkeep_in(config: Path) -> dict[str, DAG]:
    """The upkeep's DAGs by id; the one of the embargoes only where a contract has one.

    Raises:
        ContractInvalid: `city.yml` or `vocabulary.yml` is broken.
    """
    library = library_at(config)
    waiting = [dataset for dataset in library.datasets.values() if dataset.embargo is not None]
    dags = [_reconciling(library.city), _collecting(library.city)]
    if waiting:
        dags.append(_embargoes(library.city, waiting))
    return {dag.dag_id: dag for dag in dags}


class Looked(Frozen):
    """What a look at one audience's store came to."""

    datasets: int
    healed: tuple[str, ...]


class Tidied(Frozen):
    """What a collection came to, by audience."""

    releases_gone: dict[Audience, int]
    releases_planned: dict[Audience, int]
    bytes: int


class Reconcile(Step):
    """Brings pointer and stable names of every dataset to what the log says, in one audience's store.

    The public part holds nothing but the public store.
    """

    ui_color = "#e8eaf6"

    def __init__(self, *, audience: Audience, **settings: Any) -> None:
        super().__init__(**settings)
        self.audience: Audience = audience

    def outcome(self, context: Context) -> Looked:
        """How many datasets were looked at, and which had to be healed.

        Raises:
            AirflowFailException: some could not be; the others were.
        """
        from pipeline.house import store_named
        from pipeline.upkeep import reconciled

        store, dataset_ids = store_named(os.environ, self.audience), library_at(config_folder()).datasets
        looks = [reconciled(store, self.audience, dataset_id) for dataset_id in sorted(dataset_ids)]
        if refusals := [look.refusal for look in looks if look.refusal]:
            raise AirflowFailException("\n".join(refusals))
        return Looked(datasets=len(looks), healed=tuple(look.dataset_id for look in looks if look.healed))


class Collect(Step):
    """Plans what no kept release needs, and deletes what was planned a day ago and still is."""

    ui_color = "#efebe9"

    def outcome(self, context: Context) -> Tidied:
        """How much went, and how much is planned.

        Raises:
            AirflowFailException: a store or a dataset could not be looked at; the others were.
        """
        from pipeline.upkeep import collect_all

        came = collect_all(house_here(), library_at(config_folder()))
        if came.refusals:
            raise AirflowFailException("\n".join(came.refusals))
        return Tidied(
            releases_gone={audience: len(one.gone) for audience, one in came.releases.items()},
            releases_planned={audience: len(one.planned) for audience, one in came.releases.items()},
            bytes=sum(one.bytes for one in came.releases.values()) + sum(one.bytes for one in came.cleared),
        )


class HandOverDue(Stage):
    """Hands over what an embargo held back, once it has ended."""

    ui_color = "#ede7f6"

    def attempt(self, context: Context) -> str:
        """The name of this try, which no run of the dataset's own DAG shares."""
        return attempt_of(f"{EMBARGOES} {context['run_id']}", context["ti"].try_number)

    def outcome(self, context: Context) -> Frozen:
        """What was handed over.

        Raises:
            AirflowSkipException: nothing waits, or it has to wait still.
        """
        from pipeline.embargo import due
        from pipeline.handover import hand_over

        dataset, house = self.dataset(), house_here()
        held = due(dataset, house)
        if held is None:
            raise AirflowSkipException("nothing that may be published now was held back")
        return hand_over(dataset, house, *held, attempt=self.attempt(context))


def _reconciling(city: City) -> DAG:
    dag = _dag(RECONCILE, city, "Remettre les noms d'aplomb", _RECONCILE_PAGE, _cron("7 * * * *", city))
    for audience in AUDIENCES:
        queue = {"queue": PUBLIC_QUEUE} if audience == "public" else {}
        Reconcile(
            dag=dag, audience=audience, task_id=f"reconcile_{audience}", execution_timeout=_LIMIT, **queue
        )
    return dag


def _collecting(city: City) -> DAG:
    dag = _dag(COLLECT, city, "Ranger les anciennes versions", _COLLECT_PAGE, _cron("40 3 * * *", city))
    Collect(dag=dag, task_id="collect", execution_timeout=_LIMIT)
    return dag


def _embargoes(city: City, waiting: Iterable[Dataset]) -> DAG:
    """One hand-over and one public publish for each dataset under embargo; the restricted side has it."""
    waiting = sorted(waiting, key=lambda dataset: dataset.id)
    ends = {dataset.embargo + later for dataset in waiting if dataset.embargo for later in _LOOKS}
    events = [pendulum.instance(moment).in_timezone("UTC") for moment in sorted(ends)]
    # Airflow's own, not its SDK's, which 3.3.2 cannot serialize (apache/airflow#69401).
    timetable = EventsTimetable(events, presorted=True, description="à la fin de chaque embargo")
    # An end that fell into an outage of the scheduler is caught up with.
    dag = _dag(
        EMBARGOES, city, "Lever les embargos", _EMBARGOES_PAGE, timetable, catchup=True, start_date=events[0]
    )
    for dataset in waiting:
        handing = HandOverDue(
            dag=dag, dataset_id=dataset.id, task_id=f"{dataset.id}.hand_over", execution_timeout=_LIMIT
        )
        handing >> PublishPublic(
            dag=dag, dataset_id=dataset.id, task_id=f"{dataset.id}.publish_public", handed_by=handing.task_id,
            execution_timeout=_LIMIT,
        )  # fmt: skip
    return dag


def _cron(expression: str, city: City) -> CronTriggerTimetable:
    return CronTriggerTimetable(expression, timezone=city.time_zone)


def _dag(dag_id: str, city: City, title: str, page: str, schedule: Any, **settings: Any) -> DAG:
    return DAG(
        dag_id=dag_id, dag_display_name=title, description=title, doc_md=page, schedule=schedule,
        max_active_runs=1,
        default_args={"owner": city.name, "retries": _RETRIES, "retry_policy": RETRY_ONLY_THE_UNAVAILABLE},
        owner_links={city.name: f"mailto:{city.contact}"}, tags=["upkeep"], **{"catchup": False, **settings},
    )  # fmt: skip
