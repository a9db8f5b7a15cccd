"""Nothing leaves the judge but names, counts and the contract's own words."""

from __future__ import annotations

import logging
from pathlib import Path

import duckdb
import pytest

from .conftest import Judge, contract, written

CANARY = "CANARI-0612345678"


@pytest.fixture
def loud_verdict(judge: Judge) -> str:
    """A verdict where every kind of promise meets the canary and breaks."""
    fields = {
        "id": {}, "g": {"type": "enum", "values": ["a"]}, "p": {"pattern": "a"}, "l": {"max_length": 1},
        "j": {"type": "date"},
    }  # fmt: skip
    query = f"SELECT CAST(p AS INTEGER) FROM {{batch}} WHERE p = '{CANARY[:6]}' || '{CANARY[6:]}'"
    expect = [
        {"expect_column_distinct_values_to_be_in_set": {"column": "p", "value_set": ["a"]}},
        {"expect_column_max_to_be_between": {"column": "id", "max_value": 1}},
        {"expect_column_most_common_value_to_be_in_set": {"column": "g", "value_set": ["a"]}},
        {"expect_column_mean_to_be_between": {"column": "p", "max_value": 1}},
        {"expect_column_values_to_be_null": {"column": "p"}},
        {"expect_column_values_to_match_regex": {"column": "p", "regex": "z"}},
        {"unexpected_rows_expectation": {"unexpected_rows_query": query}},
        {"unexpected_rows_expectation": {"unexpected_rows_query": "SELECT * FROM {batch}"}},
    ]
    dataset = contract(fields, rows=[9, 9], freshness={"field": "j", "within": "1 d"}, expect=expect)
    row = f"('{CANARY}', '{CANARY}', '{CANARY}', '{CANARY}', DATE '2019-07-21')"
    verdict = judge(dataset, "id, g, p, l, j", f"{row}, {row}", previous=99)
    # every promise but the key's presence
    assert len(verdict.findings) == verdict.evaluated - 1
    return verdict.model_dump_json()


def test_no_cell_is_told_in_a_verdict(loud_verdict: str) -> None:
    assert CANARY not in loud_verdict
    assert "2019" not in loud_verdict


def test_no_cell_is_told_in_the_logs_or_on_the_screen(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    with caplog.at_level(logging.DEBUG):
        request.getfixturevalue("loud_verdict")
    told = capfd.readouterr()
    assert (told.out, told.err) == ("", "")
    assert CANARY not in caplog.text


def test_a_query_reaches_no_other_file(judge: Judge, tmp_path: Path) -> None:
    other = written(tmp_path / "other.parquet", "a", "(1)")
    query = f"SELECT * FROM {{batch}} WHERE EXISTS (FROM read_parquet('{other}'))"
    dataset = contract({"id": {}}, expect=[{"unexpected_rows_expectation": {"unexpected_rows_query": query}}])
    (finding,) = judge(dataset, "id", "(1)").findings
    assert finding.met == "could not be evaluated (DuckDB: PermissionException)"


def test_a_verdict_leaves_no_file_behind(
    judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here, temporary = (tmp_path / name for name in ("home", "here", "temporary"))
    for folder in (home, here, temporary):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.chdir(here)
    judge(contract({"id": {}}), "id", "(1)")
    assert [*home.rglob("*"), *here.rglob("*"), *temporary.rglob("*")] == []


def test_a_verdict_asks_nothing_of_the_network(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("socket.socket.connect", lambda _, address: asked.append(address))
    monkeypatch.setattr("socket.getaddrinfo", lambda *address, **_: asked.append(address))
    judge(contract({"id": {}}), "id", "(1)")
    assert asked == []


def test_the_table_is_free_after_the_verdict(judge: Judge, tmp_path: Path) -> None:
    judge(contract({"id": {}}), "id", "(1)")
    with duckdb.connect() as connection:
        connection.sql("SELECT 2 AS id").write_parquet(str(tmp_path / "it's a table.parquet"))
