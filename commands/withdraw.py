"""`concentrator withdraw`: a release taken from its readers for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import (
    AsJson,
    DatasetId,
    Plan,
    Readers,
    ReleaseId,
    bar,
    counted,
    environment,
    err,
    house_of,
    one_sentence,
    out,
    print_json,
)  # fmt: skip

if TYPE_CHECKING:
    from pipeline.withdrawing import Withdrawn


REMEDIES = {
    "release": "Withdraw it too.",
    "differences": "They go with that release, or with the one before it.",
}


def withdraw(
    dataset_id: DatasetId,
    release_id: ReleaseId,
    reason: Annotated[str, typer.Option("--reason", help="Readers see it: name no person and no value.")],
    audience: Readers = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="Delete first: a 404 beats a leak.")] = False,
    leave_nothing: Annotated[
        bool, typer.Option("--leave-nothing", help="Go on where nothing else can be shown (a 404).")
    ] = False,
    plan: Plan = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Take a release from its readers for ever: its files, what quotes it, and all of the same content.

    Readers see the newest other release instead. The values that it brought are then looked for in what is
    left; exit 1 where another release still has some. The same content can never be published again. May be
    typed again after a kill.
    """
    from pipeline.withdrawing import Wish, withdrawn

    wish = Wish(
        dataset_id=dataset_id, release_id=release_id, reason=reason, audience=audience, urgent=urgent,
        leave_nothing=leave_nothing, plan=plan,
    )  # fmt: skip
    with one_sentence():
        house = house_of(environment())
        with bar(hidden=as_json) as progress:
            task = progress.add_task("", total=None)

            def looking(done: int, total: int, at: str) -> None:
                progress.update(task, completed=done, total=total, description=at)

            done = withdrawn(house, wish, looking)
    if as_json:
        print_json([done])
    else:
        _print(done)
    if done.left or done.unread:
        raise typer.Exit(1)


def _print(done: Withdrawn) -> None:
    what, planned = done.withdrawal, done.withdrawal.planned
    gone = ", ".join(what.releases)
    verb = "would lose" if planned else "lost"
    instead = f"readers {'would ' if planned else ''}see {what.shown or 'nothing (404)'}"
    out.print(f"{what.dataset_id}: the {done.audience} store {verb} {gone}; {instead}.", markup=False)
    if what.purge:
        out.print("To purge from every cache in front of it:" if not planned else "Then to be purged:")
        for key in what.purge:
            out.print(f"  {key}", markup=False)
    if not planned:
        _print_search(done)


def _print_search(done: Withdrawn) -> None:
    if done.looked_for is None:
        out.print("Its rows were gone already, so its values could not be looked for.")
        return
    values, objects = counted(done.looked_for, "value"), counted(done.objects, "object")
    left = "some are left" if done.left else "none is left"
    out.print(f"{values} that it brought, {objects} looked through: {left}.")
    for one in done.left:
        count = f"{one.values} ({', '.join(one.fields)})"
        remedy = REMEDIES.get(one.place.split()[0], "Look at it.")
        err.print(f"{one.audience} store, {one.place}: {count} of them. {remedy}", style="red", markup=False)
    for sentence in done.unread:
        err.print(sentence, style="red", markup=False)
