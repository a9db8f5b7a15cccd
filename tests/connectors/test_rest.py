"""A JSON API in each of the four ways of paging, well and with each bad habit: right rows or one clear sentence."""

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError
from web_habits import (
    Answer,
    busy,
    clamped,
    cut,
    down,
    edited,
    failing,
    forgetting,
    nth,
    serving,
    told,
    trickling,
    turned,
)

from connectors.rest import Rest
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import CsvFormat, GeoJsonFormat, JsonFormat

STATIONS = [{"id": number, "nom": f"Station {number}"} for number in range(1, 8)]
JSON = JsonFormat(type="json", records="data.items")


def api(stations=STATIONS, total=None):
    """Seven stations, three a page at most, by whatever way of paging the question has."""

    def answered(asked):
        query = {**asked.query, **(asked.json if asked.body else {})}
        size = int(query.get("limit", 3))
        page, cursor = query.get("page"), query.get("cursor")
        start = (int(page) - 1) * size if page else int(cursor or query.get("offset", 0))
        items, end = stations[start : start + size], start + size
        more = end < len(stations)
        link = "?" + urlencode({**query, "offset": end}) if more else None
        headers = {"X-Total-Count": str(len(stations))} | ({"Link": f'<{link}>; rel="next"'} if more else {})
        return told(
            {
                "meta": {"total": len(stations) if total is None else total, "more": more, "offset": start},
                "next": {"cursor": str(end) if more else None, "url": link},
                "data": {"items": items},
            },
            **headers,
        )

    return answered


PAGE = {"by": "page", "size": 3, "size_parameter": "limit"}
OFFSET = {"by": "offset", "size": 3, "size_parameter": "limit"}
CURSOR = {"by": "cursor", "next": "next.cursor"}
LINK = {"by": "link", "next": "next.url"}
WAYS = {"page": PAGE, "offset": OFFSET, "cursor": CURSOR, "link": LINK}


@pytest.fixture
def fetch(connect, visit):
    """Fetches from a handler: what the visit brought, held to what was announced, and the asked addresses."""

    def fetched(handler, promised=JSON, since=None, **options):
        with serving(handler) as server:
            connector = Rest.model_validate({"path": "stations", **options})
            found = connector.fetch(connect(server.url), replace(visit, promised=promised, since=since))
            found.require_whole(visit.place)
            return found, server.urls

    return fetched


def rows(fetched):
    return [
        one["id"] for file in fetched.files for one in json.loads(file.path.read_bytes())["data"]["items"]
    ]


def whole(fetched):
    return rows(fetched) == [1, 2, 3, 4, 5, 6, 7] and fetched.rows == 7


@pytest.mark.parametrize("way", WAYS)
def test_all_pages_arrive_and_are_as_many_as_the_source_counts(fetch, way):
    found, asked = fetch(api(), count="meta.total", paging=WAYS[way])
    assert whole(found)
    assert (found.expected, len(asked)) == (7, 3)
    assert [file.name for file in found.files] == ["page-00001.json", "page-00002.json", "page-00003.json"]
    assert found.proof == "count: 7 records on 3 pages, as announced"


@pytest.mark.parametrize(
    ("way", "pages", "end"),
    [
        ("page", 4, "the last one is empty"),
        ("offset", 4, "the last one is empty"),
        ("cursor", 3, "the last one has no cursor"),
        ("link", 3, "the last one links to no other"),
    ],
)
def test_without_a_count_the_proof_says_by_what_the_end_was_known(fetch, way, pages, end):
    found, asked = fetch(api(), paging=WAYS[way])
    assert whole(found)
    assert (found.expected, len(asked)) == (None, pages)
    assert found.proof == f"no count: 7 records on {pages} pages; {end}"


@pytest.mark.parametrize("way", ["page", "offset"])
def test_the_sources_word_that_no_more_follow_is_an_end(fetch, way):
    found, asked = fetch(api(), paging={**WAYS[way], "more": "meta.more"})
    assert whole(found)
    assert len(asked) == 3
    assert found.proof.endswith("the last one says that no more follow")


def test_links_may_stand_in_a_header_and_so_may_the_count(fetch):
    found, asked = fetch(api(), count_header="X-Total-Count", query={"limit": 4}, paging={"by": "link"})
    assert whole(found)
    assert asked == ["/stations?limit=4", "/stations?limit=4&offset=4"]
    assert found.expected == 7


def test_a_document_is_posted_with_the_paging_in_it(connect, visit):
    with serving(api()) as server:
        rest = Rest(
            path="search", document={"filter": {"commune": "92040"}}, paging=OFFSET, count="meta.total"
        )
        found = rest.fetch(connect(server.url), replace(visit, promised=JSON))
    assert whole(found)
    assert [one.json for one in server.asked] == [
        {"filter": {"commune": "92040"}, "offset": start, "limit": 3} for start in (0, 3, 6)
    ]


def test_one_page_needs_no_paging(fetch):
    found, asked = fetch(api(), query={"limit": 100}, count="meta.total")
    assert whole(found)
    assert asked == ["/stations?limit=100"]


def test_an_api_without_records_gives_none_and_says_so(fetch):
    found, _ = fetch(api([]), count="meta.total", paging=OFFSET)
    assert (found.rows, found.expected, len(found.files)) == (0, 0, 1)


def test_since_is_put_into_the_query_and_left_out_of_a_full_load(fetch):
    query = {"updated_after": "{since}", "lang": "fr"}
    _, full = fetch(api(STATIONS[:2]), query=query)
    _, part = fetch(api(STATIONS[:2]), query=query, since="2026-03-10T11:00:00Z")
    assert full == ["/stations?lang=fr"]
    assert part == ["/stations?updated_after=2026-03-10T11%3A00%3A00Z&lang=fr"]


def test_since_is_put_into_a_document_at_any_depth(connect, visit):
    document = {"range": {"date": {"gte": "{since}", "lte": "now"}}, "tags": ["{since}", "x"]}
    with serving(api(STATIONS[:2])) as server:
        rest = Rest(document=document)
        for since in (None, "2026-03-10"):
            rest.fetch(connect(server.url), replace(visit, promised=JSON, since=since))
    assert [one.json for one in server.asked] == [
        {"range": {"date": {"lte": "now"}}, "tags": ["x"]},
        {"range": {"date": {"gte": "2026-03-10", "lte": "now"}}, "tags": ["2026-03-10", "x"]},
    ]


# Bad habits that pass: the rows are right


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("habit", [cut(), busy("1"), busy(), down("2"), trickling(piece=40, pause=0.001)])
def test_what_may_pass_is_waited_for(fetch, way, habit):
    found, _ = fetch(nth(2, habit, api()), count="meta.total", paging=WAYS[way])
    assert whole(found)


@pytest.mark.parametrize("count", [{"count": "meta.total"}, {}])
@pytest.mark.parametrize("way", ["page", "offset"])
def test_a_page_size_that_the_source_clamps_loses_nothing(fetch, way, count):
    paging = {**WAYS[way], "size": 1000}
    found, asked = fetch(clamped("limit", 2)(api()), paging=paging, **count)
    assert whole(found)
    assert len(asked) == (4 if count else 5)


def test_an_offset_goes_on_after_what_came_even_if_one_page_is_shorter(fetch):
    found, asked = fetch(nth(2, clamped("limit", 1), api()), paging=OFFSET)
    assert whole(found)
    assert [url.partition("offset=")[2][0] for url in asked] == ["0", "3", "4", "7"]


# Bad habits that are told


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", [{"count": "meta.total"}, {}])
def test_a_page_that_comes_twice_is_told(fetch, way, count):
    def twice(handler):
        kept = []

        def answered(asked):
            kept.append(handler(asked))
            if len(kept) != 2:
                return kept[-1]
            page, again = json.loads(kept[1].body), json.loads(kept[0].body)["data"]
            return told({**page, "data": again})  # only what stands beside the records is new

        return answered

    with pytest.raises(SourceIncomplete, match="page 2 holds the same records as page 1"):
        fetch(twice(api()), paging=WAYS[way], **count)


@pytest.mark.parametrize("way", ["page", "offset"])
def test_a_parameter_that_the_source_does_not_know_is_told(fetch, way):
    with pytest.raises(SourceIncomplete, match=r"same records as page 1.*names of the paging parameters"):
        fetch(forgetting("page", "offset")(api()), count="meta.total", paging=WAYS[way])


@pytest.mark.parametrize("way", ["cursor", "link"])
def test_a_next_that_leads_back_is_told(fetch, way):
    back = edited(lambda page: page["next"].update(cursor="3", url="?offset=3"))
    with pytest.raises(SourceIncomplete, match=r"page 3 leads back to page 2"):
        fetch(nth(3, back, api()), paging=WAYS[way])


@pytest.mark.parametrize("way", ["cursor", "link"])
def test_a_next_that_is_dropped_is_missed_by_the_count(fetch, way):
    dropped = edited(lambda page: page.pop("next"))
    with pytest.raises(SourceIncomplete, match="6 records were received; promised was 7"):
        fetch(nth(2, dropped, api()), count="meta.total", paging=WAYS[way])


@pytest.mark.parametrize("way", ["page", "offset"])
def test_an_empty_page_before_the_announced_end_is_missed_by_the_count(fetch, way):
    empty = edited(lambda page: page["data"].update(items=[]))
    with pytest.raises(SourceIncomplete, match="3 records were received; promised was 7"):
        fetch(nth(2, empty, api()), count="meta.total", paging=WAYS[way])


@pytest.mark.parametrize("way", ["page", "offset"])
def test_an_empty_page_that_says_that_more_follow_is_no_end(fetch, way):
    empty = edited(lambda page: page["data"].update(items=[]))
    with pytest.raises(SourceIncomplete, match="page 2 is the last although it says that others follow"):
        fetch(nth(2, empty, api()), paging={**WAYS[way], "more": "meta.more"})


def test_a_page_by_number_that_is_not_full_before_the_last_is_told(fetch):
    short = edited(lambda page: page["data"]["items"].pop())
    with pytest.raises(SourceIncomplete, match="pages 2 and 3 hold 2 and 1 records, the first holds 3"):
        fetch(nth(2, short, api()), paging=PAGE)


@pytest.mark.parametrize("way", WAYS)
def test_a_source_that_changes_between_pages_is_asked_again_later(fetch, way):
    with pytest.raises(
        SourceUnavailable, match=r"changed while it was read: 7 records at first, 6 by page 2"
    ):
        fetch(turned(1, api(), api(STATIONS[1:])), count="meta.total", paging=WAYS[way])


@pytest.mark.parametrize(
    ("way", "total"), [*((way, 8) for way in WAYS), ("cursor", 6), ("link", 6), ("page", 5), ("offset", 5)]
)
def test_a_count_that_disagrees_is_told_with_both_numbers(fetch, way, total):
    with pytest.raises(SourceIncomplete, match=rf"[67] records were received; promised was {total}"):
        fetch(api(total=total), count="meta.total", paging=WAYS[way])


@pytest.mark.parametrize("way", ["page", "offset"])
def test_a_count_that_stops_at_ten_thousand_is_no_count(fetch, way):
    with pytest.raises(
        SourceIncomplete, match=r"10000 records, where Elasticsearch stops counting.*`count:`"
    ):
        fetch(api(total=10_000), count="meta.total", paging=WAYS[way])


@pytest.mark.parametrize("way", WAYS)
def test_an_error_inside_a_200_is_told_in_its_words(fetch, way):
    error = failing({"error": {"code": 400, "message": "Unable to complete operation."}})
    with pytest.raises(SourceChanged, match="« Unable to complete operation. »"):
        fetch(nth(2, error, api()), count="meta.total", paging=WAYS[way])


@pytest.mark.parametrize(
    ("answer", "met"),
    [
        (told({"data": {"rows": []}, "meta": {"total": 7}}), "nothing at 'data.items'"),
        (told({"data": {"items": {"1": {}}}}), "an object at 'data.items'"),
        (told({"data": {"items": None}, "error": {"message": "quota"}, "x": 1}), "null at 'data.items'"),
        (told({"data": None}), "nothing at 'data.items'"),
        (Answer(b'{"data": {"items": [1, 2'), r"page-00001.json is not JSON"),
        (Answer(b"[" * 200_000), r"page-00001.json is not JSON"),
        (told({"data": {"items": [1]}}), "tells no number at 'meta.total'"),
        (told({"data": {"items": [1]}, "meta": {"total": "many"}}), "tells no number at 'meta.total'"),
        (told({"data": {"items": [1]}, "meta": {"total": True}}), "tells no number at 'meta.total'"),
        (told({"data": {"items": [1]}, "meta": {"total": -1}}), "tells no number at 'meta.total'"),
    ],
)
def test_something_else_than_a_page_is_told(fetch, answer, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(lambda _: answer, count="meta.total", paging=LINK)


@pytest.mark.parametrize("link", ["ftp://example.org/p2", "http://[::1", "javascript:next()"])
def test_a_link_that_leads_nowhere_is_refused(fetch, link):
    lead = edited(lambda page: page["next"].update(url=link))
    with pytest.raises(SourceChanged, match="the source links to something that is not a web address"):
        fetch(lead(api()), paging=LINK)


def test_pages_of_another_format_than_json_are_refused(fetch):
    with pytest.raises(SourceChanged, match="`kind: rest` reads pages of JSON; promised was csv"):
        fetch(api(), promised=CsvFormat(type="csv"))
    assert Rest().format_fault(JsonFormat(type="jsonl")) is not None
    assert Rest().format_fault(JsonFormat(type="json", records="items")) is None
    assert Rest().format_fault(GeoJsonFormat(type="geojson")) is None


def test_a_total_as_digits_and_features_of_geojson_are_understood(fetch):
    page = {"type": "FeatureCollection", "features": [{"type": "Feature"}], "count": "1"}
    found, _ = fetch(lambda _: told(page), promised=GeoJsonFormat(type="geojson"), count="count")
    assert (found.rows, found.expected) == (1, 1)


def test_all_pages_together_stay_within_the_bytes_of_the_contract(fetch):
    with pytest.raises(SourceChanged, match=r"more than .* bytes.*`max_bytes:`"):
        fetch(api(), paging=OFFSET, max_bytes=400)


def test_pages_without_end_stop_at_the_time_limit(visit, connect):
    def endless(asked):
        start = int(asked.query["offset"])
        return told({"data": {"items": [start]}})

    with serving(endless) as server:
        rest = Rest(paging={"by": "offset"}, time_limit=0.2)
        with pytest.raises(SourceUnavailable, match="did not end in time"):
            rest.fetch(connect(server.url, requests_per_second=1000), replace(visit, promised=JSON))
    assert len(server.asked) > 5


@pytest.mark.parametrize(
    ("options", "met"),
    [
        ({"path": "https://elsewhere.example/a"}, "the connection holds the host"),
        ({"path": "a?b=1"}, "goes under `query:`"),
        ({"paging": {"by": "cursor"}}, "next"),
        ({"paging": {"by": "offset", "size": 10}}, "go together"),
        ({"paging": {"by": "link", "more": "x"}}, "more"),
        ({"paging": {"by": "scroll"}}, "scroll"),
        ({"count": "meta.total", "count_header": "X-Total-Count"}, "not both"),
        ({"count": ""}, "count"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, met):
    with pytest.raises(ValidationError, match=met):
        Rest.model_validate(options)
