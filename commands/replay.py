"""`concentrator replay`: the proof that a release is what its source's bytes and its contract give."""

from __future__ import annotations

import typer

from commands.console import (
    AsJson,
    DatasetId,
    ReleaseId,
    environment,
    house_of,
    one_sentence,
    out,
    print_json,
    table_of,
)  # fmt: skip


def replay(dataset_id: DatasetId, release_id: ReleaseId, as_json: AsJson = False) -> None:
    """Make a release again from the landed bytes and show that every byte agrees. Exit 1 if one does not.

    No source is asked: the network may be off. Nothing is published.
    """
    import pipeline.replay

    with one_sentence():
        done = pipeline.replay.replay(dataset_id, release_id, house_of(environment()))
    if as_json:
        print_json([done])
    else:
        table = table_of("file", "released", "replayed", "")
        for file in done.files:
            mark = "[green]the same[/green]" if file.same else "[red]differs[/red]"
            table.add_row(file.name, file.released[:16], (file.replayed or "not made")[:16], mark)
        out.print(table)
        made = f"of {', '.join(done.raw)} by version {done.version_now}"
        again = f", made by {done.version}" if done.version != done.version_now else ""
        out.print(
            f"{release_id} ({done.audience}{again}), once more {made}; no source was asked", markup=False
        )
    if not done.same:
        raise typer.Exit(1)
