"""What is known of Great Expectations without importing it, held against the installed one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from expectations.known import SIGNATURES, arguments_of, faults_in

from .conftest import Judge, contract

ROOT = Path(__file__).parents[2]
OPTIONS = {  # every argument of every expectation, for the table below
    "column": "a", "column_A": "a", "column_B": "b", "column_list": ["a", "b"], "column_set": ["a", "b"],
    "value_set": [1, 2], "value_pairs_set": [[1, 2]], "value": 2, "sum_total": 3, "threshold": 3,
    "double_sided": True, "regex": "x", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[0, 9]]},
    "min_value": 0, "max_value": 9, "unexpected_rows_query": "SELECT * FROM {batch} WHERE a > b",
}  # fmt: skip


def asked(name: str) -> dict[str, Any]:
    known, _ = arguments_of(name)
    given = {argument: OPTIONS[argument] for argument in sorted(known & set(OPTIONS))}
    textual = "regex" in name or "length" in name
    return {name: {**given, "column": "t"} if textual else given}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_known_expectation_takes_its_arguments(name: str) -> None:
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.registry import get_expectation_impl

    own = {
        argument: setting.required
        for argument, setting in get_expectation_impl(name).__fields__.items()
        if argument not in {*Expectation.__fields__, "batch_id", "library_metadata"}
    }
    assert arguments_of(name) == (set(own), {argument for argument, required in own.items() if required})


def test_every_known_expectation_runs_on_duckdb(judge: Judge) -> None:
    dataset = contract({"a": {}, "b": {}, "t": {}}, key=("a",), expect=[asked(name) for name in SIGNATURES])
    assert list(faults_in(dataset)) == []
    verdict = judge(dataset, "a, b, t", "(1, 2, 'x'), (2, 3, 'xx'), (3, 3, 'y')")
    assert verdict.evaluated == len(SIGNATURES) + 2
    assert [finding for finding in verdict.findings if "could not" in finding.met] == []
    assert {finding.rule for finding in verdict.findings} < set(SIGNATURES)


@pytest.mark.parametrize(
    ("entry", "met", "remedy"),
    [
        ({"expect_colum_values_to_be_unique": {}}, "is no expectation that can be run here",
         'Did you mean "expect_column_values_to_be_unique"?'),
        ({"expect_column_max_to_be_between": {"column": "id", "max": 3}}, "'max' is not among its arguments",
         "It takes column, condition_parser, max_value, min_value, row_condition, strict_max, strict_min."),
        ({"expect_column_values_to_be_in_set": {"column": "id"}}, "needs 'value_set'", "Add it."),
        ({"expect_column_values_to_be_unique": {"column": "nme"}}, "'nme' is not a field",
         'Did you mean "nom"?'),
        ({"expect_compound_columns_to_be_unique": {"column_list": ["id", "nmo"]}}, "'nmo' is not a field",
         'Did you mean "nom"?'),
        ({"expect_table_columns_to_match_set": {"result_format": "COMPLETE", "column_set": ["id"]}},
         "'result_format' is not among its arguments", "It takes column_set, exact_match."),
        ({"unexpected_rows_expectation": {"unexpected_rows_query": "SELECT 1"}},
         "the query does not read the table", "Write it as `… FROM {batch} WHERE …`."),
    ],
)  # fmt: skip
def test_a_faulty_entry_is_told_with_its_remedy(entry: dict[str, Any], met: str, remedy: str) -> None:
    dataset = contract(
        {"id": {}, "nom": {}}, expect=[{"expect_column_values_to_be_unique": {"column": "id"}}, entry]
    )
    ((place, told, mend),) = faults_in(dataset)
    assert place == ("quality", "expect", 1)
    assert told.endswith(met)
    assert mend == remedy


def test_checking_a_contract_does_not_import_great_expectations() -> None:
    code = (
        "import sys, expectations.known; sys.exit(len({'great_expectations', 'duckdb'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_run_does_not_import_great_expectations_before_its_table_is_judged() -> None:
    code = "import sys, commands.run, pipeline.validate; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
