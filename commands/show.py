"""`concentrator show`: what a contract says, and the query that it compiles to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from commands.console import DatasetId, config, one_sentence, out
from contracts.audience import Aggregate
from contracts.dataset import Dataset
from contracts.field import Field
from contracts.library import dataset_at

PRECISIONS = {
    "year": "its year", "month": "its month", "commune": "its commune", "grid_1km": "its 1 km square",
    "surrogate": "a surrogate",
}  # fmt: skip


def show(
    dataset_id: DatasetId,
    sql: Annotated[bool, typer.Option("--sql", help="The query that the contract compiles to.")] = False,
) -> None:
    """What a contract says, or the DuckDB query that it compiles to."""
    with one_sentence():
        dataset = dataset_at(config(), dataset_id)
    if sql:
        _print_query(dataset)
        return
    about = dataset.about
    out.print(f"[bold]{dataset.id}[/bold]  {about.title.fr}\n{about.description.fr}", highlight=False)
    for name, fact in _facts(dataset):
        out.print(f"  {name:<10} {fact}", markup=False)
    _print_fields(dataset)


def _print_query(dataset: Dataset) -> None:
    from transforms.conform import conform_query
    from transforms.engine import MACROS

    print(";\n".join(MACROS) + ";\n")
    print("-- `source` is the decoded file: one VARCHAR column for each of its columns.")
    print(f"{conform_query(dataset, 'source')};")


def _facts(dataset: Dataset) -> Iterator[tuple[str, str]]:
    about = dataset.about
    yield "publisher", about.publisher
    yield "licence", about.licence
    if not about.harvest:
        yield "harvest", "no: a copy of what another portal publishes"
    yield "frequency", about.frequency
    joined = dataset.joined
    through = f"{dataset.source.kind} through {dataset.source.connection}"
    yield "source", f"the releases of every dataset of the model {joined.model}" if joined else through
    yield "format", dataset.format.type
    yield "key", ", ".join(dataset.key)
    yield "audiences", ", ".join(dataset.audiences)
    yield "schedule", dataset.schedule or "by hand"
    if dataset.embargo:
        yield "embargo", f"nothing is public before {dataset.embargo.isoformat()}"
    if dataset.public_aggregate:
        yield "public", _cells(dataset.public_aggregate)
    for waiver in dataset.privacy.waives:
        yield "waived", f"{waiver.rule} in {waiver.field}: {waiver.because} ({waiver.approved_by})"


def _cells(cells: Aggregate) -> str:
    measured = ", ".join((cells.count, *cells.sums))
    least = f"{cells.minimum} {cells.contributor or 'row'}s"
    return f"{measured} by {', '.join(cells.by)}, of at least {least}; fewer are kept secret"


def _print_fields(dataset: Dataset) -> None:
    from rich.table import Table

    table = Table("field", "from", "type", "unit", "public", "about", box=None)
    for name, field in dataset.fields.items():
        source = " + ".join(field.source or (name,)) if field.fixed is None else f"fixed: {field.fixed}"
        seen = _seen(field) + (f", until {dataset.deprecated[name]}" if name in dataset.deprecated else "")
        table.add_row(name, source, field.type, field.unit or "", seen, field.about or "")
    out.print(table)


def _seen(field: Field) -> str:
    """How much of it everyone sees, and by which law."""
    if not field.public:
        return f"no: {field.hidden_because}" if field.hidden_because else "no"
    much = PRECISIONS[field.precision] if field.precision else "yes"
    return f"{much} ({field.basis})" if field.basis else much
