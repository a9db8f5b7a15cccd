"""How long a source is waited for."""

from datetime import UTC, datetime

import pytest

from connectors.web.patience import pause_after, seconds_asked

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_pauses_double_and_are_spread_by_half():
    assert [pause_after(attempt, None, 0.5) for attempt in range(3)] == [1, 2, 4]
    assert (pause_after(0, None, 0.0), pause_after(0, None, 1.0)) == (0.5, 1.5)


def test_what_the_source_asks_is_never_undercut():
    assert pause_after(3, 30, 0.0) == 30


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Tue, 10 Mar 2026 12:01:00 GMT", 60),
        ("Tue, 10 Mar 2026 12:01:00 -0000", 60),
        ("Tue, 10 Mar 2026 13:01:00 +0100", 60),
        ("Tue, 10 Mar 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("²", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert seconds_asked(header, NOON) == seconds
