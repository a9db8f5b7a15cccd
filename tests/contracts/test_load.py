"""What a contract says of increments: from where to fetch, and what contradicts itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.load import Load, watermark_of

FETCHED = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("watermark", "overlap", "since"),
    [
        ("2026-03-01T12:00:00Z", None, "2026-03-01T12:00:00Z"),
        ("2026-03-01T12:00:00.000250Z", "90 min", "2026-03-01T10:30:00.000250Z"),
        ("2026-03-01T00:00:00Z", "3 d", "2026-02-26T00:00:00Z"),
        ("0001-01-01T01:00:00Z", "6 h", "0001-01-01T00:00:00Z"),
        ("2026-03-01", "1 d", "2026-02-28"),
        ("0001-01-02", "9 d", "0001-01-01"),
        ("250", 50, "200"),
        ("-5", 10, "-15"),
        ("7", None, "7"),
    ],
)
def test_fetching_begins_at_the_watermark_less_the_overlap(watermark: str, overlap: Any, since: str) -> None:
    assert Load(mode="upsert", by="maj", overlap=overlap).since(watermark) == since


def test_rows_leave_the_table_when_they_are_older_than_what_is_kept() -> None:
    live = Load(mode="upsert", by="maj", live=True, keep="2 d")
    assert live.oldest("2026-03-03T12:00:00Z") == "2026-03-01T12:00:00Z"
    assert Load(mode="upsert", by="maj").oldest("2026-03-03T12:00:00Z") is None


@pytest.mark.parametrize(
    "wrong", [{"full_every": "7 d"}, {"overlap": "6 h"}, {"mode": "snapshot", "by": None}]
)
def test_a_live_source_has_no_past_to_ask_for(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Load(**{"mode": "upsert", "by": "maj", "live": True, **wrong})


@pytest.mark.parametrize(
    ("greatest", "watermark"),
    [
        ("2026-03-01T11:59:59.500000+00:00", "2026-03-01T11:59:59.500000Z"),
        ("2099-01-01T00:00:00.000000+00:00", "2026-03-01T12:00:00Z"),
        ("2026-02-28", "2026-02-28"), ("2026-03-02", "2026-03-01"), ("99999999", "99999999"), ("-3", "-3"),
    ],
)  # fmt: skip
def test_a_watermark_is_never_later_than_it_was_fetched(greatest: str, watermark: str) -> None:
    assert watermark_of(greatest, FETCHED) == watermark


@pytest.mark.parametrize(
    ("load", "met"),
    [
        ({"mode": "append"}, "`mode: append` needs `by:`"),
        ({"by": "maj"}, "are for `mode: append` and `mode: upsert`"),
        ({"overlap": 0}, "are for `mode: append` and `mode: upsert`"),
        ({"mode": "upsert", "by": "maj", "overlap": "6 weeks"}, "'6 weeks' is not a duration"),
        ({"mode": "upsert", "by": "maj", "overlap": -1}, "-1 would begin after the last record"),
        ({"mode": "upsert", "by": "maj", "full_every": "often"}, "'often' is not a duration"),
    ],
)
def test_what_contradicts_itself_is_refused(load: dict[str, Any], met: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Load.model_validate(load)
    assert met in str(refused.value)
