"""ArcGIS layers against a local server, new and old, with their bad habits: every feature or one clear sentence."""

from dataclasses import replace

import pytest
from connectors_arcgis import LAYER, OLD, PATH, TREES, layer, object_ids, tree
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
    repeating,
    serving,
    told,
    trickling,
    turned,
)

from connectors.arcgis import Arcgis
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import ArcgisFormat, GeoJsonFormat

FORMAT = ArcgisFormat(type="arcgis")
UNCOUNTED = {**OLD, "fields": [one for one in LAYER["fields"] if one["name"] != "OBJECTID"]}
WAYS = {"offset": LAYER, "offset, esri JSON": {**LAYER, "supportedQueryFormats": "JSON"}, "object ids": OLD}


@pytest.fixture
def fetch(connect, visit):
    """What a visit brought, held to what was announced, and the server."""

    def fetched(handler, promised=FORMAT, **options):
        with serving(handler) as server:
            kind = Arcgis.model_validate({"path": PATH, **options})
            found = kind.fetch(connect(server.url), replace(visit, promised=promised))
            found.require_whole(visit.place)
            return found, server

    return fetched


def features_asked(server):
    return [one for one in server.asked if "outFields" in one.query or "outFields" in one.form]


def at_pages(habit, handler):
    """The habit at the pages of features alone."""
    bad = habit(handler)
    return lambda asked: (bad if "outFields" in {**asked.query, **asked.form} else handler)(asked)


@pytest.mark.parametrize("way", WAYS)
def test_every_feature_arrives_behind_the_layers_description(fetch, way):
    found, server = fetch(layer(about=WAYS[way]))
    assert sorted(object_ids(found)) == [1, 2, 3, 4, 5, 6, 7]
    assert (found.rows, found.expected) == (7, 7)
    suffix = "geojson" if way == "offset" else "json"
    pages = [f"page-0000{number}.{suffix}" for number in (1, 2, 3)]
    assert [file.name for file in found.files] == ["layer.json", *pages]
    assert found.proof == (
        "count: 7 records on 3 pages, as announced; every object id that the layer names came once, and no other"
    )
    assert {one.method for one in features_asked(server)} == ({"POST"} if way == "object ids" else {"GET"})


def test_pages_are_asked_for_in_the_order_of_object_ids_in_wgs_84(fetch):
    _, server = fetch(layer(), where="code_insee = '92040'", bbox=[2.24, 48.81, 2.29, 48.84])
    first = features_asked(server)[0].query
    assert {name: first[name] for name in ("orderByFields", "outSR", "returnTrueCurves", "f", "where", "outFields")} == {
        "orderByFields": "OBJECTID", "outSR": "4326", "returnTrueCurves": "false", "f": "geojson",
        "where": "code_insee = '92040'", "outFields": "*",
    }  # fmt: skip
    questions = [one.query for one in server.asked if one.path.endswith("/query")]
    assert {one["where"] for one in questions} == {"code_insee = '92040'"}
    assert {one["geometry"] for one in questions} == {"2.24,48.81,2.29,48.84"}


def test_named_fields_are_asked_for_with_the_object_id(fetch):
    _, server = fetch(layer(), fields=["RUE", "ETAT"])
    assert features_asked(server)[0].query["outFields"] == "RUE,ETAT,OBJECTID"


def test_an_empty_layer_gives_an_empty_page(fetch):
    for about in WAYS.values():
        found, _ = fetch(layer([], about))
        assert (found.rows, found.expected, len(found.files)) == (0, 0, 2)


def test_a_layer_without_object_ids_must_fit_into_one_answer(fetch):
    found, _ = fetch(layer(TREES[:3], UNCOUNTED))
    assert found.rows == 3
    assert found.proof.endswith("so a double is not seen")
    with pytest.raises(SourceIncomplete, match="page 1 is the last although it says that others follow"):
        fetch(layer(TREES, UNCOUNTED))


def test_a_layer_in_an_unknown_zone_is_asked_as_its_server_demands(fetch):
    _, server = fetch(layer(about={**LAYER, "datesInUnknownTimezone": True}))
    assert {one.query.get("timeReferenceUnknownClient") for one in server.asked[1:]} == {"true"}


# Bad habits that pass


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "habit",
    [cut(), busy("1"), down("2"), trickling(piece=200, pause=0.001)],
    ids=["cut", "busy", "down", "trickling"],
)
def test_what_may_pass_is_waited_for(fetch, way, habit):
    found, _ = fetch(at_pages(lambda handler: nth(2, habit, handler), layer(about=WAYS[way])))
    assert sorted(object_ids(found)) == [1, 2, 3, 4, 5, 6, 7]


def test_a_page_size_that_the_server_clamps_loses_nothing(fetch):
    found, server = fetch(at_pages(clamped("resultRecordCount", 2), layer()))
    assert sorted(object_ids(found)) == [1, 2, 3, 4, 5, 6, 7]
    assert len(features_asked(server)) == 4


def test_an_exceeded_limit_that_is_not_told_loses_nothing(fetch):
    quiet = edited(lambda page: (page.pop("exceededTransferLimit", 0), page.pop("properties", 0)))
    for about in (WAYS["offset"], WAYS["offset, esri JSON"]):
        found, _ = fetch(at_pages(quiet, layer(about=about)))
        assert sorted(object_ids(found)) == [1, 2, 3, 4, 5, 6, 7]


def test_an_exceeded_limit_that_is_told_of_the_last_page_costs_one_question(fetch):
    loud = edited(lambda page: page["features"] and page.update(exceededTransferLimit=True))
    found, server = fetch(at_pages(loud, layer()))
    assert sorted(object_ids(found)) == [1, 2, 3, 4, 5, 6, 7]
    assert len(features_asked(server)) == 4


# Bad habits that are told


@pytest.mark.parametrize("way", ["offset", "offset, esri JSON"])
def test_an_offset_that_the_server_ignores_is_told(fetch, way):
    with pytest.raises(SourceIncomplete, match="page 2 holds the same records as page 1"):
        fetch(at_pages(forgetting("resultOffset"), layer(about=WAYS[way])))


def test_a_chunk_that_comes_twice_is_told(fetch):
    with pytest.raises(SourceIncomplete, match="page 2 holds the same records as page 1"):
        fetch(at_pages(repeating(), layer(about=OLD)))


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_that_lacks_a_feature_is_told(fetch, way):
    short = edited(lambda page: page["features"].pop(0))
    with pytest.raises(SourceIncomplete, match="1 of 7 announced records did not come, and 0 others did"):
        fetch(at_pages(lambda handler: nth(3, short, handler), layer(about=WAYS[way])))


def test_an_order_that_the_server_ignores_is_told(fetch):
    with pytest.raises(
        SourceIncomplete, match=r"(\d) of 7 records came twice, so that as many may be missing"
    ):
        fetch(at_pages(forgetting("orderByFields"), layer()))


def test_a_count_that_disagrees_with_the_object_ids_is_told(fetch):
    with pytest.raises(SourceIncomplete, match="7 records were received; promised was 9"):
        fetch(layer(about=OLD, count=9))
    with pytest.raises(SourceIncomplete, match="0 of 6 announced records did not come, and 1 others did"):
        fetch(layer(ids=[1, 2, 3, 4, 5, 6]))


def test_a_record_that_slipped_between_two_pages_is_missed_although_the_count_agrees(fetch):
    """One was deleted on the first page and one added at the end: offset 3 begins with 5, and 4 is on no page."""
    shifted = [one for one in TREES if one[0]["OBJECTID"] != 2] + [tree(8)]
    with pytest.raises(SourceUnavailable, match="the layer changed while it was read"):
        fetch(turned(4, layer(), layer(shifted)))  # behind its description, ids, count and first page


def test_a_layer_that_grows_while_it_is_read_is_asked_again_later(fetch):
    grown = iter([7, 8])

    def answered(asked):
        return told({"count": next(grown)}) if "returnCountOnly" in asked.query else layer()(asked)

    with pytest.raises(SourceUnavailable, match="7 records at first, 8 by the source, asked again"):
        fetch(answered)


def test_an_error_inside_a_200_is_told_in_its_words(fetch):
    with pytest.raises(SourceChanged, match="« Unable to complete operation. »"):
        fetch(at_pages(lambda handler: nth(2, failing(), handler), layer()))


@pytest.mark.parametrize(("code", "words"), [(498, "Invalid token."), (499, "Token Required")])
def test_a_token_that_is_wanted_is_told_with_its_remedy(fetch, code, words):
    wanted = failing({"error": {"code": code, "message": words, "details": []}})
    with pytest.raises(SourceChanged, match=rf"« {words} ».*Check the login, the password and the extra"):
        fetch(wanted(layer()))


def test_coordinates_of_another_system_are_told(fetch):
    mercator = edited(lambda page: page.update(spatialReference={"wkid": 102100, "latestWkid": 3857}))
    with pytest.raises(SourceChanged, match="another reference system than it was asked for"):
        fetch(at_pages(mercator, layer(about=WAYS["offset, esri JSON"])))


@pytest.mark.parametrize(
    ("about", "met"),
    [
        ({"type": "Group Layer"}, "the address is of a Group Layer; promised was a layer or a table"),
        ({"type": None}, "the address describes no layer"),
        ({"capabilities": "Map"}, "the layer allows Map; promised was Query"),
    ],
)
def test_what_cannot_be_queried_is_refused(fetch, about, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(layer(about={**LAYER, **about}))


def test_a_web_page_and_another_format_are_refused(fetch):
    page = Answer(b"<!DOCTYPE html><html>Sign in</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(SourceChanged, match="sent a web page"):
        fetch(lambda _: page)
    with pytest.raises(SourceChanged, match=r"promised was geojson.*type: arcgis"):
        fetch(layer(), promised=GeoJsonFormat(type="geojson"))


@pytest.mark.parametrize(
    "path", ["rest/services/Arbres/FeatureServer", "rest/services/Arbres/ImageServer/0", "x"]
)
def test_a_path_that_is_no_layers_is_refused(path):
    with pytest.raises(ValidationError, match="path"):
        Arcgis(path=path)
