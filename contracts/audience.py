"""Which rows and which sums everyone may see, and who answers for an exception."""

from __future__ import annotations

from typing import Literal

from pydantic import Field as Setting
from pydantic import model_validator

from contracts.field import FIELD_NAME
from contracts.model import Frozen
from contracts.personal import Rule


class Condition(Frozen):
    """A row condition on one field; an empty cell never meets it, so a doubtful row stays hidden."""

    field: str
    equals: str | bool | int | float | None = None
    among: tuple[str | int, ...] | None = Setting(None, min_length=1, description="One of these values.")
    at_least: float | int | None = None
    at_most: float | int | None = None
    present: Literal[True] | None = None

    @model_validator(mode="after")
    def _exactly_one_test(self) -> Condition:
        tests = (self.equals, self.among, self.at_least, self.at_most, self.present)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("give exactly one of equals, among, at_least, at_most, present")
        return self


class Waiver(Frozen):
    """What the privacy gate found in a column, and a named person lets through."""

    field: str
    rule: Rule
    because: str = Setting(min_length=10, description="Why it may be published, in a sentence.")
    approved_by: str = Setting(min_length=3, description="Who decided: the data-protection officer.")


class Privacy(Frozen):
    """The exceptions to the privacy gate."""

    waives: tuple[Waiver, ...] = ()


class Sum(Frozen):
    """A published sum of a field over the rows of a cell."""

    of: str = Setting(description="The field that is summed.")
    about: str = Setting(description="What the sum is, in French, one sentence.")
    label: str | None = Setting(None, description="Its English label.")


class Aggregate(Frozen):
    """What the public sees instead of rows: counts and sums by cell, none of which tells of few.

    A cell with fewer contributors than `minimum`, or where one of them makes up more than `dominance` of a
    sum, is kept secret; then as many others as it takes that no line's total gives it away
    (`transforms.aggregates`).
    """

    by: tuple[str, ...] = Setting(min_length=1, description="The fields that make the cells.")
    count: str = Setting("effectif", pattern=FIELD_NAME, description="The published column of the counts.")
    contributor: str | None = Setting(
        None, description="The field that tells contributors apart; none: each row is one."
    )
    sums: dict[str, Sum] = Setting(default_factory=dict, description="Published column → what it sums.")
    minimum: int = Setting(11, ge=3, description="Contributors that a cell needs.")
    dominance: float | None = Setting(
        0.85, gt=0, le=1, description="Largest share of a sum that one contributor may make up."
    )
    secret: str = Setting("secret", pattern=FIELD_NAME, description="The published column that says so.")
