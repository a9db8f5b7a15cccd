"""OAuth 2 client credentials: a token is fetched once, renewed in time, and never shown."""

import base64
import logging
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

import pytest
from web_habits import Answer, busy, down, first, serving, told

from connectors.web.request import Request
from connectors.web.session import Session
from contracts.errors import SourceChanged, SourceUnavailable

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECRET = "s3cr:et/+"


class Login:
    """A token server (RFC 6749 §4.4) that gives `t0k3n-1`, `t0k3n-2` …, and a source that wants the last one."""

    def __init__(self, expires_in=3600):
        self.given, self.expires_in, self.revoked = 0, expires_in, False

    def token(self, asked):
        basic = base64.b64encode(f"city:{quote(SECRET, safe='')}".encode()).decode()
        by_header = asked.headers.get("authorization") == f"Basic {basic}"
        by_body = (asked.form.get("client_id"), asked.form.get("client_secret")) == ("city", SECRET)
        if asked.form.get("grant_type") != "client_credentials" or by_header == by_body:
            shown = base64.b64decode(asked.headers["authorization"].split()[-1]).decode()
            words = f"unknown client {shown}, {unquote(shown)} ({asked.headers['authorization']})"
            return told({"error": "invalid_client", "message": words}, 401)
        self.given, self.revoked = self.given + 1, False
        token = {"access_token": f"t0k3n-{self.given}", "token_type": "Bearer"}
        return told({**token, "expires_in": self.expires_in} if self.expires_in else token)

    def source(self, asked):
        good = asked.headers.get("authorization") == f"Bearer t0k3n-{self.given}" and not self.revoked
        return Answer(b"a;b\n") if good else told({"message": "token expired"}, 401)


@pytest.fixture
def login():
    return Login()


@pytest.fixture
def servers(login):
    with serving(login.token) as tokens, serving(lambda asked: login.source(asked)) as source:
        yield tokens, source


def opened(connect, visit, servers, password=SECRET, **extra):
    tokens, source = servers
    more = {"token_url": f"{tokens.url}/oauth/token", **extra}
    return Session(connect(source.url, login="city", password=password, **more), visit)


@pytest.mark.parametrize("way", ["header", "body"])
def test_one_token_opens_every_request_of_a_visit(connect, visit, servers, way):
    tokens, source = servers
    with opened(connect, visit, servers, scope="read:all", token_login=way) as session:
        for name in "abc":
            session.read(Request(name=name))
    (asked,) = tokens.asked
    assert asked.form["scope"] == "read:all"
    assert ("client_secret" in asked.form) == (way == "body")
    assert [one.headers["authorization"] for one in source.asked] == ["Bearer t0k3n-1"] * 3


def test_it_is_renewed_before_it_ends(connect, visit, servers):
    now = [NOON]
    with opened(connect, replace(visit, clock=lambda: now[0]), servers) as session:
        for minutes in (0, 58, 1.5):
            now[0] += timedelta(minutes=minutes)
            session.read(Request(name="a"))
    assert len(servers[0].asked) == 2
    assert [one.headers["authorization"][-1] for one in servers[1].asked] == ["1", "1", "2"]


@pytest.mark.parametrize("lasts", [None, "soon", -1, "inf", "nan"])
def test_one_without_an_end_is_used_until_it_is_refused(connect, visit, servers, login, lasts):
    login.expires_in = lasts
    with opened(connect, visit, servers) as session:
        session.read(Request(name="a"))
        session.read(Request(name="a"))
        login.revoked = True
        session.read(Request(name="a"))
    assert [one.headers["authorization"][-1] for one in servers[1].asked] == ["1", "1", "1", "2"]


def test_a_source_that_refuses_the_new_token_too_is_not_asked_a_third_time(connect, visit, servers, login):
    login.source = lambda asked: told({"message": "wrong audience"}, 401)
    session = opened(connect, visit, servers)
    with session, pytest.raises(SourceChanged, match=r"answers 401 .*« wrong audience »"):
        session.read(Request(name="a"))
    assert (len(servers[0].asked), len(servers[1].asked)) == (2, 2)


def test_the_token_is_not_shown_elsewhere(connect, visit, servers, login):
    with serving(lambda _: Answer(b"a;b\n")) as elsewhere:
        login.source = lambda asked: Answer(status=302, headers={"Location": elsewhere.url})
        with opened(connect, visit, servers) as session:
            session.read(Request(name="a"))
    assert "authorization" not in elsewhere.asked[0].headers


@pytest.mark.parametrize("habit", [busy("1"), down("1")])
def test_a_token_server_that_is_busy_is_asked_again(connect, visit, login, habit):
    with serving(first(2, habit, login.token)) as tokens, serving(login.source) as source:
        session = opened(connect, visit, (tokens, source))
        with session:
            session.read(Request(name="a"))
    assert (len(tokens.asked), len(source.asked)) == (3, 1)


def test_a_token_server_that_is_gone_is_unavailable(connect, visit, wire, servers):
    connection = connect(servers[1].url, login="city", password=SECRET, token_url=wire())
    session = Session(connection, visit)
    with session, pytest.raises(SourceUnavailable, match="closes or refuses the connection"):
        session.read(Request(name="a"))


@pytest.mark.parametrize(
    "answer",
    [
        told({"access_token": ""}), told({"access_token": "a\nb"}), told({"token": "a"}), told([1]), Answer(b"<html>"),
        told({"error": "invalid_scope"}, 400), Answer(status=302, headers={"Location": "/elsewhere"}),
    ],
)  # fmt: skip
def test_an_answer_without_a_token_is_told(connect, visit, servers, answer):
    with serving(lambda _: answer) as tokens:
        session = opened(connect, visit, (tokens, servers[1]))
        with (
            session,
            pytest.raises(SourceChanged, match=rf"answers {answer.status} without a token.*`token_url`"),
        ):
            session.read(Request(name="a"))
    assert len(tokens.asked) == 1
    assert servers[1].asked == []


def test_neither_token_nor_secret_stands_in_what_is_kept_or_told(connect, visit, servers, login, caplog):
    caplog.set_level(logging.DEBUG)
    login.source = lambda asked: Answer(b"a;b\n", headers={"X-Echo": asked.headers["authorization"]})
    with opened(connect, visit, servers) as session:
        kept = session.read(Request(name="a")).file.model_dump_json()
        login.source = lambda asked: told({"message": asked.headers["authorization"]}, 403)
        with pytest.raises(SourceChanged) as refused:
            session.read(Request(name="a"))
    wrong = opened(connect, visit, servers, password="s3cr:et/+x")
    with wrong, pytest.raises(SourceChanged) as denied:
        wrong.read(Request(name="a"))
    told_all = [kept, caplog.text, repr(session.access)]
    told_all += ["".join(traceback.format_exception(one.value)) for one in (refused, denied)]
    assert [
        word for text in told_all for word in ("t0k3n", "s3cr", quote(SECRET, safe="")) if word in text
    ] == []
    assert '"Authorization":"***"' in kept
