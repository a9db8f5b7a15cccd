"""`concentrator reconcile` and `concentrator collect`: what the hourly and the daily DAG do, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from commands.console import (
    AsJson,
    DatasetIds,
    Everything,
    Plan,
    Readers,
    bar,
    chosen,
    config,
    counted,
    environment,
    err,
    house_of,
    one_by_one,
    one_sentence,
    out,
    print_json,
    size_of,
    table_of,
)  # fmt: skip
from contracts.dataset import AUDIENCES
from contracts.library import library_at

if TYPE_CHECKING:
    from pipeline.upkeep import Collection


def reconcile(
    ids: DatasetIds = None, everything: Everything = False, audience: Readers = None, as_json: AsJson = False
) -> None:
    """Make pointers, stable names and feeds show the last commit, where a crash left them behind.

    Safe at any time; nothing ever goes back. Exit 1 where a committed file is missing or was changed.
    """
    from pipeline.upkeep import reconciled

    with one_sentence():
        datasets, faults = chosen(ids, everything)
        house = house_of(environment())
        looks = [
            (one, dataset.id) for dataset in datasets for one in ((audience,) if audience else AUDIENCES)
        ]
        told = [
            reconciled(house.store_of(one), one, dataset_id)
            for one, dataset_id in one_by_one(looks, hidden=as_json)
        ]
    if as_json:
        print_json(told)
    else:
        for look in told:
            if look.healed:
                out.print(f"{look.dataset_id}: the {look.audience} store shows its last commit again.")
        healed = sum(look.healed for look in told)
        out.print(f"{counted(len(datasets), 'dataset')} looked at, {healed} healed")
    refusals = [look.refusal for look in told if look.refusal]
    for refusal in (*refusals, *(str(fault) for found in faults.values() for fault in found)):
        err.print(refusal, style="red", markup=False)
    if refusals:
        raise typer.Exit(1)


def collect(plan: Plan = False, as_json: AsJson = False) -> None:
    """Delete what is beyond the city's retention, once it has stood in a plan for a day.

    Releases go by `keep_releases` and `keep_days` of city.yml; landed batches that no kept release was made
    of after 30 days; staged tables and views that were never taken after 7. Logs and tombstones stay.
    """
    from pipeline.upkeep import collect_all

    with one_sentence():
        library = library_at(config())
        house = house_of(environment())
        with bar(hidden=as_json) as progress:
            task = progress.add_task("", total=len(library.datasets) + len(AUDIENCES))

            def looking(at: str) -> None:
                progress.update(task, advance=1, description=at)

            done = collect_all(house, library, plan=plan, looking=looking)
    if as_json:
        print_json([done])
    else:
        _print_collection(done, plan)
    for refusal in done.refusals:
        err.print(refusal, style="red", markup=False)
    if done.refusals:
        raise typer.Exit(1)


def _print_collection(done: Collection, plan: bool) -> None:
    went, would = ("may go", "may go") if plan else ("deleted", "deleted a day later")
    table = table_of("dataset", "what", "size", "", right=("size",))
    for audience, collected in done.releases.items():
        for one in collected.gone:
            table.add_row(one.dataset_id, f"{audience} {one.release_id}", size_of(one.bytes), "deleted")
        for one in collected.planned:
            since = f"{would}, planned since {one.since:%Y-%m-%d %H:%M}"
            table.add_row(one.dataset_id, f"{audience} {one.release_id}", size_of(one.bytes), since)
    for cleared in done.cleared:
        counts = cleared.model_dump(include={"landed", "staged", "views", "provenance"})
        what = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        table.add_row(cleared.dataset_id, what, size_of(cleared.bytes), went)
    if table.row_count:
        out.print(table)
    else:
        out.print("nothing is beyond its retention")
