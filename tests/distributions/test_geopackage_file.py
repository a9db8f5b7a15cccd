"""The GeoPackage, as GDAL and SQLite see it."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal

import pyogrio
import pytest
import shapely

TYPES = {
    "id": "string", "open": "boolean", "n": "integer", "h": "number", "fee": "decimal(12,2)",
    "since": "date", "seen": "instant", "position": "geometry",
}  # fmt: skip
FULL = (
    "007", True, 2**63 - 1, 0.1, Decimal("12.50"), date(1871, 5, 1),
    datetime(2016, 6, 1, 22, 15, tzinfo=UTC), "POINT (2.25 48.82)",
)  # fmt: skip


def rows_of(release, sql):
    with closing(sqlite3.connect(release.file("gpkg"))) as database:
        return database.execute(sql).fetchall()


def shapes_of(release):
    table = pyogrio.read_arrow(release.file("gpkg"))[1]
    return list(shapely.from_wkb(table.column(table.num_columns - 1).to_numpy()))


def test_types_position_and_system_are_kept(release):
    info = pyogrio.read_info(release(TYPES, [FULL]).file("gpkg"))
    assert dict(zip(info["fields"], info["ogr_types"], strict=True)) == {
        "id": "OFTString", "open": "OFTInteger", "n": "OFTInteger64", "h": "OFTReal", "fee": "OFTReal",
        "since": "OFTDate", "seen": "OFTDateTime",
    }  # fmt: skip
    assert info["ogr_subtypes"][1] == "OFSTBoolean"
    assert (info["layer_name"], info["crs"], info["geometry_type"]) == ("places", "EPSG:4326", "Point")
    assert info["total_bounds"] == (2.25, 48.82, 2.25, 48.82)


def test_values_are_kept_and_nulls_stay_null(release):
    made = release(TYPES, [FULL, ("b", *[None] * 7)])
    assert rows_of(made, "SELECT fid, id, open, n, h, fee, since, seen FROM places") == [
        (1, "007", 1, 2**63 - 1, 0.1, 12.5, "1871-05-01", "2016-06-01T22:15:00.000Z"),
        (2, "b", None, None, None, None, None, None),
    ]


def test_geometry_comes_back(release):
    assert shapes_of(release(TYPES, [FULL])) == [shapely.Point(2.25, 48.82)]


@pytest.mark.parametrize(
    ("shapes", "layer", "kinds"),
    [
        (["POLYGON ((0 0, 1 0, 1 1, 0 0))"], "Polygon", ["Polygon"]),
        (
            ["POLYGON ((0 0, 1 0, 1 1, 0 0))", "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))", None],
            "MultiPolygon",
            ["MultiPolygon", "MultiPolygon", None],
        ),
        (["POINT (0 0)", "MULTIPOINT (1 1)"], "MultiPoint", ["MultiPoint", "MultiPoint"]),
        (
            ["LINESTRING (0 0, 1 1)", "MULTILINESTRING ((0 0, 1 1))"],
            "MultiLineString",
            ["MultiLineString", "MultiLineString"],
        ),
        (["POINT (0 0)", "LINESTRING (0 0, 1 1)"], "Unknown", ["Point", "LineString"]),
        ([None], "Unknown", [None]),
    ],
)
def test_single_parts_become_multiple_only_where_both_are_met(release, shapes, layer, kinds):
    made = release({"id": "integer", "g": "geometry"}, list(enumerate(shapes)))
    assert pyogrio.read_info(made.file("gpkg"))["geometry_type"] == layer
    assert [shape and shape.geom_type for shape in shapes_of(made)] == kinds


def test_columns_and_layer_are_described(release):
    made = release(TYPES, [FULL])
    assert ("fee", "À propos de fee.") in rows_of(
        made, "SELECT column_name, description FROM gpkg_data_columns"
    )
    assert rows_of(made, "SELECT identifier, description FROM gpkg_contents") == [
        ("L'été à Issy", "Des places.")
    ]


def test_the_layer_says_whose_it_is_and_under_which_licence(release):
    told = pyogrio.read_info(release(TYPES, [FULL]).file("gpkg"))["layer_metadata"]
    assert (told["licence"], told["attribution"], told["publisher"]) == (
        "Licence Ouverte / Open Licence version 2.0", "Ville", "Direction de la mobilité",
    )  # fmt: skip


def test_the_geometry_is_called_as_in_the_other_files(release):
    made = release({"id": "string", "geom": "string", "position": "geometry"}, [("a", "x", "POINT (0 0)")])
    assert rows_of(made, "SELECT geom FROM places") == [("x",)]
    assert rows_of(made, "SELECT column_name FROM gpkg_geometry_columns") == [("position",)]


def test_older_versions_of_gdal_know_the_format(release):
    assert rows_of(release(TYPES, [FULL]), "PRAGMA user_version") == [(10200,)]


def test_a_column_named_fid_keeps_its_values(release):
    made = release({"fid": "string", "g": "geometry"}, [("x", "POINT (0 0)")], order=("fid",))
    assert rows_of(made, "SELECT fid FROM places") == [("x",)]


def test_a_second_geometry_is_wkt(release):
    made = release({"id": "string", "g": "geometry", "way": "geometry"},
                   [("a", "POINT (0 0)", "LINESTRING (0 0, 1 1)")])  # fmt: skip
    assert rows_of(made, "SELECT way FROM places") == [("LINESTRING (0 0, 1 1)",)]


def test_the_clock_of_gdal_runs_again_afterwards(release):
    release(TYPES, [FULL])
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None
