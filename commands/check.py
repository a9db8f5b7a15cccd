"""`concentrator check`: every contract held against all that can be known without its source."""

from __future__ import annotations

from time import monotonic
from typing import Annotated

import typer

from commands.console import config, counted, one_sentence, out, print_faults
from contracts.confirming import OpenPoint, open_points
from contracts.library import contract_files, library_at
from contracts.schema import schema_text

MOST_POINTS = 20  # of one contract, told one by one


def check(
    schema: Annotated[
        bool, typer.Option("--schema", help="Also write config/dataset.schema.json, for your editor.")
    ] = False,
) -> None:
    """Validate every contract; each fault with file, line, field and remedy. Exit 1 if there is any."""
    from pipeline.checking import faults_of_library

    start = monotonic()
    with one_sentence():
        library = library_at(config())
        faults = faults_of_library(library)
    for found in faults.values():
        print_faults(found)
    count = sum(len(found) for found in faults.values())
    total = len(library.datasets.keys() | library.faults.keys())
    points = _points()
    summary = f"{total} contracts, {count} faults in {len(faults)} of them ({monotonic() - start:.1f} s)"
    out.print(summary, style="red" if faults else "green")
    if points:
        out.print(f"{counted(len(points), 'point')} « à confirmer »", style="yellow")
    if schema:
        (config() / "dataset.schema.json").write_text(schema_text(library.vocabulary), encoding="utf-8")
    if faults:
        raise typer.Exit(1)


def _points() -> list[OpenPoint]:
    """What the contracts leave to be confirmed; the first points of each are told."""
    points: list[OpenPoint] = []
    for _, path in contract_files(config()):
        shown = str(path.relative_to(config().parent))
        found = open_points(path.read_text(encoding="utf-8", errors="replace"), shown)
        for point in found[:MOST_POINTS]:
            out.print(str(point), style="yellow", markup=False)
        if len(found) > MOST_POINTS:
            out.print(
                f"{shown}: and {len(found) - MOST_POINTS} more to confirm", style="yellow", markup=False
            )
        points += found
    return points
