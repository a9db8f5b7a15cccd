"""One run of a DAG with Airflow's context played from outside, and JSON between its tasks."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any


class Run:
    """What Airflow hands to each task and keeps between them."""

    def __init__(self, dag: Any, run_id: str, *, force: bool = False, **asked: bool) -> None:
        self.dag, self.run_id, self.force, self.asked = dag, run_id, force, asked
        self.kept: dict[str, str] = {}
        self.events: dict[Any, SimpleNamespace] = {}

    def task(self, task_id: str, try_number: int = 1) -> Any:
        task = self.dag.get_task(task_id)
        self.events |= {asset: SimpleNamespace(extra={}) for asset in task.outlets}
        pulled = SimpleNamespace(
            try_number=try_number, xcom_pull=lambda task_ids: json.loads(self.kept[task_ids])
        )
        context: Any = {
            "ti": pulled, "run_id": self.run_id, "params": {"force": self.force, **self.asked},
            "outlet_events": self.events,
        }  # fmt: skip
        outcome = task.execute(context)
        self.kept[task_id] = json.dumps(outcome)
        return outcome

    def tasks(self, *task_ids: str, try_number: int = 1) -> Run:
        for task_id in task_ids:
            self.task(task_id, try_number)
        return self

    def whole(self) -> Run:
        return self.tasks(*(task.task_id for task in self.dag.topological_sort()))
