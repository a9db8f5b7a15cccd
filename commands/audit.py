"""`concentrator audit`: restricted values hunted in all that the public can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from commands.console import (
    AsJson,
    DatasetIds,
    bar,
    chosen,
    counted,
    environment,
    err,
    house_of,
    one_sentence,
    out,
    print_json,
    table_of,
)  # fmt: skip

if TYPE_CHECKING:
    from pipeline.auditing import Audit

MOST_LINES = 40


def audit(ids: DatasetIds = None, as_json: AsJson = False) -> None:
    """Hunt restricted values, in 12 encodings, in everything that the public store holds. Exit 1 on a leak.

    Looked for are distinctive values that only the restricted side has, of all datasets or of these;
    never told are the values themselves. Files are taken apart: pages, dictionaries, metadata, archives.
    """
    from pipeline.auditing import audited

    with one_sentence():
        datasets, faults = chosen(ids, everything=not ids)
        house = house_of(environment())
        with bar(hidden=as_json) as progress:
            task = progress.add_task("", total=None)

            def looking(done: int, total: int, at: str) -> None:
                progress.update(task, completed=done, total=total, description=at)

            found = audited(house, datasets, looking)
    if as_json:
        print_json([found])
    else:
        _print(found)
    for unsound in faults:
        err.print(f"{unsound}: its contract has faults, so it was left out", style="red", markup=False)
    if found.leaks or found.unread or faults:
        raise typer.Exit(1)


def _print(found: Audit) -> None:
    table = table_of("dataset", "looked for", "of", right=("looked for", "of"))
    for one in found.datasets:
        table.add_row(one.dataset_id, str(one.looked_for), str(one.distinctive))
    out.print(table)
    out.print(f"{counted(found.objects, 'public object')} read, {counted(len(found.leaks), 'leak')}")
    if found.shared:
        out.print(f"{found.shared} of the values are public cells of other datasets and tell nothing")
    for leak in found.leaks[:MOST_LINES]:
        what = f"{counted(leak.values, 'value')} of {leak.field} ({leak.encoding})"
        err.print(f"{leak.dataset_id}: {what} in {leak.place}", style="red", markup=False)
    if len(found.leaks) > MOST_LINES:
        err.print(f"and {len(found.leaks) - MOST_LINES} more: `--json` has them all", style="red")
    for sentence in found.unread:
        err.print(sentence, style="red", markup=False)
