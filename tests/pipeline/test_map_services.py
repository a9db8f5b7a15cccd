"""Map services through the whole journey: the same trees of Issy, right side up, whatever protocol brings them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from connectors_arcgis import LAYER, OLD, PATH, layer
from connectors_arcgis import tree as planted
from connectors_wfs import service, tree
from pyarrow import parquet
from town import Town
from web_habits import serving

FIELDS = {
    "numero": {"type": "integer", "required": True, "public": True, "about": "Numéro."},
    "geometry": {"type": "geometry", "written_as": "geojson", "public": True, "about": "Position."},
}
ABOUT = {"key": ["numero"], "fields": FIELDS, "quality": {"rejected": 0, "shrink": 1}}
ISSY = (2.2697, 48.8240)
LAMBERT_OF_ISSY = (
    646_382.395,
    6_858_463.333,
)  # the same by IGN's formula (NTG_71, ALG0003), worked out by hand


@pytest.fixture
def staged(town: Town, monkeypatch: pytest.MonkeyPatch, run):
    """What was made of a service: the rows of the staged table, geometries as WKT."""

    def made(handler, source, form, fields=FIELDS):
        with serving(handler) as server:
            monkeypatch.setenv("AIRFLOW_CONN_MAPS", json.dumps({"conn_type": "http", "host": server.url}))
            town.contract(**{**ABOUT, "fields": fields}, source={"connection": "maps", **source}, format=form)
            code, _, stderr = run("run", "mobility.parks", "--until", "standardize")
            assert code == 0, stderr
        (table,) = (town.folder / "work").rglob("table.parquet")
        columns = parquet.read_table(table).to_pydict()
        if "geometry" in columns:
            columns["geometry"] = [shapely.from_wkb(wkb).wkt for wkb in columns["geometry"]]
        return list(zip(*columns.values(), strict=True))

    return made


TREES = [tree(number) for number in range(1, 8)]
AT_ISSY = [(number, "POINT (2.2697 48.824)") for number in range(1, 8)]


@pytest.mark.parametrize("form", ["geojson", "gml"])
@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_a_wfs_gives_the_same_trees_in_both_versions_and_formats(staged, version, form):
    source = {"kind": "wfs", "path": "wfs", "type_name": "ville:arbres", "page": 3}
    assert staged(service(version=version), source, {"type": form}) == AT_ISSY


@pytest.mark.parametrize("form", ["geojson", "gml"])
def test_a_wfs_in_lambert_93_is_moved_by_the_contract(staged, form):
    source = {"kind": "wfs", "path": "wfs", "type_name": "ville:arbres", "crs": "EPSG:2154"}
    fields = {**FIELDS, "geometry": {**FIELDS["geometry"], "crs": "EPSG:2154"}}
    ((_, place),) = staged(service([tree(1, LAMBERT_OF_ISSY)]), source, {"type": form}, fields)
    found = shapely.from_wkt(place)
    assert (found.x, found.y) == pytest.approx(ISSY, abs=1e-8)


@pytest.mark.parametrize("about", [LAYER, OLD], ids=["new, GeoJSON", "old, Esri JSON"])
def test_an_arcgis_layer_gives_labels_instants_and_places(staged, about):
    fields = {
        "numero": {**FIELDS["numero"], "from": "OBJECTID"}, "geometry": FIELDS["geometry"],
        "etat": {"from": "ETAT", "type": "enum", "values": ["bon", "à abattre"], "public": True, "about": "État."},
        "plante": {"from": "PLANTE", "type": "instant", "public": True, "about": "Plantation."},
    }  # fmt: skip
    trees = [planted(1), planted(2, ETAT=2, PLANTE=1_580_515_200_123), planted(3, PLANTE=None), planted(4)]
    here, planted_at = "POINT (2.2697 48.824)", datetime(2020, 2, 1, tzinfo=UTC)
    assert staged(layer(trees, about), {"kind": "arcgis", "path": PATH}, {"type": "arcgis"}, fields) == [
        (1, here, "bon", planted_at), (2, here, "à abattre", planted_at + timedelta(milliseconds=123)), (3, here, "bon", None),
        (4, here, "bon", planted_at),
    ]  # fmt: skip


def test_a_layer_without_features_empties_the_table(staged):
    fields = {"numero": {**FIELDS["numero"], "from": "OBJECTID"}}
    assert staged(layer([]), {"kind": "arcgis", "path": PATH}, {"type": "arcgis"}, fields) == []


@pytest.mark.parametrize(
    ("source", "met"),
    [
        ({"kind": "arcgis", "path": PATH}, "`kind: arcgis` lands pages of a layer"),
        ({"kind": "wfs", "type_name": "a"}, "`kind: wfs` reads GeoJSON or GML"),
        ({"kind": "ogc_features", "collection": "a"}, "`kind: ogc_features` reads pages of GeoJSON"),
    ],
)
def test_another_format_is_found_by_the_check(town: Town, run, source, met):
    town.contract(source={"connection": "portal", **source})
    code, told, _ = run("check")
    assert code == 1
    assert met in " ".join(told.split())
