"""WFS 2.0.0 and 1.1.0 against a local server, in GeoJSON and GML, with their bad habits."""

import json
import re
from dataclasses import replace

import pytest
from connectors_wfs import DEGREES, GML, ISSY, JSON, LAMBERT, TREES, capabilities, report, service, tree, xml
from pydantic import ValidationError
from web_habits import (
    Answer,
    busy,
    cut,
    down,
    edited,
    failing,
    first,
    forgetting,
    nth,
    saying,
    serving,
    trickling,
    turned,
)

from connectors.wfs import Wfs
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import CsvFormat, GeoJsonFormat, GmlFormat

FORMATS = {"geojson": GeoJsonFormat(type="geojson"), "gml": GmlFormat(type="gml")}
WAYS = [(version, output) for version in ("2.0.0", "1.1.0") for output in FORMATS]


@pytest.fixture
def fetch(connect, visit):
    """What a visit brought, held to what was announced, and the server."""

    def fetched(handler, output="geojson", **options):
        promised = FORMATS.get(output, CsvFormat(type="csv"))
        with serving(handler) as server:
            kind = Wfs.model_validate({"path": "wfs", "type_name": "ville:arbres", "page": 3, **options})
            found = kind.fetch(connect(server.url), replace(visit, promised=promised))
            found.require_whole(visit.place)
            return found, server

    return fetched


def numbers(fetched):
    found = []
    for file in fetched.files:
        text = file.path.read_text()
        found += re.findall(r"<ville:numero>(\d+)<", text) or [
            one["properties"]["numero"]
            for one in (json.loads(text)["features"] if text.startswith("{") else ())
        ]
    return [int(one) for one in found]


def pages(server):
    return [
        one.query
        for one in server.asked
        if one.query["request"] == "GetFeature" and "resultType" not in one.query
    ]


def at_pages(habit, handler):
    """The habit at the pages of features alone."""
    bad = habit(handler)
    is_page = lambda asked: asked.query["request"] == "GetFeature" and "resultType" not in asked.query  # noqa: E731
    return lambda asked: (bad if is_page(asked) else handler)(asked)


def replaced(old, new):
    """The answer's text with something else in it."""

    def habit(handler):
        def answered(asked):
            answer = handler(asked)
            assert old.encode() in answer.body
            return replace(answer, body=answer.body.replace(old.encode(), new.encode()))

        return answered

    return habit


@pytest.mark.parametrize(("version", "output"), WAYS)
def test_all_features_arrive_and_are_as_many_as_the_hits(fetch, version, output):
    found, server = fetch(service(version=version), output)
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]
    assert (found.rows, found.expected) == (7, 7)
    assert [file.name for file in found.files] == [f"page-0000{number}.{output}" for number in (1, 2, 3)]
    assert found.proof == "count: 7 records on 3 pages, as announced"
    size = "count" if version == "2.0.0" else "maxFeatures"
    assert [(one[size], one["startIndex"], one["srsName"]) for one in pages(server)] == [
        ("3", start, DEGREES) for start in ("0", "3", "6")
    ]
    assert pages(server)[0]["outputFormat"] == (JSON if output == "geojson" else GML[version])


def test_a_service_that_says_that_it_pages_is_paged_and_another_is_asked_at_once(fetch):
    _, paged = fetch(service(), page=None)
    _, whole = fetch(service(about=capabilities(paging=None)), page=None)
    assert pages(paged)[0]["count"] == "1000"
    assert [one.get("count", one.get("startIndex")) for one in pages(whole)] == [None]


@pytest.mark.parametrize("output", FORMATS)
def test_where_the_service_gives_a_link_to_the_next_page_it_is_followed(fetch, output):
    found, server = fetch(service(about=capabilities(paging=None), links=True, most=3), output, page=None)
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]
    assert len(pages(server)) == 3


@pytest.mark.parametrize("output", FORMATS)
def test_unknown_hits_are_said_to_be_unknown(fetch, output):
    found, _ = fetch(service(hits="unknown"), output)
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]
    assert found.expected is None
    assert (
        found.proof
        == "no count: 7 records on 4 pages; the last one is empty; the service knows no number of hits"
    )


@pytest.mark.parametrize(("version", "output"), WAYS)
def test_a_type_without_features_gives_none(fetch, version, output):
    found, _ = fetch(service([], version=version), output)
    assert (found.rows, found.expected) == (0, 0)


def test_the_citys_part_in_one_order_is_asked_for(fetch):
    _, server = fetch(
        service(), bbox=[2.24, 48.81, 2.29, 48.84], sort_by="numero", query={"viewparams": "a:1"}
    )
    questions = [one.query for one in server.asked[1:]]
    assert {one["bbox"] for one in questions} == {"48.81,2.24,48.84,2.29,urn:ogc:def:crs:EPSG::4326"}
    assert {one["viewparams"] for one in questions} == {"a:1"}
    assert {one["sortBy"] for one in pages(server)} == {"numero ASC"}


def test_another_system_is_asked_for_by_the_services_own_name(fetch):
    _, server = fetch(service([tree(1, (646_800.0, 6_858_300.0))]), crs="EPSG:2154")
    assert pages(server)[0]["srsName"] == LAMBERT


def test_a_type_may_be_named_without_its_prefix(fetch):
    found, _ = fetch(service(), type_name="arbres")
    assert found.rows == 7


# Bad habits that pass


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize("habit", [cut(), busy("1"), down("2"), trickling(piece=300, pause=0.001)])
def test_what_may_pass_is_waited_for(fetch, output, habit):
    found, _ = fetch(at_pages(lambda handler: nth(2, habit, handler), service()), output)
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("output", FORMATS)
def test_a_count_that_the_service_lowers_loses_nothing(fetch, output):
    found, server = fetch(service(most=2), output)
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]
    assert len(pages(server)) == 4


# Bad habits that are told


@pytest.mark.parametrize(("version", "output"), WAYS)
def test_a_start_index_that_the_service_ignores_is_told(fetch, version, output):
    with pytest.raises(SourceIncomplete, match="page 2 holds the same records as page 1"):
        fetch(at_pages(forgetting("startIndex"), service(version=version)), output)


def test_an_ignored_start_index_is_told_even_if_ids_are_made_anew(fetch):
    def anew(handler):
        return lambda asked: replaced("arbres.", f"fid-{asked.number}-")(handler)(asked)

    for output in FORMATS:
        with pytest.raises(SourceIncomplete, match="page 2 holds the same records as page 1"):
            fetch(at_pages(lambda handler: anew(forgetting("startIndex")(handler)), service()), output)


@pytest.mark.parametrize(("version", "output"), WAYS)
def test_an_answer_that_stops_at_the_services_own_limit_is_told(fetch, version, output):
    cut_off = service(version=version, about=capabilities(version, paging=None), most=3)
    with pytest.raises(SourceIncomplete, match="3 records were received; promised was 7"):
        fetch(cut_off, output, page=None)


@pytest.mark.parametrize("output", FORMATS)
def test_hits_that_disagree_are_told(fetch, output):
    with pytest.raises(SourceIncomplete, match="7 records were received; promised was 9"):
        fetch(service(hits=9), output)


@pytest.mark.parametrize("output", FORMATS)
def test_a_page_that_holds_less_than_it_announces_is_told(fetch, output):
    lie = {
        "geojson": replaced('"numberReturned": 3', '"numberReturned": 4'),
        "gml": replaced('numberReturned="3"', 'numberReturned="4"'),
    }
    with pytest.raises(SourceIncomplete, match=rf"page-00002.{output} announces 4 features and holds 3"):
        fetch(at_pages(lambda handler: nth(2, lie[output], handler), service()), output)


@pytest.mark.parametrize("output", FORMATS)
def test_a_service_that_changes_between_pages_is_asked_again_later(fetch, output):
    with pytest.raises(SourceUnavailable, match="7 records at first, 6 by page 2"):
        fetch(turned(3, service(), service(TREES[1:])), output)
    with pytest.raises(SourceUnavailable, match="7 records at first, 6 by the source, asked again"):
        fetch(turned(5, service(), service(TREES[1:])), output)


@pytest.mark.parametrize("output", FORMATS)
def test_a_feature_that_moved_to_the_next_page_is_told(fetch, output):
    with pytest.raises(SourceIncomplete, match="1 of 7 records came twice"):
        fetch(turned(3, service(), service([tree(0), *TREES[:-1]])), output)


@pytest.mark.parametrize("output", FORMATS)
def test_an_exception_report_in_a_200_is_told_in_its_words(fetch, output):
    error = saying(report("NoApplicableCode", "ORA-01555: snapshot too old"))
    with pytest.raises(SourceChanged, match="« NoApplicableCode: ORA-01555: snapshot too old »"):
        fetch(at_pages(lambda handler: nth(2, error, handler), service()), output)


def test_an_exception_report_under_a_status_is_told_in_its_words(fetch):
    error = saying(report("InvalidParameterValue", "Illegal property name: numéro", 400))
    with pytest.raises(
        SourceChanged, match="answers 400.*« InvalidParameterValue: Illegal property name: numéro »"
    ):
        fetch(at_pages(error, service()))


@pytest.mark.parametrize("output", FORMATS)
def test_an_exception_behind_data_that_had_begun_is_told(fetch, output):
    late = report("NoApplicableCode", "java.io.IOException").body.partition(b"?>")[2]

    def broken(handler):
        def answered(asked):
            body = handler(asked).body
            return Answer(body[: len(body) // 2] + late, headers={"Content-Type": "text/xml"})

        return answered

    with pytest.raises(
        SourceChanged, match="ends in an exception: « NoApplicableCode: java.io.IOException »"
    ):
        fetch(at_pages(lambda handler: nth(2, broken, handler), service()), output)


def test_a_truncated_response_is_told(fetch):
    said = "<wfs:truncatedResponse/></wfs:FeatureCollection>"
    with pytest.raises(SourceIncomplete, match="says that it was cut"):
        fetch(at_pages(replaced("</wfs:FeatureCollection>", said), service()), "gml")


def test_latitudes_that_come_first_in_geojson_are_noticed(fetch):
    with pytest.raises(SourceChanged, match=r"latitude before the longitude.*type: gml"):
        fetch(service([tree(1, ISSY[::-1])]))


@pytest.mark.parametrize("output", FORMATS)
def test_coordinates_of_another_system_are_told(fetch, output):
    with pytest.raises(
        SourceChanged, match="sends coordinates of urn:ogc:def:crs:EPSG::2154; promised was EPSG:4326"
    ):
        fetch(
            at_pages(
                lambda handler: (
                    lambda asked: handler(replace(asked, query={**asked.query, "srsName": LAMBERT}))
                ),
                service(),
            ),
            output,
        )


@pytest.mark.parametrize(
    ("about", "options", "met"),
    [
        (
            capabilities(outputs=(GML["2.0.0"],)),
            {},
            r"offers application/gml\+xml.*; promised was geojson.*type: gml",
        ),
        (
            capabilities(outputs=(JSON,)),
            {"output": "gml"},
            r"offers application/json; promised was gml.*type: geojson",
        ),
        (
            capabilities(systems=(LAMBERT,)),
            {},
            r"offered in urn:ogc:def:crs:EPSG::2154; promised was EPSG:4326",
        ),
        (capabilities(), {"type_name": "ville:arbre"}, r"no feature type 'ville:arbre'.*ville:arbres"),
        (capabilities(sorting="FALSE"), {"sort_by": "numero"}, "the service does not sort"),
        (
            capabilities("1.1.0"),
            {"version": "2.0.0"},
            r"answers as WFS_Capabilities 1.1.0; promised was WFS 2.0.0",
        ),
        (xml("<a><b/></a>"), {}, "answers as a; promised was WFS"),
        (xml("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"), {}, "declares a document type"),
        (report("OperationNotSupported", "WFS is off"), {}, "« OperationNotSupported: WFS is off »"),
        (Answer(b"<!DOCTYPE html><html/>", headers={"Content-Type": "text/html"}), {}, "sent a web page"),
    ],
)
def test_what_the_service_does_not_offer_is_refused(fetch, about, options, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(service(about=about), **options)


def test_a_json_error_in_a_200_and_another_format_are_refused(fetch):
    with pytest.raises(SourceChanged, match="« Unable to complete operation. »"):
        fetch(at_pages(lambda handler: first(1, failing(), handler), service()))
    with pytest.raises(SourceChanged, match=r"reads GeoJSON or GML; promised was csv"):
        fetch(service(), "csv")


def test_a_feature_collection_that_is_none_is_told(fetch):
    with pytest.raises(SourceChanged, match="nothing at 'features'"):
        fetch(at_pages(edited(lambda page: page.pop("features")), service()))
    with pytest.raises(SourceChanged, match="page-00001.gml is schema; promised was a FeatureCollection"):
        fetch(at_pages(saying(xml("<schema/>")), service()), "gml")


@pytest.mark.parametrize(
    ("options", "met"),
    [
        ({"query": {"srsName": "EPSG:4326"}}, "srsName in `query`"),
        ({"bbox": [1, 2, 3, 4], "query": {"cql_filter": "a=1"}}, "one of `bbox`, `filter` and `cql_filter`"),
        ({"crs": "Lambert 93"}, "not the name of a reference system"),
        ({"version": "1.0.0"}, "version"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, met):
    with pytest.raises(ValidationError, match=met):
        Wfs.model_validate({"type_name": "ville:arbres", **options})


def test_an_answer_of_gml_may_be_larger_than_a_page_that_is_read_into_memory(fetch, monkeypatch):
    monkeypatch.setattr("connectors.web.paging.PAGE_BYTES", 2000)
    trees = [tree(number) for number in range(50)]
    found, _ = fetch(service(trees), "gml", page=None)
    assert found.rows == 50
    assert found.files[0].bytes > 2000
    with pytest.raises(SourceChanged, match=r"more than 2000 bytes.*Ask for smaller pages"):
        fetch(service(trees), page=None)
