"""Publish to the city's agents: every declared field and row, and what the release was made from."""

from __future__ import annotations

from typing import Any

from contracts.batch import RawBatch, StagedBatch, Verdict
from contracts.dataset import Audience, Dataset
from contracts.model import Frozen
from contracts.view import View, view_for
from pipeline.cost import Cost
from pipeline.house import VERSION, House
from pipeline.record import (
    Done,
    Outcome,
    audiences_of,
    costs_until_verdict,
    expiry_of,
    put_outcome,
    remembered,
    require_recipe,
)  # fmt: skip
from pipeline.releasing import Offer, Published, released
from storage import layout, publishing
from storage.records import put_record, record_at
from storage.withdrawal import withdrawn_contents
from transforms.engine import engine
from transforms.views import create_view


class Provenance(Frozen):
    """What a release was made from; kept on the restricted side, never on the public one."""

    audience: Audience
    version: str
    contract: dict[str, Any]
    raw: RawBatch | None
    staged: StagedBatch
    verdict: Verdict
    costs: tuple[Cost, ...] = ()


def publish(
    dataset: Dataset, house: House, staged: StagedBatch, verdict: Verdict, *, attempt: str
) -> Published:
    """The restricted release; equal content makes no new one, only a newer "checked at".

    Raises:
        SourceChanged: the table was made by another contract.
        StorageRefused: the store failed, or another run was faster.
        PrivacyRefused: this content was withdrawn.
    """
    with remembered(dataset, house, "publish_restricted") as meter, house.workbench() as folder:
        require_recipe(dataset, staged)
        view = view_for(dataset, "restricted")
        offer = offer_for(view, dataset, house, staged, verdict, attempt)
        with engine(folder) as connection:
            table = house.work.local(staged.table_key, folder)
            create_view(connection, view, table, "shown")
            came = released(
                house.restricted, connection, "shown", view, offer, folder,
                ready=None if view.conditions else table,
                withdrawn=withdrawn_contents(house.restricted, dataset.id, "restricted"),
            )  # fmt: skip
        meter.rows, meter.bytes = came.rows, came.bytes
        keep_provenance(view, dataset, house, staged, verdict, came.release_id, meter.cost)
        put_record(house.work, layout.done(dataset.id, "restricted"), done_of(staged, came.release_id))
        if audiences_of(dataset) == ("restricted",):
            put_outcome(dataset, house, outcome_of(staged, house, "released"))
        return came


def offer_for(
    view: View, dataset: Dataset, house: House, staged: StagedBatch, verdict: Verdict, attempt: str
) -> Offer:
    """The release to make of a view; the store's head at the extraction fences it."""
    moment = house.clock()
    return Offer(
        attempt=attempt, release_id=publishing.release_id_at(moment, house.random(8)), moment=moment,
        expires_at=expiry_of(dataset, moment), xlsx_up_to_rows=house.city.xlsx_up_to_rows,
        findings=verdict.public_findings if view.audience == "public" else verdict.findings,
        notes=_note_on_voids(view, staged), expected=staged.heads.get(view.audience),
    )  # fmt: skip


def keep_provenance(
    view: View, dataset: Dataset, house: House, staged: StagedBatch, verdict: Verdict, release_id: str,
    last: Cost,
) -> None:  # fmt: skip
    """What the release is made from, of both audiences on the restricted side; `last` is the cost so far
    of the stage that asks.
    """
    key = layout.provenance(dataset.id, release_id)
    made = record_at(house.restricted, key, Provenance)  # a retry tells what the making took, not the look
    costs = made.costs if made else (*costs_until_verdict(dataset, house), last)
    provenance = Provenance(
        audience=view.audience, version=VERSION, contract=dataset.model_dump(mode="json", by_alias=True),
        raw=record_at(house.work, layout.batch(dataset.id, staged.batch_id), RawBatch),
        staged=staged, verdict=verdict, costs=costs,
    )  # fmt: skip
    put_record(house.restricted, key, provenance)


def done_of(staged: StagedBatch, release_id: str) -> Done:
    """The marker that makes the next run say "nothing new"."""
    return Done(
        raw_digest=staged.raw_digest,
        recipe=staged.recipe,
        release_id=release_id,
        rows_kept=staged.rows_kept,
        staged=staged if staged.grown else None,
    )


def outcome_of(staged: StagedBatch, house: House, state: str, sentence: str = "") -> Outcome:
    """How a run that came this far ended."""
    return Outcome.model_validate(
        {
            "state": state, "stage": "publish", "at": house.clock(), "sentence": sentence,
            "rows_read": staged.rows_read, "rows_rejected": staged.rows_rejected,
        }
    )  # fmt: skip


def _note_on_voids(view: View, staged: StagedBatch) -> tuple[str, ...]:
    """In French, which columns have cells that are empty because the source's did not fit.

    Where some rows are hidden or are only counted there is none: the counts are of all rows, and would
    tell of those.
    """
    shown = [f"{name} ({count})" for name, count in staged.voided.items() if name in view.fields]
    if not shown or view.conditions or view.aggregate:
        return ()
    return (f"Cellules vidées, illisibles dans la source : {', '.join(shown)}.",)
