"""An embargo: the instant before which nothing of a dataset is on the public side."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime

from contracts.dataset import Dataset
from contracts.errors import PrivacyRefused
from contracts.model import Frozen
from pipeline.house import House
from pipeline.record import last_done, last_staged, last_verdict, recipe_of
from storage import layout
from storage.records import put_record, record_at


class Seen(Frozen):
    """An embargo that a run has seen while it was still ahead."""

    embargo: AwareDatetime


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


def is_due(dataset: Dataset, house: House) -> bool:
    """Whether an embargo has ended and what it held back is still to be published."""
    if dataset.embargo is None or ahead(dataset, house) is not None:
        return False
    staged, verdict = last_staged(dataset, house), last_verdict(dataset, house)
    if staged is None or verdict is None or staged.recipe != recipe_of(dataset):
        return False
    done = last_done(dataset, house, "public")
    return done is None or (done.raw_digest, done.recipe) != (staged.raw_digest, staged.recipe)
