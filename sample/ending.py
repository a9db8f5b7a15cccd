"""How each dataset ended, told from the stores and not from Airflow: what readers have is what counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rich.console import Console
from rich.table import Table

from contracts.dataset import Dataset
from contracts.library import Library
from pipeline.house import House
from pipeline.record import last_staged
from pipeline.status import Part, Status, status_of
from sample.drive import Ride

State = Literal[
    "released", "unchanged", "embargoed", "nothing new", "unavailable", "refused", "failed", "no DAG"
]
GOOD: tuple[State, ...] = ("released", "unchanged", "embargoed", "nothing new")
_STYLES: dict[State, str] = {
    "released": "green", "unchanged": "green", "embargoed": "cyan", "nothing new": "cyan",
}  # fmt: skip


@dataclass(frozen=True)
class Ending:
    """One line of the last table."""

    dataset_id: str
    state: State
    sentence: str = ""
    rows_read: int | None = None
    rows_rejected: int | None = None
    public: Part | None = None
    restricted: Part | None = None
    seconds: float | None = None


def endings(library: Library, house: House, rides: list[Ride], since: datetime) -> list[Ending]:
    """One for each contract, sound or not, by id."""
    ended = [_ending(library.datasets[ride.dataset_id], house, ride, since) for ride in rides]
    broken = [
        Ending(dataset_id, "no DAG", "\n".join(str(fault) for fault in faults))
        for dataset_id, faults in library.faults.items()
    ]
    return sorted(ended + broken, key=lambda ending: ending.dataset_id)


def _ending(dataset: Dataset, house: House, ride: Ride, since: datetime) -> Ending:
    status = status_of(dataset, house)
    state, sentence = judged(ride, status, since)
    staged = last_staged(dataset, house) if state in GOOD else None
    return Ending(
        dataset.id, state, sentence,
        rows_read=staged.rows_read if staged else None,
        rows_rejected=staged.rows_rejected if staged else None,
        public=status.public, restricted=status.restricted, seconds=ride.seconds,
    )  # fmt: skip


def judged(ride: Ride, status: Status, since: datetime) -> tuple[State, str]:
    """The state that Airflow and the stores agree on; what Airflow calls failed never passes for good."""
    outcome = status.outcome if status.outcome and status.outcome.at >= since else None
    if ride.state == "success" and outcome and outcome.state == "nothing_new":
        return "nothing new", ""
    if ride.state == "success" and outcome and outcome.state == "embargoed":
        return "embargoed", f"{ride.dataset_id}: {outcome.sentence}."
    if ride.state == "success" and outcome and outcome.state == "released":
        renewed = status.released_at is not None and status.released_at >= since
        return "released" if renewed else "unchanged", ""
    sentence = outcome.sentence if outcome else ""
    if "up_for_retry" in ride.tasks.values():
        return "unavailable", sentence or "Airflow will try again in five minutes."
    if sentence:
        return "refused", sentence
    failed = [task for task, state in ride.tasks.items() if state == "failed"]
    return "failed", f"{ride.dataset_id}: {', '.join(failed) or ride.state} failed; its log says why."


def print_endings(console: Console, rows: list[Ending]) -> None:
    """The last table, then one sentence for each dataset that did not end well."""
    table = Table(
        "dataset", "rows read", "rejected", "public", "restricted", "files", "seconds", "status", box=None
    )
    for column in table.columns[1:7]:
        column.justify = "right"
    for row in rows:
        files = sum(len(part.files) for part in (row.public, row.restricted) if part)
        table.add_row(
            row.dataset_id, _number(row.rows_read), _number(row.rows_rejected), _size(row.public),
            _size(row.restricted), _number(files), "–" if row.seconds is None else f"{row.seconds:.1f}",
            row.state, style=_STYLES.get(row.state, "red"),
        )  # fmt: skip
    console.print(table)
    for row in rows:
        if row.sentence:
            console.print(row.sentence, style=_STYLES.get(row.state, "red"), markup=False)


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}".replace(",", " ")


def _size(part: Part | None) -> str:
    return "–" if part is None else f"{_number(part.rows)} × {part.columns}"
