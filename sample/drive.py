"""Drives the sample city's DAGs over Airflow's API: waits for them, triggers each, follows every task."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sample.rest import Refused, Rest

ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
_PAUSE = 0.5  # between two looks; one look is one query for all tasks
_PAGE = 1000  # as the sample's settings allow
_LOST_AFTER = (
    10.0  # an accepted trigger that left no run by then is sent again (seen once in fifty on SQLite)
)


@dataclass
class Ride:
    """One run of one DAG as Airflow tells it; `unseen` until Airflow shows the run."""

    dataset_id: str
    run_id: str
    force: bool = False
    state: str = "unseen"
    seconds: float = 0.0
    tasks: dict[str, str] = field(default_factory=dict)
    sent_at: float = field(default_factory=time.monotonic, compare=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be waited for; a retry in five minutes is not."""
        return self.state in ("success", "failed") or "up_for_retry" in self.tasks.values()

    @property
    def is_lost(self) -> bool:
        """Whether Airflow took the trigger and forgot it."""
        return self.state == "unseen" and time.monotonic() - self.sent_at > _LOST_AFTER


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


def trigger(api: Rest, ride: Ride) -> None:
    """Starts the ride's run unless it exists; SQLite refuses one trigger in forty.

    Raises:
        Refused: Airflow refuses it five times.
    """
    body = {"dag_run_id": ride.run_id, "logical_date": None, "conf": {"force": ride.force}}
    path, waits = f"/api/v2/dags/{quote(ride.dataset_id)}/dagRuns", [4.0, 2.0, 1.0, 0.5]
    ride.sent_at = time.monotonic()
    while True:
        try:
            api.asked("POST", path, body)
        except Refused as error:
            if error.status == 409:  # an earlier attempt got through although its answer was an error
                return
            if not waits:
                raise
            time.sleep(waits.pop())
        else:
            return


def followed(
    api: Rest, rides: list[Ride], seconds: float, *,
    changed: Callable[[Ride], None], alive: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Brings the rides up to date until all are over, telling of each that changed.

    Raises:
        Refused: they are not over in time, Airflow refuses, or `alive` raises it between two looks.
    """
    deadline = time.monotonic() + seconds
    while not all(ride.is_over for ride in rides):
        alive()
        with _patience():
            _look(api, rides, changed)
            for ride in rides:
                if ride.is_lost:
                    trigger(api, ride)
        if time.monotonic() > deadline:
            late = ", ".join(ride.dataset_id for ride in rides if not ride.is_over)
            raise Refused(f"not over after {seconds:.0f} s: {late}.")
        time.sleep(_PAUSE)


@contextmanager
def _patience() -> Iterator[None]:
    """A busy API answers the next look; what it calls our mistake (4xx) would stay one."""
    try:
        yield
    except Refused as error:
        if error.status is not None and error.status < 500:
            raise


def _look(api: Rest, rides: list[Ride], changed: Callable[[Ride], None]) -> None:
    """Brings each ride up to date.

    By GET: the POST lists write an audit row for each look, in the API server's event loop, which then
    waits for the very request that holds SQLite's lock (seen: 5 s each time, once a dead scheduler).
    """
    wanted = f"run_id_pattern={quote(rides[0].run_id)}&limit={_PAGE}"
    tasks = api.asked("GET", f"/api/v2/dags/~/dagRuns/~/taskInstances?{wanted}")["task_instances"]
    runs = api.asked("GET", f"/api/v2/dags/~/dagRuns?{wanted}")["dag_runs"]
    by_id = {(run["dag_id"], run["dag_run_id"]): run for run in runs}
    for ride in rides:
        if run := by_id.get((ride.dataset_id, ride.run_id)):
            _update(ride, run, tasks, changed)


def _update(
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
