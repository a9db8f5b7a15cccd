"""What the commands share: two consoles, one sentence for a refusal, and this environment's installation."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from contracts.connection import connection_from
from contracts.dataset import Audience, Dataset
from contracts.errors import ConcentratorError, Fault
from contracts.library import dataset_at, library_at
from pipeline.house import House, config_folder, house_from

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
for console in (out, err):
    if not console.is_terminal:
        console.width = 10_000  # a file or a pipe has no edge: sentences and rows stay on one line

Thing = TypeVar("Thing")
DatasetId = Annotated[str, typer.Argument(metavar="ID", help="As `theme.name`.", show_default=False)]
DatasetIds = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]…", help="Datasets, each as `theme.name`.")
]
ReleaseId = Annotated[str, typer.Argument(metavar="RELEASE", help="As `concentrator releases` lists it.")]
Everything = Annotated[bool, typer.Option("--all", help="Every dataset.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs.")]
Plan = Annotated[bool, typer.Option("--plan", help="Only say what would be done; nothing is written.")]
Readers = Annotated[
    Audience | None, typer.Option("--audience", help="In this store alone.", show_default=False)
]


@contextmanager
def one_sentence() -> Iterator[None]:
    """A refusal as its sentence on standard error and exit code 1; never a traceback."""
    try:
        yield
    except ConcentratorError as error:
        err.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None


def environment() -> dict[str, str]:
    """The variables of this process, as they are now."""
    return dict(os.environ)


def now() -> datetime:
    """This machine's clock, UTC."""
    return datetime.now(UTC)


def config() -> Path:
    """The folder of contracts."""
    return config_folder(os.environ)


def house_of(variables: dict[str, str]) -> House:
    """The installation that these variables describe, its connections among them.

    Raises:
        ContractInvalid: `city.yml` is broken.
        StorageRefused: an address names no store.
    """
    return house_from(variables, connection=lambda name: connection_from(variables, name))


def chosen(ids: list[str] | None, everything: bool) -> tuple[list[Dataset], dict[str, tuple[Fault, ...]]]:
    """The datasets asked for; with --all, the faults of those that cannot run."""
    if everything == bool(ids):
        raise typer.BadParameter("name datasets, or write --all")
    if ids:
        return [dataset_at(config(), dataset_id) for dataset_id in ids], {}
    library = library_at(config())
    return list(library.datasets.values()), library.faults


def bar(*, hidden: bool = False) -> Progress:
    """A progress bar on standard error, where that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=err, disable=hidden or not err.is_terminal)


def one_by_one(things: Sequence[Thing], *, hidden: bool = False) -> Iterator[Thing]:
    """Each of them in turn, with a bar on a terminal."""
    with bar(hidden=hidden) as shown:
        task = shown.add_task("", total=len(things))
        for thing in things:
            shown.update(task, description=str(thing))
            yield thing
            shown.advance(task)


def print_faults(faults: tuple[Fault, ...]) -> None:
    """Each fault on its line."""
    for fault in faults:
        out.print(str(fault), markup=False)


def print_json(records: Sequence[BaseModel]) -> None:
    """One JSON object a line."""
    for record in records:
        print(record.model_dump_json(), flush=True)


def table_of(*headings: str, right: Sequence[str] = ()) -> Table:
    """A table without rules; the columns in `right` hold numbers."""
    table = Table(*headings, box=None, padding=(0, 1, 0, 0))
    for column in table.columns:
        if column.header in right:
            column.justify = "right"
            column.no_wrap = True
    return table


def counted(count: int, thing: str) -> str:
    """`1 value`, `2 values`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def shown(value: Any) -> str:
    """The value, or a dash for none."""
    return "–" if value is None else str(value)


def ago(moment: datetime | None) -> str:
    """How long ago that was."""
    if moment is None:
        return "–"
    minutes = int((now() - moment).total_seconds() // 60)
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes >= size:
            return f"{minutes // size} {unit} ago"
    return f"{minutes} min ago"


def size_of(count: int | None) -> str:
    """Bytes as a person reads them."""
    if count is None:
        return "–"
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
