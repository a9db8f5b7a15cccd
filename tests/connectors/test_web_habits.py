"""The played servers do what they say: a habit that does not show would make every test beside it vain."""

import http.client
import json
import time
from urllib.parse import urlsplit

import pytest
from web_habits import (
    Asked,
    after,
    busy,
    clamped,
    cut,
    down,
    edited,
    failing,
    first,
    forgetting,
    nth,
    repeating,
    routed,
    serving,
    told,
    trickling,
    turned,
)  # fmt: skip

ITEMS = [{"id": n} for n in range(1, 6)]


def items(asked: Asked):
    start, size = int(asked.query.get("offset", 0)), int(asked.query.get("limit", 2))
    return told({"total": 5, "items": ITEMS[start : start + size]})


def ask(server, path="/items", method="GET", body=None):
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    connection.request(method, path, body)
    response = connection.getresponse()
    try:
        return response.status, dict(response.headers), response.read()
    finally:
        connection.close()


def pages(handler, *paths):
    with serving(handler) as server:
        return [json.loads(ask(server, path)[2]) for path in paths]


def ids(page):
    return [one["id"] for one in page["items"]]


def test_it_answers_and_remembers_what_it_was_asked():
    with serving(items) as server:
        status, headers, body = ask(server, "/items?offset=4", "POST", b"a=1&b=%C3%A9")
        assert (status, json.loads(body)["items"], headers["Content-Type"]) == (
            200,
            [{"id": 5}],
            "application/json",
        )
        (one,) = server.asked
    assert (one.method, one.path, one.query, one.form) == (
        "POST",
        "/items",
        {"offset": "4"},
        {"a": "1", "b": "é"},
    )


def test_a_handler_that_fails_fails_the_test():
    with pytest.raises(AssertionError, match="KeyError"), serving(lambda asked: {}[asked.path]) as server:
        assert ask(server)[0] == 500


def test_a_cut_body_is_cut_the_second_time_only():
    with serving(nth(2, cut(), items)) as server:
        ask(server)
        with pytest.raises(http.client.IncompleteRead):
            ask(server)
        ask(server)


def test_busy_down_and_failing_then_well():
    chain = first(1, busy("7"), first(1, down("9"), first(1, failing(), items)))
    with serving(chain) as server:
        answers = [ask(server) for _ in range(4)]
    assert [(status, headers.get("Retry-After")) for status, headers, _ in answers] == [
        (429, "7"), (503, "9"), (200, None), (200, None),
    ]  # fmt: skip
    assert "error" in json.loads(answers[2][2])
    assert ids(json.loads(answers[3][2])) == [1, 2]


def test_a_trickle_takes_its_time():
    with serving(trickling(piece=20, pause=0.02)(lambda _: told("x" * 98))) as server:
        begun = time.monotonic()
        assert len(ask(server)[2]) == 100
    assert time.monotonic() - begun >= 4 * 0.02


def test_pages_that_repeat_forget_clamp_and_change():
    two = ("/items", "/items?offset=2")
    assert [ids(page) for page in pages(repeating()(items), *two)] == [[1, 2], [1, 2]]
    assert [ids(page) for page in pages(forgetting("offset")(items), *two)] == [[1, 2], [1, 2]]
    assert ids(pages(clamped("limit", 3)(items), "/items?limit=100")[0]) == [1, 2, 3]
    assert [page["total"] for page in pages(turned(1, items, lambda _: told({"total": 6})), *two)] == [5, 6]
    miscounting = after(1, edited(lambda page: page.update(total=9)), items)
    assert [page["total"] for page in pages(miscounting, *two)] == [5, 9]


def test_routes_go_by_the_last_part_of_the_path():
    with serving(routed(count=lambda _: told(5), items=items)) as server:
        assert json.loads(ask(server, "/layer/0/count?where=1")[2]) == 5
        assert ask(server, "/elsewhere")[0] == 404
