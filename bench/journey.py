"""The concentrator's own journey, as a user runs it: contract, drop folder, folder stores, two processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic

import expectations.judging  # noqa: F401  # what the stage imports when it runs: not part of the journey
from bench.answers import Answer, Work
from bench.contract import dataset_in
from contracts.connection import Connection
from contracts.dataset import Dataset
from pipeline.hands import Hands, hands_in
from pipeline.house import House, house_from
from pipeline.journey import Journey, Trip, travel
from pipeline.record import Receipt, last_staged


@contextmanager
def opened(folder: Path) -> Iterator[Work]:
    """Takes a CSV through the whole journey; the public publisher's process lives as long as the block."""
    variables = _variables(folder)
    with hands_in(variables) as hands:
        yield partial(_travelled, folder, variables, hands)


def _variables(folder: Path) -> dict[str, str]:
    """This process's environment with the stores in `folder`."""
    stores = ("work", "public", "restricted", "handover", "scratch")
    return {**os.environ, **{f"CONCENTRATOR_{name.upper()}": str(folder / name) for name in stores},
            "CONCENTRATOR_CONFIG": str(folder / "config")}  # fmt: skip


@dataclass
class Watch:
    """The seconds of each stage, by the moments at which they were entered."""

    hands: Hands
    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str = ""
    _since: float = 0

    def enter(self, stage: str) -> None:
        """Ends the stage before."""
        now = monotonic()
        if self._stage:
            self.seconds[self._stage] = now - self._since
        self._stage, self._since = stage, now

    def published(self, dataset_id: str, attempt: str) -> Receipt:
        """What the public publisher does, as a stage of its own."""
        self.enter("publish_public")
        return self.hands(dataset_id, attempt)


def _travelled(folder: Path, variables: Mapping[str, str], hands: Hands, source: Path) -> Answer:
    """The contract stands beside the CSV, under the same name."""
    dataset = dataset_in(folder / "config", source.stem, source.with_suffix(".yml").read_text("utf-8"))
    dropped = folder / "drop" / source.stem
    dropped.mkdir(parents=True)
    os.link(source, dropped / source.name)
    drop = Connection(name="drop", extra={"path": str(dropped)})
    house = house_from(variables, connection=lambda name: drop)
    watch = Watch(hands)
    journey = _taken(dataset, house, watch)
    return Answer(_counts(dataset, house, journey), watch.seconds)


def _taken(dataset: Dataset, house: House, watch: Watch) -> Journey:
    trip = Trip(batch_id="once")
    journey = travel(dataset, house, trip, watch.published, entered=watch.enter)
    watch.enter("")
    return journey


def _counts(dataset: Dataset, house: House, journey: Journey) -> dict[str, int]:
    """What the journey reports; nothing but the sentence where it was refused."""
    if journey.state != "released":
        raise SystemExit(journey.sentence or journey.state)
    staged = last_staged(dataset, house)
    voided = {f"voided {name}": count for name, count in (staged.voided if staged else {}).items()}
    sizes = {
        f"{one.audience} {what}": getattr(one, what)
        for one in journey.published for what in ("rows", "columns", "files")
    }  # fmt: skip
    return {"read": journey.rows_read or 0, "rejected": journey.rows_rejected or 0, **voided, **sizes}
