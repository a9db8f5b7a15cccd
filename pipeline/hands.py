"""Separate hands: the public publisher in a process whose environment has nothing of the restricted side."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType

from contracts.errors import ConcentratorError, PrivacyRefused, StorageRefused
from pipeline.house import setting
from pipeline.publisher import publish_handed, publisher_from
from pipeline.record import Receipt

Hands = Callable[[str, str], Receipt]  # of a dataset and an attempt: what the public publisher made of it

PREFIX = "CONCENTRATOR_PUBLISHER_"  # CONCENTRATOR_PUBLISHER_AWS_PROFILE reaches the publisher as AWS_PROFILE
_NEUTRAL = (
    "PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "SSL_CERT_FILE", "AWS_CA_BUNDLE", "HTTPS_PROXY",
    "HTTP_PROXY", "NO_PROXY", "CONCENTRATOR_LOCK",
)  # fmt: skip


@contextmanager
def hands_in(environment: Mapping[str, str]) -> Iterator[Hands]:
    """The public publisher's hands: a process of its own, unless this one is the publisher.

    For one process with many datasets; the many processes of Airflow share one (`pipeline.kept_hands`).
    """
    if (own := own_hands(environment)) is not None:
        yield own
        return
    with SeparateHands(environment) as separate:
        yield separate


def own_hands(environment: Mapping[str, str]) -> Hands | None:
    """This process's own, if it is the publisher.

    `CONCENTRATOR_PUBLISHER=here` stands in the environment of a worker that has the public's credentials
    only.
    """
    if environment.get("CONCENTRATOR_PUBLISHER") != "here":
        return None
    return partial(publish_handed, publisher_from(environment))


def environment_of_publisher(environment: Mapping[str, str]) -> dict[str, str]:
    """The publisher's whole environment: neutral variables, two stores, and what is meant for it by name.

    Folders become absolute: the publisher does not work where the restricted store may stand.
    """
    own = {name: environment[name] for name in _NEUTRAL if name in environment}
    for name in ("CONCENTRATOR_PUBLIC", "CONCENTRATOR_HANDOVER"):
        own[name] = _absolute(setting(environment, name))
    own["CONCENTRATOR_SCRATCH"] = _absolute(f"{setting(environment, 'CONCENTRATOR_SCRATCH')}-public")
    meant = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    return own | {name.removeprefix(PREFIX): value for name, value in meant.items()}


def _absolute(address: str) -> str:
    return address if "://" in address else str(Path(address).absolute())


class SeparateHands:
    """The publisher's process, started at the first view and ended with the block; one answer a view."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment_of_publisher(environment)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> SeparateHands:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        if error is not None:
            self._process.terminate()  # a time-out or a stop does not wait for a publish
        self._process.communicate()  # closes its input, which ends it

    def __call__(self, dataset_id: str, attempt: str) -> Receipt:
        """The publisher's receipt.

        Raises:
            PrivacyRefused, StorageRefused, ConcentratorError: the publisher's own refusal.
        """
        process = self._started()
        if process.stdin is None or process.stdout is None:
            raise StorageRefused(dataset_id, "the public publisher cannot be spoken to")
        try:
            process.stdin.write(json.dumps([dataset_id, attempt]) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        return receipt_or_refusal(dataset_id, answer)

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            scratch = Path(self._environment["CONCENTRATOR_SCRATCH"])
            scratch.mkdir(parents=True, exist_ok=True)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "commands.publisher"], env=self._environment, cwd=scratch,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, close_fds=True,
            )  # fmt: skip
        return self._process


def receipt_or_refusal(dataset_id: str, answer: str) -> Receipt:
    """The receipt in a line of the publisher's.

    Raises:
        StorageRefused: the line is empty: the publisher ended.
        ConcentratorError: the answer is a refusal; of the kind that the publisher met.
    """
    if not answer:
        remedy = "Its last lines are above; what was published before stands."
        raise StorageRefused(dataset_id, "the public publisher ended without an answer", remedy=remedy)
    told = json.loads(answer)
    if "receipt" in told:
        return Receipt.model_validate(told["receipt"])
    kinds = {kind.__name__: kind for kind in (PrivacyRefused, StorageRefused)}
    kind = kinds.get(str(told["refusal"]), ConcentratorError)
    place, met, promised, remedy = map(str, told["told"])
    raise kind(place, met, promised=promised, remedy=remedy)
