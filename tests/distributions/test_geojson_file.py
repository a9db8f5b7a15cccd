"""The GeoJSON, as Python's own JSON reader and GDAL see it."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyogrio
import pytest
import shapely

TYPES = {"id": "string", "position": "geometry"}


def features_of(release):
    return json.loads(release.file("geojson").read_bytes())["features"]


def geometry_of(release, wkt):
    return features_of(release(TYPES, [("a", wkt)]))[0]["geometry"]


def test_positions_are_longitude_latitude_with_seven_decimals(release):
    assert geometry_of(release, "POINT (2.123456789 48.812345649)") == {
        "type": "Point", "coordinates": [2.1234568, 48.8123456],
    }  # fmt: skip


@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))",
        "MULTIPOLYGON (((0 0, 0 9, 9 9, 9 0, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1)))",
        "GEOMETRYCOLLECTION (POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1)))",
    ],
)
def test_outer_rings_turn_left_and_holes_turn_right(release, wkt):
    (polygon,) = shapely.get_parts(shapely.from_geojson(json.dumps(geometry_of(release, wkt))))
    assert shapely.is_ccw(polygon.exterior)
    assert not shapely.is_ccw(polygon.interiors[0])


def test_a_row_without_geometry_stays_a_feature(release):
    assert geometry_of(release, None) is None


def test_there_is_no_crs_member(release):
    members = json.loads(release(TYPES, [("a", "POINT (2 48)")]).file("geojson").read_bytes())
    assert sorted(members) == ["features", "name", "type"]


def test_properties_are_the_other_columns_typed(release):
    types = {
        "id": "string", "open": "boolean", "n": "integer", "h": "number", "fee": "decimal(12,2)",
        "since": "date", "seen": "instant", "gone": "string", "position": "geometry", "way": "geometry",
    }  # fmt: skip
    row = (
        'é"\n\\\x07', True, 2**53 + 1, 0.1, Decimal("12345.50"), date(1871, 5, 1),
        datetime(2016, 6, 1, 22, 15, tzinfo=UTC), None, "POINT (2 48)", "LINESTRING (0 0, 1 1)",
    )  # fmt: skip
    assert features_of(release(types, [row]))[0]["properties"] == {
        "id": 'é"\n\\\x07', "open": True, "n": 2**53 + 1, "h": 0.1, "fee": 12345.5, "since": "1871-05-01",
        "seen": "2016-06-01T22:15:00Z", "gone": None, "way": "LINESTRING (0 0, 1 1)",
    }  # fmt: skip


def test_a_wide_decimal_keeps_its_digits(release):
    made = release({"id": "string", "fee": "decimal(20,2)", "position": "geometry"},
                   [("a", Decimal("123456789012345678.25"), None)])  # fmt: skip
    assert '"fee":123456789012345678.25' in made.file("geojson").read_text()


def test_a_dataset_may_be_a_geometry_and_nothing_else(release):
    made = release({"position": "geometry"}, [("POINT (2 48)",)], order=("position",))
    assert features_of(made)[0]["properties"] == {}


def test_each_feature_has_its_line_in_the_order_of_the_key(release):
    made = release(TYPES, [("b", "POINT (2 48)"), ("a", None)])
    lines = made.file("geojson").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line.rstrip(","))["properties"]["id"] for line in lines[1:-1]] == ["a", "b"]


def test_gdal_reads_it(release):
    made = release(TYPES, [("a", "POINT (2 48)"), ("b", None)])
    info = pyogrio.read_info(made.file("geojson"))
    assert (info["features"], info["geometry_type"], info["crs"]) == (2, "Point", "EPSG:4326")
