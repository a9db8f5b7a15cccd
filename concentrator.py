"""The second door: the same journey from the command line, without Airflow."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from contracts.connection import connection_from
from contracts.dataset import Dataset
from contracts.errors import ConcentratorError, Fault
from contracts.library import Library, dataset_at, library_at
from contracts.schema import schema_text
from contracts.stages import STAGES
from pipeline.house import config_folder, house_from

app = typer.Typer(
    help="One YAML contract per dataset, from its source to a public and a restricted release.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown",
)  # fmt: skip
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
for console in (out, err):
    if not console.is_terminal:
        console.width = 10_000  # a file or a pipe has no edge: sentences and rows stay on one line
STATES = {
    "released": "released", "unchanged": "same content", "nothing_new": "nothing new",
    "stopped": "stopped", "refused": "refused",
}  # fmt: skip


@contextmanager
def one_sentence() -> Iterator[None]:
    """A refusal as its sentence on standard error and exit code 1; never a traceback."""
    try:
        yield
    except ConcentratorError as error:
        err.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None


def _config() -> Path:
    return config_folder(os.environ)


@app.command()
def check(
    schema: Annotated[
        bool, typer.Option("--schema", help="Also write config/dataset.schema.json, for your editor.")
    ] = False,
) -> None:
    """Validate every contract; each fault with file, line, field and remedy. Exit 1 if there is any."""
    from pipeline.checking import faults_of_library

    start = monotonic()
    with one_sentence():
        library = library_at(_config())
        faults = faults_of_library(library)
    for found in faults.values():
        _print_faults(found)
    count = sum(len(found) for found in faults.values())
    total = len(library.datasets.keys() | library.faults.keys())
    summary = f"{total} contracts, {count} faults in {len(faults)} of them ({monotonic() - start:.1f} s)"
    out.print(summary, style="red" if faults else "green")
    if schema:
        (_config() / "dataset.schema.json").write_text(schema_text(library.vocabulary), encoding="utf-8")
    if faults:
        raise typer.Exit(1)


def _print_faults(faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        out.print(str(fault), markup=False)


@app.command()
def run(
    ids: Annotated[list[str] | None, typer.Argument(help="Datasets, as <theme>.<name>.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every dataset.")] = False,
    sample: Annotated[bool, typer.Option("--sample", help="Serve the sample sources meanwhile.")] = False,
    first: Annotated[str, typer.Option("--from", help=f"First stage: {', '.join(STAGES)}.")] = STAGES[0],
    last: Annotated[str, typer.Option("--until", help="Last stage.")] = STAGES[-1],
    force: Annotated[bool, typer.Option("--force", help="Go on even if nothing is new.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a dataset.")] = False,
) -> None:
    """Take datasets through extract, standardize, validate and publish. Exit 1 if any is refused."""
    from contextlib import ExitStack

    for stage in (first, last):
        if stage not in STAGES:
            raise typer.BadParameter(f"{stage!r} is not a stage; the stages are {', '.join(STAGES)}")
    if STAGES.index(first) > STAGES.index(last):
        raise typer.BadParameter(f"--from {first} comes after --until {last}")
    environment = dict(os.environ)
    with one_sentence(), ExitStack() as stack:
        if sample:
            environment |= _sample_connections(stack)
        datasets, faults = _chosen(ids or [], everything)
        house = house_from(environment, connection=lambda name: connection_from(environment, name))
        journeys = _travelled(datasets, house, (first, last, force), as_json)
    for found in faults.values():
        err.print("\n".join(str(fault) for fault in found), style="red", markup=False)
    if faults or any(journey["state"] == "refused" for journey in journeys):
        raise typer.Exit(1)


def _sample_connections(stack: Any) -> dict[str, str]:
    """The sample city's connections, to sources that are served until the stack closes."""
    from sample.sources import connections, serving

    return connections(stack.enter_context(serving()))


def _chosen(ids: list[str], everything: bool) -> tuple[list[Dataset], dict[str, tuple[Fault, ...]]]:
    """The datasets asked for; with --all, the faults of those that cannot run."""
    if everything == bool(ids):
        raise typer.BadParameter("name datasets, or write --all")
    if not everything:
        return [dataset_at(_config(), dataset_id) for dataset_id in ids], {}
    library = library_at(_config())
    return list(library.datasets.values()), library.faults


def _travelled(
    datasets: list[Dataset], house: Any, asked: tuple[str, str, bool], as_json: bool
) -> list[dict[str, Any]]:
    """Every dataset taken from stage to stage, with a live bar, then told as a table or as JSON lines."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from pipeline.journey import Journey, Trip, travel

    first, last, force = asked
    stages = STAGES.index(last) - STAGES.index(first) + 1
    journeys: list[Journey] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=as_json or not err.is_terminal) as bar:
        task = bar.add_task("", total=len(datasets) * stages)
        for number, dataset in enumerate(datasets):

            def entered(stage: Any, number: int = number, dataset: Dataset = dataset) -> None:
                done = number * stages + STAGES.index(stage) - STAGES.index(first)
                bar.update(task, completed=done, description=f"{dataset.id}: {stage}")

            name = f"{house.clock():%Y%m%dT%H%M%SZ}-{house.random(4).hex()}"
            trip = Trip.model_validate({"batch_id": name, "first": first, "last": last, "force": force})
            journeys.append(travel(dataset, house, trip, entered=entered))
            bar.update(task, completed=(number + 1) * stages)
            if as_json:
                print(journeys[-1].model_dump_json(), flush=True)
            elif not err.is_terminal:
                err.print(f"{dataset.id}: {STATES[journeys[-1].state]}", markup=False)
    told = [journey.model_dump(mode="json") for journey in journeys]
    if not as_json:
        _print_journeys(told)
    return told


def _print_journeys(journeys: list[dict[str, Any]]) -> None:
    table = Table(
        "dataset", "read", "rej.", "public", "restricted", "files", "s", "", box=None, padding=(0, 1, 0, 0)
    )
    for column in table.columns[1:-1]:
        column.justify = "right"
        column.no_wrap = True
    for journey in journeys:
        shown = {one["audience"]: f"{one['rows']} × {one['columns']}" for one in journey["published"]}
        files = sum(one["files"] for one in journey["published"])
        table.add_row(
            journey["dataset_id"], _shown(journey["rows_read"]), _shown(journey["rows_rejected"]),
            shown.get("public", "–"), shown.get("restricted", "–"), str(files or "–"),
            f"{journey['seconds']:.1f}", STATES[journey["state"]],
            style="red" if journey["state"] == "refused" else None,
        )  # fmt: skip
    out.print(table)
    for journey in journeys:
        if journey["sentence"]:
            err.print(journey["sentence"], style="red", markup=False)


def _shown(value: Any) -> str:
    return "–" if value is None else str(value)


@app.command()
def show(
    dataset_id: Annotated[str, typer.Argument(metavar="ID", help="<theme>.<name>")],
    sql: Annotated[bool, typer.Option("--sql", help="The query that the contract compiles to.")] = False,
) -> None:
    """What a contract says, or the DuckDB query that it compiles to."""
    with one_sentence():
        dataset = dataset_at(_config(), dataset_id)
    if sql:
        from transforms.conform import conform_query
        from transforms.engine import MACROS

        print(";\n".join(MACROS) + ";\n")
        print("-- `source` is the decoded file: one VARCHAR column for each of its columns.")
        print(f"{conform_query(dataset, 'source')};")
        return
    about = dataset.about
    out.print(f"[bold]{dataset.id}[/bold]  {about.title.fr}\n{about.description.fr}", highlight=False)
    facts = {
        "publisher": about.publisher, "licence": about.licence, "frequency": about.frequency,
        "source": f"{dataset.source.kind} through {dataset.source.connection}", "format": dataset.format.type,
        "key": ", ".join(dataset.key), "audiences": ", ".join(dataset.audiences),
        "schedule": dataset.schedule or "by hand",
    }  # fmt: skip
    for name, fact in facts.items():
        out.print(f"  {name:<10} {fact}", markup=False)
    table = Table("field", "from", "type", "unit", "public", "about", box=None)
    for name, field in dataset.fields.items():
        hidden = f"no: {field.hidden_because}" if field.hidden_because else "no"
        source = " + ".join(field.source or (name,))
        table.add_row(
            name, source, field.type, field.unit or "", "yes" if field.public else hidden, field.about or ""
        )
    out.print(table)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a dataset.")] = False,
) -> None:
    """What each audience has now of each dataset, since when, and how the last run ended."""
    from pipeline.status import Status, status_of

    with one_sentence():
        library: Library = library_at(_config())
        house = house_from(os.environ, connection=lambda name: connection_from(os.environ, name))
        told: list[Status] = [status_of(dataset, house) for dataset in library.datasets.values()]
    if as_json:
        print("\n".join(one.model_dump_json() for one in told))
        return
    table = Table("dataset", "public", "restricted", "released", "checked", "last run", box=None)
    for one in told:
        state = one.outcome.state.replace("_", " ") if one.outcome else "never run"
        style = "red" if state == "refused" else "yellow" if one.stale else None
        sizes = _size(one.public), _size(one.restricted)
        table.add_row(one.dataset_id, *sizes, _ago(one.released_at), _ago(one.checked_at), state, style=style)
    out.print(table)
    for found in library.faults.values():
        _print_faults(found)
    for one in told:
        if one.outcome and one.outcome.sentence:
            out.print(one.outcome.sentence, markup=False)


def _size(part: Any) -> str:
    return "–" if part is None else f"{part.rows} × {part.columns}"


def _ago(moment: datetime | None) -> str:
    if moment is None:
        return "–"
    minutes = int((datetime.now(UTC) - moment).total_seconds() // 60)
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes >= size:
            return f"{minutes // size} {unit} ago"
    return f"{minutes} min ago"


def main() -> None:
    """The `concentrator` command."""
    try:
        app()
    except KeyboardInterrupt:
        err.print("stopped; what was released stays")
        sys.exit(130)


if __name__ == "__main__":
    main()
