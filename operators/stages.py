"""The stages as Airflow operators, the public publish in hands of its own."""

from __future__ import annotations

import os
from typing import Any

from airflow.sdk import Asset, Context
from airflow.sdk.exceptions import AirflowSkipException

from contracts.batch import RawBatch, StagedBatch, Verdict
from contracts.dataset import Audience, Dataset
from contracts.library import dataset_at
from contracts.model import Frozen
from operators.steps import Step
from operators.surroundings import config_folder, house_here

PUBLIC_QUEUE = "public"  # its worker may hold the public store's credentials only (docs/operating.md)


def asset_of(dataset_id: str, audience: Audience) -> Asset:
    """The asset that a release of this audience renews; what depends on it reads the store, not the event."""
    return Asset(name=f"{dataset_id} {audience}", uri=f"concentrator://{audience}/{dataset_id}")


class Stage(Step):
    """One stage of one dataset."""

    def __init__(self, *, dataset_id: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.dataset_id = dataset_id

    def dataset(self) -> Dataset:
        """Its contract as it is now."""
        return dataset_at(config_folder(), self.dataset_id)


class Extract(Stage):
    """Keeps the source's bytes; skips the rest of the run where they are not new."""

    ui_color = "#e3f2fd"

    def outcome(self, context: Context) -> RawBatch:
        """The raw batch, with the heads of the stores' logs that fence what is published of it.

        Its files stay in its record: the ten thousand pages of an API are no message between tasks.

        Raises:
            AirflowSkipException: the source has nothing new.
        """
        from pipeline.extract import extract

        force, full = (bool(context["params"].get(name)) for name in ("force", "full"))
        raw = extract(self.dataset(), house_here(), batch_id=self.attempt(context), force=force, full=full)
        if raw is None:
            raise AirflowSkipException("nothing new")
        return raw.model_copy(update={"files": ()})


class Standardize(Stage):
    """Conforms the raw batch to the contract's columns."""

    ui_color = "#e8f5e9"

    def outcome(self, context: Context) -> StagedBatch:
        """The staged table's names and counts."""
        from pipeline.record import with_its_files
        from pipeline.standardize import standardize

        house = house_here()
        told = RawBatch.model_validate(context["ti"].xcom_pull(task_ids="extract"))
        raw = with_its_files(told, house)
        return standardize(self.dataset(), house, raw, attempt=self.attempt(context))


class Validate(Stage):
    """Has Great Expectations judge the staged table."""

    ui_color = "#fff8e1"

    def outcome(self, context: Context) -> Verdict:
        """The verdict, where it lets the batch pass."""
        from pipeline.validate import validate

        return validate(self.dataset(), house_here(), _staged(context))


class PublishRestricted(Stage):
    """Publishes to the city's agents, and tells Airflow that their asset is new."""

    ui_color = "#f3e5f5"

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.asset = asset_of(self.dataset_id, "restricted")
        self.add_outlets([self.asset])

    def outcome(self, context: Context) -> Frozen:
        """What the agents have now."""
        from pipeline.publish import publish

        attempt = self.attempt(context)
        came = publish(self.dataset(), house_here(), _staged(context), _verdict(context), attempt=attempt)
        extra = came.model_dump(include={"rows", "release_id", "unchanged"})
        context["outlet_events"][self.asset].extra = extra
        return came


class HandOver(Stage):
    """Looks the public view through and puts it where the public publisher may read it."""

    ui_color = "#ede7f6"

    def outcome(self, context: Context) -> Frozen:
        """What was handed over; its attempt is the name that the publisher asks for.

        Raises:
            AirflowSkipException: the public has to wait, so its publish is skipped too.
        """
        from pipeline.handover import hand_over

        attempt = self.attempt(context)
        handed = hand_over(self.dataset(), house_here(), _staged(context), _verdict(context), attempt=attempt)
        if handed.embargo is not None:
            raise AirflowSkipException(f"the public waits until {handed.embargo.isoformat()}")
        return handed


class PublishPublic(Stage):
    """Has the public publisher publish what was handed over, and tells Airflow that the asset is new.

    It reads no contract and builds no house: its worker need not hold anything of the restricted side.
    """

    ui_color = "#e0f7fa"

    def __init__(self, *, handed_by: str = "hand_over", **settings: Any) -> None:
        super().__init__(queue=PUBLIC_QUEUE, **settings)
        self.handed_by = handed_by
        self.asset = asset_of(self.dataset_id, "public")
        self.add_outlets([self.asset])

    def outcome(self, context: Context) -> Frozen:
        """The publisher's receipt."""
        from pipeline.hands import own_hands
        from pipeline.kept_hands import KeptHands

        handed = context["ti"].xcom_pull(task_ids=self.handed_by)
        hands = own_hands(os.environ) or KeptHands(os.environ)
        receipt = hands(self.dataset_id, handed["attempt"])
        context["outlet_events"][self.asset].extra = {
            "rows": receipt.rows, "release_id": receipt.release_id, "unchanged": receipt.state == "unchanged",
        }  # fmt: skip
        return receipt


def _staged(context: Context) -> StagedBatch:
    return StagedBatch.model_validate(context["ti"].xcom_pull(task_ids="standardize"))


def _verdict(context: Context) -> Verdict:
    return Verdict.model_validate(context["ti"].xcom_pull(task_ids="validate"))
