"""Pages of SensorThings as rows: units beside the result, a missing result kept, both ends of a time."""

import json

import pytest

from contracts.errors import SourceChanged

PAGE = {
    "@iot.count": 3,
    "@iot.nextLink": "http://frost:8080/x",
    "value": [
        {"@iot.id": 1, "result": 12.50, "phenomenonTime": "2026-03-10T11:00:00Z", "resultTime": None,
         "Datastream": {"name": "NO2", "unitOfMeasurement": {"symbol": "µg/m³", "name": "microgram"}, "@iot.id": 4}},
        {"@iot.id": 2, "result": None, "phenomenonTime": "2026-03-10T10:00:00Z/2026-03-10T11:00:00Z",
         "resultTime": "2026-03-10T11:00:01Z", "Datastream": {"name": "NO2", "unitOfMeasurement": {"symbol": "µg/m³"}}},
        {"@iot.id": "c", "result": "closed", "phenomenonTime": None, "resultTime": None},
    ],
}  # fmt: skip


@pytest.fixture
def page(read):
    def reading(document):
        text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
        found = read(text.encode(), "page-00001.json", type="sensorthings")
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]

    return reading


def test_the_result_has_its_unit_beside_it_and_a_missing_one_is_kept(page):
    rows = page(json.dumps(PAGE).replace("12.5,", "12.50,"))
    assert [row["result"] for row in rows] == ["12.50", None, "closed"]
    assert [row["@iot.id"] for row in rows] == ["1", "2", "c"]
    assert [row["Datastream.unitOfMeasurement.symbol"] for row in rows] == ["µg/m³", "µg/m³", None]
    assert rows[0]["Datastream.@iot.id"] == "4"


def test_a_time_has_two_ends_an_instant_twice_the_same(page):
    rows = page(PAGE)
    assert [(row["phenomenonTime.start"], row["phenomenonTime.end"]) for row in rows] == [
        ("2026-03-10T11:00:00Z", "2026-03-10T11:00:00Z"),
        ("2026-03-10T10:00:00Z", "2026-03-10T11:00:00Z"),
        (None, None),
    ]
    assert [row["phenomenonTime"] for row in rows][1] == "2026-03-10T10:00:00Z/2026-03-10T11:00:00Z"
    assert [row["resultTime.start"] for row in rows] == [None, "2026-03-10T11:00:01Z", None]


def test_half_a_character_in_a_time_is_told(page):
    with pytest.raises(SourceChanged, match="half a character"):
        page('{"value": [{"@iot.id": 1, "phenomenonTime": "\\ud800"}]}')


def test_records_that_are_read_one_by_one_have_the_same_ends(page):
    odd = json.loads(json.dumps(PAGE))
    odd["value"][0]["parameters"] = {"a.b": 1, "a": {"c": [1, {"d": "é"}]}}
    many, one = page(PAGE), page(odd)
    assert [{name: row[name] for name in many[0]} for row in one] == many
