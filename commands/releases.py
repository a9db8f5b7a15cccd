"""`concentrator releases` and `concentrator rollback`: what readers have had, and have again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from commands.console import (
    AsJson,
    DatasetId,
    Plan,
    Readers,
    ReleaseId,
    config,
    environment,
    house_of,
    one_sentence,
    out,
    print_json,
    shown,
    size_of,
    table_of,
)  # fmt: skip
from contracts.dataset import AUDIENCES
from contracts.library import dataset_at

if TYPE_CHECKING:
    from pipeline.releases import Told

STYLES = {"current": "green", "withdrawn": "red", "collected": "dim"}


def releases(dataset_id: DatasetId, audience: Readers = None, as_json: AsJson = False) -> None:
    """Every release of a dataset, newest first: when, what it changed, and whether it is still kept."""
    from pipeline.releases import told_releases

    audiences = (audience,) if audience else AUDIENCES
    with one_sentence():
        told = told_releases(house_of(environment()), dataset_id, audiences)
        if not told:
            dataset_at(config(), dataset_id)
    if as_json:
        print_json(told)
        return
    for one in audiences:
        _print_audience(one, [entry for entry in told if entry.audience == one])


def _print_audience(audience: str, told: list[Told]) -> None:
    if not told:
        out.print(f"{audience}: nothing was released")
        return
    table = table_of(audience, "committed", "by", "rows", "size", "state", "", right=("rows", "size"))
    for entry in told:
        one = entry.release
        table.add_row(
            one.release_id, f"{one.committed_at:%Y-%m-%d %H:%M}", one.action, shown(one.rows),
            size_of(one.bytes), one.state, entry.change["en"] if entry.change else "",
            style=STYLES.get(one.state),
        )  # fmt: skip
    out.print(table)


def rollback(
    dataset_id: DatasetId, release_id: ReleaseId, audience: Readers = None, plan: Plan = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show readers an earlier release again, after reading each of its files. Nothing is deleted.

    The audience is the one that has the release: each id is used once. The next run publishes again only
    what is new at the source.
    """
    from pipeline.releases import shown_again

    with one_sentence():
        whose, done = shown_again(house_of(environment()), dataset_id, release_id, audience, plan=plan)
    if as_json:
        print(json.dumps({"audience": whose, **done.model_dump(mode="json")}))
        return
    verb = "would show" if plan else "shows"
    out.print(f"{dataset_id}: the {whose} store {verb} {release_id} instead of {done.before}.", markup=False)
