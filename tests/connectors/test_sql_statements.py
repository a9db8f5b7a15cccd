"""What a contract may ask of a database, and how a driver's values become exact texts."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from pydantic import ValidationError

from connectors.databases.statement import single_select
from connectors.databases.texts import text_of
from connectors.databases.watermark import bound
from connectors.sql import Sql


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("SELECT 1", "SELECT 1"),
        ("select a from t;\n", "select a from t"),
        ("select a -- its name\nfrom t -- ; the end", "select a  \nfrom t"),
        ("/* why; */ with x as (select 1) select * from x", "with x as (select 1) select * from x"),
        ("(select 1) union all (select 2)", "(select 1) union all (select 2)"),
        (
            "select ';' as a, 'l''eau; --' as b, \"c;d\", `e;f`",
            "select ';' as a, 'l''eau; --' as b, \"c;d\", `e;f`",
        ),
        ("select $$a;b$$ as a, $x$--$x$ as b;", "select $$a;b$$ as a, $x$--$x$ as b"),
        ("select a ~ '\\d+' from t", "select a ~ '\\d+' from t"),
    ],
)
def test_one_select_is_kept_without_its_comments(query, asked):
    assert single_select(query) == asked


@pytest.mark.parametrize(
    ("query", "met"),
    [
        ("delete from t", "no SELECT"), ("insert into t select 1", "no SELECT"), ("", "no SELECT"),
        ("explain select 1", "no SELECT"), ("selection", "no SELECT"), ("call p()", "no SELECT"),
        ("select 1; drop table t", "several statements"), ("select 1;;select 2", "several statements"),
        ("select 1) q; delete from t; --", "several statements"),
        ("select 'a", "does not end"), ("select 1 /* a", "does not end"), ("select /* a /* b */ c */ 1", "does not end"),
        ("select 'a\\'; drop table t; --'", "doubled"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(query, met):
    with pytest.raises(ValueError, match=met):
        single_select(query)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"table": "a", "query": "select 1"}, {"table": "a.b.c.d"}, {"table": "a;b"}, {"table": 'a"b'},
        {"table": ""}, {"table": "a.(select 1)"}, {"query": "delete from t"}, {"table": "a", "max_rows": 0},
        {"table": "a", "time_limit": 0}, {"table": "a", "tabel": "b"},
    ],
)  # fmt: skip
def test_options_that_contradict_or_mean_nothing_are_refused(options):
    with pytest.raises(ValidationError):
        Sql.model_validate(options)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None), ("é", "é"), (True, "true"), (7, "7"), (Decimal("1E+3"), "1000"), (Decimal("1.50"), "1.50"),
        (Decimal("NaN"), "NaN"), (0.1, "0.1"), (date(44, 3, 15), "0044-03-15"), (time(2, 30), "02:30:00"),
        (datetime(2026, 3, 10, 12), "2026-03-10 12:00:00"),
        (datetime(2026, 3, 10, 1, tzinfo=timezone(timedelta(hours=2))), "2026-03-09 23:00:00+00"),
        (datetime(2026, 3, 10, 1, 0, 0, 5, UTC), "2026-03-10 01:00:00.000005+00"),
        (-timedelta(hours=838, microseconds=1), "-3016800.000001"),
        (b"\x00\xff", "00ff"), ([1, Decimal("1.10")], '[1, "1.10"]'), (UUID(int=1), str(UUID(int=1))),
    ],
)  # fmt: skip
def test_a_drivers_value_becomes_the_exact_text(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("since", "nature", "value"),
    [
        ("2026-03-10T12:00:00Z", "instant", datetime(2026, 3, 10, 12, tzinfo=UTC)),
        ("2026-03-10T12:00:00Z", "clock", datetime(2026, 3, 9, 22)),
        ("2026-03-10T12:00:00Z", "day", date(2026, 3, 9)),
        ("2026-03-10", "day", date(2026, 3, 10)),
        ("2026-03-10", "instant", datetime(2026, 3, 10, tzinfo=UTC)),
        ("2026-03-10", "unknown", datetime(2026, 3, 9, 10)),
        ("9007199254740993", "number", 9007199254740993),
        ("1.10", "number", Decimal("1.10")),
        ("12", "unknown", 12),
    ],
)
def test_a_watermark_is_bound_as_its_column_is_and_no_zone_is_passed_over(since, nature, value):
    assert bound(since, nature) == value
    assert type(bound(since, nature)) is type(value)


@pytest.mark.parametrize(
    ("since", "nature"), [("2026-03-10", "number"), ("2026-03-10", "text"), ("7", "text"), ("7", "clock")]
)
def test_a_watermark_of_another_kind_is_no_bound(since, nature):
    with pytest.raises(ValueError, match=r"compared|isoformat"):
        bound(since, nature)
