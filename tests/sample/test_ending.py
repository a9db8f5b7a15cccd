"""How a dataset ended is judged from Airflow and the stores together; neither alone makes it good."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.record import Outcome
from pipeline.status import Part, Status
from sample.drive import Ride
from sample.ending import GOOD, judged

NOW = datetime(2026, 11, 25, 4, 15, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(minutes=1)


def status(state: Any, at: datetime, *, released: datetime = AFTER, sentence: str = "") -> Status:
    part = Part(
        release_id="r", released_at=released, checked_at=at, expires_at=at, rows=1, columns=1, files=()
    )
    outcome = Outcome(state=state, stage="extract", at=at, sentence=sentence)
    return Status(dataset_id="a.b", restricted=part, outcome=outcome)


@pytest.mark.parametrize(
    ("run", "store", "expected"),
    [
        ("success", status("released", AFTER), "released"),
        ("success", status("released", AFTER, released=BEFORE), "unchanged"),
        ("success", status("nothing_new", AFTER), "nothing new"),
        ("success", status("embargoed", AFTER), "embargoed"),
        ("failed", status("embargoed", AFTER), "failed"),
        ("success", status("embargoed", BEFORE), "failed"),
        ("success", status("handed_over", AFTER), "failed"),  # nobody published what was handed over
        ("failed", status("refused", AFTER, sentence="a.b: is empty."), "refused"),
        ("success", status("released", BEFORE), "failed"),  # the stores know nothing of this run
        ("failed", status("released", AFTER), "failed"),
        ("failed", status("refused", BEFORE, sentence="a.b: is empty."), "failed"),
        ("success", Status(dataset_id="a.b"), "failed"),
    ],
)
def test_both_must_agree(run: str, store: Status, expected: str) -> None:
    assert judged(Ride("a.b", "r", state=run), store, NOW)[0] == expected


def test_a_source_to_be_asked_again_is_unavailable_with_its_sentence() -> None:
    ride = Ride("a.b", "r", state="running", tasks={"extract": "up_for_retry"})
    store = status("refused", AFTER, sentence="a.b: does not answer.")
    assert judged(ride, store, NOW) == ("unavailable", "a.b: does not answer.")


def test_an_embargo_is_a_good_end_that_says_until_when() -> None:
    store = status("embargoed", AFTER, sentence="the public waits until 2027-03-14T20:00:00+01:00")
    state, sentence = judged(Ride("a.b", "r", state="success"), store, NOW)
    assert state in GOOD
    assert sentence == "a.b: the public waits until 2027-03-14T20:00:00+01:00."


def test_a_task_that_broke_without_a_sentence_is_named() -> None:
    ride = Ride("a.b", "r", state="failed", tasks={"extract": "success", "validate": "failed"})
    assert judged(ride, Status(dataset_id="a.b"), NOW)[1] == "a.b: validate failed; its log says why."
