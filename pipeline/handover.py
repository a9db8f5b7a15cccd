"""Hand over: the public view, looked through and put where the public publisher may read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from contracts.batch import Finding, StagedBatch, Verdict
from contracts.dataset import Dataset
from contracts.errors import PrivacyRefused
from contracts.model import Frozen
from contracts.sql import literal
from contracts.view import View, view_for
from distributions.parquet import rows_of
from distributions.writing import content_sha256_of
from pipeline.embargo import ahead, hold, let_go, require_seen
from pipeline.handed import HandedView
from pipeline.house import House
from pipeline.publish import done_of, keep_provenance, offer_for, outcome_of
from pipeline.record import Handed, put_outcome, remembered, require_recipe
from pipeline.releasing import Offer
from pipeline.surrogates import surrogates_of
from privacy import differencing, gate, numbering
from storage import layout
from storage.history import releases_of
from storage.publishing import current_manifest
from storage.records import put_record
from storage.withdrawal import withdrawn_contents
from transforms.engine import engine
from transforms.views import create_view

_EARLIER = 5  # public releases that a new one is compared with


class HandOver(Frozen):
    """What was handed over, or until when the public has to wait."""

    dataset_id: str
    attempt: str
    rows: int | None = None
    columns: int | None = None
    embargo: datetime | None = None


def hand_over(
    dataset: Dataset, house: House, staged: StagedBatch, verdict: Verdict, *, attempt: str
) -> HandOver:
    """The projected view in the hand-over store, under a name of this attempt alone; nothing before the
    embargo ends.

    Raises:
        SourceChanged: the table was made by another contract.
        PrivacyRefused: the view shows what it may not; columns, rules and counts are named, no value.
        StorageRefused: a store failed.
    """
    with remembered(dataset, house, "hand_over") as meter, house.workbench() as folder:
        require_recipe(dataset, staged)
        require_seen(dataset, house)
        if until := ahead(dataset, house):
            hold(dataset, house, staged, verdict)
            sentence = f"the public waits until {until.isoformat()}"
            put_outcome(dataset, house, outcome_of(staged, house, "embargoed", sentence))
            return HandOver(dataset_id=dataset.id, attempt=attempt, embargo=until)
        view = view_for(dataset, "public")
        table = house.work.local(staged.table_key, folder)
        surrogates = surrogates_of(view, table, house, folder)
        with engine(folder) as connection:
            create_view(connection, view, table, "shown", surrogates=surrogates, communes=house.communes)
            warnings = _looked_through(connection, view, table, house, folder)
            rows = _written(connection, view, folder / "view.parquet")
        offer = offer_for(view, dataset, house, staged, verdict, attempt)
        meter.rows, meter.bytes = rows, (folder / "view.parquet").stat().st_size
        judged = _with(verdict, warnings)
        keep_provenance(view, dataset, house, staged, judged, offer.release_id, meter.cost)
        _put(house, view, offer, folder / "view.parquet")
        handed = Handed(attempt=attempt, done=done_of(staged, offer.release_id))
        put_record(house.work, layout.handed(dataset.id), handed)
        let_go(dataset, house, staged)
        put_outcome(dataset, house, outcome_of(staged, house, "handed_over"))
        return HandOver(dataset_id=dataset.id, attempt=attempt, rows=rows, columns=len(view.fields))


def _with(verdict: Verdict, warnings: tuple[Finding, ...]) -> Verdict:
    """The verdict as provenance keeps it: what the gate let through stands in it."""
    return verdict.model_copy(update={"findings": (*verdict.findings, *warnings)})


def _looked_through(
    connection: duckdb.DuckDBPyConnection, view: View, table: Path, house: House, folder: Path
) -> tuple[Finding, ...]:
    """The gate's warnings, for the restricted side alone.

    Raises:
        PrivacyRefused: a critical finding, or a content that was withdrawn.
    """
    findings = (
        *gate.findings_of(connection, "shown", view),
        *numbering.findings_of(connection, table, view, "shown"),
        *differencing.findings_against(connection, "shown", _earlier(view, house, folder), view),
    )
    critical = [finding for finding in findings if finding.severity == "critical"]
    if critical:
        met = "; ".join(map(_told, critical[:5]))
        more = f" (and {len(critical) - 5} more)" if len(critical) > 5 else ""
        remedy = "Hide the column, or waive it under `privacy:` with a reason and `approved_by:`."
        raise PrivacyRefused(view.dataset_id, met + more, remedy=remedy)
    _require_not_withdrawn(connection, view, house, folder)
    return findings


def _told(finding: Finding) -> str:
    """Column, count and rule of a finding; never a value."""
    cells = f", {finding.count} cells" if finding.count is not None else ""
    return f"{finding.field or 'the table'} {finding.met} ({finding.rule}{cells})"


def _earlier(view: View, house: House, folder: Path) -> Sequence[Path]:
    """The last public releases' tables, newest first, where the view's rows are cells."""
    if view.aggregate is None or current_manifest(house.public, view.dataset_id) is None:
        return ()
    kept = [one for one in releases_of(house.public, view.dataset_id) if one.state in ("current", "kept")]
    keys = [
        layout.release_file(view.dataset_id, one.release_id, f"{view.name}.parquet")
        for one in kept[:_EARLIER]
    ]
    return [house.public.local(key, folder) for key in keys]


def _require_not_withdrawn(
    connection: duckdb.DuckDBPyConnection, view: View, house: House, folder: Path
) -> None:
    withdrawn = withdrawn_contents(house.restricted, view.dataset_id, "public")
    if withdrawn and content_sha256_of(connection, "shown", view, folder) in withdrawn:
        remedy = "Correct the source, or hide what must not be seen, then run again."
        raise PrivacyRefused(view.dataset_id, "this content was withdrawn from the public", remedy=remedy)


def _written(connection: duckdb.DuckDBPyConnection, view: View, path: Path) -> int:
    """The number of rows; plain values in a fresh file, in the view's own order."""
    query = f"COPY ({rows_of(connection, 'shown', view)}) TO {literal(str(path))} (FORMAT parquet)"
    (rows,) = connection.execute(query).fetchone() or (0,)
    return int(rows)


def _put(house: House, view: View, offer: Offer, path: Path) -> None:
    key = layout.handed_view(view.dataset_id, offer.attempt)
    house.handover.put_file(key, path)
    handed = HandedView(view=view.shown, offer=offer, sha256=house.handover.sha256(key))
    put_record(house.handover, layout.handed_record(view.dataset_id, offer.attempt), handed)
