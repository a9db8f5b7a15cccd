"""The verdict on one staged table: every promise of its contract evaluated, and no cell's value told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import great_expectations as gx
from great_expectations.exceptions import GreatExpectationsError

from contracts.batch import Finding, Verdict
from contracts.dataset import Dataset
from contracts.errors import QualityRefused
from expectations.batch import batch_of
from expectations.known import columns_in
from expectations.shown import Shown
from expectations.suite import Promise, suite_of

# Counts only. Nothing of GX's results is passed on but `success` and a number of rows.
_COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}
_DUCKDB_ERRORS = [name for name in dir(duckdb) if name.endswith("Exception")]


Suite = tuple[Promise, ...]


def verdict_on(
    dataset: Dataset, table: Path, *, batch_id: str, previous_rows: int | None, moment: datetime,
    shown: Shown | None = None,
) -> Verdict:  # fmt: skip
    """What holds and what does not; findings in the order of the contract.

    `table` is a Parquet with one column per field, `previous_rows` those of the last release (None: there
    is none), `moment` the time, with its zone, against which freshness is held. A promise that could not
    be evaluated is a critical finding. No finding holds a cell's value. `public_findings` are about
    `shown` alone; where it has all rows, what is promised twice is evaluated once.

    Raises:
        ContractInvalid: `quality.expect` names what Great Expectations does not know or take.
        QualityRefused: the table cannot be read, or Great Expectations refuses the suite as a whole.
    """
    promises = suite_of(dataset, previous_rows=previous_rows, moment=moment)
    seen = suite_of(shown.dataset, previous_rows=None, moment=moment) if shown else ()
    try:
        if shown and shown.part:
            (findings,) = _judged(dataset.id, table, promises)
            (public,) = _judged(dataset.id, table, seen, part=shown.part)
        else:
            findings, public = _judged(dataset.id, table, promises, seen)
    except duckdb.Error as error:
        remedy = "Run `standardize` again."
        raise QualityRefused(dataset.id, "the staged table cannot be read", remedy=remedy) from error
    except GreatExpectationsError as error:
        met = f"Great Expectations cannot run the suite ({type(error).__name__})"
        remedy = "Look at each `row_condition` and `$PARAMETER` under `quality.expect`."
        raise QualityRefused(dataset.id, met, remedy=remedy) from error
    return Verdict(
        dataset_id=dataset.id, batch_id=batch_id, evaluated=len(promises),
        findings=findings, public_findings=public,
    )  # fmt: skip


def _judged(
    dataset_id: str, table: Path, *suites: Suite, part: str | None = None
) -> Iterator[tuple[Finding, ...]]:
    """The findings of each suite; a promise that several make is evaluated once."""
    distinct = {_asked(promise): promise.expectation for suite in suites for promise in suite}
    for asked, expectation in distinct.items():
        expectation.meta = {"asked": asked}
    suite = gx.ExpectationSuite(name=dataset_id, expectations=list(distinct.values()))
    with batch_of(table, part) as (batch, columns):
        results = batch.validate(suite, result_format=_COUNTS).results
    answers = {result.expectation_config.meta["asked"]: result for result in results}
    return (tuple(_findings(promises, answers, columns)) for promises in suites)


def _asked(promise: Promise) -> str:
    """What the promise asks of a table, whatever its severity and its words."""
    return json.dumps([promise.rule, promise.expectation.configuration.kwargs], sort_keys=True, default=str)


def _findings(promises: Suite, results: dict[str, Any], columns: list[str]) -> Iterator[Finding]:
    for promise in promises:
        result = results.get(_asked(promise))
        if result is None or result.exception_info.get("raised_exception", True):
            met = f"could not be evaluated{_why(promise, result, columns)}"
            yield Finding(rule=promise.rule, severity="critical", field=promise.field, met=met)
        elif not result.success:
            rows, size = _counts_in(promise, result.result)
            yield Finding(
                rule=promise.rule, severity=promise.severity, field=promise.field,
                count=rows, met=promise.told(size if rows is None else rows),
            )  # fmt: skip


def _counts_in(promise: Promise, told: dict[str, Any]) -> tuple[int | None, int | None]:
    """The rows that break the promise, and the rows of the table: whichever GX counted."""
    if "element_count" in told:
        return told["unexpected_count"], None
    if promise.rule == "unexpected_rows_expectation":
        return told["observed_value"], None
    return None, told["observed_value"] if promise.rule.startswith("expect_table_row_count") else None


def _why(promise: Promise, result: Any, columns: list[str]) -> str:
    """The reason in our own words: GX's and DuckDB's messages quote cells."""
    missing = [name for name in columns_in(promise.expectation.configuration.kwargs) if name not in columns]
    if missing:
        return f": the table has no column {missing[0]!r}"
    traceback = str(result and result.exception_info)
    return next((f" (DuckDB: {error})" for error in _DUCKDB_ERRORS if f"duckdb.{error}" in traceback), "")
