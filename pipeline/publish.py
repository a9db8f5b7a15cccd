"""Publish: one audience's view as files, committed as one release."""

from __future__ import annotations

from typing import Any

from contracts.batch import Manifest, RawBatch, StagedBatch, Verdict
from contracts.dataset import Audience, Dataset
from contracts.model import Frozen
from contracts.view import View, view_for
from distributions.writing import write_distributions
from pipeline.house import VERSION, House
from pipeline.record import (
    Done,
    Outcome,
    audiences_of,
    expiry_of,
    put_outcome,
    remembered,
    require_recipe,
)  # fmt: skip
from storage import layout, publishing
from storage.records import put_record, record_at
from transforms.engine import engine
from transforms.views import create_view


class Published(Frozen):
    """What an audience has now."""

    audience: Audience
    release_id: str
    rows: int
    columns: int
    files: int
    unchanged: bool


class Provenance(Frozen):
    """What a release was made from; kept on the restricted side, never on the public one."""

    version: str
    contract: dict[str, Any]
    raw: RawBatch | None
    staged: StagedBatch
    verdict: Verdict


def publish(
    dataset: Dataset, audience: Audience, house: House, staged: StagedBatch, verdict: Verdict, *, attempt: str
) -> Published:
    """The audience's release; equal content makes no new one, only a newer "checked at".

    Raises:
        SourceChanged: the table was made by another contract.
        StorageRefused: the store failed, or another run was faster.
    """
    with remembered(dataset, house, "publish"), house.workbench() as folder:
        require_recipe(dataset, staged)
        view, moment = view_for(dataset, audience), house.clock()
        out = folder / "release"
        out.mkdir()
        with engine(folder) as connection:
            create_view(connection, view, house.work.local(staged.table_key, folder), "shown")
            written = write_distributions(
                connection, "shown", view, out, xlsx_up_to_rows=house.city.xlsx_up_to_rows
            )
        release_id = publishing.release_id_at(moment, house.random(8))
        findings = verdict.public_findings if audience == "public" else verdict.findings
        notes = (*written.notes, *_note_on_voids(view, staged))
        manifest = Manifest(
            dataset_id=dataset.id, audience=audience, release_id=release_id, created_at=moment,
            title=view.title, publisher=view.publisher, licence=view.licence, attribution=view.attribution,
            rows=written.rows, columns=view.columns, files=written.files,
            contract_hash=dataset.contract_hash, content_sha256=written.content_sha256,
            findings=findings, notes=notes,
        )  # fmt: skip
        released = publishing.publish(
            house.store_of(audience), manifest, out, moment=moment, expires_at=expiry_of(dataset, moment),
            attempt_id=attempt,
        )  # fmt: skip
        _keep_provenance(dataset, audience, house, staged, verdict, released.manifest.release_id)
        _remember(dataset, audience, house, staged, released.manifest.release_id)
        return Published(
            audience=audience, release_id=released.manifest.release_id, unchanged=released.unchanged,
            rows=written.rows, columns=len(view.fields), files=len(written.files),
        )  # fmt: skip


def _note_on_voids(view: View, staged: StagedBatch) -> tuple[str, ...]:
    """In French, which columns have cells that are empty because the source's did not fit.

    Where some rows are hidden there is none: the counts are of all rows, and would tell of those.
    """
    shown = [f"{name} ({count})" for name, count in staged.voided.items() if name in view.fields]
    if not shown or view.conditions:
        return ()
    return (f"Cellules vidées, illisibles dans la source : {', '.join(shown)}.",)


def _keep_provenance(
    dataset: Dataset, audience: Audience, house: House, staged: StagedBatch, verdict: Verdict, release_id: str
) -> None:
    """Beside the restricted release; that of a public one stays in the work store, which no reader sees."""
    provenance = Provenance(
        version=VERSION, contract=dataset.model_dump(mode="json"),
        raw=record_at(house.work, layout.batch(dataset.id, staged.batch_id), RawBatch),
        staged=staged, verdict=verdict,
    )  # fmt: skip
    store = house.restricted if audience == "restricted" else house.work
    put_record(store, layout.provenance(dataset.id, release_id), provenance)


def _remember(
    dataset: Dataset, audience: Audience, house: House, staged: StagedBatch, release_id: str
) -> None:
    """The marker that makes the next run say "nothing new", and how this one ended."""
    done = Done(
        raw_digest=staged.raw_digest,
        recipe=staged.recipe,
        release_id=release_id,
        rows_kept=staged.rows_kept,
    )
    put_record(house.work, layout.done(dataset.id, audience), done)
    if audience == audiences_of(dataset)[-1]:
        outcome = Outcome(
            state="released", stage="publish", at=house.clock(), rows_read=staged.rows_read,
            rows_rejected=staged.rows_rejected,
        )  # fmt: skip
        put_outcome(dataset, house, outcome)
