"""What a connector is: the options of one kind of source, and how its files are fetched."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from pydantic import Field as Setting
from pydantic import model_validator

from contracts.batch import RawFile
from contracts.connection import Connection
from contracts.errors import SourceChanged, SourceIncomplete
from contracts.formats import Format
from contracts.model import Frozen
from contracts.pointed import Pointed, web_address


def _unwatched(_done: int, _total: int | None) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True)
class Visit:
    """One visit to a source: what the connector is told, and what it may use of the world."""

    place: str  # the dataset's id, for the sentences
    folder: Path  # exists; the fetched files are written into it
    clock: Callable[[], datetime]  # aware, UTC
    known: tuple[RawFile, ...] = ()  # the last landed batch; empty: fetch whatever is there
    since: str | None = None  # ISO 8601 (UTC) or a plain number: fetch from there on; none: everything
    promised: Format | None = None  # the contract's format, to tell data from an error that looks like it
    contact: str = ""  # the city's address, told to the source in the user agent
    progress: Callable[[int, int | None], None] = _unwatched  # bytes so far, bytes announced
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random  # in [0, 1), spreads the retries


class FetchedFile(Frozen):
    """One file as the source sent it, on the local disk."""

    path: Path
    name: str = Setting(description="Its file name at the source.")
    origin: str = Setting(description="URL or path it came from, secrets out.")
    media_type: str | None = None
    sha256: str
    bytes: int
    fetched_at: datetime = Setting(description="UTC.")
    request: dict[str, str] = Setting(default_factory=dict, description="Request headers, secrets out.")
    response: dict[str, str] = Setting(
        default_factory=dict, description="Response headers, lower-case names, secrets out."
    )
    fresh_until: datetime | None = Setting(None, description="As in the raw file that it becomes.")

    def landed(self, key: str) -> RawFile:
        """The same file, as the work store keeps it under `key`."""
        return RawFile(key=key, **self.model_dump(exclude={"path"}))


class Fetched(Frozen):
    """What one visit brought; no file at all where the source says that nothing changed."""

    files: tuple[FetchedFile, ...] = Setting((), description="Each with a name of its own.")
    rows: int | None = Setting(
        None, ge=0, description="Records received in all files; none: not counted, as for one opaque file."
    )
    expected: int | None = Setting(
        None, ge=0, description="Records that the source says there are; none: it does not say."
    )
    proof: str = Setting(description="How completeness is known, or `unknown`.")
    warnings: tuple[str, ...] = Setting(
        (), description="What a person should look at, one clause each; they become findings."
    )
    unchanged: bool = False

    @model_validator(mode="after")
    def _sums_up(self) -> Fetched:
        names = [file.name for file in self.files]
        if len(set(names)) < len(names):
            raise ValueError("two files of one visit have the same name")
        if self.expected is not None and self.rows is None:
            raise ValueError("what is expected can only be held against what was counted")
        return self

    def require_whole(self, place: str) -> None:
        """Nothing, where as many records arrived as the source says there are, or it does not say.

        Raises:
            SourceIncomplete: fewer, or more.
        """
        if self.expected is not None and self.rows != self.expected:
            met = f"{self.rows} records were received"
            remedy = "Try again; if it stays so, the source cuts its answers or miscounts."
            promised = f"{self.expected}, as the source itself says"
            raise SourceIncomplete(place, met, promised=promised, remedy=remedy)


class Connector(Frozen, ABC):
    """The options of one kind of source, closed to what that kind does not know.

    A new kind is one module `connectors/<kind>.py` with one class of the kind's name in CamelCase.
    """

    increments: ClassVar[bool] = False  # whether the kind can fetch from `Visit.since` on
    # For `concentrator new`: the `format:` of all that the kind sends, where its bytes do not tell it; and
    # the option that a bare word after `--from kind:` fills.
    form: ClassVar[str] = ""
    word: ClassVar[str] = ""

    @classmethod
    def pointed_at(cls, address: str) -> Pointed:
        """What an address after `concentrator new … --from kind:` stands for.

        A kind with ways of its own overrides it. A bare word is the option `word`. An address of the web is
        split into the connection's host and `path` and `query`, where the kind has them; else all of it is
        the connection's.

        Raises:
            ValueError: the kind knows no such address.
        """
        if "://" not in address and cls.word:
            return Pointed({cls.word: address})
        return web_address(address, path="path" in cls.model_fields, query="query" in cls.model_fields)

    @abstractmethod
    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """The files of the source, whole, written under `visit.folder`.

        Raises:
            SourceUnavailable: it does not answer, or asks to come back later; the only one worth a retry.
            SourceChanged: it answers something else than what was promised.
            SourceIncomplete: it sent less than it announced.
        """

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """What is wrong with the contract's format for this source, and the remedy; none where it can be."""
        return None

    def require_format(self, promised: Format | None, place: str) -> None:
        """Nothing, where the source may send the contract's format, or none is promised.

        Raises:
            SourceChanged: it may not.
        """
        if promised is not None and (fault := self.format_fault(promised)):
            raise SourceChanged(place, fault[0], promised=promised.type, remedy=fault[1])
