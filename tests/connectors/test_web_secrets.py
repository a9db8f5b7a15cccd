"""A connection's secret stands in no text: no sentence, traceback, log, origin or record."""

import base64
import json
import logging
import traceback
from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http_file import HttpFile
from connectors.web.access import access_from
from contracts.connection import connection_of
from contracts.errors import ConcentratorError

LOGIN, PASSWORD = "ville d'Issy", 'pa/ss&w=rd ?é"\\'
WAYS = {"login": {}, "header": {"header": "X-Api-Key"}, "query": {"query": "apikey"}}


def forms(secret):
    raw = secret.encode()
    plain = {secret, base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    plain |= {base64.b64encode(f"{LOGIN}:{secret}".encode()).decode()}
    coded = {
        write(text) for text in plain for write in (quote, quote_plus, lambda text: quote(text, safe=""))
    }
    return plain | coded | {form.lower() for form in coded if "%" in form} | {json.dumps(secret)[1:-1]}


def leaks(text):
    return [form for form in forms(PASSWORD) if form in text]


def fetch(connect, visit, url, way, **options):
    connection = connect(url, login=LOGIN if way == "login" else None, password=PASSWORD, **WAYS[way])
    return HttpFile(path="a.csv", **options).fetch(connection, visit)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_kept_of_a_fetch_holds_no_secret(site, visit, connect, caplog, way):
    caplog.set_level(logging.DEBUG)
    echo = " ".join(quote(form) for form in forms(PASSWORD))
    site.says("/a.csv", 200, b"a;b\n", X_Echo=echo, Set_Cookie="session=1", ETag='"v1"')
    (file,) = fetch(connect, visit, site.url, way).files
    assert leaks(file.model_dump_json()) == []
    assert leaks(repr(file)) == []
    assert leaks(caplog.text) == []
    assert "GET /a.csv" in caplog.text  # the log was on
    assert file.origin == f"{site.url}/a.csv"
    assert file.response["etag"] == '"v1"'
    assert "set-cookie" not in file.response


def test_the_record_shows_that_a_key_was_sent(site, visit, connect):
    site.says("/a.csv", 200, b"a;b\n")
    (file,) = fetch(connect, visit, site.url, "header").files
    assert file.request["X-Api-Key"] == "***"
    assert site.asked[0][1]["X-Api-Key"] == PASSWORD


def failing(site, wire, habit):
    echo = json.dumps({"message": f"bad key {PASSWORD} {quote(PASSWORD)}", "path": PASSWORD}).encode()
    plain = " ".join(sorted(forms(PASSWORD))).encode()
    if habit == "silent":
        return wire(hang=True)
    if habit == "closed":
        return wire()
    if habit == "cut":
        return wire(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
    if habit == "stalled":
        return wire(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", hang=True)
    if habit == "reason":
        return wire(f"HTTP/1.1 500 no {quote(PASSWORD)}\r\nContent-Length: 0\r\n\r\n".encode())
    if habit == "moved":
        site.says("/a.csv", 302, Location=f"http://nowhere.invalid/?apikey={quote(PASSWORD)}")
    elif habit == "not a url":
        site.says("/a.csv", 302, Location=f"http://[{quote(PASSWORD)}/")
    elif habit == "plain":
        site.says("/a.csv", 403, plain, Content_Type="text/plain")
    else:
        site.says("/a.csv", {"error": 200, "denied": 401, "busy": 503}[habit], echo)
    return site.url


HABITS = [
    "silent",
    "closed",
    "cut",
    "stalled",
    "reason",
    "moved",
    "not a url",
    "plain",
    "error",
    "denied",
    "busy",
]


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("way", WAYS)
def test_no_failure_tells_the_secret(site, wire, visit, connect, caplog, way, habit):
    caplog.set_level(logging.DEBUG)
    url = failing(site, wire, habit)
    with pytest.raises(ConcentratorError) as caught:
        fetch(connect, visit, url, way, read_timeout=0.05)
    error = caught.value
    told = "".join(traceback.format_exception(error)) + repr(error) + str(error.__dict__) + caplog.text
    assert leaks(told) == []
    assert error.__context__ is None or leaks(str(error.__context__)) == []


@pytest.mark.parametrize(
    "extra", [{"header": PASSWORD}, {"query": "key", "header": "key"}, {"token": PASSWORD}, {"ca_file": 1}]
)
def test_no_complaint_about_a_connection_tells_the_secret(visit, connect, extra):
    with pytest.raises(ConcentratorError) as caught:
        HttpFile().fetch(connect("https://example.org", password=PASSWORD, **extra), visit)
    assert leaks("".join(traceback.format_exception(caught.value))) == []


def test_a_password_with_a_line_end_is_refused_before_it_is_sent(visit, connect):
    connection = connect("https://example.org", password=f"{PASSWORD}\n", header="X-Key")
    with pytest.raises(ConcentratorError, match="no header can carry") as caught:
        HttpFile().fetch(connection, visit)
    assert leaks("".join(traceback.format_exception(caught.value))) == []


def test_the_token_behind_a_scheme_is_hidden_without_it_too(connect):
    access = access_from(connect("https://example.org", password="Bearer tok3n", header="Authorization"))
    assert access.masked("bad token tok3n, Bearer tok3n") == "bad token ***, ***"
    assert "tok3n" not in repr(access)


def test_the_logs_filter_leaves_with_the_session(site, visit, connect):
    site.says("/a.csv", 200, b"a;b\n")
    before = list(logging.getLogger("urllib3.connectionpool").filters)
    fetch(connect, visit, site.url, "query")
    assert logging.getLogger("urllib3.connectionpool").filters == before


def test_the_environments_passwords_are_not_sent(site, visit, connect, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login thief password stolen\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    site.says("/a.csv", 200, b"a;b\n")
    HttpFile(path="a.csv").fetch(connect(site.url), replace(visit, contact=""))
    assert "Authorization" not in site.asked[0][1]


@given(secret=st.text(min_size=4).filter(lambda text: text.strip() and "*" not in text), around=st.text())
def test_whatever_the_secret_no_form_of_it_is_left(secret, around):
    connection = connection_of(
        "c", host="https://example.org", scheme=None, port=None, login=None, password=secret,
        extra={"query": "key"},
    )  # fmt: skip
    masked = access_from(connection).masked
    for form in (secret, quote(secret), quote_plus(secret), base64.b64encode(secret.encode()).decode()):
        assert form not in masked(f"{around}{form}{around}")
