"""Validate: Great Expectations' verdict on the staged table, and on the part that the public sees."""

from __future__ import annotations

from pathlib import Path

from contracts.batch import Finding, StagedBatch, Verdict
from contracts.dataset import Dataset
from contracts.errors import QualityRefused
from contracts.sql import literal
from contracts.view import view_for
from expectations.shown import Shown
from pipeline.house import House
from pipeline.record import audiences_of, last_done, remembered, require_recipe, verdict_key
from storage.records import put_record
from transforms.views import view_query


def validate(dataset: Dataset, house: House, staged: StagedBatch) -> Verdict:
    """The verdict, kept beside the staged table.

    `findings` are about the whole table and for the restricted side; `public_findings` come from the
    public view alone, judged apart, so that nothing hidden shows through a count.

    Raises:
        SourceChanged: the table was made by another contract.
        QualityRefused: a critical promise is broken; the last good release stays.
    """
    # Great Expectations takes ten seconds to import: a run that ends before this stage does without.
    from expectations.judging import verdict_on

    with remembered(dataset, house, "validate") as meter, house.workbench() as folder:
        require_recipe(dataset, staged)
        meter.rows = staged.rows_kept
        table = house.work.local(staged.table_key, folder)
        verdict = verdict_on(
            dataset, table, batch_id=staged.batch_id, previous_rows=_previous_rows(dataset, house),
            moment=house.clock(), shown=_shown(dataset, table),
        )  # fmt: skip
        verdict = verdict.model_copy(update={"findings": (*staged.findings, *verdict.findings)})
        put_record(house.work, verdict_key(staged), verdict)
        if verdict.refused:
            raise _refusal(dataset, verdict.findings)
        return verdict


def _previous_rows(dataset: Dataset, house: House) -> int | None:
    """Rows of the staged table behind the last release."""
    done = last_done(dataset, house, audiences_of(dataset)[0])
    return done.rows_kept if done else None


def _shown(dataset: Dataset, table: Path) -> Shown | None:
    """What is promised of the public view; nothing of values that the public sees coarser or counted.

    The promises on the whole table's size are not the view's.
    """
    view = view_for(dataset, "public")
    if "public" not in dataset.audiences or view.aggregate or view.precisions:
        return None
    promised = dataset.quality
    hidden = dataset.fields.keys() - view.fields.keys()
    # A hidden field's name anywhere in the arguments, also inside SQL, takes the expectation out.
    shown = [one for one in promised.expect if not any(name in str(one.arguments) for name in hidden)]
    fresh = promised.freshness if promised.freshness and promised.freshness.field in view.fields else None
    quality = promised.model_copy(update={"rows": None, "expect": tuple(shown), "freshness": fresh})
    public = dataset.model_copy(update={"fields": view.fields, "key": view.order, "quality": quality})
    part = view_query(view, f"read_parquet({literal(str(table))})") if view.conditions else None
    return Shown(public, part)


def _refusal(dataset: Dataset, findings: tuple[Finding, ...]) -> QualityRefused:
    critical = [finding for finding in findings if finding.severity == "critical"]
    more = f" (and {len(critical) - 1} more)" if len(critical) > 1 else ""
    remedy = "The last good release stays; mend the source, or change the promise in the contract."
    return QualityRefused(dataset.id, critical[0].met + more, remedy=remedy)
