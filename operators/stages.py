"""The four stages as Airflow operators: names and counts through XCom, one sentence for each refusal."""

from __future__ import annotations

import hashlib
import re
from abc import abstractmethod
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context, ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from contracts.batch import RawBatch, StagedBatch, Verdict
from contracts.dataset import Audience, Dataset
from contracts.errors import ConcentratorError, SourceUnavailable
from contracts.library import dataset_at
from contracts.model import Frozen
from operators.surroundings import config_folder, house_here

# A bug, a broken promise or a full disk is no better in five minutes; a source that is down may be.
# A worker that was killed raises nothing, so its retry is Airflow's own.
RETRY_ONLY_THE_UNAVAILABLE = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=SourceUnavailable, action=RetryAction.RETRY, retry_delay=timedelta(minutes=5),
            reason="the source did not answer",
        ),
        RetryRule(exception=Exception, action=RetryAction.FAIL, reason="another try would end alike"),
    ]
)  # fmt: skip


def attempt_of(run_id: str, try_number: int) -> str:
    """A name for one try of one run, safe in a path, an S3 key and a URL; no two tries share one.

    An orphaned try can still be writing while its retry runs (seen in Airflow 3.3.2).
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "-", run_id).strip("-")[:60]
    return f"{readable}-{hashlib.sha256(run_id.encode()).hexdigest()[:8]}-{try_number}"


class Stage(BaseOperator):
    """One stage of one dataset; what it returns is small and travels by XCom."""

    def __init__(self, *, dataset_id: str, **settings: Any) -> None:
        settings.setdefault("retry_policy", RETRY_ONLY_THE_UNAVAILABLE)
        super().__init__(**settings)
        self.dataset_id = dataset_id

    def execute(self, context: Context) -> dict[str, Any]:
        """The stage's outcome as JSON.

        Raises:
            SourceUnavailable: the only error that Airflow tries again.
            AirflowFailException: any other refusal, with its sentence.
        """
        try:
            outcome = self.outcome(dataset_at(config_folder(), self.dataset_id), context)
        except SourceUnavailable:
            raise
        except ConcentratorError as refusal:
            raise AirflowFailException(str(refusal)) from None  # a person acts on the sentence alone
        return outcome.model_dump(mode="json")

    @abstractmethod
    def outcome(self, dataset: Dataset, context: Context) -> Frozen:
        """What the stage made of what came before it."""

    def attempt(self, context: Context) -> str:
        """The name of this try."""
        return attempt_of(context["run_id"], context["ti"].try_number)


class Extract(Stage):
    """Keeps the source's bytes; skips the rest of the run where they are not new."""

    ui_color = "#e3f2fd"

    def outcome(self, dataset: Dataset, context: Context) -> RawBatch:
        """The raw batch.

        Raises:
            AirflowSkipException: the source has nothing new.
        """
        from pipeline.extract import extract

        force = bool(context["params"]["force"])
        raw = extract(dataset, house_here(), batch_id=self.attempt(context), force=force)
        if raw is None:
            raise AirflowSkipException("nothing new")
        return raw


class Standardize(Stage):
    """Conforms the raw batch to the contract's columns."""

    ui_color = "#e8f5e9"

    def outcome(self, dataset: Dataset, context: Context) -> StagedBatch:
        """The staged table's names and counts."""
        from pipeline.standardize import standardize

        raw = RawBatch.model_validate(context["ti"].xcom_pull(task_ids="extract"))
        return standardize(dataset, house_here(), raw, attempt=self.attempt(context))


class Validate(Stage):
    """Has Great Expectations judge the staged table."""

    ui_color = "#fff8e1"

    def outcome(self, dataset: Dataset, context: Context) -> Verdict:
        """The verdict, where it lets the batch pass."""
        from pipeline.validate import validate

        return validate(dataset, house_here(), _staged(context))


class Publish(Stage):
    """Publishes one audience's view, and tells Airflow that its asset is new."""

    ui_color = "#f3e5f5"

    def __init__(self, *, audience: Audience, asset: Asset, **settings: Any) -> None:
        super().__init__(outlets=[asset], **settings)
        self.audience: Audience = audience
        self.asset = asset

    def outcome(self, dataset: Dataset, context: Context) -> Frozen:
        """What the audience has now."""
        from pipeline.publish import publish

        verdict = Verdict.model_validate(context["ti"].xcom_pull(task_ids="validate"))
        published = publish(
            dataset, self.audience, house_here(), _staged(context), verdict, attempt=self.attempt(context)
        )
        context["outlet_events"][self.asset].extra = {
            "rows": published.rows, "release_id": published.release_id, "unchanged": published.unchanged,
        }  # fmt: skip
        return published


def _staged(context: Context) -> StagedBatch:
    return StagedBatch.model_validate(context["ti"].xcom_pull(task_ids="standardize"))
