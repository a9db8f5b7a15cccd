"""From a contract to its promises: one Great Expectations expectation each, and how to tell that it broke."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.compatibility.pydantic import ValidationError
from great_expectations.exceptions import GreatExpectationsError
from great_expectations.expectations.registry import get_expectation_impl

from contracts.batch import Severity
from contracts.dataset import Dataset
from contracts.durations import seconds_in
from contracts.errors import ContractInvalid, Fault
from contracts.field import Field
from contracts.reading import Place, dotted
from expectations.known import faults_in

Telling = Callable[[int | None], str]


@dataclass(frozen=True)
class Promise:
    """One expectation, and the clause for when it does not hold.

    `told` takes the number of rows that break it, for a promise about the table's size the number of
    rows, and None where neither can be counted.
    """

    expectation: gxe.Expectation
    told: Telling
    field: str | None = None
    severity: Severity = "critical"

    @property
    def rule(self) -> str:
        """The expectation's snake_case name."""
        return str(self.expectation.expectation_type)


def suite_of(dataset: Dataset, *, previous_rows: int | None, moment: datetime) -> tuple[Promise, ...]:
    """The contract's promises: field by field, then the key, the rows, freshness, and what `expect` adds.

    `previous_rows` is None before the first release; `moment` has a time zone.

    Raises:
        ContractInvalid: `quality.expect` names what Great Expectations does not know or take.
    """
    return (
        *(promise for name, field in dataset.fields.items() for promise in _of_field(dataset, name, field)),
        _of_key(dataset.key),
        *_of_rows(dataset, previous_rows),
        *_of_freshness(dataset, moment),
        *_of_expect(dataset),
    )


def _of_field(dataset: Dataset, name: str, field: Field) -> Iterator[Promise]:
    if field.always or name in dataset.key:
        yield Promise(
            gxe.ExpectColumnValuesToNotBeNull(column=name),
            lambda rows: f"{_counted(rows)} without a value; every row needs one", name,
        )  # fmt: skip
    if field.values is not None:
        words = sorted(set(field.values.values()), key=str)
        published = [int(word) for word in words] if field.type == "integer" else words
        yield Promise(
            gxe.ExpectColumnValuesToBeInSet(column=name, value_set=published),
            lambda rows: f"{_counted(rows)} outside the {len(words)} values of the contract", name,
        )  # fmt: skip
    if field.pattern is not None:
        yield Promise(
            gxe.ExpectColumnValuesToMatchRegex(column=name, regex=rf"\A(?:{field.pattern})\z"),
            lambda rows: f"{_counted(rows)} not of the pattern {field.pattern}", name,
        )  # fmt: skip
    if field.min is not None or field.max is not None:
        yield Promise(
            gxe.ExpectColumnValuesToBeBetween(column=name, min_value=field.min, max_value=field.max),
            lambda rows: f"{_counted(rows)} {_beyond(field)}", name,
        )  # fmt: skip
    if field.max_length is not None:
        yield Promise(
            gxe.ExpectColumnValueLengthsToBeBetween(column=name, max_value=field.max_length),
            lambda rows: f"{_counted(rows)} longer than {field.max_length} characters", name,
        )  # fmt: skip


def _of_key(key: tuple[str, ...]) -> Promise:
    def told(rows: int | None) -> str:
        return f"{_counted(rows)} share their key ({', '.join(key)})"

    if len(key) == 1:
        return Promise(gxe.ExpectColumnValuesToBeUnique(column=key[0]), told, key[0])
    return Promise(gxe.ExpectCompoundColumnsToBeUnique(column_list=list(key)), told)


def _of_rows(dataset: Dataset, previous: int | None) -> Iterator[Promise]:
    if dataset.quality.rows is not None:
        least, most = dataset.quality.rows
        yield Promise(
            gxe.ExpectTableRowCountToBeBetween(min_value=least, max_value=most),
            lambda rows: f"{_counted(rows)}; promised {least} to {most}",
        )
    if previous:
        yield _of_shrink(previous, Decimal(str(dataset.quality.shrink)))  # 0.1 is no binary fraction


def _of_shrink(previous: int, share: Decimal) -> Promise:
    def told(rows: int | None) -> str:
        lost = 100 - 100 * (rows or 0) / previous
        allowed = float(100 * share)
        now = f"{_counted(rows)} against {previous} in the last release"
        return f"{now}: {lost:.3g} % fewer; at most {allowed:g} % may vanish"

    return Promise(gxe.ExpectTableRowCountToBeBetween(min_value=math.ceil(previous * (1 - share))), told)


def _of_freshness(dataset: Dataset, moment: datetime) -> Iterator[Promise]:
    fresh = dataset.quality.freshness
    if fresh is None:
        return
    oldest = moment - timedelta(seconds=seconds_in(fresh.within))
    dated = dataset.fields[fresh.field].type == "date"  # a day is fresh until it ends
    yield Promise(
        gxe.ExpectColumnMaxToBeBetween(column=fresh.field, min_value=oldest.date() if dated else oldest),
        lambda _: f"no value of the last {fresh.within}, which is promised",
        fresh.field,
        fresh.severity,
    )


def _of_expect(dataset: Dataset) -> Iterator[Promise]:
    faults = [_fault(dataset, *finding) for finding in faults_in(dataset)]
    if faults:
        raise ContractInvalid(tuple(faults))
    for index, asked in enumerate(dataset.quality.expect):
        try:
            expectation = get_expectation_impl(asked.name)(**_understood(asked.arguments))
        except (ValidationError, GreatExpectationsError) as error:
            met = f"Great Expectations refuses {asked.name}: {_reason(error)}"
            raise ContractInvalid((_fault(dataset, ("quality", "expect", index), met),)) from error
        yield Promise(expectation, _telling(asked.about), asked.arguments.get("column"), asked.severity)


def _reason(error: Exception) -> str:
    """The first of pydantic's complaints, or GX's own sentence; both about the contract, never about data."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{first['loc'][0]}: {first['msg']}"


def _understood(arguments: dict[str, Any]) -> dict[str, Any]:
    """A condition written as text, `col("a").notNull()`, is for GX's own parser: SQL has no other."""
    textual = isinstance(arguments.get("row_condition"), str)
    return {**arguments, "condition_parser": "great_expectations"} if textual else arguments


def _fault(dataset: Dataset, place: Place, met: str, remedy: str = "") -> Fault:
    """The line is not known here; `concentrator check` finds the same faults with it."""
    return Fault(f"config/datasets/{dataset.theme}/{dataset.name}.yml", 1, dotted(place), met, remedy)


def _telling(about: str | None) -> Telling:
    """The contract's own words for what is promised, where it has some."""
    promised = f": {about}" if about else ""
    return lambda rows: ("does not hold" if rows is None else f"does not hold in {_counted(rows)}") + promised


def _beyond(field: Field) -> str:
    if field.min is None:
        return f"above {field.max}"
    return f"below {field.min}" if field.max is None else f"outside {field.min} to {field.max}"


def _counted(rows: int | None) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"
