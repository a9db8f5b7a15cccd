"""Each kind of promise, kept and broken."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.batch import Verdict
from contracts.errors import ContractInvalid, QualityRefused

from .conftest import NOW, Judge, contract


def clauses(verdict: Verdict) -> list[tuple[str | None, int | None, str]]:
    return [(finding.field, finding.count, finding.met) for finding in verdict.findings]


def test_a_table_that_keeps_every_promise_has_no_finding(judge: Judge) -> None:
    fields = {
        "id": {}, "genre": {"type": "enum", "values": ["a", "b"]},
        "n": {"type": "integer", "min": 0, "max": 9},
        "code": {"pattern": r"P-\d+", "max_length": 4, "required": True}, "vu": {"type": "instant"},
    }  # fmt: skip
    quality: dict[str, Any] = {
        "rows": [1, 2], "freshness": {"field": "vu", "within": "1 h"},
        "expect": [{"expect_column_sum_to_be_between": {"column": "n", "max_value": 20}}],
    }  # fmt: skip
    rows = "('x', 'a', 0, 'P-1', TIMESTAMPTZ '2024-03-10 11:30Z'), ('y', NULL, 9, 'P-22', NULL)"
    verdict = judge(contract(fields, **quality), "id, genre, n, code, vu", rows, previous=2)
    assert verdict.findings == ()
    # id: not null; genre: set; n: bounds; code: not null, pattern, length; key; rows; shrink; fresh; sum
    assert verdict.evaluated == 11
    assert (verdict.dataset_id, verdict.batch_id, verdict.refused) == ("mobility.parks", "b1", False)


def test_a_required_field_without_value_is_counted(judge: Judge) -> None:
    dataset = contract({"id": {}, "nom": {"required": True}, "tel": {}})
    verdict = judge(dataset, "id, nom, tel", "(1, 'a', NULL), (2, NULL, NULL), (3, NULL, NULL)")
    assert clauses(verdict) == [("nom", 2, "2 rows without a value; every row needs one")]
    assert verdict.refused


def test_a_null_in_the_key_is_a_missing_value_and_no_twin(judge: Judge) -> None:
    verdict = judge(contract({"id": {}}), "id", "(1), (NULL), (NULL)")
    assert clauses(verdict) == [("id", 2, "2 rows without a value; every row needs one")]


def test_every_row_of_a_shared_key_is_counted(judge: Judge) -> None:
    verdict = judge(contract({"id": {}}), "id", "(1), (2), (2), (2), (3), (3)")
    assert clauses(verdict) == [("id", 5, "5 rows share their key (id)")]


def test_a_compound_key_is_shared_only_as_a_whole(judge: Judge) -> None:
    dataset = contract({"an": {}, "code": {}, "n": {}}, key=("an", "code"))
    assert judge(dataset, "an, code, n", "(1, 1, 0), (1, 2, 0), (2, 1, 0)").findings == ()
    verdict = judge(dataset, "an, code, n", "(1, 1, 0), (1, 2, 0), (1, 1, 5)")
    assert clauses(verdict) == [(None, 2, "2 rows share their key (an, code)")]


def test_the_published_words_of_an_enum_are_the_ones_promised(judge: Judge) -> None:
    dataset = contract({"id": {}, "g": {"type": "enum", "values": {"01": "ouvert", "02": "fermé"}}})
    verdict = judge(dataset, "id, g", "(1, 'ouvert'), (2, '01'), (3, NULL)")
    assert clauses(verdict) == [("g", 1, "1 row outside the 2 values of the contract")]


@pytest.mark.parametrize("misfit", ["P-1x", "xP-1", "P-1\n", "p-1", ""])
def test_a_pattern_matches_the_whole_text_or_not(judge: Judge, misfit: str) -> None:
    dataset = contract({"id": {}, "code": {"pattern": r"P-\d+|Q"}})
    verdict = judge(dataset, "id, code", f"(1, 'P-1'), (2, 'Q'), (3, NULL), (4, '{misfit}')")
    assert clauses(verdict) == [("code", 1, r"1 row not of the pattern P-\d+|Q")]


@pytest.mark.parametrize(
    ("bounds", "told"),
    [({"min": 0.1}, "1 row below 0.1"), ({"max": 0.1}, "2 rows above 0.1"),
     ({"min": 0.1, "max": 7}, "2 rows outside 0.1 to 7")],
)  # fmt: skip
def test_bounds_belong_to_what_they_bound(judge: Judge, bounds: dict[str, float], told: str) -> None:
    dataset = contract({"id": {}, "m": {"type": "decimal(8,2)", **bounds}})
    values = ["0.09", "0.10", "7.00", "7.01"]
    rows = ", ".join(f"({n}, {value}::DECIMAL(8,2))" for n, value in enumerate(values))
    assert clauses(judge(dataset, "id, m", rows))[0][2] == told


def test_a_length_counts_characters_not_bytes(judge: Judge) -> None:
    verdict = judge(contract({"id": {}, "nom": {"max_length": 4}}), "id, nom", "(1, 'Éléé'), (2, 'Éléés')")
    assert clauses(verdict) == [("nom", 1, "1 row longer than 4 characters")]


def test_the_number_of_rows_is_told_with_the_promise(judge: Judge) -> None:
    verdict = judge(contract({"id": {}}, rows=[4, 9]), "id", "(1), (2), (3)")
    assert clauses(verdict) == [(None, None, "3 rows; promised 4 to 9")]


def test_exactly_the_allowed_share_may_vanish(judge: Judge) -> None:
    dataset = contract({"id": {}}, shrink=0.7)  # 10 * (1 - 0.7) is 3.0000000000000004 in floating point
    assert judge(dataset, "id", "(1), (2), (3)", previous=10).findings == ()
    verdict = judge(dataset, "id", "(1), (2), (3)", previous=11)
    told = "3 rows against 11 in the last release: 72.7 % fewer; at most 70 % may vanish"
    assert clauses(verdict) == [(None, None, told)]


def test_nothing_can_shrink_before_the_first_release(judge: Judge) -> None:
    assert judge(contract({"id": {}}), "id", "(1)", previous=None).evaluated == 2
    assert judge(contract({"id": {}}), "id", "(1)", previous=0).findings == ()


def test_the_newest_instant_is_held_against_the_moment(judge: Judge) -> None:
    dataset = contract({"id": {}, "vu": {"type": "instant"}}, freshness={"field": "vu", "within": "90 min"})
    rows = "(1, TIMESTAMPTZ '2024-03-10 11:00+01'), (2, TIMESTAMPTZ '2020-01-01 00:00Z')"
    assert judge(dataset, "id, vu", rows, moment=NOW - timedelta(minutes=30)).findings == ()
    (finding,) = judge(dataset, "id, vu", rows, moment=NOW - timedelta(minutes=29)).findings
    assert (finding.severity, finding.field, finding.count) == ("warning", "vu", None)
    assert finding.met == "no value of the last 90 min, which is promised"


def test_a_day_is_fresh_until_it_ends(judge: Judge) -> None:
    dataset = contract({"id": {}, "j": {"type": "date"}}, freshness={"field": "j", "within": "1 d"})
    assert judge(dataset, "id, j", "(1, DATE '2024-03-09')").findings == ()
    assert len(judge(dataset, "id, j", "(1, DATE '2024-03-08')").findings) == 1


def test_freshness_refuses_only_when_the_contract_says_so(judge: Judge) -> None:
    fresh = {"field": "j", "within": "1 d", "severity": "critical"}
    dataset = contract({"id": {}, "j": {"type": "date"}}, freshness=fresh)
    assert judge(dataset, "id, j", "(1, NULL::DATE)").refused


def test_an_expectation_of_the_contract_keeps_its_severity(judge: Judge) -> None:
    asked = {"column_A": "a", "column_B": "b", "or_equal": True, "severity": "warning"}
    expect = [{"expect_column_pair_values_a_to_be_greater_than_b": asked}]
    verdict = judge(contract({"id": {}, "a": {}, "b": {}}, expect=expect), "id, a, b", "(1, 2, 2), (2, 1, 3)")
    (finding,) = verdict.findings
    assert (finding.severity, finding.count, finding.met) == ("warning", 1, "does not hold in 1 row")
    assert not verdict.refused


def test_a_promise_made_twice_is_evaluated_twice(judge: Judge) -> None:
    again = {"expect_column_values_to_be_unique": {"column": "id", "severity": "warning"}}
    verdict = judge(contract({"id": {}}, expect=[again, again]), "id", "(1), (1)")
    assert [finding.count for finding in verdict.findings] == [2, 2, 2]
    assert [finding.severity for finding in verdict.findings] == ["critical", "warning", "warning"]


def test_a_row_condition_may_be_written_as_text(judge: Judge) -> None:
    asked = {"column": "a", "value_set": [1], "row_condition": 'col("id") > 1'}
    dataset = contract({"id": {}, "a": {}}, expect=[{"expect_column_values_to_be_in_set": asked}])
    assert clauses(judge(dataset, "id, a", "(1, 5), (2, 5), (3, 1)")) == [("a", 1, "does not hold in 1 row")]


def test_the_rows_of_a_query_are_counted(judge: Judge) -> None:
    query = {"unexpected_rows_query": "SELECT * FROM {batch} WHERE a > b"}
    dataset = contract({"id": {}, "a": {}, "b": {}}, expect=[{"unexpected_rows_expectation": query}])
    assert clauses(judge(dataset, "id, a, b", "(1, 2, 1), (2, 1, 2)")) == [
        (None, 1, "does not hold in 1 row")
    ]


def test_what_is_promised_is_told_in_the_contracts_own_words(judge: Judge) -> None:
    """A query says nothing to who reads the finding; and a SIRET may be checked without losing its row."""
    query = "SELECT * FROM {batch} WHERE NOT is_siret(a) OR NOT is_siren(b)"
    asked = {"unexpected_rows_query": query, "severity": "warning", "about": "SIRET et SIREN de clé juste."}
    dataset = contract({"id": {}, "a": {}, "b": {}}, expect=[{"unexpected_rows_expectation": asked}])
    # Paris (Luhn), La Poste's seat (Luhn), one of its offices (no Luhn; its digits add up to 45)
    rows = (
        "(1, '21750001600019', '217500016'), (2, NULL, NULL), (3, '35600000000048', '356000000'), "
        "(4, '21750001600018', '217500016'), (5, '2175', '217500016'), (6, 'FR 21750001600', '217500016'), "
        "(7, '35600000049837', '35600000X'), (8, '35600000049837', '356000000')"
    )
    (finding,) = judge(dataset, "id, a, b", rows).findings
    assert finding.met == "does not hold in 4 rows: SIRET et SIREN de clé juste."
    assert (finding.severity, finding.count) == ("warning", 4)


def test_an_empty_table_breaks_only_what_is_said_of_the_table(judge: Judge) -> None:
    dataset = contract(
        {"id": {}, "j": {"type": "date"}, "n": {"type": "integer", "min": 0}},
        rows=[1, 9], freshness={"field": "j", "within": "1 d"},
    )  # fmt: skip
    verdict = judge(dataset, "id, j, n", "(1, DATE '2024-03-09', 1)", previous=5, where="false")
    assert clauses(verdict) == [
        (None, None, "0 rows; promised 1 to 9"),
        (None, None, "0 rows against 5 in the last release: 100 % fewer; at most 20 % may vanish"),
        ("j", None, "no value of the last 1 d, which is promised"),
    ]


def test_names_with_capitals_are_found(judge: Judge) -> None:
    dataset = contract({"Xlong": {"type": "number", "max": 2}, "select": {}}, key=("Xlong", "select"))
    verdict = judge(dataset, '"Xlong", "select"', "(2.1, 1), (2.1, 1)")
    assert clauses(verdict) == [
        ("Xlong", 2, "2 rows above 2"), (None, 2, "2 rows share their key (Xlong, select)"),
    ]  # fmt: skip


def test_a_geometry_is_only_asked_to_be_there(judge: Judge) -> None:
    dataset = contract({"id": {}, "forme": {"type": "geometry", "required": True}})
    verdict = judge(dataset, "id, forme", r"(1, '\x01\x02'::BLOB), (2, NULL)")
    assert clauses(verdict) == [("forme", 1, "1 row without a value; every row needs one")]


def test_findings_come_in_the_order_of_the_contract(judge: Judge) -> None:
    fields = {name: {"type": "integer", "max": 0} for name in ("z", "id", "b", "a")}
    expect = [{"expect_column_max_to_be_between": {"column": "a", "max_value": 0}}]
    dataset = contract(fields, rows=[5, 9], expect=expect)
    verdicts = [judge(dataset, "z, id, b, a", "(1, 1, 1, 1), (1, 1, 1, 1)") for _ in range(2)]
    assert [finding.field for finding in verdicts[0].findings] == ["z", "id", "b", "a", "id", None, "a"]
    assert verdicts[0] == verdicts[1]


def test_a_column_that_is_not_there_is_critical_and_no_crash(judge: Judge) -> None:
    dataset = contract({"id": {}, "nom": {"required": True}, "n": {"type": "integer", "min": 5}})
    verdict = judge(dataset, "id, n", "(1, 1)")
    assert clauses(verdict) == [
        ("nom", None, "could not be evaluated: the table has no column 'nom'"), ("n", 1, "1 row below 5"),
    ]  # fmt: skip
    assert verdict.refused
    assert verdict.evaluated == 4


def test_an_expectation_that_raises_is_critical_whatever_it_declares(judge: Judge) -> None:
    asked = {"column": "nom", "min_value": 1, "severity": "warning"}
    dataset = contract({"id": {}, "nom": {}}, expect=[{"expect_column_mean_to_be_between": asked}])
    (finding,) = judge(dataset, "id, nom", "(1, 'a')").findings
    assert finding.severity == "critical"
    assert finding.met == "could not be evaluated (DuckDB: BinderException)"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"row_condition": "garbage ("}, r"unable to parse condition: garbage \("),
        ({"mostly": 7}, "mostly: ensure"),
    ],
)
def test_a_value_that_great_expectations_refuses_is_a_fault_of_the_contract(
    judge: Judge, wrong: dict[str, Any], told: str
) -> None:
    asked = {"column": "id", "value_set": [1], **wrong}
    dataset = contract({"id": {}}, expect=[{"expect_column_values_to_be_in_set": asked}])
    with pytest.raises(ContractInvalid, match=rf"parks.yml:1: quality\.expect\.0: .*refuses .*{told}"):
        judge(dataset, "id", "(1)")


def test_a_suite_refused_as_a_whole_is_told_in_one_sentence(judge: Judge) -> None:
    asked = {"column": "id", "max_value": {"$PARAMETER": "unknown"}}
    dataset = contract({"id": {}}, expect=[{"expect_column_max_to_be_between": asked}])
    with pytest.raises(QualityRefused, match=r"^mobility\.parks: .*SuiteParameterError.*Look at"):
        judge(dataset, "id", "(1)")


def test_an_unknown_expectation_is_a_fault_of_the_contract(judge: Judge) -> None:
    dataset = contract({"id": {}}, expect=[{"expect_column_values_to_be_uniq": {"column": "id"}}])
    with pytest.raises(ContractInvalid, match='Did you mean "expect_column_values_to_be_unique"'):
        judge(dataset, "id", "(1)")


@pytest.mark.parametrize("content", [None, b"", b"id;nom\n1;a\n"])
def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    from expectations.judging import verdict_on

    table = tmp_path / "table.parquet"
    if content is not None:
        table.write_bytes(content)
    with pytest.raises(QualityRefused, match="the staged table cannot be read"):
        verdict_on(contract({"id": {}}), table, batch_id="b", previous_rows=None, moment=NOW)
