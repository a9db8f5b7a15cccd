"""The CSV, as bytes and as Python's own reader sees it."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest


def test_bytes_are_rfc_4180_in_utf_8_without_a_mark(release):
    rows = [("é", 'dit "oui"; sinon,\nnon')]
    file = release({"id": "string", "texte": "string"}, rows).file("csv")
    assert file.read_bytes() == 'id,texte\r\né,"dit ""oui""; sinon,\nnon"\r\n'.encode()


@pytest.mark.parametrize(
    ("kind", "cell", "written"),
    [
        ("string", "007", "007"),
        ("string", "=1+1", "=1+1"),
        ("string", "-12", "-12"),
        ("string", "NULL", "NULL"),
        ("string", " deux  blancs ", " deux  blancs "),
        ("string", "a\rb", "a\rb"),
        ("string", "#3", "#3"),
        ("string", "’ œ 😀", "’ œ 😀"),
        ("enum", "a", "a"),
        ("boolean", True, "true"),
        ("boolean", False, "false"),
        ("integer", -(2**63), "-9223372036854775808"),
        ("number", 0.1, "0.1"),
        ("number", 1234567.0, "1234567.0"),
        ("decimal(12,2)", Decimal("1234567.5"), "1234567.50"),
        ("decimal(5,0)", Decimal(12), "12"),
        ("date", date(871, 5, 1), "0871-05-01"),
        ("instant", datetime(2016, 6, 1, 22, 15, tzinfo=UTC), "2016-06-01T22:15:00Z"),
        ("instant", datetime(2016, 6, 1, 22, 15, 0, 500000, tzinfo=UTC), "2016-06-01T22:15:00.5Z"),
        ("geometry", "POINT (2.123456789 48.8)", "POINT (2.1234568 48.8)"),
        ("string", None, ""),
        ("instant", None, ""),
        ("geometry", None, ""),
    ],
)
def test_a_cell_is_written_one_way(release, kind, cell, written):
    file = release({"id": "string", "cell": kind}, [("a", cell)]).file("csv")
    with file.open(encoding="utf-8", newline="") as lines:
        assert list(csv.reader(lines)) == [["id", "cell"], ["a", written]]


def test_instants_are_in_utc_whatever_the_zone_of_the_session(connection, release):
    connection.execute("SET TimeZone = 'Europe/Paris'")
    file = release({"id": "string", "seen": "instant"}, [("a", datetime(2016, 6, 1, 22, 15, tzinfo=UTC))])
    assert b"2016-06-01T22:15:00Z" in file.file("csv").read_bytes()


def test_rows_stand_by_key_in_binary_order_with_nulls_last(release):
    rows = [(None, 1), ("é", 2), ("b", 9), ("Z", 3), ("b", 1), ("a", 5)]
    file = release({"id": "string", "n": "integer"}, rows, order=("id", "n")).file("csv")
    assert file.read_text(encoding="utf-8").split() == ["id,n", "Z,3", "a,5", "b,1", "b,9", "é,2", ",1"]
