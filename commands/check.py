"""`concentrator check`: every contract held against all that can be known without its source."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from commands.console import DatasetIds, config, counted, one_sentence, out, print_faults
from contracts.confirming import OpenPoint, open_points
from contracts.conforming import Remark, remarks_on
from contracts.errors import Fault
from contracts.library import Library, contract_files, library_at
from contracts.national_files import how_to_carry
from contracts.reading import dotted
from contracts.schema import schema_text

MOST_POINTS = 20  # of one contract, told one by one


def check(
    ids: DatasetIds = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Also tell where a public CSV departs from its `conforms_to:`.")
    ] = False,
    editor: Annotated[
        bool, typer.Option("--editor", help="Also write config/dataset.schema.json, for your editor.")
    ] = False,
) -> None:
    """Validate every contract, or those named; each fault with file, line, field and remedy. Exit 1 if there
    is any.
    """
    from pipeline.checking import faults_of_library

    start = monotonic()
    with one_sentence():
        library = library_at(config())
        for dataset_id in ids or ():
            if dataset_id not in library.faults:
                library.dataset(dataset_id)
        faults = {name: found for name, found in faults_of_library(library).items() if not ids or name in ids}
        for found in faults.values():
            print_faults(found)
        departures = _told(library, ids) if schema else 0
    count = sum(len(found) for found in faults.values())
    total = len(set(ids)) if ids else len(library.datasets.keys() | library.faults.keys())
    points = _points(ids)
    summary = f"{total} contracts, {count} faults in {len(faults)} of them ({monotonic() - start:.1f} s)"
    out.print(summary, style="red" if faults else "green")
    if points:
        out.print(f"{counted(len(points), 'point')} « à confirmer »", style="yellow")
    if editor:
        (config() / "dataset.schema.json").write_text(schema_text(library.vocabulary), encoding="utf-8")
    if faults or departures:
        raise typer.Exit(1)


def _told(library: Library, ids: list[str] | None) -> int:
    """How many departures from national schemas there are; each is told, and what is only to be known."""
    departures, claims = 0, 0
    for dataset_id, dataset in library.datasets.items():
        if dataset.conforms_to is None or (ids and dataset_id not in ids):
            continue
        claims += 1
        document = library.documents[dataset_id]
        for one in _remarks(library, dataset_id):
            departures += one.departs
            fault = Fault(document.file, document.line_of(one.place), dotted(one.place), one.met, one.remedy)
            out.print(str(fault), style="red" if one.departs else "yellow", markup=False)
    said = f"{counted(claims, 'contract')} with a national schema, {counted(departures, 'departure')}"
    out.print(said, style="red" if departures else "green")
    return departures


def _remarks(library: Library, dataset_id: str) -> Iterator[Remark]:
    dataset = library.datasets[dataset_id]
    if dataset.national is not None:
        yield from remarks_on(dataset, dataset.national)
    elif dataset.conforms_to is not None:
        yield Remark(("conforms_to",), *how_to_carry(config(), dataset.conforms_to))


def _points(ids: Collection[str] | None) -> list[OpenPoint]:
    """What the contracts leave to be confirmed; the first points of each are told."""
    points: list[OpenPoint] = []
    for dataset_id, path in contract_files(config()):
        if not ids or dataset_id in ids:
            points += _points_of(path)
    return points


def _points_of(path: Path) -> list[OpenPoint]:
    shown = str(path.relative_to(config().parent))
    found = open_points(path.read_text(encoding="utf-8", errors="replace"), shown)
    for point in found[:MOST_POINTS]:
        out.print(str(point), style="yellow", markup=False)
    if len(found) > MOST_POINTS:
        out.print(f"{shown}: and {len(found) - MOST_POINTS} more to confirm", style="yellow", markup=False)
    return found
