"""A layer of an ArcGIS server, as its REST API answers: FeatureServer or MapServer, new or old."""

import json

from web_habits import told

PATH = "rest/services/Arbres/FeatureServer/0"
ISSY = (2.2697, 48.8240)  # the town hall of Issy-les-Moulineaux: longitude, latitude
LAYER = {
    "currentVersion": 11.2, "id": 0, "name": "Arbres", "type": "Feature Layer", "maxRecordCount": 3,
    "geometryType": "esriGeometryPoint", "capabilities": "Query,Sync", "objectIdField": "OBJECTID",
    "supportedQueryFormats": "JSON, geoJSON, PBF", "advancedQueryCapabilities": {"supportsPagination": True},
    "dateFieldsTimeReference": {"timeZone": "Romance Standard Time", "respectsDaylightSaving": True},
    "typeIdField": "GENRE", "types": [
        {"id": 1, "name": "Feuillu", "domains": {"ETAT": {"type": "inherited"}}},
        {"id": 2, "name": "Conifère", "domains": {"ETAT": {"type": "codedValue", "codedValues": [{"name": "vert", "code": 1}]}}},
    ],
    "fields": [
        {"name": "OBJECTID", "type": "esriFieldTypeOID"},
        {"name": "GENRE", "type": "esriFieldTypeSmallInteger", "domain": None},
        {"name": "ETAT", "type": "esriFieldTypeInteger", "domain": {"type": "codedValue", "name": "etat", "codedValues": [
            {"name": "bon", "code": 1}, {"name": "à abattre", "code": 2}]}},
        {"name": "RUE", "type": "esriFieldTypeString", "domain": {"type": "codedValue", "codedValues": [
            {"name": "rue d'Issy", "code": "0042"}]}},
        {"name": "HAUTEUR", "type": "esriFieldTypeDouble", "domain": {"type": "range", "range": [0, 50]}},
        {"name": "PLANTE", "type": "esriFieldTypeDate"},
    ],
}  # fmt: skip
OLD = {
    **{name: value for name, value in LAYER.items() if name not in ("objectIdField", "advancedQueryCapabilities")},
    "supportedQueryFormats": "JSON, AMF", "capabilities": "Map,Query,Data", "currentVersion": 10.0,
}  # fmt: skip


def tree(number, place=ISSY, **attributes):
    usual = {"GENRE": 1, "ETAT": 1, "RUE": "0042", "HAUTEUR": 7.50, "PLANTE": 1_580_515_200_000}
    return {"OBJECTID": number, **usual, **attributes}, place


TREES = [tree(number) for number in range(1, 8)]


def layer(trees=TREES, about=LAYER, count=None, ids=None):
    """The layer's handler. Without an order, pages come in another one each time, as databases may give them."""

    def answered(asked):
        if not asked.path.endswith(("/query", "Server/0")):
            return told({"error": {"code": 404, "message": "Service not found", "details": []}})
        query = {**asked.query, **asked.form}
        if not asked.path.endswith("/query"):
            return told({**about, "fields": about["fields"]})
        if "returnCountOnly" in query:
            return told({"count": len(trees) if count is None else count})
        if "returnIdsOnly" in query:
            found = [one["OBJECTID"] for one, _ in trees] if ids is None else ids
            return told({"objectIdFieldName": "OBJECTID", "objectIds": found[::-1] or None})
        return told(_page(about, _chosen(trees, query, asked), query))

    return answered


def _chosen(trees, query, asked):
    if "objectIds" in query:
        assert asked.method == "POST"
        wanted = set(map(int, query["objectIds"].split(",")))
        return [one for one in trees if one[0]["OBJECTID"] in wanted]
    if "orderByFields" not in query:
        trees = trees[asked.number % 3 :] + trees[: asked.number % 3]
    return trees[int(query.get("resultOffset", 0)) :]


def _page(about, trees, query):
    most = min(int(query.get("resultRecordCount", about["maxRecordCount"])), about["maxRecordCount"])
    shown, more = trees[:most], len(trees) > most
    if query["f"] == "geojson":
        features = [
            {
                "type": "Feature",
                "id": one["OBJECTID"],
                "properties": one,
                "geometry": place and {"type": "Point", "coordinates": list(place)},
            }
            for one, place in shown
        ]
        page = {
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "EPSG:4326"}},
            "features": features,
        }
        return page | ({"properties": {"exceededTransferLimit": True}} if more else {})
    features = [{"attributes": one, **({"geometry": esri(place)} if place else {})} for one, place in shown]
    page = {
        "objectIdFieldName": "OBJECTID", "geometryType": about["geometryType"],
        "spatialReference": {"wkid": 4326, "latestWkid": 4326}, "fields": about["fields"], "features": features,
    }  # fmt: skip
    return page | ({"exceededTransferLimit": True} if more else {})


def esri(place):
    return place if isinstance(place, dict) else {"x": place[0], "y": place[1]}


def pages_of(fetched):
    return [json.loads(file.path.read_bytes()) for file in fetched.files[1:]]


def object_ids(fetched):
    features = [one for page in pages_of(fetched) for one in page["features"]]
    return [(one.get("attributes") or one["properties"])["OBJECTID"] for one in features]
