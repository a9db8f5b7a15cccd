"""The loop over pages as other kinds use it: a count asked apart, questions in turn, pages that are not JSON."""

import hashlib
import re

import pytest
from web_habits import Answer, forgetting, serving, told

from connectors.web import paging
from connectors.web.documents import document_in, mark_of, records_at
from connectors.web.paging import Page, pages_of
from connectors.web.request import Request
from connectors.web.session import Session
from connectors.web.styles import ByOffset, InTurn, with_parameter
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable

PLACE = "mobility.parkings"


def features(asked):
    """Five features in XML, two at most, from `startIndex` on (WFS 2.0.0); `objectIds` by POST instead."""
    ids = asked.form["objectIds"].split(",") if asked.body else range(int(asked.query["startIndex"]), 5)
    return Answer(f"<all>{''.join(f'<feature id={one!r}/>' for one in list(ids)[:2])}</all>".encode())


def look(file):
    found = re.findall(rb"<feature [^>]*>", file.path.read_bytes())
    return Page(records=len(found), mark=hashlib.sha256(b"".join(found)).hexdigest())


@pytest.fixture
def read(connect, visit):
    def pages(handler, first, style, count=lambda: None, look=look):
        with serving(handler) as server, Session(connect(server.url), visit) as session:
            return pages_of(session, first, look, style, count=count, suffix=".xml")

    return pages


WFS = Request(name="", path="wfs", query={"startIndex": 0})


def test_a_count_that_was_asked_apart_is_what_is_expected(read):
    fetched = read(features, WFS, ByOffset("startIndex"), lambda: 5).fetched()
    fetched.require_whole(PLACE)
    assert (fetched.rows, fetched.expected) == (5, 5)
    assert [file.name for file in fetched.files] == [f"page-0000{number}.xml" for number in (1, 2, 3)]


def test_it_is_asked_again_at_the_end_and_another_one_is_told(read):
    counts = iter([5, 6])
    with pytest.raises(SourceUnavailable, match="5 records at first, 6 by the source, asked again"):
        read(features, WFS, ByOffset("startIndex"), lambda: next(counts))


def test_a_source_that_does_not_know_its_count_is_read_to_an_empty_page(read):
    fetched = read(features, WFS, ByOffset("startIndex")).fetched()
    assert (fetched.rows, fetched.expected) == (5, None)
    assert fetched.proof == "no count: 5 records on 4 pages; the last one is empty"


def test_a_source_that_forgets_the_offset_gives_the_same_page(read):
    handler = forgetting("startIndex")(lambda asked: Answer(b"<feature id='1'/><feature id='2'/>"))
    with pytest.raises(SourceIncomplete, match="page 2 holds the same records as page 1"):
        read(handler, WFS, ByOffset("startIndex"), lambda: 5)


def test_questions_that_are_known_beforehand_are_asked_in_turn(read):
    chunks = [Request(name="", path="query", form={"objectIds": ids}) for ids in ("7,8", "9,11", "12")]
    fetched = read(features, chunks[0], InTurn(chunks[1:]), lambda: 5).fetched()
    fetched.require_whole(PLACE)
    assert [look(file).records for file in fetched.files] == [2, 2, 1]
    lost = read(lambda asked: Answer(features(asked).body[:25]), chunks[0], InTurn(chunks[1:]), lambda: 5)
    with pytest.raises(SourceIncomplete, match="3 records were received; promised was 5"):
        lost.fetched().require_whole(PLACE)


def test_a_page_too_large_to_be_counted_asks_for_smaller_ones(read, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_BYTES", 40)
    with pytest.raises(SourceChanged, match=r"more than 40 bytes.*Ask for smaller pages"):
        read(features, WFS, ByOffset("startIndex"))


def test_a_source_that_gives_ever_more_pages_is_left(read, monkeypatch):
    monkeypatch.setattr(paging, "MOST_PAGES", 20)

    def endless(asked):
        return told([asked.query["startIndex"]])

    def numbers(file):
        records = records_at(document_in(file, PLACE), "", PLACE)
        return Page(len(records), mark_of(records))

    with pytest.raises(SourceChanged, match=r"more than 20 pages.*Ask for larger pages"):
        read(endless, WFS, ByOffset("startIndex"), look=numbers)


def test_a_parameter_is_set_where_the_others_are():
    assert with_parameter(Request(name="", query={"a": 1}), "b", 2).query == {"a": 1, "b": 2}
    assert with_parameter(Request(name="", form={"a": 1}), "a", 2).form == {"a": 2}
    assert with_parameter(Request(name="", document={"a": 1}), "b", 2).document == {"a": 1, "b": 2}
