"""GML 3 as rows: properties as columns, geometries as GeoJSON with x before y, or one clear sentence."""

import json

import pytest

from contracts.errors import SourceChanged

ISSY = "48.8240 2.2697"  # latitude, longitude of the town hall
DEGREES = "urn:ogc:def:crs:EPSG::4326"
SPACES = 'xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:v="http://ville" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xlink="http://www.w3.org/1999/xlink"'


def collection(*features, wrapper="wfs:member", before=""):
    members = "".join(f"<{wrapper}>{one}</{wrapper}>" for one in features)
    return f"<wfs:FeatureCollection {SPACES}>{before}{members}</wfs:FeatureCollection>".encode()


def tree(geometry="", more="", number=1):
    drawn = f"<v:geom>{geometry}</v:geom>" if geometry else ""
    return f'<v:arbre gml:id="arbre.{number}"><v:nom>Tilleul</v:nom>{more}{drawn}</v:arbre>'


def point(text=ISSY, system=DEGREES, more=""):
    named = f' srsName="{system}"' if system else ""
    return f"<gml:Point{named}{more}><gml:pos>{text}</gml:pos></gml:Point>"


@pytest.fixture
def rows(read):
    """rows(document, **format) → a dict for each feature."""

    def reading(document, **form):
        found = read(document, "arbres.gml", type="gml", **form)
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]

    return reading


@pytest.fixture
def shape(rows):
    """The GeoJSON of one geometry."""

    def drawn(geometry, **form):
        (found,) = rows(collection(tree(geometry)), **form)
        return found["geometry"] and json.loads(found["geometry"])

    return drawn


def test_bytes_of_utf8_under_another_name_are_refused(rows):
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?>' + collection(tree(point(), "<v:a>é</v:a>")).decode()
    assert rows(latin.encode("iso-8859-1"))[0]["a"] == "é"
    with pytest.raises(SourceChanged, match="declares the encoding ISO-8859-1 and is written in UTF-8"):
        rows(latin.encode())


@pytest.mark.parametrize("wrapper", ["wfs:member", "gml:featureMember"])
def test_properties_the_id_and_the_geometry_are_columns(rows, wrapper):
    assert rows(
        collection(
            tree(point(), "<v:age>80</v:age>"), tree(point(), '<v:age xsi:nil="true"/>', 2), wrapper=wrapper
        )
    ) == [
        {
            "nom": "Tilleul",
            "age": age,
            "geometry": '{"type":"Point","coordinates":[2.2697,48.8240]}',
            "feature.id": f"arbre.{number}",
        }
        for number, age in ((1, "80"), (2, None))
    ]


def test_feature_members_are_many_in_one(rows):
    document = collection(
        "".join(tree(point(), number=number) for number in (1, 2, 3)), wrapper="gml:featureMembers"
    )
    assert [one["feature.id"] for one in rows(document)] == ["arbre.1", "arbre.2", "arbre.3"]


@pytest.mark.parametrize(
    ("system", "position", "expected"),
    [
        ("urn:ogc:def:crs:EPSG::4326", ISSY, [2.2697, 48.8240]),
        ("urn:x-ogc:def:crs:EPSG:4326", ISSY, [2.2697, 48.8240]),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", ISSY, [2.2697, 48.8240]),
        ("EPSG:4326", "2.2697 48.8240", [2.2697, 48.8240]),
        ("http://www.opengis.net/gml/srs/epsg.xml#4326", "2.2697 48.8240", [2.2697, 48.8240]),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "2.2697 48.8240", [2.2697, 48.8240]),
        ("urn:ogc:def:crs:EPSG::2154", "646382.5 6858295", [646382.5, 6858295]),
        ("EPSG:2154", "646382.5 6858295", [646382.5, 6858295]),
        ("urn:ogc:def:crs:EPSG::3035", "2888000 3755000", [3755000, 2888000]),  # northing first
        ("urn:ogc:def:crs:EPSG::4979", "48.8240 2.2697 35", [2.2697, 48.8240, 35]),
    ],
)
def test_the_form_of_srs_name_tells_which_axis_comes_first(shape, system, position, expected):
    assert shape(point(position, system)) == {"type": "Point", "coordinates": expected}


def test_a_source_that_breaks_the_rule_is_put_right_by_the_contract(shape):
    assert shape(point("2.2697 48.8240"), axes="xy")["coordinates"] == [2.2697, 48.8240]
    assert shape(point(ISSY, "EPSG:4326"), axes="yx")["coordinates"] == [2.2697, 48.8240]
    assert shape(point(ISSY, ""), axes="yx")["coordinates"] == [2.2697, 48.8240]


def test_the_system_may_stand_around_the_geometry(rows, shape):
    bounds = f'<gml:boundedBy><gml:Envelope srsName="{DEGREES}"><gml:lowerCorner>48 2</gml:lowerCorner></gml:Envelope></gml:boundedBy>'
    for document in (
        collection(tree(point(system="")), before=bounds),
        collection(tree(point(system=""), bounds)),
    ):
        (found,) = rows(document)
        assert json.loads(found["geometry"])["coordinates"] == [2.2697, 48.8240]
    many = f'<gml:MultiPoint srsName="{DEGREES}"><gml:pointMember>{point(system="")}</gml:pointMember></gml:MultiPoint>'
    assert shape(many) == {"type": "MultiPoint", "coordinates": [[2.2697, 48.8240]]}


def test_an_inner_system_goes_before_an_outer_one(shape):
    inner = point("3 49", "EPSG:4326")
    assert shape(f'<gml:MultiPoint srsName="{DEGREES}"><gml:pointMembers>{point()}{inner}</gml:pointMembers></gml:MultiPoint>') == {
        "type": "MultiPoint", "coordinates": [[2.2697, 48.8240], [3, 49]],
    }  # fmt: skip


def ring(text, name="LinearRing"):
    return f"<gml:{name}><gml:posList>{text}</gml:posList></gml:{name}>"


def polygon(*rings, tag="Polygon", srs=' srsName="EPSG:2154"'):
    inner = "".join(f"<gml:interior>{one}</gml:interior>" for one in rings[1:])
    return f"<gml:{tag}{srs}><gml:exterior>{rings[0]}</gml:exterior>{inner}</gml:{tag}>"


SQUARE, HOLE = "0 0 9 0 9 9 0 9 0 0", "2 2 3 2 3 3 2 2"
OUTER, INNER = [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]], [[2, 2], [3, 2], [3, 3], [2, 2]]
FRAME = 'srsName="EPSG:2154"'
LINE = "<gml:LineString><gml:posList>0 0 1 1</gml:posList></gml:LineString>"
ARC = "<gml:segments><gml:Arc><gml:posList>0 0 1 1 2 0</gml:posList></gml:Arc></gml:segments>"


@pytest.mark.parametrize(
    ("geometry", "kind", "coordinates"),
    [
        (f"<gml:LineString {FRAME}><gml:pos>0 0</gml:pos><gml:pos>1 1</gml:pos></gml:LineString>", "LineString", [[0, 0], [1, 1]]),
        (f'<gml:LineString {FRAME} srsDimension="3"><gml:posList>0 0 5 1 1 6</gml:posList></gml:LineString>', "LineString", [[0, 0, 5], [1, 1, 6]]),
        (f'<gml:LineString {FRAME}><gml:posList srsDimension="3">0 0 5 1 1 6</gml:posList></gml:LineString>', "LineString", [[0, 0, 5], [1, 1, 6]]),
        (f"<gml:Curve {FRAME}><gml:segments>{ring('0 0 1 1', 'LineStringSegment')}{ring('1 1 2 0', 'LineStringSegment')}</gml:segments></gml:Curve>", "LineString", [[0, 0], [1, 1], [2, 0]]),
        (polygon(ring(SQUARE)), "Polygon", [OUTER]),
        (polygon(ring(SQUARE), ring(HOLE)), "Polygon", [OUTER, INNER]),
        (polygon(f"<gml:Ring><gml:curveMember>{LINE}</gml:curveMember><gml:curveMember>{LINE.replace('0 0 1 1', '1 1 2 0 0 0')}</gml:curveMember></gml:Ring>"), "Polygon", [[[0, 0], [1, 1], [2, 0], [0, 0]]]),
        (f"<gml:Surface {FRAME}><gml:patches>{polygon(ring(SQUARE), tag='PolygonPatch', srs='')}</gml:patches></gml:Surface>", "Polygon", [OUTER]),
        (f"<gml:MultiSurface {FRAME}><gml:surfaceMember>{polygon(ring(SQUARE), srs='')}</gml:surfaceMember><gml:surfaceMembers>{polygon(ring(HOLE), srs='')}</gml:surfaceMembers></gml:MultiSurface>", "MultiPolygon", [[OUTER], [INNER]]),
        (f"<gml:MultiPolygon {FRAME}><gml:polygonMember>{polygon(ring(SQUARE), srs='')}</gml:polygonMember></gml:MultiPolygon>", "MultiPolygon", [[OUTER]]),
        (f"<gml:MultiCurve {FRAME}><gml:curveMember>{LINE}</gml:curveMember></gml:MultiCurve>", "MultiLineString", [[[0, 0], [1, 1]]]),
        (f"<gml:MultiLineString {FRAME}><gml:lineStringMember>{LINE}</gml:lineStringMember></gml:MultiLineString>", "MultiLineString", [[[0, 0], [1, 1]]]),
    ],
    ids=lambda one: one if isinstance(one, str) and len(one) < 20 else "",
)  # fmt: skip
def test_simple_features_are_geojson(shape, geometry, kind, coordinates):
    assert shape(geometry) == {"type": kind, "coordinates": coordinates}


def test_a_collection_of_geometries_keeps_its_kinds(shape):
    members = f"<gml:geometryMember>{LINE}</gml:geometryMember><gml:geometryMember>{point('1 2', '')}</gml:geometryMember>"
    found = shape(f"<gml:MultiGeometry {FRAME}>{members}</gml:MultiGeometry>")
    assert [one["type"] for one in found["geometries"]] == ["LineString", "Point"]


def test_digits_stay_as_they_are_written(rows):
    for written, read in (("2.10 -0.50", "[2.10,-0.50]"), ("+1. .5", "[1.0,0.5]"), ("1e3 007", "[1e3,7]")):
        (found,) = rows(collection(tree(point(written, "EPSG:2154"))))
        assert found["geometry"] == f'{{"type":"Point","coordinates":{read}}}'
        json.loads(found["geometry"])


def test_an_empty_geometry_is_none(shape):
    assert shape(f"<gml:MultiPoint {FRAME}/>") is None
    assert shape(f"<gml:Point {FRAME}><gml:pos/></gml:Point>") is None


@pytest.mark.parametrize(
    ("geometry", "met"),
    [
        (point(system=""), r"feature 1 a geometry that names no `srsName`.*Say `axes:`"),
        (point(system="IGNF:LAMB93"), "names a reference system that is not understood"),
        (point(system="EPSG:999999"), "names a reference system that does not exist"),
        (point("48,82 2,27"), "has a coordinate '48,82'"),
        (point("NaN NaN"), "has a coordinate 'NaN'"),
        (point("1 2 3 4"), "has 4 numbers for positions of 2"),
        (point("1"), "has 1 numbers for positions of 2"),
        (point(more=' srsDimension="4"'), "tells '4' dimensions"),
        (f"<gml:LineString {FRAME}><gml:posList>0 0 1</gml:posList></gml:LineString>", "has 3 numbers for positions of 2"),
        (f"<gml:LineString {FRAME}><gml:coordinates>0,0 1,1</gml:coordinates></gml:LineString>", "as GML 2 does"),
        (f"<gml:Curve {FRAME}>{ARC}</gml:Curve>", "has a curve with a segment Arc"),
        (f"<gml:CompositeCurve {FRAME}/>", "is a CompositeCurve, which is no simple feature"),
        (f"<gml:Solid {FRAME}/>", "is a Solid, which is no simple feature"),
        (f"<gml:MultiPoint {FRAME}><gml:pointMember xlink:href='#p'/></gml:MultiPoint>", "refers to a part that stands elsewhere"),
        (f"<gml:MultiPoint {FRAME}><gml:pointMember>{LINE}</gml:pointMember></gml:MultiPoint>", "with other parts than Point"),
        (f"<gml:Polygon {FRAME}><gml:interior>{ring(HOLE)}</gml:interior></gml:Polygon>", "without exactly one exterior"),
    ],
)  # fmt: skip
def test_what_is_no_simple_feature_is_refused(rows, geometry, met):
    with pytest.raises(SourceChanged, match=met):
        rows(collection(tree(geometry)))


def test_two_geometries_need_a_word_which_one_counts(rows):
    document = collection(tree(point(), f"<v:entree>{point('48.8 2.2')}</v:entree>"))
    with pytest.raises(SourceChanged, match=r"has 2 geometries in feature 1: entree, geom.*`geometry:`"):
        rows(document)
    (found,) = rows(document, geometry="geom")
    assert (json.loads(found["geometry"])["coordinates"], json.loads(found["entree"])["coordinates"]) == (
        [2.2697, 48.8240],
        [2.2, 48.8],
    )


def test_an_empty_geometry_property_is_no_column_where_it_is_named(rows):
    document = collection(tree(number=1, more='<v:geom xsi:nil="true"/>'), tree(point(), number=2))
    found = rows(document, geometry="geom")
    assert [sorted(one) for one in found] == [["feature.id", "geometry", "nom"]] * 2
    assert [one["geometry"] is None for one in found] == [True, False]


def test_a_property_that_comes_twice_needs_a_list(rows):
    document = collection(tree(point(), "<v:photo>a</v:photo><v:photo>b</v:photo>"))
    with pytest.raises(SourceChanged, match=r"names 'photo' twice in record 1.*`lists:`"):
        rows(document)
    (found,) = rows(document, lists=["photo"])
    assert found["photo"] == '["a","b"]'


@pytest.mark.parametrize(
    ("document", "met"),
    [
        (b"<a/>", "holds no features; promised was a FeatureCollection"),
        (collection(), "holds no features"),
        (b'{"type": "FeatureCollection"}', "is not XML on line 1"),
        (collection(tree(point()))[:-20], "it is cut short"),
        (collection(f"<wfs:FeatureCollection>{tree(point())}</wfs:FeatureCollection>"), "holds a FeatureCollection as member 1"),
    ],
)  # fmt: skip
def test_what_is_no_collection_is_refused(rows, document, met):
    with pytest.raises(SourceChanged, match=met):
        rows(document)
