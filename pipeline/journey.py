"""A dataset's whole journey in one process: the four stages in a row, for a laptop and for tests."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Literal, TypeVar

from contracts.batch import StagedBatch, Verdict
from contracts.dataset import Dataset
from contracts.errors import ConcentratorError, SourceChanged
from contracts.model import Frozen
from contracts.stages import STAGES, Stage
from pipeline.extract import extract
from pipeline.house import House
from pipeline.publish import Published, publish
from pipeline.record import audiences_of, last_raw, last_staged, last_verdict
from pipeline.standardize import standardize
from pipeline.validate import validate

Record = TypeVar("Record")
State = Literal["released", "unchanged", "nothing_new", "stopped", "refused"]


class Journey(Frozen):
    """How far a dataset came, and what each audience has now."""

    dataset_id: str
    state: State
    stage: Stage
    sentence: str = ""
    rows_read: int | None = None
    rows_rejected: int | None = None
    cells_voided: int | None = None
    published: tuple[Published, ...] = ()
    seconds: float


class Trip(Frozen):
    """From where to where a dataset is taken, and under which name."""

    batch_id: str
    first: Stage = "extract"
    last: Stage = "publish"
    force: bool = False

    def includes(self, stage: Stage) -> bool:
        """Whether the stage is between first and last."""
        return STAGES.index(self.first) <= STAGES.index(stage) <= STAGES.index(self.last)


def travel(
    dataset: Dataset, house: House, trip: Trip, *, entered: Callable[[Stage], None] = lambda stage: None
) -> Journey:
    """The journey's end; a refusal is one of its ends, not an exception."""
    start = monotonic()
    reached: list[Stage] = [trip.first]

    def enter(stage: Stage) -> None:
        reached.append(stage)
        entered(stage)

    try:
        facts = _stages(dataset, house, trip, enter)
    except ConcentratorError as error:
        facts = {"state": "refused", "sentence": str(error)}
    return Journey.model_validate(
        {"dataset_id": dataset.id, "stage": reached[-1], "seconds": monotonic() - start, **facts}
    )


def _stages(
    dataset: Dataset, house: House, trip: Trip, entered: Callable[[Stage], None]
) -> dict[str, object]:
    """The stages of the trip in order, and what is to be told of them."""
    raw = last_raw(dataset, house)
    if trip.includes("extract"):
        entered("extract")
        raw = extract(dataset, house, batch_id=trip.batch_id, force=trip.force)
        if raw is None:
            return {"state": "nothing_new"}
    staged = last_staged(dataset, house)
    if trip.includes("standardize"):
        entered("standardize")
        staged = standardize(dataset, house, _there(raw, dataset, "extract"), attempt=trip.batch_id)
    facts: dict[str, object] = {"state": "stopped"}
    if staged is not None and trip.last != "extract":
        counts = ("rows_read", "rows_rejected", "cells_voided")
        facts |= {name: getattr(staged, name) for name in counts}
    verdict = last_verdict(dataset, house)
    if trip.includes("validate"):
        entered("validate")
        verdict = validate(dataset, house, _there(staged, dataset, "standardize"))
    if trip.includes("publish"):
        entered("publish")
        facts |= _published(
            dataset, house, trip, _there(staged, dataset, "standardize"), _there(verdict, dataset, "validate")
        )
    return facts


def _published(
    dataset: Dataset, house: House, trip: Trip, staged: StagedBatch, verdict: Verdict
) -> dict[str, object]:
    if verdict.refused or verdict.batch_id != staged.batch_id:
        met = "the last standardized batch has no verdict that lets it pass"
        raise SourceChanged(dataset.id, met, remedy="Run it `--from validate`.")
    published = tuple(
        publish(dataset, audience, house, staged, verdict, attempt=f"{trip.batch_id}-{audience}")
        for audience in audiences_of(dataset)
    )
    state: State = "unchanged" if all(one.unchanged for one in published) else "released"
    return {"state": state, "published": published}


def _there(record: Record | None, dataset: Dataset, stage: Stage) -> Record:
    """The record of an earlier stage.

    Raises:
        SourceChanged: that stage never ended well for this dataset.
    """
    if record is None:
        raise SourceChanged(
            dataset.id, f"nothing is kept of the stage {stage}", remedy=f"Run it `--from {stage}`."
        )
    return record
