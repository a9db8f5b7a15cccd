"""Pages of an ArcGIS layer as rows: labels for codes, instants for milliseconds, GeoJSON whatever was sent."""

import json

import duckdb
import pytest
from connectors_arcgis import LAYER, esri
from pydantic import TypeAdapter

from contracts.errors import SourceChanged
from contracts.formats import Format
from transforms.decode.decoding import decode_batch
from transforms.decode.source import Source

POINT = {"x": 2.2697, "y": 48.8240}
OUTER = [[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]]  # clockwise, as Esri draws what is outside
HOLE = [[2, 2], [8, 2], [8, 8], [2, 8], [2, 2]]
ISLAND = [[4, 4], [4, 6], [6, 6], [6, 4], [4, 4]]
APART = [[20, 20], [20, 30], [30, 30], [30, 20], [20, 20]]


@pytest.fixture
def rows(connection: duckdb.DuckDBPyConnection, tmp_path):
    """rows(*pages, about=…, **format) → a dict for each feature."""

    def read(*pages, about=LAYER, **form):
        files = {"layer.json": about} if about else {}
        for number, page in enumerate(pages, 1):
            name = "geojson" if isinstance(page, dict) and page.get("type") == "FeatureCollection" else "json"
            files[f"page-{number:05}.{name}"] = page
        for name, content in files.items():
            (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
        sources = (Source(tmp_path / name, name, "ville.test", tmp_path / "scratch") for name in files)
        format = TypeAdapter(Format).validate_python({"type": "arcgis", **form})
        decoded = decode_batch(connection, sources, format, table="t", place="ville.test", counted=True)
        decoded.read("CREATE OR REPLACE TABLE laid AS FROM t")
        found = connection.execute("FROM laid").fetchall()
        return [dict(zip(decoded.columns, row, strict=True)) for row in found]

    return read


def geojson(*features):
    made = [
        {
            "type": "Feature",
            "id": 1,
            "properties": attributes,
            "geometry": geometry and {"type": "Point", "coordinates": [geometry["x"], geometry["y"]]},
        }
        for attributes, geometry in features
    ]
    return {"type": "FeatureCollection", "features": made}


def esri_json(*features):
    made = [
        {"attributes": attributes, **({"geometry": esri(geometry)} if geometry else {})}
        for attributes, geometry in features
    ]
    return {"objectIdFieldName": "OBJECTID", "spatialReference": {"wkid": 4326}, "features": made}


FORMS = pytest.mark.parametrize("page", [geojson, esri_json])
TREE = {"OBJECTID": 1, "GENRE": 1, "ETAT": 2, "RUE": "0042", "HAUTEUR": 7.5, "PLANTE": 1_580_515_200_000}


@FORMS
def test_labels_instants_and_the_point_take_the_place_of_codes_and_milliseconds(rows, page):
    assert rows(page((TREE, POINT))) == [{
        "OBJECTID": "1", "GENRE": "Feuillu", "ETAT": "à abattre", "RUE": "rue d'Issy", "HAUTEUR": "7.5",
        "PLANTE": "2020-02-01T00:00:00.000Z", "geometry": '{"type":"Point","coordinates":[2.2697,48.824]}',
    }]  # fmt: skip


@FORMS
def test_a_type_has_its_own_labels_and_unknown_codes_stay(rows, page):
    types = [(1, 1), (2, 1), (2, 2), (9, 1), (None, 1), (1, 7), (1, None)]
    found = rows(page(*(({**TREE, "GENRE": kind, "ETAT": state}, POINT) for kind, state in types)))
    assert [(one["GENRE"], one["ETAT"]) for one in found] == [
        ("Feuillu", "bon"), ("Conifère", "vert"), ("Conifère", "2"), ("9", "bon"), (None, "bon"), ("Feuillu", "7"),
        ("Feuillu", None),
    ]  # fmt: skip


@FORMS
def test_codes_may_be_kept_by_name(rows, page):
    (found,) = rows(page((TREE, POINT)), codes=["ETAT", "GENRE"])
    assert (found["GENRE"], found["ETAT"], found["RUE"]) == ("1", "2", "rue d'Issy")
    with pytest.raises(SourceChanged, match="layer.json has no field 'ETTA'"):
        rows(page((TREE, POINT)), codes=["ETTA"])


@FORMS
def test_dates_before_1970_with_milliseconds_or_none_are_instants_too(rows, page):
    dates = [-1, 1_700_000_000_123, None, -2_208_988_800_000]
    found = rows(page(*(({**TREE, "PLANTE": date}, POINT) for date in dates)))
    assert [one["PLANTE"] for one in found] == [
        "1969-12-31T23:59:59.999Z", "2023-11-14T22:13:20.123Z", None, "1900-01-01T00:00:00.000Z",
    ]  # fmt: skip


def test_dates_of_an_unknown_zone_are_clock_times_but_for_the_editors(rows):
    fields = [*LAYER["fields"], {"name": "EDITE", "type": "esriFieldTypeDate"}]
    about = {
        **LAYER,
        "fields": fields,
        "datesInUnknownTimezone": True,
        "editFieldsInfo": {"editDateField": "EDITE", "realm": "x"},
    }
    (found,) = rows(geojson(({**TREE, "EDITE": 0}, POINT)), about=about)
    assert (found["PLANTE"], found["EDITE"]) == ("2020-02-01T00:00:00.000", "1970-01-01T00:00:00.000Z")


def test_a_value_that_is_no_millisecond_stays_to_be_refused_by_its_type(rows):
    (found,) = rows(geojson(({**TREE, "PLANTE": "01/02/2020"}, POINT)))
    assert found["PLANTE"] == "01/02/2020"


def test_subtypes_are_types_under_another_name(rows):
    about = {name: value for name, value in LAYER.items() if name not in ("types", "typeIdField")}
    about |= {"subtypeField": "genre", "subtypes": [{"code": 1, "name": "Feuillu", "domains": {}}]}
    (found,) = rows(geojson((TREE, POINT)), about=about)
    assert found["GENRE"] == "Feuillu"


def test_records_that_are_read_by_value_are_translated_alike(rows):
    doubtful = '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"ETAT": 1, "HAUTEUR": NaN}, "geometry": null}]}'
    plain = '{"features": [{"attributes": {"ETAT": 1, "HAUTEUR": NaN}, "geometry": {"x": 1, "y": 2}}]}'
    (found,) = rows(json.loads(doubtful))
    assert found == {"ETAT": "bon", "HAUTEUR": "NaN", "geometry": None}
    (found,) = rows(plain)
    assert found == {"ETAT": "bon", "HAUTEUR": "NaN", "geometry": '{"type":"Point","coordinates":[1,2]}'}


@pytest.mark.parametrize(
    ("drawn", "kind", "coordinates"),
    [
        ({"x": "NaN", "y": "NaN"}, None, None),
        ({"x": None, "y": None}, None, None),
        ({"x": 1.10, "y": 2, "z": 3, "spatialReference": {"wkid": 4326}}, "Point", [1.1, 2]),
        ({"points": [[1, 2], [3, 4]]}, "MultiPoint", [[1, 2], [3, 4]]),
        ({"paths": [[[1, 2, 9], [3, 4, 9]]], "hasZ": True}, "LineString", [[1, 2], [3, 4]]),
        (
            {"paths": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
            "MultiLineString",
            [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
        ),
        ({"rings": []}, None, None),
        ({"rings": [OUTER]}, "Polygon", [OUTER]),
        ({"rings": [OUTER, HOLE]}, "Polygon", [OUTER, HOLE]),
        ({"rings": [HOLE, OUTER]}, "Polygon", [OUTER, HOLE]),
        ({"rings": [OUTER[::-1], HOLE[::-1]]}, "Polygon", [OUTER[::-1], HOLE[::-1]]),
        ({"rings": [OUTER, HOLE, ISLAND]}, "MultiPolygon", [[OUTER, HOLE], [ISLAND]]),
        ({"rings": [APART, OUTER, HOLE]}, "MultiPolygon", [[APART], [OUTER, HOLE]]),
    ],
)
def test_esris_geometries_are_geojson(rows, drawn, kind, coordinates):
    (found,) = rows(esri_json((TREE, drawn)))
    assert (found["geometry"] and json.loads(found["geometry"])) == (
        kind and {"type": kind, "coordinates": coordinates}
    )


def test_features_without_a_geometry_among_others_have_none(rows):
    found = rows(esri_json((TREE, POINT), (TREE, None)), esri_json((TREE, None)))
    assert [one["geometry"] is None for one in found] == [False, True, True]


def test_a_table_has_no_geometry(rows):
    about = {**LAYER, "type": "Table", "geometryType": None}
    for page in (geojson, esri_json):
        (found,) = rows(page((TREE, None)), about=about)
        assert "geometry" not in found


def test_numbers_keep_their_digits(rows):
    (found,) = rows(
        '{"features": [{"attributes": {"HAUTEUR": 7.50}, "geometry": {"rings": [[[2.10, 1], [3, 1.0], [3, 2], [2.10, 1]]]}}]}'
    )
    assert found["HAUTEUR"] == "7.50"
    assert found["geometry"] == '{"type":"Polygon","coordinates":[[[2.10,1],[3,1.0],[3,2],[2.10,1]]]}'


@pytest.mark.parametrize(
    "drawn",
    [{"curveRings": [[[0, 0], {"c": [[1, 1], [2, 0]]}]]}, {"curvePaths": [[]]}, {"xmin": 0, "ymin": 0}],
)
def test_curves_and_envelopes_are_refused(rows, drawn):
    with pytest.raises(
        SourceChanged,
        match=r"page-00001.json draws (curves|an envelope).*promised was points, lines and areas",
    ):
        rows(esri_json((TREE, drawn)))


def test_positions_that_are_none_are_refused(rows):
    with pytest.raises(SourceChanged, match="a geometry whose positions are no numbers"):
        rows(esri_json((TREE, {"rings": [[1, 2]]})))


@pytest.mark.parametrize("about", [{"name": "no fields"}, {"fields": [1]}, "[", "[" * 100_000])
def test_what_describes_no_layer_is_refused(rows, about):
    with pytest.raises(SourceChanged, match="layer.json describes no layer"):
        rows(geojson((TREE, POINT)), about=about)


def test_a_page_without_its_description_is_refused(rows):
    with pytest.raises(SourceChanged, match="page-00001.geojson comes before its layer's description"):
        rows(geojson((TREE, POINT)), about=None)
