"""Every refusal the concentrator can utter: the facts as attributes, one sentence as text.

| error              | raised by              | effect                                              |
|--------------------|------------------------|-----------------------------------------------------|
| ContractInvalid    | contracts, check       | that dataset has no DAG; the others are untouched   |
| SourceUnavailable  | connectors             | the only one that is retried                        |
| SourceChanged      | connectors, transforms | the run fails, the last good release stays          |
| SourceIncomplete   | connectors             | the run fails before standardize                    |
| QualityRefused     | standardize, validate  | the run fails, the last good release stays          |
| PrivacyRefused     | views, publish         | nothing reaches the public side                     |
| StorageRefused     | storage                | nothing is committed                                |
"""

from __future__ import annotations

from dataclasses import dataclass


class ConcentratorError(Exception):
    """A refusal that a person can act on: where, what was met, what was promised, what to do.

    `str()` gives one sentence (with the remedy as a second one); values of cells never enter it
    unless the caller knows that they are public.
    """

    def __init__(self, place: str, met: str, *, promised: str = "", remedy: str = "") -> None:
        self.place, self.met, self.promised, self.remedy = place, met, promised, remedy
        super().__init__(place, met, promised, remedy)

    def __str__(self) -> str:
        promise = f"; promised was {self.promised}" if self.promised else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.place}: {self.met}{promise}.{remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), self.place, self.met, self.promised, self.remedy)


def _rebuilt(
    kind: type[ConcentratorError], place: str, met: str, promised: str, remedy: str
) -> ConcentratorError:
    """The error as it was before it crossed a process boundary."""
    return kind(place, met, promised=promised, remedy=remedy)


class SourceUnavailable(ConcentratorError):
    """The source did not answer, or asked to come back later; a retry may help."""


class SourceChanged(ConcentratorError):
    """The source answers, but no longer what the contract describes."""


class SourceIncomplete(ConcentratorError):
    """The source sent less than it announced."""


class QualityRefused(ConcentratorError):
    """The batch breaks a promise of its contract; the last good release stays."""


class PrivacyRefused(ConcentratorError):
    """Something not meant for an audience was about to reach it."""


class StorageRefused(ConcentratorError):
    """A store could not keep or give back what it was asked."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one configuration file."""

    file: str
    line: int
    field: str
    met: str
    remedy: str = ""

    def __str__(self) -> str:
        field = f" {self.field}:" if self.field else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.file}:{self.line}:{field} {self.met}.{remedy}"


class ContractInvalid(ConcentratorError):
    """A configuration file that cannot be trusted, with every fault found in it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        first = faults[0]
        super().__init__(f"{first.file}:{first.line}", first.met, remedy=first.remedy)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.faults,)
