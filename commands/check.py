"""`concentrator check`: every contract held against all that can be known without its source."""

from __future__ import annotations

from time import monotonic
from typing import Annotated

import typer

from commands.console import config, one_sentence, out, print_faults
from contracts.library import library_at
from contracts.schema import schema_text


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
    summary = f"{total} contracts, {count} faults in {len(faults)} of them ({monotonic() - start:.1f} s)"
    out.print(summary, style="red" if faults else "green")
    if schema:
        (config() / "dataset.schema.json").write_text(schema_text(library.vocabulary), encoding="utf-8")
    if faults:
        raise typer.Exit(1)
