"""`concentrator status`: what each audience has now of each dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.console import (
    AsJson,
    ago,
    config,
    environment,
    house_of,
    one_sentence,
    out,
    print_faults,
    print_json,
)  # fmt: skip
from contracts.library import library_at

if TYPE_CHECKING:
    from pipeline.cost import Cost
    from pipeline.status import Part, Status

_SLOWEST = 5  # stages that are told
_QUICK = 10  # seconds under which nobody asks why


def status(as_json: AsJson = False) -> None:
    """What each audience has now of each dataset, since when, and how the last run ended."""
    from pipeline.status import status_of

    with one_sentence():
        library = library_at(config())
        house = house_of(environment())
        told = [status_of(dataset, house) for dataset in library.datasets.values()]
    if as_json:
        print_json(told)
        return
    _print_table(told)
    _print_slowest(told)
    for found in library.faults.values():
        print_faults(found)
    for one in told:
        if one.outcome and one.outcome.sentence:
            out.print(_sentence(one), markup=False)


def _print_table(told: list[Status]) -> None:
    from rich.table import Table

    headings = ("dataset", "public", "restricted", "released", "checked", "last run", "took")
    table = Table(*headings, box=None)
    for one in told:
        state = one.outcome.state.replace("_", " ") if one.outcome else "never run"
        style = "red" if state == "refused" else "yellow" if one.stale else None
        sizes = _size(one.public), _size(one.restricted)
        table.add_row(
            one.dataset_id, *sizes, ago(one.released_at), ago(one.checked_at), state, _took(one), style=style
        )
    out.print(table)


def _print_slowest(told: list[Status]) -> None:
    """The stages that took the longest, of all datasets; none while all are quick."""
    costs = sorted(((one.dataset_id, cost) for one in told for cost in one.costs), key=_seconds, reverse=True)
    slow = [(dataset_id, cost) for dataset_id, cost in costs[:_SLOWEST] if cost.seconds >= _QUICK]
    if slow:
        out.print("Slowest:")
    for dataset_id, cost in slow:
        out.print(f"  {dataset_id} {cost.work}: {cost}", markup=False, highlight=False)


def _seconds(told: tuple[str, Cost]) -> float:
    return told[1].seconds


def _took(one: Status) -> str:
    return f"{sum(cost.seconds for cost in one.costs):.1f} s" if one.costs else "–"


def _sentence(one: Status) -> str:
    """The last run's sentence; one that does not begin with its dataset gets it."""
    sentence = one.outcome.sentence if one.outcome else ""
    return sentence if sentence.startswith(one.dataset_id) else f"{one.dataset_id}: {sentence}."


def _size(part: Part | None) -> str:
    return "–" if part is None else f"{part.rows} × {part.columns}"
