"""Drives the sample city's DAGs over Airflow's API: waits for them, triggers each, follows every task."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sample.rest import Refused, Rest

ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
_PAUSE = 0.5  # between two looks; one look is one query for all tasks
_LOST_AFTER = (
    10.0  # an accepted trigger that left no run by then is sent again (seen once in fifty on SQLite)
)


@dataclass
class Ride:
    """One run of one DAG as Airflow tells it."""

    dataset_id: str
    run_id: str
    state: str = "queued"
    seconds: float = 0.0
    tasks: dict[str, str] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be waited for; a retry in five minutes is not."""
        return self.state in ("success", "failed") or "up_for_retry" in self.tasks.values()


def import_errors(api: Rest) -> list[str]:
    """What Airflow could not import, as it shows it."""
    found = api.asked("GET", "/api/v2/importErrors?limit=100")["import_errors"]
    return [f"{error['filename']}: {error['stack_trace'].strip()}" for error in found]


def awaited(api: Rest, dataset_ids: Iterable[str], seconds: float, tell: Callable[[str], None]) -> None:
    """Comes back when Airflow knows every one of the DAGs.

    Raises:
        Refused: it does not in time; the text has Airflow's import errors.
    """
    deadline, wanted = time.monotonic() + seconds, set(dataset_ids)
    while time.monotonic() < deadline:
        known = {dag["dag_id"] for dag in api.asked("GET", "/api/v2/dags?limit=1000")["dags"]}
        if wanted <= known:
            return
        tell(f"waiting for {len(wanted - known)} of {len(wanted)} DAGs")
        time.sleep(_PAUSE)
    errors = "\n".join(import_errors(api)) or "Airflow names no import error."
    raise Refused(f"after {seconds:.0f} s Airflow lacks the DAGs of {', '.join(sorted(wanted))}.\n{errors}")


def cleared(api: Rest) -> None:
    """Fails the runs that a stopped city left unfinished: they would go before those of today."""
    asked = {"states": ["queued", "running"]}
    for run in api.asked("POST", "/api/v2/dags/~/dagRuns/list", asked)["dag_runs"]:
        path = f"/api/v2/dags/{quote(run['dag_id'])}/dagRuns/{quote(run['dag_run_id'])}"
        api.asked("PATCH", path, {"state": "failed"})


def triggered(api: Rest, dataset_id: str, run_id: str, *, force: bool) -> Ride:
    """The run of that name, started if it does not exist; SQLite refuses one trigger in forty.

    Raises:
        Refused: Airflow refuses it five times.
    """
    body = {"dag_run_id": run_id, "logical_date": None, "conf": {"force": force}}
    refusal = Refused("not asked yet")
    for wait in (0.2, 0.5, 1.0, 2.0, 4.0):
        try:
            api.asked("POST", f"/api/v2/dags/{quote(dataset_id)}/dagRuns", body)
        except Refused as error:
            refusal = error
            if error.status != 409:  # 409: an earlier attempt got through although its answer was an error
                time.sleep(wait)
                continue
        return Ride(dataset_id, run_id)
    raise refusal


def followed(
    api: Rest, rides: list[Ride], seconds: float, *, changed: Callable[[Ride], None],
    alive: Callable[[], None] = lambda: None, force: bool = False,
) -> None:  # fmt: skip
    """Brings the rides up to date until all are over, telling of each that changed.

    Raises:
        Refused: they are not over in time, or `alive` raises it between two looks.
    """
    start = time.monotonic()
    unseen_since = dict.fromkeys((ride.dataset_id for ride in rides), start)
    while True:
        alive()
        with suppress(Refused):  # a busy API answers the next look
            seen = _looked(api, rides, changed)
            for ride in rides:
                if ride.dataset_id in seen:
                    unseen_since.pop(ride.dataset_id, None)
                elif time.monotonic() - unseen_since.get(ride.dataset_id, time.monotonic()) > _LOST_AFTER:
                    unseen_since[ride.dataset_id] = time.monotonic()
                    triggered(api, ride.dataset_id, ride.run_id, force=force)
        if all(ride.is_over for ride in rides):
            return
        if time.monotonic() - start > seconds:
            late = ", ".join(ride.dataset_id for ride in rides if not ride.is_over)
            raise Refused(f"not over after {seconds:.0f} s: {late}.")
        time.sleep(_PAUSE)


def _looked(api: Rest, rides: list[Ride], changed: Callable[[Ride], None]) -> set[str]:
    """The datasets whose run exists, after each ride was brought up to date."""
    asked = {"dag_ids": [ride.dataset_id for ride in rides], "page_limit": 1000}
    runs = api.asked("POST", "/api/v2/dags/~/dagRuns/list", asked)["dag_runs"]
    tasks = api.asked("POST", "/api/v2/dags/~/dagRuns/~/taskInstances/list", asked)["task_instances"]
    seen = set()
    for ride in rides:
        mine = [run for run in runs if (run["dag_id"], run["dag_run_id"]) == (ride.dataset_id, ride.run_id)]
        for run in mine:
            seen.add(ride.dataset_id)
            _updated(ride, run, tasks, changed)
    return seen


def _updated(
    ride: Ride, run: dict[str, Any], tasks: list[dict[str, Any]], changed: Callable[[Ride], None]
) -> None:
    states = {
        task["task_id"]: task["state"] or "waiting" for task in tasks
        if (task["dag_id"], task["dag_run_id"]) == (ride.dataset_id, ride.run_id)
    }  # fmt: skip
    different = states != ride.tasks or run["state"] != ride.state
    ride.tasks, ride.state, ride.seconds = states, run["state"], run.get("duration") or ride.seconds
    if different:
        changed(ride)
