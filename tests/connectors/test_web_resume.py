"""A download that was cut goes on where it ended, where the source vouches for the bytes; else it starts again."""

import hashlib
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from web_habits import Answer, cut, first, nth, serving

from connectors.web.request import Request
from connectors.web.session import Session
from contracts.errors import SourceIncomplete

WHOLE = bytes(range(256)) * 8


def ranged(body=WHOLE, tag='"v1"', announced=True):
    """A source that gives ranges under If-Range (RFC 9110 §13.1.5, §14)."""

    def answered(asked):
        headers = {"ETag": tag} if tag else {}
        wanted = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("range", ""))
        if wanted and asked.headers.get("if-range") == tag:
            start = int(wanted[1])
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            return Answer(body[start:], 206, headers)
        return Answer(body, headers=headers)

    return answered


def read(visit, connect, server):
    with Session(connect(server.url), visit) as session:
        return session.read(Request(name="a.csv", path="a.csv"))


def test_what_was_received_is_not_asked_again_and_the_hash_is_of_the_whole(visit, connect):
    with serving(first(2, cut(0.5), ranged())) as server:
        got = read(visit, connect, server)
    assert [one.headers.get("range") for one in server.asked] == [None, "bytes=1024-", "bytes=1536-"]
    assert [one.headers.get("if-range") for one in server.asked] == [None, '"v1"', '"v1"']
    assert got.file.path.read_bytes() == WHOLE
    assert (got.file.sha256, got.file.bytes) == (hashlib.sha256(WHOLE).hexdigest(), 2048)
    assert got.proof == "Content-Range: all 2048 bytes received, in 3 parts"
    assert got.file.response["content-length"] == "2048"  # of the whole, not of its last part


@pytest.mark.parametrize("tag", [None, 'W/"v1"', "v1"])
def test_without_a_strong_validator_it_starts_again(visit, connect, tag):
    with serving(nth(1, cut(), ranged(tag=tag))) as server:
        got = read(visit, connect, server)
    assert [one.headers.get("range") for one in server.asked] == [None, None]
    assert got.file.path.read_bytes() == WHOLE


def test_a_file_that_changed_meanwhile_is_taken_whole(visit, connect):
    other = WHOLE[::-1] + b"more"
    handlers = iter([cut()(ranged()), ranged(other, '"v2"')])
    with serving(lambda asked: next(handlers)(asked)) as server:
        got = read(visit, connect, server)
    assert got.file.path.read_bytes() == other
    assert got.file.sha256 == hashlib.sha256(other).hexdigest()
    assert got.file.response["etag"] == '"v2"'


@pytest.mark.parametrize(
    ("content_range", "headers"),
    [
        ("bytes 0-2047/2048", {}),
        ("bytes 1025-2047/2048", {}),
        ("bytes 1024-2047/4096", {}),
        ("bytes 1024-2047/*", {}),
        ("items 1024-2047/2048", {}),
        ("", {}),
        ("bytes 1024-2047/2048", {"ETag": '"v2"'}),
    ],
)
def test_a_part_that_does_not_go_on_there_is_thrown_away_and_all_is_asked_again(
    visit, connect, content_range, headers
):
    wrong = Answer(WHOLE[1024:], 206, {"ETag": '"v1"', "Content-Range": content_range, **headers})
    handlers = iter([cut()(ranged()), lambda _: wrong, ranged()])
    with serving(lambda asked: next(handlers)(asked)) as server:
        got = read(visit, connect, server)
    assert server.asked[2].headers.get("range") is None
    assert got.file.sha256 == hashlib.sha256(WHOLE).hexdigest()


def test_a_range_that_is_refused_is_asked_whole(visit, connect):
    handlers = iter([cut()(ranged()), lambda _: Answer(status=416), ranged()])
    with serving(lambda asked: next(handlers)(asked)) as server:
        got = read(visit, connect, server)
    assert server.asked[2].headers.get("range") is None
    assert got.file.path.read_bytes() == WHOLE


def test_a_part_shorter_than_it_says_is_no_end(visit, connect):
    def short(asked):
        start = int(asked.headers["range"][6:-1])
        return Answer(WHOLE[start : start + 10], 206, {"Content-Range": f"bytes {start}-2047/2048"})

    handlers = iter([cut()(ranged()), short, short, short])
    with (
        serving(lambda asked: next(handlers)(asked)) as server,
        pytest.raises(SourceIncomplete, match=r"incomplete \(1054 of 2048 bytes\)"),
    ):
        read(visit, connect, server)


def test_a_big_file_over_a_bad_line_needs_more_than_four_attempts(visit, connect):
    big = bytes(8 << 20)
    sent = lambda asked: replace(ranged(big)(asked), sent=1_500_000)  # noqa: E731
    with serving(first(5, lambda _: sent, ranged(big))) as server:
        got = read(visit, connect, server)
    assert (len(server.asked), got.file.bytes) == (6, 8 << 20)
    assert got.file.sha256 == hashlib.sha256(big).hexdigest()


MEMORY = """
import sys, resource
from datetime import UTC, datetime
from pathlib import Path
from connectors.connector import Visit
from connectors.http_file import HttpFile
from contracts.connection import Connection
def peak(): return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM"))
url, folder = sys.argv[1:]
def fetched(path):
    visit = Visit(place="a.b", folder=Path(folder), clock=lambda: datetime.now(UTC))
    return HttpFile(path=path).fetch(Connection(name="c", url=url), visit).files[0].bytes
fetched("small")
before = peak()
print(fetched("large"), peak() - before)
"""


def test_64_mib_pass_through_a_few_mib_of_memory(tmp_path):
    block = bytes(1 << 20)
    sizes = {"/small": 1 << 20, "/large": 64 << 20}
    with serving(lambda asked: Answer(block * (sizes[asked.path] >> 20))) as server:
        command = [sys.executable, "-c", MEMORY, server.url, str(tmp_path)]
        received, grown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert int(received) == 64 << 20
    assert int(grown) < 8 * 1024  # KiB
