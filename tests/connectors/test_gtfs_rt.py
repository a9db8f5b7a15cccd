"""GTFS Realtime from a web server: counted snapshots, and what is no snapshot."""

from dataclasses import replace

import pytest
from gtfs_snapshots import ENTITIES, NOON, snapshot
from web_habits import Answer, cut, down, failing, first, nth, serving

from connectors.gtfs_rt import GtfsRt
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import GtfsRtFormat


def sending(body, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def answered(asked):
        if named.get("ETag") and asked.headers.get("if-none-match") == named["ETag"]:
            return Answer(status=304)
        return Answer(body, headers={"Content-Type": "application/x-protobuf", **named})

    return answered


@pytest.fixture
def fetch(connect, visit):
    def fetched(handler, table="vehicle_positions", known=(), **options):
        handler = sending(handler) if isinstance(handler, bytes) else handler
        with serving(handler) as server:
            told_to = replace(visit, promised=GtfsRtFormat(type="gtfs_rt", table=table), known=known)
            return GtfsRt(path="rt.pb", **options).fetch(connect(server.url), told_to)

    return fetched


@pytest.mark.parametrize(
    ("table", "rows"),
    [("vehicle_positions", 2), ("trip_updates", 2), ("stop_time_updates", 2), ("alerts", 1)],
)
def test_the_rows_of_a_table_are_counted(fetch, table, rows):
    found = fetch(snapshot(), table)
    assert (found.rows, found.expected, found.warnings) == (rows, None, ())
    assert found.files[0].path.read_bytes() == snapshot()
    assert "a full snapshot of 5 entities" in found.proof


def test_a_snapshot_without_such_entities_says_that_there_are_none(fetch):
    found = fetch(snapshot(ENTITIES[:2]), "alerts")
    assert (found.rows, found.expected) == (0, 0)
    assert fetch(snapshot([]), "trip_updates").rows == 0


def test_a_known_snapshot_is_not_fetched_again(connect, visit):
    told_to = replace(visit, promised=GtfsRtFormat(type="gtfs_rt", table="alerts"))
    with serving(sending(snapshot(), ETag='"1"')) as server:
        found = GtfsRt(path="rt.pb").fetch(connect(server.url), told_to)
        known = tuple(file.landed("raw/rt.pb") for file in found.files)
        assert GtfsRt(path="rt.pb").fetch(connect(server.url), replace(told_to, known=known)).unchanged


@pytest.mark.parametrize(
    ("stamp", "warning"),
    [
        (NOON - 3600, None),
        (NOON - 7200, "the snapshot was made 120 min ago; promised was at most 60 min"),
        (NOON + 7200, "the snapshot says that it was made at 2026-03-10 14:00 UTC, which is to come"),
        (NOON * 1000, "the snapshot says that it was made 1773144000000 s after 1970"),
        (0, "the snapshot does not say when it was made"),
    ],
)
def test_the_time_of_a_snapshot_is_looked_at(fetch, stamp, warning):
    found = fetch(snapshot(timestamp=stamp), max_age=60.1)
    assert [one.replace("60.1", "60") for one in found.warnings] == ([warning] if warning else [])


@pytest.mark.parametrize(
    ("body", "met"),
    [
        (snapshot(incrementality="DIFFERENTIAL"), "rt.pb is a difference"),
        (snapshot()[:-3], "rt.pb is no protobuf"),
        (b'header { gtfs_realtime_version: "2.0" }', "rt.pb is no protobuf"),
        (snapshot(gtfs_realtime_version="9"), "no header of version 1.0 or 2.0"),
        (b"<!doctype html><html>Login</html>", "web page"),
        (b'{"header": {"gtfs_realtime_version": "2.0"}}', "the source sent an error"),
    ],
)
def test_what_is_no_snapshot_is_told(fetch, body, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(body)


def test_bad_habits_of_the_web_end_well_or_in_a_sentence(fetch):
    assert fetch(nth(1, cut(), sending(snapshot()))).rows == 2
    assert fetch(first(1, down(), sending(snapshot()))).rows == 2
    with pytest.raises(SourceIncomplete):
        fetch(cut()(sending(snapshot())))
    with pytest.raises(SourceUnavailable, match="503"):
        fetch(down()(sending(snapshot())))
    with pytest.raises(SourceChanged, match="« quota »"):
        fetch(failing({"error": "quota"})(sending(snapshot())))
    with pytest.raises(SourceChanged, match="more than 100 bytes"):
        fetch(snapshot(), max_bytes=100)
