"""A small threaded web server whose answers are functions, and the bad habits of real sources to wrap around them.

Use:

    def records(asked: Asked) -> Answer:                       # a source that behaves
        start = int(asked.query.get("offset", 0))
        return told({"total": 5, "items": ITEMS[start : start + 2]})

    with serving(records) as server: ...                       # server.url, server.asked
    with serving(nth(2, cut(), records)) as server: ...        # the second answer is cut in its middle
    with serving(first(2, busy(), records)) as server: ...     # 429 twice, then well

A habit takes a handler and gives a handler: `cut()(records)` has it at every answer; `nth(n, habit, handler)`
at the n-th answer only, `first(n, …)` at the first n, `after(n, …)` at all behind the n-th. `edited` changes
JSON documents: a count that disagrees, a `next` that is gone. `turned(n, before, behind)` is a source that
changes between pages. A handler that raises answers 500 and its message stands in `server.faults`, which
`serving` raises at the end. The fixtures of tests/connectors/conftest.py (visit, connect, naps) go with it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request, as the server saw it."""

    number: int  # from 1, over all paths of the server
    method: str
    path: str  # without the query
    query: dict[str, str]  # the last of a repeated name
    headers: dict[str, str]  # lower-case names
    body: bytes
    url: str  # as it was written: path and query

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What is sent back; `sent` bytes of the body only, in pieces with a pause between them."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    sent: int | None = None  # then the connection is closed, although the whole length was announced
    piece: int | None = None
    pause: float = 0.0


Handler = Callable[[Asked], Answer]
Habit = Callable[[Handler], Handler]


@dataclass
class Server:
    """A running server: its address and what it was asked."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def urls(self) -> list[str]:
        return [one.url for one in self.asked]


def told(document: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer; `Retry_After=` is the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(document, ensure_ascii=False).encode()
    return Answer(body, status, {"Content-Type": "application/json", **named})


@contextmanager
def serving(handler: Handler) -> Iterator[Server]:
    """A server on a port of its own on loopback."""
    lock = threading.Lock()

    class Speaking(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every body waits 40 ms for the acknowledgement of its head

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            with lock:
                asked = Asked(
                    number=len(server.asked) + 1, method=self.command, path=parts.path,
                    query=dict(parse_qsl(parts.query, keep_blank_values=True)), body=body, url=self.path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                )  # fmt: skip
                server.asked.append(asked)
            try:
                answer = handler(asked)
            except Exception as error:
                server.faults.append(f"{asked.url}: {error!r}")
                answer = Answer(status=500)
            _send(self, answer)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def log_message(self, format: str, *values: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Speaking)
    http.daemon_threads = True
    http.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is part of it
    server = Server(f"http://127.0.0.1:{http.server_port}")
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
    assert not server.faults, server.faults


def _send(to: BaseHTTPRequestHandler, answer: Answer) -> None:
    to.send_response(answer.status)
    for name, value in answer.headers.items():
        to.send_header(name, value)
    if not {"Content-Length", "Transfer-Encoding"} & set(answer.headers):
        to.send_header("Content-Length", str(len(answer.body)))
    to.end_headers()
    body = answer.body[: answer.sent]
    step = answer.piece or len(body) or 1
    for start in range(0, len(body), step):
        if start:
            time.sleep(answer.pause)
        to.wfile.write(body[start : start + step])
        to.wfile.flush()
    if answer.sent is not None:
        to.close_connection = True


# Where a habit shows


def _where(shows: Callable[[int], bool], habit: Habit, handler: Handler) -> Handler:
    bad, counter, lock = habit(handler), iter(range(1, 1_000_000)), threading.Lock()

    def answered(asked: Asked) -> Answer:
        with lock:
            number = next(counter)
        return (bad if shows(number) else handler)(asked)

    return answered


def nth(number: int, habit: Habit, handler: Handler) -> Handler:
    """The habit at the n-th request to this handler only (from 1)."""
    return _where(lambda one: one == number, habit, handler)


def first(count: int, habit: Habit, handler: Handler) -> Handler:
    """The habit at the first requests, then well."""
    return _where(lambda one: one <= count, habit, handler)


def after(count: int, habit: Habit, handler: Handler) -> Handler:
    """Well at the first requests, then the habit."""
    return _where(lambda one: one > count, habit, handler)


def turned(count: int, before: Handler, behind: Handler) -> Handler:
    """A source that changes between pages: another one answers after `count` requests."""
    return after(count, lambda _: behind, before)


def routed(**handlers: Handler) -> Handler:
    """By the last part of the path: `routed(count=…, query=…)`; 404 elsewhere."""

    def answered(asked: Asked) -> Answer:
        handler = handlers.get(asked.path.rstrip("/").rpartition("/")[2])
        return handler(asked) if handler else Answer(status=404)

    return answered


# The habits


def cut(share: float = 0.5) -> Habit:
    """The body ends after that share of it, although all of it was announced."""

    def habit(handler: Handler) -> Handler:
        def answered(asked: Asked) -> Answer:
            answer = handler(asked)
            return replace(answer, sent=int(len(answer.body) * share))

        return answered

    return habit


def saying(answer: Answer) -> Habit:
    """Something else than data, whatever is asked."""
    return lambda _: lambda asked: answer


def failing(document: Any = None) -> Habit:
    """200 with an error in it."""
    return saying(told(document or {"error": {"code": 400, "message": "Unable to complete operation."}}))


def busy(retry_after: str | None = None, document: Any = None) -> Habit:
    """429, with a Retry-After or not."""
    return saying(told(document or {}, 429, **({"Retry_After": retry_after} if retry_after else {})))


def down(retry_after: str = "1") -> Habit:
    """503 with Retry-After."""
    return saying(Answer(b"<html>Maintenance</html>", 503, {"Retry-After": retry_after}))


def trickling(piece: int = 1, pause: float = 0.05) -> Habit:
    """The body drips, `piece` bytes at a time."""

    def habit(handler: Handler) -> Handler:
        return lambda asked: replace(handler(asked), piece=piece, pause=pause)

    return habit


def repeating() -> Habit:
    """The first answer of this handler again, whatever is asked (a page that comes twice)."""

    def habit(handler: Handler) -> Handler:
        kept: list[Answer] = []

        def answered(asked: Asked) -> Answer:
            if not kept:
                kept.append(handler(asked))
            return kept[0]

        return answered

    return habit


def forgetting(*names: str) -> Habit:
    """These parameters of the query are ignored (an offset that a proxy drops)."""

    def habit(handler: Handler) -> Handler:
        def answered(asked: Asked) -> Answer:
            left = {name: value for name, value in asked.query.items() if name not in names}
            return handler(replace(asked, query=left))

        return answered

    return habit


def clamped(name: str, most: int) -> Habit:
    """More than `most` is not given, however large the page size asked for in the query's `name`."""

    def habit(handler: Handler) -> Handler:
        def answered(asked: Asked) -> Answer:
            size = str(min(int(asked.query.get(name, most)), most))
            return handler(replace(asked, query={**asked.query, name: size}))

        return answered

    return habit


def edited(change: Callable[[Any], Any]) -> Habit:
    """The JSON document, changed in place: `edited(lambda page: page.pop("next"))`, `edited(lambda page:
    page.update(total=9))`."""

    def habit(handler: Handler) -> Handler:
        def answered(asked: Asked) -> Answer:
            answer = handler(asked)
            document = json.loads(answer.body)
            change(document)
            return replace(answer, body=json.dumps(document, ensure_ascii=False).encode())

        return answered

    return habit
