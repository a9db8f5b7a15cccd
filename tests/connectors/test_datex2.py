"""Parkings of DATEX II from a web server: two files, and what is odd about their times."""

from dataclasses import replace

import pytest
from datex2_parkings import status, table
from pydantic import ValidationError
from web_habits import Answer, cut, down, failing, first, nth, routed, serving

from connectors.datex2 import Datex2
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import Datex2Format


def sending(body):
    return lambda asked: Answer(body, headers={"Content-Type": "application/xml"})


TABLE, STATUS = table("3"), status("3")


def system(static=TABLE, live=STATUS):
    return routed(static=sending(static), live=sending(live))


@pytest.fixture
def fetch(connect, visit):
    def fetched(handler, **options):
        options = options or {"table": "prk/static", "status": "prk/live"}
        with serving(handler) as server:
            told_to = replace(visit, promised=Datex2Format(type="datex2"))
            return Datex2.model_validate(options).fetch(connect(server.url), told_to), server.urls

    return fetched


def test_both_files_are_kept_as_they_were_sent(fetch):
    found, asked = fetch(system())
    assert asked == ["/prk/static", "/prk/live"]
    assert {one.name: one.path.read_bytes() for one in found.files} == {
        "table.xml": table("3"),
        "status.xml": status("3"),
    }
    assert found.warnings == ()


def test_one_of_both_is_enough(fetch):
    assert [one.name for one in fetch(system(), status="live")[0].files] == ["status.xml"]
    assert [one.name for one in fetch(system(), table="static", query={"k": 1})[0].files] == ["table.xml"]
    with pytest.raises(ValidationError, match="give `table`, `status`, or both"):
        Datex2()


@pytest.mark.parametrize("version", ["2.2", "2.3", "3"])
def test_a_status_that_is_old_or_to_come_is_said(fetch, version):
    old, new = (
        status(version, time="2026-03-09T06:00:00+01:00"),
        status(version, time="2026-03-10T13:30:00.1234567+01:00"),
    )
    assert fetch(system(live=old))[0].warnings == (
        "the status was published 31 h ago; promised was at most 24 h",
    )
    assert fetch(system(live=new))[0].warnings == (
        "the status was published at 2026-03-10 12:30 UTC, which is to come",
    )
    assert fetch(system(static=table(version, time="2020-01-01T00:00:00Z")))[0].warnings == ()
    assert fetch(system(live=status(version, time="soon")))[0].warnings == ()


def test_bad_habits_of_the_web_end_well_or_in_a_sentence(fetch):
    assert len(fetch(nth(2, cut(), system()))[0].files) == 2
    assert len(fetch(first(1, down(), system()))[0].files) == 2
    with pytest.raises(SourceIncomplete):
        fetch(cut()(system()))
    with pytest.raises(SourceUnavailable, match="503"):
        fetch(down()(system()))
    with pytest.raises(SourceChanged, match="« Unable to complete operation. »"):
        fetch(nth(2, failing(), system()))
    with pytest.raises(SourceChanged, match="web page"):
        fetch(system(live=b"<html>Login</html>"))
    with pytest.raises(SourceChanged, match="404"):
        fetch(system(), status="gone")
