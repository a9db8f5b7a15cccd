"""OGC API Features against a local server that speaks it, well and with its bad habits."""

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
    nth,
    repeating,
    serving,
    told,
    trickling,
    turned,
)

from connectors.ogc_features import OgcFeatures
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import CsvFormat, GeoJsonFormat

ISSY = (2.2697, 48.8240)  # the town hall of Issy-les-Moulineaux: longitude, latitude
LAMBERT = "http://www.opengis.net/def/crs/EPSG/0/2154"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON = GeoJsonFormat(type="geojson")
FILTERS = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter"


def feature(number, place=ISSY, **properties):
    return {
        "type": "Feature", "id": f"arbres.{number}", "properties": {"numero": number, **properties},
        "geometry": {"type": "Point", "coordinates": list(place)},
    }  # fmt: skip


TREES = [feature(number) for number in range(1, 8)]


def api(features=TREES, matched=True, limit=3, links=None, headers=None):
    """A service under /ogc: landing below it, `limit` features a page at most, relative links."""

    def answered(asked):
        assert asked.path.startswith("/ogc/"), asked.path
        where = asked.path.removeprefix("/ogc/")
        if where == "collections/arbres":
            extent = {"spatial": {"bbox": [[2.2, 48.8, 2.3, 48.9]], "crs": CRS84}}
            return told({"id": "arbres", "extent": extent, "crs": ["#/crs", CRS84]})
        if where == "collections":
            return told({"collections": [], "crs": [CRS84, LAMBERT]})
        if where == "conformance":
            return told({"conformsTo": [FILTERS]})
        if where != "collections/arbres/items":
            return told({"code": "NotFound", "description": "no such collection"}, 404)
        start, size = int(asked.query.get("offset", 0)), min(int(asked.query["limit"]), limit)
        chosen, end = features[start : start + size], start + size
        self = {"rel": "self", "href": asked.url}
        html = {"rel": "next", "type": "text/html", "href": "?f=html"}
        following = {
            "rel": "next",
            "type": "application/geo+json",
            "href": "items?" + urlencode({**asked.query, "offset": end}),
        }
        page = {
            "type": "FeatureCollection", "features": chosen, "numberReturned": len(chosen),
            "links": [self, html, following] if end < len(features) else [self],
        }  # fmt: skip
        if matched:
            page["numberMatched"] = len(features)
        return told(page, **(headers or {}))

    return answered


@pytest.fixture
def fetch(connect, visit):
    """What a visit brought, held to what was announced, and the asked addresses."""

    def fetched(handler, since=None, promised=GEOJSON, **options):
        with serving(handler) as server:
            kind = OgcFeatures.model_validate({"path": "ogc", "collection": "arbres", **options})
            found = kind.fetch(connect(server.url), replace(visit, promised=promised, since=since))
            found.require_whole(visit.place)
            return found, server

    return fetched


def items(server):
    return [one for one in server.asked if one.path.endswith("/items")]


def numbers(fetched):
    pages = [json.loads(file.path.read_bytes()) for file in fetched.files]
    return [one["properties"]["numero"] for page in pages for one in page["features"]]


def at_items(habit_at, handler):
    """The habit at the items alone: the collection's description is always well."""
    bad = habit_at(handler)
    return lambda asked: (bad if asked.path.endswith("/items") else handler)(asked)


def test_all_features_arrive_over_relative_links(fetch):
    found, server = fetch(api())
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]
    assert (found.rows, found.expected) == (7, 7)
    assert [file.name for file in found.files] == ["page-00001.json", "page-00002.json", "page-00003.json"]
    assert [one.query["limit"] for one in items(server)] == ["1000"] * 3
    assert "f=html" not in "".join(server.urls)
    assert json.loads(found.files[0].path.read_bytes())["features"][0]["geometry"]["coordinates"] == list(
        ISSY
    )


def test_without_number_matched_the_end_is_the_page_that_links_to_no_other(fetch):
    found, _ = fetch(api(matched=False))
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]
    assert found.expected is None
    assert found.proof == "no count: 7 records on 3 pages; the last one links to no other"


def test_a_collection_without_features_gives_none(fetch):
    found, _ = fetch(api([]))
    assert (found.rows, found.expected, len(found.files)) == (0, 0, 1)


def test_the_citys_part_is_asked_for(fetch):
    _, server = fetch(api(), bbox=[2.24, 48.81, 2.29, 48.84], filter="insee = '92040'", query={"f": "json"})
    (first, *_) = items(server)
    assert first.query == {
        "f": "json", "limit": "1000", "bbox": "2.24,48.81,2.29,48.84", "filter": "insee = '92040'",
        "filter-lang": "cql2-text",
    }  # fmt: skip


def test_a_filter_that_the_source_would_ignore_is_refused(fetch):
    deaf = edited(lambda page: page.update(conformsTo=[]))
    handler = api()
    with pytest.raises(SourceChanged, match="does not say that it knows `filter`"):
        fetch(
            lambda asked: (deaf(handler) if "conformance" in asked.path else handler)(asked), filter="a = 1"
        )


def test_since_is_put_into_the_query(fetch):
    query = {"datetime": "{since}/.."}
    _, full = fetch(api(), query=query)
    _, part = fetch(api(), query=query, since="2026-03-10T11:00:00Z")
    assert "datetime" not in items(full)[0].query
    assert items(part)[0].query["datetime"] == "2026-03-10T11:00:00Z/.."


def test_another_system_is_asked_for_by_the_name_that_the_source_gives_it(fetch):
    _, server = fetch(
        api([feature(1, (646_800.0, 6_858_300.0))], headers={"Content_Crs": f"<{LAMBERT}>"}), crs="EPSG:2154"
    )
    assert items(server)[0].query["crs"] == LAMBERT


def test_a_system_that_is_not_offered_is_refused(fetch):
    with pytest.raises(SourceChanged, match=r"does not offer EPSG:3949; promised was .*CRS84"):
        fetch(api(), crs="EPSG:3949")


@pytest.mark.parametrize(
    ("told_crs", "asked"),
    [(CRS84, "EPSG:2154"), (LAMBERT, None), ("http://www.opengis.net/def/crs/EPSG/0/4326", None)],
)
def test_a_source_that_sends_another_system_is_refused(fetch, told_crs, asked):
    with pytest.raises(SourceChanged, match="the source sends coordinates of"):
        fetch(api(headers={"Content_Crs": f"<{told_crs}>"}), **({"crs": asked} if asked else {}))


def test_latitudes_that_come_first_are_noticed(fetch):
    with pytest.raises(SourceChanged, match="writes the latitude before the longitude"):
        fetch(api([feature(1, ISSY[::-1])]))


# Bad habits that pass


@pytest.mark.parametrize("habit", [cut(), busy("1"), down("2"), trickling(piece=200, pause=0.001)])
def test_what_may_pass_is_waited_for(fetch, habit):
    found, _ = fetch(at_items(lambda handler: nth(2, habit, handler), api()))
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]


def test_a_limit_that_the_source_clamps_loses_nothing(fetch):
    found, server = fetch(at_items(clamped("limit", 2), api()))
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]
    assert len(items(server)) == 4


def test_the_link_may_stand_in_the_header(fetch):
    def moved(handler):
        def answered(asked):
            page = json.loads(handler(asked).body)
            following = [
                one["href"] for one in page.pop("links") if one["rel"] == "next" and "json" in one["type"]
            ]
            return told(page, **({"Link": f'<{following[0]}>; rel="next"'} if following else {}))

        return answered

    found, _ = fetch(at_items(moved, api()))
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]


# Bad habits that are told


@pytest.mark.parametrize("matched", [True, False])
def test_a_page_that_comes_twice_is_told(fetch, matched):
    with pytest.raises(SourceIncomplete, match="page 2 leads back to page 2|same records as page 1"):
        fetch(at_items(repeating(), api(matched=matched)))


def test_a_next_that_is_dropped_is_missed_by_the_count(fetch):
    dropped = edited(lambda page: page.pop("links"))
    with pytest.raises(SourceIncomplete, match="3 records were received; promised was 7"):
        fetch(at_items(dropped, api()))


def test_a_count_that_disagrees_is_told(fetch):
    more = edited(lambda page: page.update(numberMatched=9))
    with pytest.raises(SourceIncomplete, match="7 records were received; promised was 9"):
        fetch(at_items(more, api()))


def test_a_page_that_holds_less_than_it_announces_is_told(fetch):
    short = edited(lambda page: page["features"].pop())
    with pytest.raises(SourceIncomplete, match=r"page-00002.json announces 3 features and holds 2"):
        fetch(at_items(lambda handler: nth(2, short, handler), api(matched=False)))


def test_a_source_that_changes_between_pages_is_asked_again_later(fetch):
    with pytest.raises(SourceUnavailable, match="7 records at first, 6 by page 2"):
        fetch(turned(2, api(), api(TREES[1:])))


def test_a_record_that_moved_to_the_next_page_is_told_even_if_the_count_agrees(fetch):
    moved = [feature(0), *TREES[:-1]]  # one came in front and the last went: page 2 begins with 3 again
    with pytest.raises(SourceIncomplete, match="1 of 7 records came twice, so that as many may be missing"):
        fetch(turned(2, api(), api(moved)))


def test_an_error_inside_a_200_is_told_in_its_words(fetch):
    error = failing({"code": "NoApplicableCode", "message": "ORA-01555: snapshot too old"})
    with pytest.raises(SourceChanged, match="« ORA-01555: snapshot too old »"):
        fetch(at_items(lambda handler: nth(2, error, handler), api()))


@pytest.mark.parametrize(
    ("answer", "met"),
    [
        (
            Answer(b"<!DOCTYPE html><html>login</html>", headers={"Content-Type": "text/html"}),
            "sent a web page",
        ),
        (Answer(b'{"type": "FeatureCollection", "features": [{"id"'), "page-00001.json is not JSON"),
        (told({"type": "Feature", "properties": {}}), "nothing at 'features'"),
        (told({"features": [], "numberMatched": "beaucoup"}), "tells no number at 'numberMatched'"),
    ],
)
def test_something_else_than_a_page_is_told(fetch, answer, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(at_items(lambda _: lambda asked: answer, api()))


def test_another_format_is_refused(fetch):
    with pytest.raises(SourceChanged, match=r"reads pages of GeoJSON; promised was csv.*type: geojson"):
        fetch(api(), promised=CsvFormat(type="csv"))


@pytest.mark.parametrize(
    ("options", "met"),
    [
        ({"collection": "a/b"}, "collection"),
        ({"collection": "a", "crs": "Lambert"}, "not known by x before y"),
        ({"collection": "a", "crs": "EPSG:4326"}, "leave `crs` out"),
        ({"collection": "a", "crs": "EPSG:999999"}, "not known by x before y"),
        ({"collection": "a", "query": {"limit": 5}}, "limit in `query`"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, met):
    with pytest.raises(ValidationError, match=met):
        OgcFeatures.model_validate(options)
