"""Map formats of a view that has a longitude and a latitude, and no geometry."""

import json

import pyogrio.raw
import pytest
import shapely

from contracts.field import Field

ROWS = [("a", 2.25, 48.8), ("b", None, 48.8)]


def written_of(connection, view_of, folder, rows):
    from distributions.writing import write_distributions

    view = view_of({"id": "string", "Xlong": "number", "Ylat": "number"})
    terms = {"Xlong": "longitude", "Ylat": "latitude"}
    fields = {name: field.model_copy(update={"term": terms.get(name)}) for name, field in view.fields.items()}
    connection.execute("CREATE TABLE shown (id VARCHAR, Xlong DOUBLE, Ylat DOUBLE)")
    connection.executemany("INSERT INTO shown VALUES (?, ?, ?)", rows)
    return write_distributions(
        connection, "shown", view.model_copy(update={"fields": fields}), folder, xlsx_up_to_rows=9
    )


@pytest.fixture
def placed(connection, view_of, tmp_path):
    return written_of(connection, view_of, tmp_path, ROWS), tmp_path


def test_where_no_row_has_a_position_the_map_formats_have_none(connection, view_of, tmp_path):
    written_of(connection, view_of, tmp_path, [("a", None, None), ("b", 2.25, None)])
    features = json.loads((tmp_path / "places.geojson").read_bytes())["features"]
    assert [feature["geometry"] for feature in features] == [None, None]
    assert pyogrio.raw.read(tmp_path / "places.gpkg")[2].tolist() == [None, None]


def test_the_two_columns_make_the_points_of_the_map_formats(placed):
    _, folder = placed
    features = json.loads((folder / "places.geojson").read_bytes())["features"]
    assert [feature["geometry"] and feature["geometry"]["coordinates"] for feature in features] == [
        [2.25, 48.8],
        None,
    ]
    meta, _, geometries, _ = pyogrio.raw.read(folder / "places.gpkg")
    assert meta["crs"] == "EPSG:4326"
    assert shapely.from_wkb(geometries).tolist() == [shapely.Point(2.25, 48.8), None]


def test_the_columns_of_csv_and_parquet_stay_the_schemas(placed):
    written, folder = placed
    assert [entry.name.partition(".")[2] for entry in written.files] == [
        "parquet",
        "csv",
        "xlsx",
        "geojson",
        "gpkg",
    ]
    assert (folder / "places.csv").read_text().splitlines()[0] == "id,Xlong,Ylat"
    assert {path.name for path in folder.glob("places*")} == {entry.name for entry in written.files}


def test_without_the_vocabularys_terms_nothing_is_taken_for_a_position(release):
    written = release({"id": "string", "x": "number"}, [("a", 2.0)]).written
    assert [entry.name for entry in written.files] == ["places.parquet", "places.csv", "places.xlsx"]
    assert Field().term is None
