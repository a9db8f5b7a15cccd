"""Which releases a dataset's own retention keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.retention import Retention

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def log_of(*hours_ago: float) -> list[tuple[str | None, datetime]]:
    """Releases that are called by their age, newest first."""
    return [(f"{age:g}", NOW - timedelta(hours=age)) for age in hours_ago]


def test_the_last_of_each_day_stays_after_the_days_of_all() -> None:
    log = log_of(1, 2, 13, 14, 37, 38, 61, 62, 24 * 9)
    keep = Retention(releases=1, days=1, last_of_day=3)
    # 1 and 2 are of today, 13 and 14 of yesterday (all within a day); 37 and 61 end their days
    assert keep.kept(log, NOW) == {"1", "2", "13", "14", "37", "61"}


def test_without_it_only_the_newest_and_the_young_stay() -> None:
    assert Retention(releases=2, days=0).kept(log_of(1, 13, 37), NOW) == {"1", "13"}
