"""Shows how far the datasets are: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from sample.drive import ENDED, Ride


class Board:
    """One line for each dataset and one for all: datasets × tasks."""

    def __init__(self, console: Console, tasks: dict[str, int]) -> None:
        self.console, self.tasks = console, tasks
        self.bar = Progress(
            TextColumn("{task.description:<32}"), BarColumn(bar_width=30), MofNCompleteColumn(),
            TimeElapsedColumn(), TextColumn("{task.fields[stage]}"),
            console=console, disable=not console.is_terminal,
        )  # fmt: skip
        self.lines: dict[str, TaskID] = {}
        self.done: dict[str, int] = {}

    def __enter__(self) -> Board:
        for dataset_id, count in self.tasks.items():
            self.lines[dataset_id] = self.bar.add_task(dataset_id, total=count, stage="")
        self.all = self.bar.add_task(f"{len(self.tasks)} datasets", total=sum(self.tasks.values()), stage="")
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def show(self, ride: Ride) -> None:
        """What became of a dataset's tasks since the last look."""
        over = [task for task, state in ride.tasks.items() if state in ENDED]
        busy = [task for task, state in ride.tasks.items() if state in ("running", "up_for_retry")]
        stage = ride.state if ride.is_over else ", ".join(busy)
        if len(over) > self.done.get(ride.dataset_id, 0) and not self.console.is_terminal:
            self.console.print(f"{ride.dataset_id}: {len(over)} of {self.tasks[ride.dataset_id]} {stage}")
        self.done[ride.dataset_id] = len(over)
        self.bar.update(self.lines[ride.dataset_id], completed=len(over), stage=stage)
        self.bar.update(self.all, completed=sum(self.done.values()))
