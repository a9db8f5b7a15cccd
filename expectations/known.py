"""What may stand under `quality.expect`: known without Great Expectations, whose import takes 8 to 11 s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.checking import Finding
from contracts.dataset import Dataset, Expectation
from contracts.explaining import did_you_mean

_COLUMN = "column! row_condition condition_parser"
_MOSTLY = _COLUMN + " mostly"
_BETWEEN = _COLUMN + " min_value max_value strict_min strict_max"
_PAIR = "column_A! column_B! mostly ignore_row_if row_condition condition_parser"
_LIST = "column_list! mostly ignore_row_if row_condition condition_parser"
# The expectations of Great Expectations 1.24.1 that run on DuckDB, and their arguments (`!`: required);
# a test holds this against the installed one. Left out: those about types (the contract's `type:` says it)
# and about other tables, those that only run on pandas (order, JSON, strftime), those that GX writes for
# each engine apart (LIKE, lists of patterns, outliers), and one that insists on drawing a progress bar
# (the Kullback-Leibler divergence).
SIGNATURES = {
    "expect_column_distinct_values_to_be_in_set": _COLUMN + " value_set!",
    "expect_column_distinct_values_to_contain_set": _COLUMN + " value_set!",
    "expect_column_distinct_values_to_equal_set": _COLUMN + " value_set!",
    "expect_column_max_to_be_between": _BETWEEN,
    "expect_column_mean_to_be_between": _BETWEEN,
    "expect_column_median_to_be_between": _BETWEEN,
    "expect_column_min_to_be_between": _BETWEEN,
    "expect_column_most_common_value_to_be_in_set": _COLUMN + " value_set! ties_okay",
    "expect_column_pair_values_a_to_be_greater_than_b": _PAIR + " or_equal",
    "expect_column_pair_values_to_be_equal": _PAIR,
    "expect_column_pair_values_to_be_in_set": _PAIR + " value_pairs_set!",
    "expect_column_proportion_of_non_null_values_to_be_between": _BETWEEN,
    "expect_column_proportion_of_unique_values_to_be_between": _BETWEEN,
    "expect_column_quantile_values_to_be_between": _COLUMN + " quantile_ranges! allow_relative_error",
    "expect_column_stdev_to_be_between": _BETWEEN,
    "expect_column_sum_to_be_between": _BETWEEN,
    "expect_column_to_exist": "column! column_index",
    "expect_column_unique_value_count_to_be_between": _BETWEEN,
    "expect_column_value_lengths_to_be_between": _BETWEEN + " mostly",
    "expect_column_value_lengths_to_equal": _MOSTLY + " value!",
    "expect_column_value_z_scores_to_be_less_than": _MOSTLY + " threshold! double_sided!",
    "expect_column_values_to_be_between": _BETWEEN + " mostly",
    "expect_column_values_to_be_in_set": _MOSTLY + " value_set!",
    "expect_column_values_to_be_null": _MOSTLY,
    "expect_column_values_to_be_unique": _MOSTLY,
    "expect_column_values_to_match_regex": _MOSTLY + " regex",
    "expect_column_values_to_not_be_in_set": _MOSTLY + " value_set!",
    "expect_column_values_to_not_be_null": _MOSTLY,
    "expect_column_values_to_not_match_regex": _MOSTLY + " regex!",
    "expect_compound_columns_to_be_unique": _LIST,
    "expect_multicolumn_sum_to_equal": _LIST + " sum_total!",
    "expect_multicolumn_values_to_be_equal": _LIST,
    "expect_select_column_values_to_be_unique_within_record": _LIST,
    "expect_table_column_count_to_be_between": "min_value max_value",
    "expect_table_column_count_to_equal": "value!",
    "expect_table_columns_to_match_ordered_list": "column_list",
    "expect_table_columns_to_match_set": "column_set exact_match",
    "expect_table_row_count_to_be_between": (
        "min_value max_value strict_min strict_max row_condition condition_parser"
    ),
    "expect_table_row_count_to_equal": "value! row_condition condition_parser",
    "unexpected_rows_expectation": "unexpected_rows_query!",
}
_COLUMNS = ("column", "column_A", "column_B", "column_list", "column_set")


def faults_in(dataset: Dataset) -> Iterator[Finding]:
    """Place, what is met and remedy, for each entry of `quality.expect` that could not be run."""
    for index, asked in enumerate(dataset.quality.expect):
        place = ("quality", "expect", index)
        if asked.name not in SIGNATURES:
            met = f"{asked.name!r} is no expectation that can be run here"
            yield place, met, did_you_mean(asked.name, SIGNATURES)
            continue
        for met, remedy in (*_about_arguments(asked), *_about_columns(asked, dataset)):
            yield place, f"{asked.name}: {met}", remedy


def columns_in(arguments: Mapping[str, Any]) -> list[str]:
    """The columns that an expectation's arguments name."""
    given = [arguments.get(argument) or [] for argument in _COLUMNS]
    return [str(name) for one in given for name in (one if isinstance(one, (list, tuple)) else [one])]


def arguments_of(name: str) -> tuple[set[str], set[str]]:
    """All arguments of a known expectation, and the required ones."""
    written = SIGNATURES[name].split()
    required = {word[:-1] for word in written if word.endswith("!")}
    return {word.rstrip("!") for word in written}, required


def _about_arguments(asked: Expectation) -> Iterator[tuple[str, str]]:
    known, required = arguments_of(asked.name)
    for argument in sorted(set(asked.arguments) - known):
        yield f"{argument!r} is not among its arguments", f"It takes {', '.join(sorted(known))}."
    for argument in sorted(required - set(asked.arguments)):
        yield f"needs {argument!r}", "Add it."
    if "{batch}" not in str(asked.arguments.get("unexpected_rows_query", "{batch}")):
        yield "the query does not read the table", "Write it as `… FROM {batch} WHERE …`."


def _about_columns(asked: Expectation, dataset: Dataset) -> Iterator[tuple[str, str]]:
    for name in columns_in(asked.arguments):
        if name not in dataset.fields:
            yield f"{name!r} is not a field", did_you_mean(name, dataset.fields)
