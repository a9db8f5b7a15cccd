"""An embargo: the instant before which nothing of a dataset is on the public side."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime
from pydantic import Field as Setting

from contracts.batch import RawBatch, StagedBatch, Verdict
from contracts.dataset import Dataset
from contracts.errors import PrivacyRefused
from contracts.model import Frozen
from pipeline.house import House
from pipeline.record import last_done, recipe_of
from storage import layout
from storage.records import put_record, record_at


class Seen(Frozen):
    """An embargo that a run has seen while it was still ahead."""

    embargo: AwareDatetime
    staged: StagedBatch | None = Setting(None, description="The batch that it holds back.")
    verdict: Verdict | None = None


def ahead(dataset: Dataset, house: House) -> datetime | None:
    """The embargo, while it lasts."""
    return dataset.embargo if dataset.embargo and house.clock() < dataset.embargo else None


def require_seen(dataset: Dataset, house: House) -> None:
    """Nothing, when no embargo is declared, or it is ahead, or a run saw it when it was.

    A year mistyped would otherwise publish at once what was meant to wait.

    Raises:
        PrivacyRefused: the embargo was past when it was first met.
    """
    if dataset.embargo is None:
        return
    key = layout.embargo(dataset.id)
    seen = record_at(house.work, key, Seen)
    if seen is not None and seen.embargo == dataset.embargo:
        return
    if ahead(dataset, house) is None:
        met = f"its embargo, {dataset.embargo.isoformat()}, was past already when it was first read"
        remedy = "Correct the year, or remove `embargo:` to publish now."
        raise PrivacyRefused(dataset.id, met, remedy=remedy)
    put_record(house.work, key, Seen(embargo=dataset.embargo))


def hold(dataset: Dataset, house: House, staged: StagedBatch, verdict: Verdict) -> None:
    """Remembers the batch that is to be published when the embargo ends: the last that was found good."""
    held = Seen(embargo=dataset.embargo, staged=staged, verdict=verdict)
    put_record(house.work, layout.embargo(dataset.id), held)


def holds(dataset: Dataset, house: House, raw: RawBatch) -> bool:
    """Whether an embargo that is still ahead holds back what these bytes and this contract give."""
    if ahead(dataset, house) is None:
        return False
    seen = record_at(house.work, layout.embargo(dataset.id), Seen)
    if seen is None or seen.staged is None or seen.verdict is None:
        return False
    return (seen.staged.raw_digest, seen.staged.recipe) == (raw.digest, recipe_of(dataset))


def let_go(dataset: Dataset, house: House, staged: StagedBatch) -> None:
    """Forgets the batch that was held back, where another one is handed over now."""
    seen = record_at(house.work, layout.embargo(dataset.id), Seen)
    if seen is not None and seen.staged is not None and seen.staged.batch_id != staged.batch_id:
        put_record(house.work, layout.embargo(dataset.id), Seen(embargo=seen.embargo))


def due(dataset: Dataset, house: House) -> tuple[StagedBatch, Verdict] | None:
    """The batch that an embargo held back, once it has ended and until it is published."""
    seen = record_at(house.work, layout.embargo(dataset.id), Seen)
    if seen is None or seen.embargo != dataset.embargo or ahead(dataset, house) is not None:
        return None
    if seen.staged is None or seen.verdict is None or seen.staged.recipe != recipe_of(dataset):
        return None
    done = last_done(dataset, house, "public")
    made_of = (seen.staged.raw_digest, seen.staged.recipe)
    return None if done and (done.raw_digest, done.recipe) == made_of else (seen.staged, seen.verdict)
