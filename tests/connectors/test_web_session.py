"""One visit, several requests: posted, linked, paced, waited for as the source's body says."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from web_habits import Answer, busy, cut, down, first, routed, serving, told

from connectors.web.patience import reset_time_in
from connectors.web.request import Request
from connectors.web.session import Session
from contracts.errors import SourceChanged, SourceUnavailable

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def echo(asked):
    kind = asked.headers.get("content-type")
    return told({"method": asked.method, "url": asked.url, "type": kind, "body": asked.body.decode()})


def answered(download):
    return json.loads(download.file.path.read_bytes())


def test_a_form_and_a_document_are_posted(visit, connect):
    with serving(echo) as server, Session(connect(f"{server.url}/rest"), visit) as session:
        form = Request(
            name="a", path="query", form={"where": "1=1 & é", "objectIds": "1,2", "f": ["json", "x"]}
        )
        assert answered(session.read(form)) == {
            "method": "POST", "url": "/rest/query", "type": "application/x-www-form-urlencoded",
            "body": "where=1%3D1%20%26%20%C3%A9&objectIds=1%2C2&f=json&f=x",
        }  # fmt: skip
        document = Request(name="b", path="search", query={"size": 2}, document={"query": {"match_all": {}}})
        assert answered(session.read(document)) == {
            "method": "POST", "url": "/rest/search?size=2", "type": "application/json",
            "body": '{"query": {"match_all": {}}}',
        }  # fmt: skip
        assert answered(session.read(Request(name="c")))["method"] == "GET"


@pytest.mark.parametrize("habit", [busy("1"), down("1"), cut()])
def test_a_post_that_reads_is_asked_again_like_a_get(visit, connect, habit):
    with serving(first(2, habit, echo)) as server, Session(connect(server.url), visit) as session:
        assert answered(session.read(Request(name="a", form={"a": 1})))["body"] == "a=1"
        assert [one.body for one in server.asked] == [b"a=1"] * 3


@pytest.mark.parametrize("status", [307, 308])
def test_a_post_follows_a_redirect_that_keeps_it(visit, connect, status):
    moved = Answer(status=status, headers={"Location": "/new"})
    handler = routed(old=lambda _: moved, new=echo)
    with serving(handler) as server, Session(connect(server.url), visit) as session:
        found = answered(session.read(Request(name="a", path="old", form={"a": 1})))
    assert (found["method"], found["url"], found["body"]) == ("POST", "/new", "a=1")


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_does_not_become_a_get(visit, connect, status):
    with serving(lambda _: Answer(status=status, headers={"Location": "/new"})) as server:
        session = Session(connect(server.url), visit)
        with session, pytest.raises(SourceChanged, match=f"answers {status} to a POST"):
            session.read(Request(name="a", form={"a": 1}))
        assert len(server.asked) == 1


def test_a_link_is_asked_to_the_letter_with_the_secret_at_home_only(visit, connect):
    with serving(echo) as elsewhere, serving(echo) as home:
        session = Session(connect(f"{home.url}/api", password="s3cret", header="X-Key"), visit)
        with session:
            at = session.address(Request(name="a", path="items"))
            session.read(Request(name="a", link=session.linked(at, "?cursor=a%2Fb+c")))
            session.read(Request(name="b", link=session.linked(at, f"{elsewhere.url}/items?x=1")))
    assert home.urls == ["/api/items?cursor=a%2Fb+c"]
    assert home.asked[0].headers["x-key"] == "s3cret"
    assert elsewhere.urls == ["/items?x=1"]
    assert "x-key" not in elsewhere.asked[0].headers


def test_a_key_that_the_source_repeats_in_its_link_is_not_kept(visit, connect):
    with serving(echo) as server:
        session = Session(connect(server.url, password="s3cret", query="apikey"), visit)
        with session:
            link = session.linked(session.address(Request(name="a")), "/p?page=2&apikey=s3cret")
            read = session.read(Request(name="a", link=link))
    assert read.file.origin == f"{server.url}/p?page=2"
    assert server.urls == ["/p?page=2&apikey=s3cret"]


def test_files_of_one_visit_are_read_although_the_last_batch_had_them(visit, connect):
    with serving(lambda _: told([1], ETag='"v1"')) as server:
        with Session(connect(server.url), visit) as session:
            known = session.read(Request(name="a", path="a")).file.landed("landing/a")
        with Session(connect(server.url), replace(visit, known=(known,))) as session:
            session.read(Request(name="a", path="a"))
    assert "if-none-match" not in server.asked[1].headers


def test_progress_counts_over_all_files(visit, connect):
    seen = []
    with (
        serving(lambda _: Answer(b"12345")) as server,
        Session(connect(server.url), replace(visit, progress=lambda *counts: seen.append(counts))) as session,
    ):
        session.read(Request(name="a"))
        session.read(Request(name="b"))
    assert seen == [(5, 5), (10, None)]


def test_a_host_is_asked_so_often_and_no_more(connect, visit):
    now, naps = [NOON], []

    def sleep(seconds):
        naps.append(round(seconds, 3))
        now[0] += timedelta(seconds=seconds)

    told_time = replace(visit, clock=lambda: now[0], sleep=sleep)
    with serving(echo) as server, serving(echo) as other:
        session = Session(connect(server.url, requests_per_second=4), told_time)
        with session:
            for _ in range(7):
                session.read(Request(name="a"))
            assert naps == [0.25, 0.25, 0.25]  # after a second's worth at once
            session.read(Request(name="a", link=other.url))  # another host has its own
            assert len(naps) == 3
            now[0] += timedelta(seconds=10)
            session.read(Request(name="a"))
            assert len(naps) == 3


def test_less_than_one_a_second_waits_from_the_second_on(connect, visit, naps):
    with serving(echo) as server, Session(connect(server.url, requests_per_second=0.5), visit) as session:
        session.read(Request(name="a"))
        session.read(Request(name="a"))
    assert [round(nap) for nap in naps] == [2]


@pytest.mark.parametrize(
    ("until", "naps_are"), [("2026-03-10T12:00:30Z", [30]), ("2026-03-10T13:00:40+01:00", [40])]
)
def test_a_429_that_tells_its_reset_time_is_waited_for(connect, visit, naps, until, naps_are):
    quota = {"errorcode": 10002, "reset_time": until, "error": "Too many requests"}
    handler = first(1, busy(document=quota), echo)
    with serving(handler) as server, Session(connect(server.url), visit) as session:
        session.read(Request(name="a", back_at=reset_time_in))
    assert [round(nap - 0.5) for nap in naps] == naps_are


def test_a_quota_that_is_reset_tomorrow_is_left_to_the_scheduler_and_told(connect, visit, naps):
    quota = {"reset_time": "2026-03-11T00:00:00Z", "error": "Too many requests"}
    with serving(busy(document=quota)(echo)) as server:
        session = Session(connect(server.url), visit)
        with session, pytest.raises(SourceUnavailable, match="429 .*asks to come back in 720 minutes"):
            session.read(Request(name="a", back_at=reset_time_in))
    assert (len(server.asked), naps) == (1, [])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"reset_time": "soon"}', b'{"reset_time": null}', b"\xff"]
)
def test_a_body_without_a_reset_time_tells_none(body):
    assert reset_time_in(body) is None


@pytest.mark.parametrize(
    ("extra", "met"),
    [
        ({"requests_per_second": 0}, "not understood"),
        ({"token_url": "https://login.example.org/token"}, "names a `token_url` but no login or no password"),
        ({"token_url": "http://login.example.org/token"}, "no https address"),
        ({"token_url": "login.example.org"}, "no https address"),
        ({"token_url": "https://login.example.org/token", "header": "X-Key"}, "both a key and a `token_url`"),
    ],
)
def test_a_connection_whose_extra_cannot_be_used_is_named(visit, connect, extra, met):
    login = None if "no login" in met else "city"
    connection = connect("https://data.example.org", login=login, password="p", **extra)
    with pytest.raises(SourceUnavailable, match=f"connection mobility_platform: .*{met}"):
        Session(connection, visit)
