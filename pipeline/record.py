"""What the work store remembers of each dataset's runs, so that both doors tell the same story."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field as Setting

from contracts.batch import RawBatch, StagedBatch, Verdict
from contracts.dataset import AUDIENCES, Audience, Dataset
from contracts.durations import seconds_in
from contracts.errors import ConcentratorError, SourceChanged, StorageRefused
from contracts.model import Frozen
from contracts.stages import Stage
from pipeline.cost import Cost, Meter, Work, metered
from pipeline.house import VERSION, House
from storage import layout
from storage.records import put_record, record_at
from storage.store import Store

_FIRST_WORKS: tuple[Work, ...] = ("extract", "standardize", "validate")
_RESTRICTED_WORKS: tuple[Work, ...] = ("publish_restricted", "hand_over")
VERIFIED_FOR = timedelta(days=8)  # without `stale_after`: a week and a day, so that one missed week shows


class Done(Frozen):
    """What an audience's current release was made of."""

    raw_digest: str
    recipe: str = Setting(description="Contract and version: other bytes may come of the same source.")
    release_id: str
    rows_kept: int = Setting(description="Rows of the staged table, before any audience's view.")
    staged: StagedBatch | None = Setting(None, description="Where the next increment goes on from it.")


class Handed(Frozen):
    """What was last handed over to the public publisher; its receipt says what became of it."""

    attempt: str
    done: Done


class Receipt(Frozen):
    """What the public publisher made of the last view it was handed."""

    dataset_id: str
    attempt: str
    state: Literal["released", "unchanged", "refused"]
    sentence: str = ""
    at: datetime
    release_id: str | None = None
    rows: int | None = None
    columns: int | None = None
    files: int | None = None
    cost: Cost | None = None


class Outcome(Frozen):
    """How the last run of a dataset ended."""

    state: Literal["released", "handed_over", "embargoed", "nothing_new", "refused"]
    stage: Stage
    at: datetime
    sentence: str = ""
    rows_read: int | None = None
    rows_rejected: int | None = None


def recipe_of(dataset: Dataset) -> str:
    """What besides the raw bytes decides the bytes of a release."""
    return f"{dataset.contract_hash} {VERSION}"


def require_recipe(dataset: Dataset, staged: StagedBatch) -> None:
    """Nothing, when the staged table was made by this contract.

    Raises:
        SourceChanged: by another one, whose columns and audiences may be others.
    """
    if staged.recipe != recipe_of(dataset):
        met = "the contract changed since the last batch was standardized"
        raise SourceChanged(dataset.id, met, remedy="Run it `--from standardize`.")


def expiry_of(dataset: Dataset, moment: datetime) -> datetime:
    """Until when a check made at `moment` may be called fresh."""
    duration = dataset.quality.stale_after
    return moment + (timedelta(seconds=seconds_in(duration)) if duration else VERIFIED_FOR)


def audiences_of(dataset: Dataset) -> tuple[Audience, ...]:
    """The dataset's audiences in the order in which they commit."""
    return tuple(audience for audience in AUDIENCES if audience in dataset.audiences)


def last_done(dataset: Dataset, house: House, audience: Audience) -> Done | None:
    """What the audience's current release was made of, if there is one.

    For the public, what was handed over last, where the publisher's receipt says that it went well.
    """
    if audience == "restricted":
        return record_at(house.work, layout.done(dataset.id, audience), Done)
    handed, receipt = last_handed(dataset, house), last_receipt(dataset.id, house.handover)
    if handed is None or receipt is None or receipt.attempt != handed.attempt or receipt.state == "refused":
        return None
    return handed.done


def last_handed(dataset: Dataset, house: House) -> Handed | None:
    """What was last handed over to the public publisher."""
    return record_at(house.work, layout.handed(dataset.id), Handed)


def last_receipt(dataset_id: str, handover: Store) -> Receipt | None:
    """What the public publisher made of the last view it was handed."""
    return record_at(handover, layout.receipt(dataset_id), Receipt)


def last_raw(dataset: Dataset, house: House) -> RawBatch | None:
    """The last batch that was landed."""
    return record_at(house.work, layout.latest(dataset.id), RawBatch)


def with_its_files(told: RawBatch, house: House) -> RawBatch:
    """A batch as its record in the work store has it, with the heads that were told.

    Raises:
        StorageRefused: the record is gone.
    """
    kept = record_at(house.work, layout.batch(told.dataset_id, told.batch_id), RawBatch)
    if kept is None:
        met = f"the record of the batch {told.batch_id} is gone from the work store"
        raise StorageRefused(told.dataset_id, met, remedy="Run the dataset again.")
    return kept.model_copy(update={"heads": told.heads})


def last_staged(dataset: Dataset, house: House) -> StagedBatch | None:
    """The last batch that was standardized."""
    return record_at(house.work, layout.latest_staged(dataset.id), StagedBatch)


def last_verdict(dataset: Dataset, house: House) -> Verdict | None:
    """The verdict on the batch that was standardized last."""
    staged = last_staged(dataset, house)
    if staged is None:
        return None
    return record_at(house.work, verdict_key(staged), Verdict)


def verdict_key(staged: StagedBatch) -> str:
    """Where the verdict on a staged batch is kept: beside its table, under the same attempt."""
    attempt = staged.table_key.split("/")[-2]
    return layout.verdict(staged.dataset_id, staged.batch_id, attempt)


def last_outcome(dataset: Dataset, house: House) -> Outcome | None:
    """How the last run ended; of one that was handed over, what the publisher's receipt says."""
    outcome = record_at(house.work, layout.outcome(dataset.id), Outcome)
    if outcome is None or outcome.state != "handed_over":
        return outcome
    handed, receipt = last_handed(dataset, house), last_receipt(dataset.id, house.handover)
    if handed is None or receipt is None or receipt.attempt != handed.attempt:
        return outcome
    state = "refused" if receipt.state == "refused" else "released"
    return outcome.model_copy(update={"state": state, "at": receipt.at, "sentence": receipt.sentence})


def costs_of(dataset: Dataset, house: House) -> tuple[Cost, ...]:
    """What each stage took when it last ended well, in the order of the journey."""
    receipt = last_receipt(dataset.id, house.handover)
    last = (receipt.cost,) if receipt and receipt.cost else ()
    return (*costs_until_verdict(dataset, house), *_costs(dataset, house, _RESTRICTED_WORKS), *last)


def costs_until_verdict(dataset: Dataset, house: House) -> tuple[Cost, ...]:
    """The same of what comes before any release."""
    return _costs(dataset, house, _FIRST_WORKS)


def _costs(dataset: Dataset, house: House, works: tuple[Work, ...]) -> tuple[Cost, ...]:
    kept = (record_at(house.work, layout.cost(dataset.id, work), Cost) for work in works)
    return tuple(cost for cost in kept if cost)


def put_outcome(dataset: Dataset, house: House, outcome: Outcome) -> None:
    """Remember how a run ended."""
    put_record(house.work, layout.outcome(dataset.id), outcome)


@contextmanager
def remembered(dataset: Dataset, house: House, work: Work) -> Iterator[Meter]:
    """A stage whose cost is remembered, or its refusal before it goes on to the caller."""
    stage: Stage = work if work in ("extract", "standardize", "validate") else "publish"
    try:
        with metered(dataset.id, work) as meter:
            yield meter
        put_record(house.work, layout.cost(dataset.id, work), meter.cost)
    except ConcentratorError as error:
        refusal = Outcome(state="refused", stage=stage, at=house.clock(), sentence=str(error))
        put_outcome(dataset, house, refusal)
        raise
