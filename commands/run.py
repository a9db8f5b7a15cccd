"""`concentrator run`: the same journey as Airflow's, from here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from commands.console import (
    AsJson,
    DatasetIds,
    Everything,
    bar,
    chosen,
    environment,
    err,
    house_of,
    one_sentence,
    out,
    shown,
    table_of,
)  # fmt: skip
from contracts.dataset import Dataset
from contracts.joining import parts_first
from contracts.stages import STAGES, Stage

if TYPE_CHECKING:
    from pipeline.house import House
    from pipeline.journey import Journey, Trip

STATES = {
    "released": "released", "unchanged": "same content", "embargoed": "embargoed",
    "nothing_new": "nothing new", "stopped": "stopped", "refused": "refused",
}  # fmt: skip


def run(
    ids: DatasetIds = None,
    everything: Everything = False,
    sample: Annotated[bool, typer.Option("--sample", help="Serve the sample sources meanwhile.")] = False,
    first: Annotated[str, typer.Option("--from", help=f"First stage: {', '.join(STAGES)}.")] = STAGES[0],
    last: Annotated[str, typer.Option("--until", help="Last stage.")] = STAGES[-1],
    force: Annotated[bool, typer.Option("--force", help="Go on even if nothing is new.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Fetch everything, also where increments do.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take datasets through extract, standardize, validate and publish. Exit 1 if any is refused."""
    stages = _between(first, last)
    variables = environment()
    with one_sentence(), ExitStack() as stack:
        if sample:
            variables |= _sample_connections(stack)
        datasets, faults = chosen(ids, everything)
        journeys = _travelled(datasets, variables, stages, as_json, force=force, full=full)
    for found in faults.values():
        err.print("\n".join(str(fault) for fault in found), style="red", markup=False)
    if faults or any(journey.state == "refused" for journey in journeys):
        raise typer.Exit(1)


def _between(first: str, last: str) -> tuple[Stage, ...]:
    for stage in (first, last):
        if stage not in STAGES:
            raise typer.BadParameter(f"{stage!r} is not a stage; the stages are {', '.join(STAGES)}")
    start, end = (next(n for n, stage in enumerate(STAGES) if stage == given) for given in (first, last))
    if start > end:
        raise typer.BadParameter(f"--from {first} comes after --until {last}")
    return STAGES[start : end + 1]


def _sample_connections(stack: ExitStack) -> dict[str, str]:
    """The sample city's connections, to sources that are served until the stack closes."""
    from sample.sources import connections, serving

    return connections(stack.enter_context(serving()))


def _travelled(
    datasets: list[Dataset], variables: dict[str, str], stages: tuple[Stage, ...], as_json: bool, **how: bool
) -> list[Journey]:
    """Every dataset taken from stage to stage, with a live bar, then told as a table or as JSON lines."""
    from pipeline.hands import hands_in
    from pipeline.journey import travel

    house = house_of(variables)
    journeys: list[Journey] = []
    datasets = parts_first(datasets)
    with hands_in(variables) as hands, bar(hidden=as_json) as progress:
        progress.add_task("", total=len(datasets) * len(stages))
        for number, dataset in enumerate(datasets):
            entered = _entered(progress, dataset, stages, number * len(stages))
            journeys.append(travel(dataset, house, _trip(house, stages, how), hands, entered=entered))
            progress.update(progress.task_ids[0], completed=(number + 1) * len(stages))
            _tell(journeys[-1], as_json)
    if not as_json:
        _print_journeys(journeys)
    return journeys


def _trip(house: House, stages: tuple[Stage, ...], how: dict[str, bool]) -> Trip:
    from pipeline.journey import Trip

    name = f"{house.clock():%Y%m%dT%H%M%SZ}-{house.random(4).hex()}"
    return Trip(batch_id=name, first=stages[0], last=stages[-1], force=how["force"], full=how["full"])


def _entered(
    progress: Progress, dataset: Dataset, stages: tuple[Stage, ...], before: int
) -> Callable[[Stage], None]:
    def entered(stage: Stage) -> None:
        done = before + stages.index(stage)
        progress.update(progress.task_ids[0], completed=done, description=f"{dataset.id}: {stage}")

    return entered


def _tell(journey: Journey, as_json: bool) -> None:
    if as_json:
        print(journey.model_dump_json(), flush=True)
    elif not err.is_terminal:
        err.print(f"{journey.dataset_id}: {STATES[journey.state]}", markup=False)


def _print_journeys(journeys: list[Journey]) -> None:
    numbers = ("read", "rej.", "public", "restricted", "files", "s")
    table = table_of("dataset", *numbers, "", right=numbers)
    for journey in journeys:
        sizes = {one.audience: f"{one.rows} × {one.columns}" for one in journey.published}
        files = sum(one.files for one in journey.published)
        table.add_row(
            journey.dataset_id, shown(journey.rows_read), shown(journey.rows_rejected),
            shown(sizes.get("public")), shown(sizes.get("restricted")), str(files or "–"),
            f"{journey.seconds:.1f}", STATES[journey.state],
            style="red" if journey.state == "refused" else None,
        )  # fmt: skip
    out.print(table)
    for journey in journeys:
        if journey.sentence:
            err.print(journey.sentence, style="red" if journey.state == "refused" else None, markup=False)
