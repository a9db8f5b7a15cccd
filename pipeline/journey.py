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
from pipeline.handover import hand_over
from pipeline.hands import Hands
from pipeline.house import House
from pipeline.publish import publish
from pipeline.record import Receipt, audiences_of, last_raw, last_staged, last_verdict
from pipeline.releasing import Published
from pipeline.standardize import standardize
from pipeline.validate import validate

Record = TypeVar("Record")
State = Literal["released", "unchanged", "embargoed", "nothing_new", "stopped", "refused"]


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
    full: bool = False

    def includes(self, stage: Stage) -> bool:
        """Whether the stage is between first and last."""
        return STAGES.index(self.first) <= STAGES.index(stage) <= STAGES.index(self.last)


def travel(
    dataset: Dataset, house: House, trip: Trip, hands: Hands, *,
    entered: Callable[[Stage], None] = lambda stage: None,
) -> Journey:  # fmt: skip
    """The journey's end; a refusal is one of its ends, not an exception."""
    start = monotonic()
    reached: list[Stage] = [trip.first]

    def enter(stage: Stage) -> None:
        reached.append(stage)
        entered(stage)

    try:
        facts = _stages(dataset, house, trip, hands, enter)
    except ConcentratorError as error:
        facts = {"state": "refused", "sentence": str(error)}
    return Journey.model_validate(
        {"dataset_id": dataset.id, "stage": reached[-1], "seconds": monotonic() - start, **facts}
    )


def _stages(
    dataset: Dataset, house: House, trip: Trip, hands: Hands, entered: Callable[[Stage], None]
) -> dict[str, object]:
    """The stages of the trip in order, and what is to be told of them."""
    raw = last_raw(dataset, house)
    if trip.includes("extract"):
        entered("extract")
        raw = extract(dataset, house, batch_id=trip.batch_id, force=trip.force, full=trip.full)
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
        staged, verdict = _there(staged, dataset, "standardize"), _there(verdict, dataset, "validate")
        facts |= _published(dataset, house, trip, hands, staged, verdict)
    return facts


def _published(
    dataset: Dataset, house: House, trip: Trip, hands: Hands, staged: StagedBatch, verdict: Verdict
) -> dict[str, object]:
    if verdict.refused or verdict.batch_id != staged.batch_id:
        met = "the last standardized batch has no verdict that lets it pass"
        raise SourceChanged(dataset.id, met, remedy="Run it `--from validate`.")
    published: list[Published] = []
    for audience in audiences_of(dataset):
        attempt = f"{trip.batch_id}-{audience}"
        if audience == "restricted":
            published.append(publish(dataset, house, staged, verdict, attempt=attempt))
            continue
        handed = hand_over(dataset, house, staged, verdict, attempt=attempt)
        if handed.embargo is not None:
            sentence = f"{dataset.id}: the public waits until {handed.embargo.isoformat()}."
            return {"state": "embargoed", "published": published, "sentence": sentence}
        published.append(_as_published(hands(dataset.id, attempt)))
    state: State = "unchanged" if all(one.unchanged for one in published) else "released"
    return {"state": state, "published": published}


def _as_published(receipt: Receipt) -> Published:
    return Published.model_validate(
        {
            "audience": "public", "unchanged": receipt.state == "unchanged",
            "bytes": receipt.cost and receipt.cost.bytes,
            **receipt.model_dump(include={"release_id", "rows", "columns", "files"}),
        }
    )  # fmt: skip


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
