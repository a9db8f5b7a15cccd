"""A GTFS feed from a web server: whole, of this year, and asked for again only if it changed."""

import json
from dataclasses import replace

import pytest
from gtfs_feeds import FILES, feed
from web_habits import Answer, cut, down, failing, first, nth, serving

from connectors.gtfs import Gtfs
from contracts.errors import SourceChanged, SourceIncomplete
from contracts.formats import GtfsFormat

STOPS = GtfsFormat(type="gtfs", table="stops")


def sending(body, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def answered(asked):
        if asked.headers.get("if-none-match") == named.get("ETag", ""):
            return Answer(status=304)
        return Answer(body, headers={"Content-Type": "application/zip", **named})

    return answered


@pytest.fixture
def fetch(connect, visit):
    def fetched(handler, promised=STOPS, known=()):
        handler = sending(handler) if isinstance(handler, bytes) else handler
        with serving(handler) as server:
            told_to = replace(visit, promised=promised, known=known)
            found = Gtfs(path="gtfs.zip").fetch(connect(server.url), told_to)
            return found, server

    return fetched


@pytest.mark.parametrize("folder", ["", "reseau/", "export/2026/"])
def test_a_feed_is_kept_as_it_was_sent(fetch, folder):
    body = feed(folder, also={"__MACOSX/routes.txt": "x", f"{folder}notes.pdf": "x"})
    found, _ = fetch(body)
    (file,) = found.files
    assert file.path.read_bytes() == body
    assert (file.name, found.rows, found.warnings) == ("gtfs.zip", None, ())
    assert found.proof.endswith("9 files in the zip")


def test_a_known_feed_is_not_fetched_again(connect, visit):
    with serving(sending(feed(), ETag='"1"')) as server:
        found = Gtfs(path="gtfs.zip").fetch(connect(server.url), replace(visit, promised=STOPS))
        known = tuple(file.landed("raw/gtfs.zip") for file in found.files)
        again = Gtfs(path="gtfs.zip").fetch(connect(server.url), replace(visit, promised=STOPS, known=known))
    assert (again.unchanged, again.files) == (True, ())


def test_an_optional_table_that_is_not_there_has_no_records(fetch):
    found, _ = fetch(feed(shapes=None), GtfsFormat(type="gtfs", table="shapes"))
    assert (found.rows, found.expected) == (0, 0)
    assert "the feed has no shapes.txt" in found.proof


@pytest.mark.parametrize(
    ("changes", "warnings"),
    [
        ({}, ()),
        ({"calendar": FILES["calendar.txt"].replace("20261231", "20260309")}, ("the feed has expired: its last day of service was 2026-03-09",)),
        ({"calendar": FILES["calendar.txt"].replace("20261231", "20260310")}, ()),
        ({"calendar": "\ufeff" + FILES["calendar.txt"].replace("20261231", "20251231")}, ("the feed has expired: its last day of service was 2026-01-01",)),
        ({"calendar": FILES["calendar.txt"].replace("20261231", "20260201"), "calendar_dates": "service_id,date,exception_type\nW,20260601,1\n"}, ()),
        ({"calendar": FILES["calendar.txt"].replace("20261231", "20260201"), "calendar_dates": "service_id,date,exception_type\nW,20260601,2\n"}, ("the feed has expired: its last day of service was 2026-02-01",)),
        ({"calendar": None, "calendar_dates": "service_id,date,exception_type\nW,20260201,1\n"}, ("the feed has expired: its last day of service was 2026-02-01",)),
        ({"calendar": FILES["calendar.txt"].replace("20260101", "20260401")}, ("the feed is not yet in force: its first day of service is 2026-04-01",)),
        ({"calendar": "service_id\nW\n"}, ()),
    ],
)  # fmt: skip
def test_a_feed_that_is_not_in_force_is_said(fetch, changes, warnings):
    assert fetch(feed(**changes))[0].warnings == warnings


@pytest.mark.parametrize(
    ("body", "met"),
    [
        (feed(trips=None, agency=None), "gtfs.zip holds no agency.txt, trips.txt"),
        (feed(calendar=None, calendar_dates=None), "gtfs.zip holds no calendar.txt"),
        (feed(routes=None), "gtfs.zip holds no routes.txt"),
        (feed("a/", also={"b/routes.txt": "x"}), r"gtfs.zip holds feeds in 'a' and 'b'"),
        (feed()[:-30], "gtfs.zip is no whole zip"),
        (b"stop_id,stop_name\n", "gtfs.zip is no whole zip"),
        (b"<!doctype html><html>Login</html>", "web page"),
    ],
)
def test_what_is_no_feed_is_told(fetch, body, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(body)


def test_a_calendar_that_is_broken_inside_is_told(fetch):
    body = bytearray(feed())
    place = body.find(b"calendar.txt") + len("calendar.txt")
    body[place : place + 20] = b"\xff" * 20
    with pytest.raises(SourceChanged, match="is no whole zip"):
        fetch(bytes(body))


def test_a_directory_that_leads_nowhere_is_told(fetch):
    body = feed()
    begin = int.from_bytes(body[-6:-2], "little") + 50_000
    with pytest.raises(SourceChanged, match="is no whole zip"):
        fetch(body[:-6] + begin.to_bytes(4, "little") + body[-2:])


def test_bad_habits_of_the_web_end_well_or_in_a_sentence(fetch):
    assert fetch(nth(1, cut(), sending(feed())))[0].files[0].bytes == len(feed())
    assert fetch(first(1, down(), sending(feed())))[0].files
    with pytest.raises(SourceIncomplete):
        fetch(cut()(sending(feed())))
    with pytest.raises(SourceChanged, match="« quota »"):
        fetch(failing({"error": "quota"})(sending(feed())))
    with pytest.raises(SourceChanged, match="« anything »"):
        fetch(sending(json.dumps({"result": 1, "message": "anything"}).encode()))
