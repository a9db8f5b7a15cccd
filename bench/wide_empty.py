"""DAGs of the journey's shape whose tasks do nothing: what Airflow itself costs, to compare with."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, BaseOperator, Context, chain, get_parsing_context
from airflow.sdk.exceptions import AirflowSkipException

TASKS = ("extract", "standardize", "validate", "publish_restricted", "hand_over", "publish_public")
_MINUTES = timedelta(minutes=30)  # a task has a limit of time, as the journey's have


class Nothing(BaseOperator):
    """A task that runs and does nothing; Airflow's own EmptyOperator is never run at all."""

    def execute(self, context: Context) -> None:
        """None."""


class NothingNew(BaseOperator):
    """A task that does nothing but skip the rest, as `extract` does where the source has nothing new."""

    def execute(self, context: Context) -> None:
        """Raises:
        AirflowSkipException: always.
        """
        raise AirflowSkipException("nothing new")


def empty_ids(kind: str, count: int) -> list[str]:
    """`empty.0000` and so on: of `empty` every task runs, of `skipping` the first skips the rest."""
    return [f"{kind}.{number:04d}" for number in range(count)]


def empty_dags(count: int) -> dict[str, DAG]:
    """The DAGs of both kinds by id; inside a task, only the one that runs."""
    only = get_parsing_context().dag_id
    ids = [*empty_ids("empty", count), *empty_ids("skipping", count)]
    return {dag_id: _empty(dag_id) for dag_id in ids if only in (None, dag_id)}


def _empty(dag_id: str) -> DAG:
    dag = DAG(dag_id=dag_id, schedule="15 4 * * *", catchup=False, max_active_runs=1)
    first = NothingNew if dag_id.startswith("skipping") else Nothing
    kinds = [first, *[Nothing] * (len(TASKS) - 1)]
    chain(*(kind(dag=dag, task_id=name, execution_timeout=_MINUTES)
            for kind, name in zip(kinds, TASKS, strict=True)))  # fmt: skip
    return dag
