"""One task as Airflow runs it: what it returns is small and travels by XCom; a refusal is one sentence."""

from __future__ import annotations

import hashlib
import re
from abc import abstractmethod
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator, Context, ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import AirflowFailException

from contracts.errors import ConcentratorError, SourceUnavailable
from contracts.model import Frozen

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


class Step(BaseOperator):
    """One task of ours; its DAG's `default_args` have the retry policy."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The outcome as JSON.

        Raises:
            SourceUnavailable: the only error that Airflow tries again.
            AirflowFailException: any other refusal, with its sentence.
        """
        try:
            outcome = self.outcome(context)
        except SourceUnavailable:
            raise
        except ConcentratorError as refusal:
            raise AirflowFailException(str(refusal)) from None  # a person acts on the sentence alone
        return outcome.model_dump(mode="json")

    @abstractmethod
    def outcome(self, context: Context) -> Frozen:
        """What the task made of what came before it."""

    def attempt(self, context: Context) -> str:
        """The name of this try."""
        return attempt_of(context["run_id"], context["ti"].try_number)
