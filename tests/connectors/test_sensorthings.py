"""A SensorThings service, well and with each bad habit: right observations or one clear sentence."""

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError
from web_habits import (
    busy,
    clamped,
    cut,
    down,
    edited,
    failing,
    first,
    nth,
    serving,
    told,
    trickling,
    turned,
)

from connectors.sensorthings import Sensorthings
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import SensorthingsFormat

OBSERVATIONS = [
    {
        "@iot.id": number,
        "result": None if number == 3 else number / 2,
        "phenomenonTime": f"2026-03-10T0{number}:00:00Z",
    }
    for number in range(1, 8)
]


def service(observations=OBSERVATIONS, base=None, most=3, path="/sta/v1.1/Observations"):
    """Seven observations, three a page, in the order of their ids; `base` is what it takes for its own address."""

    def answered(asked):
        assert asked.path == "/sta/v1.1/Observations", asked.url
        size, skip = min(int(asked.query.get("$top", 100)), most), int(asked.query.get("$skip", 0))
        found = [one for one in observations if _passes(one, asked.query.get("$filter"))]
        page = {"value": found[skip : skip + size]}
        if asked.query.get("$count") == "true":
            page["@iot.count"] = len(found)
        if skip + size < len(found):
            here = base if base is not None else f"http://{asked.headers['host']}"
            page["@iot.nextLink"] = f"{here}{path}?" + urlencode({**asked.query, "$skip": skip + size})
        return told(page)

    return answered


def _passes(one, condition):
    for part in (condition or "").split(" and "):
        name, _, rest = part.partition(" ")
        word, _, value = rest.partition(" ")
        if (word == "ge" and one[name] < value) or (word == "lt" and one[name] >= value):
            return False
    return True


@pytest.fixture
def fetch(connect, visit):
    def fetched(handler, since=None, **options):
        with serving(handler) as server:
            connector = Sensorthings.model_validate({"path": "v1.1/Observations", **options})
            told_to = replace(visit, promised=SensorthingsFormat(type="sensorthings"), since=since)
            found = connector.fetch(connect(f"{server.url}/sta"), told_to)
            found.require_whole(visit.place)
            return found, [one.query for one in server.asked]

    return fetched


def rows(found):
    return [one["@iot.id"] for file in found.files for one in json.loads(file.path.read_bytes())["value"]]


def whole(found):
    return rows(found) == [1, 2, 3, 4, 5, 6, 7] and found.rows == 7


# Whole


def test_all_pages_are_followed_and_counted(fetch):
    found, asked = fetch(service(), expand="Datastream($select=name,unitOfMeasurement)", order_by="@iot.id")
    assert whole(found)
    assert found.expected == 7
    assert [one.name for one in found.files] == ["page-00001.json", "page-00002.json", "page-00003.json"]
    assert all(one["$expand"] == "Datastream($select=name,unitOfMeasurement)" for one in asked)
    assert [one.get("$skip") for one in asked] == [None, "3", "6"]
    assert asked[0]["$top"] == "1000"


def test_without_a_count_the_last_page_is_the_end(fetch):
    found, asked = fetch(service(), count=False)
    assert whole(found)
    assert found.expected is None
    assert "$count" not in asked[0]


@pytest.mark.parametrize(
    "base", ["http://frost:8080", "http://localhost:9", "http://10.0.0.7", "https://sensors.example.org", ""]
)
def test_a_link_under_another_name_is_asked_at_the_same_address(fetch, base):
    assert whole(fetch(service(base=base))[0])


@pytest.mark.parametrize("path", ["/FROST-Server/v1.1/Observations", "/sta/v1.1/Observations/"])
def test_a_link_under_another_path_is_asked_at_the_same_address(fetch, path):
    assert whole(fetch(service(path=path))[0])


def test_a_link_that_is_only_its_query_is_followed(fetch):
    assert whole(fetch(service(base="", path=""))[0])


def test_the_secret_stays_at_home(connect, visit):
    with serving(service()) as other, serving(service(base=other.url)) as server:
        told_to = replace(visit, promised=SensorthingsFormat(type="sensorthings"))
        found = Sensorthings(path="v1.1/Observations").fetch(
            connect(f"{server.url}/sta", "me", "hush"), told_to
        )
        assert whole(found)
        assert len(server.asked) == 3
    assert other.asked == []


def test_a_clamped_page_size_changes_nothing(fetch):
    assert whole(fetch(clamped("$top", 2)(service()))[0])


# From a moment on


@pytest.mark.parametrize(
    "since",
    ["2026-03-10T05:00:00Z", "2026-03-10T05:00:00+00:00", "2026-03-10T06:00:00+01:00", "2026-03-10T05:00:00"],
)
def test_an_increment_asks_from_its_moment_on(fetch, since):
    found, asked = fetch(service(), since=since)
    assert rows(found) == [5, 6, 7]
    assert asked[0]["$filter"] == "phenomenonTime ge 2026-03-10T05:00:00Z"


def test_a_filter_a_moment_and_a_settled_end_go_together(fetch):
    _, asked = fetch(
        service([]),
        since="2026-03-10T05:00:00Z",
        filter="result gt 1 or true",
        watermark="resultTime",
        settled=10,
    )
    assert asked[0]["$filter"] == (
        "(result gt 1 or true) and resultTime ge 2026-03-10T05:00:00Z and resultTime lt 2026-03-10T11:50:00Z"
    )


def test_a_late_observation_comes_with_the_overlap(fetch):
    late = {"@iot.id": 99, "result": 1.0, "phenomenonTime": "2026-03-10T04:30:00Z"}
    assert rows(fetch(service([*OBSERVATIONS, late]), since="2026-03-10T04:00:00Z")[0]) == [4, 5, 6, 7, 99]


def test_a_moment_that_is_a_number_is_told(fetch):
    with pytest.raises(SourceChanged, match="'17' is no time to go on from"):
        fetch(service(), since="17")


# Bad habits that end well


def test_a_busy_a_down_a_cut_and_a_slow_service_end_well(fetch, naps):
    assert whole(fetch(first(1, busy("3"), service()))[0])
    assert whole(fetch(nth(2, down("4"), service()))[0])
    assert whole(fetch(nth(2, cut(), service()))[0])
    assert whole(fetch(nth(2, trickling(piece=40, pause=0.01), service()))[0])
    assert naps[0] >= 3


# Bad habits that are told


def test_a_next_that_is_dropped_is_missed_by_the_count(fetch):
    with pytest.raises(SourceIncomplete, match="6 records were received; promised was 7"):
        fetch(nth(2, edited(lambda page: page.pop("@iot.nextLink")), service()))


def test_a_next_that_leads_back_is_told(fetch):
    back = edited(lambda page: page.update({"@iot.nextLink": "?$count=true&$top=1000&$skip=3"}))
    with pytest.raises(SourceIncomplete, match="page 4 holds the same records as page 2"):
        fetch(nth(3, back, service()))


@pytest.mark.parametrize("count", [6, 8])
def test_a_count_that_disagrees_is_told(fetch, count):
    with pytest.raises(SourceIncomplete, match=f"7 records were received; promised was {count}"):
        fetch(edited(lambda page: page.update({"@iot.count": count}))(service()))


@pytest.mark.parametrize("count", [-1, "many", None])
def test_a_count_that_is_no_number_is_told(fetch, count):
    with pytest.raises(SourceChanged, match="tells no number"):
        fetch(edited(lambda page: page.update({"@iot.count": count}))(service()))


def test_a_service_that_grows_meanwhile_is_asked_again_later(fetch):
    more = [*OBSERVATIONS, {"@iot.id": 8, "phenomenonTime": "2026-03-10T08:00:00Z"}]
    with pytest.raises(SourceUnavailable, match="7 records at first, 8 by page 2"):
        fetch(turned(1, service(), service(more)))


def test_a_record_that_slips_to_the_next_page_is_told(fetch):
    shifted = [{"@iot.id": 0, "phenomenonTime": "2026-03-10T00:00:00Z"}, *OBSERVATIONS[:-1]]
    with pytest.raises(SourceUnavailable, match=r"a record of page 1 comes again on page 2.*order_by"):
        fetch(turned(1, service(), service(shifted)))


def test_a_page_that_comes_twice_is_told(fetch):
    def stuck(handler):
        return lambda asked: edited(lambda page: page.update(value=OBSERVATIONS[:3]))(handler)(asked)

    with pytest.raises(SourceIncomplete, match="page 2 holds the same records as page 1"):
        fetch(nth(2, stuck, service()))


@pytest.mark.parametrize(
    ("change", "met"),
    [
        (lambda page: page.pop("value"), "nothing at 'value'"),
        (lambda page: page["value"].append({"result": 1}), "a record has no @iot.id"),
        (lambda page: page["value"].append(7), "a record has no @iot.id"),
        (lambda page: page.update({"@iot.nextLink": {}}), "neither a text nor a whole number"),
        (lambda page: page.update({"@iot.nextLink": "ftp://example.org/x"}), "not a web address"),
        (lambda page: page.update({"@iot.nextLink": "http://[::1"}), "not a web address"),
    ],
)
def test_something_else_than_a_page_is_told(fetch, change, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(edited(change)(service()))


def test_an_error_inside_a_200_is_told_in_its_words(fetch):
    with pytest.raises(SourceChanged, match="« Unable to complete operation. »"):
        fetch(nth(2, failing(), service()))


def test_options_that_mean_nothing_are_refused():
    for options in (
        {},
        {"path": "v1.1/Things", "top": 0},
        {"path": "a?b"},
        {"path": "a", "watermark": "time"},
    ):
        with pytest.raises(ValidationError):
            Sensorthings.model_validate(options)
