"""Bodies that end too early, never end, or say nothing of their length: servers that lie, byte by byte."""

import gzip
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.http_file import HttpFile
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable, StorageRefused

HEAD = b"HTTP/1.1 200 OK\r\n"


def fetched(connect, visit, url, **options):
    return HttpFile(path="a.csv", **options).fetch(connect(url), visit)


def test_a_body_shorter_than_announced_is_incomplete(wire, visit, connect, naps):
    url = wire(HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 123)
    with pytest.raises(SourceIncomplete, match=r"incomplete \(123 of 1000 bytes\)"):
        fetched(connect, visit, url)
    assert len(naps) == 3  # a cut may be an accident: it is asked again before it is a verdict


def test_a_body_cut_once_is_fetched_whole_the_next_time(site, visit, connect):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "10")
        handler.end_headers()
        handler.wfile.write(b"123")
        handler.close_connection = True

    site.does("/a.csv", cut)
    site.says("/a.csv", 200, b"1234567890")
    assert fetched(connect, visit, site.url).files[0].path.read_bytes() == b"1234567890"


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nabcde\r\n",  # the last chunk never comes
        b"5\r\nabc",  # cut inside a chunk
        b"5\r\nabcde",  # cut before the line end
        b"5\r\nabcde\r\nzz\r\n",  # not a chunk at all
    ],
)
def test_chunks_without_their_end_are_incomplete(wire, visit, connect, body):
    url = wire(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body)
    with pytest.raises(SourceIncomplete, match="an unannounced number of bytes"):
        fetched(connect, visit, url)


def test_chunks_that_end_are_proof(wire, visit, connect):
    url = wire(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n")
    got = fetched(connect, visit, url)
    assert got.files[0].path.read_bytes() == b"abcdefgh"
    assert got.proof == "chunked: the last chunk was received"


@pytest.mark.parametrize("header", [b"", b"Content-Length: many\r\n"])
def test_a_body_that_only_ends_proves_nothing(wire, visit, connect, header):
    got = fetched(connect, visit, wire(HEAD + header + b"\r\na;b\n1;2\n"))
    assert got.files[0].bytes == 8
    assert got.proof == "unknown"


def test_a_compressed_body_is_counted_as_sent(wire, visit, connect):
    packed = gzip.compress(b"a" * 10_000)
    head = HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    assert fetched(connect, visit, wire(head + packed)).files[0].bytes == len(packed)


def test_a_source_that_falls_silent_is_unavailable(wire, visit, connect):
    url = wire(HEAD + b"Content-Length: 10\r\n\r\nabc", hang=True)
    with pytest.raises(SourceUnavailable, match=r"fell silent \(3 of 10 bytes\)"):
        fetched(connect, visit, url, read_timeout=0.1)


def test_a_source_that_never_answers_is_unavailable(wire, visit, connect):
    with pytest.raises(SourceUnavailable, match="does not answer in time"):
        fetched(connect, visit, wire(hang=True), read_timeout=0.1)


def test_a_source_that_speaks_no_http_is_unavailable(wire, visit, connect):
    with pytest.raises(SourceUnavailable, match="closes or refuses the connection"):
        fetched(connect, visit, wire(b"220 ftp.example.org ready\r\n"))


def test_a_drip_ends_at_the_time_limit_and_is_not_asked_again(site, visit, connect):
    hours = (visit.clock() + timedelta(hours=hour) for hour in itertools.count())
    site.says("/a.csv", 200, b"abc")
    with pytest.raises(SourceUnavailable, match=r"did not end in time \(3 of 3 bytes\)"):
        fetched(connect, replace(visit, clock=lambda: next(hours)), site.url, time_limit=60)
    assert len(site.asked) == 1


@pytest.mark.parametrize("announced", [True, False])
def test_more_than_the_cap_is_refused_announced_or_not(wire, visit, connect, announced):
    length = b"Content-Length: 11\r\n" if announced else b""
    with pytest.raises(SourceChanged, match=r"more than 10 bytes.*max_bytes"):
        fetched(connect, visit, wire(HEAD + length + b"\r\n12345678901"), max_bytes=10)


def test_a_disk_that_takes_nothing_is_the_stores_fault(site, visit, connect):
    site.says("/a.csv", 200, b"a;b\n")
    with pytest.raises(StorageRefused, match="the work disk does not take the download"):
        fetched(connect, replace(visit, folder=visit.folder / "gone"), site.url)
