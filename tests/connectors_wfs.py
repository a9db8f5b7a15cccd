"""A WFS with one feature type, as servers answer: 2.0.0 or 1.1.0, GeoJSON or GML 3, coordinates by the form of srsName."""

from xml.sax.saxutils import escape

from web_habits import Answer, told

ISSY = (2.2697, 48.8240)  # the town hall of Issy-les-Moulineaux: longitude, latitude
DEGREES, LAMBERT = "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG::2154"
JSON = "application/json"
GML = {"2.0.0": "application/gml+xml; version=3.2", "1.1.0": "text/xml; subtype=gml/3.1.1"}
_NAMES = {
    "2.0.0": 'xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:ows="http://www.opengis.net/ows/1.1"',
    "1.1.0": 'xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml" xmlns:ows="http://www.opengis.net/ows"',
}


def xml(text, status=200):
    return Answer(
        f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode(), status, {"Content-Type": "text/xml"}
    )


def report(code, words, status=200):
    return xml(
        f'<ows:ExceptionReport version="2.0.0" xmlns:ows="http://www.opengis.net/ows/1.1"><ows:Exception exceptionCode="{code}" '
        f"locator='x'><ows:ExceptionText>{escape(words)}</ows:ExceptionText></ows:Exception></ows:ExceptionReport>",
        status,
    )


def capabilities(version="2.0.0", outputs=None, paging="TRUE", sorting="TRUE", systems=(DEGREES, LAMBERT)):
    outputs = (GML[version], "csv", JSON) if outputs is None else outputs
    crs = "CRS" if version == "2.0.0" else "SRS"
    allowed = "".join(f"<ows:Value>{one}</ows:Value>" for one in outputs)
    if version == "2.0.0":
        allowed = f"<ows:AllowedValues>{allowed}</ows:AllowedValues>"
    said = "".join(
        f'<ows:Constraint name="{name}"><ows:NoValues/><ows:DefaultValue>{value}</ows:DefaultValue></ows:Constraint>'
        for name, value in (("ImplementsResultPaging", paging), ("ImplementsSorting", sorting)) if value
    )  # fmt: skip
    offered = "".join(
        f"<wfs:{'Default' if not number else 'Other'}{crs}>{one}</wfs:{'Default' if not number else 'Other'}{crs}>"
        for number, one in enumerate(systems)
    )
    return xml(
        f'<wfs:WFS_Capabilities version="{version}" {_NAMES[version]} xmlns:ville="http://ville"><ows:OperationsMetadata>'
        f'<ows:Operation name="GetFeature"><ows:Parameter name="outputFormat">{allowed}</ows:Parameter></ows:Operation>'
        f"{said}</ows:OperationsMetadata><wfs:FeatureTypeList><wfs:FeatureType><wfs:Name>ville:arbres</wfs:Name>{offered}"
        "<ows:WGS84BoundingBox><ows:LowerCorner>2.2 48.8</ows:LowerCorner><ows:UpperCorner>2.3 48.9</ows:UpperCorner>"
        "</ows:WGS84BoundingBox></wfs:FeatureType></wfs:FeatureTypeList></wfs:WFS_Capabilities>"
    )


def tree(number, place=ISSY):
    return {"id": f"arbres.{number}", "numero": number, "place": place}


TREES = [tree(number) for number in range(1, 8)]


def service(trees=TREES, version="2.0.0", hits=None, matched=True, links=False, about=None, most=1_000_000):
    """The handler; `most` features in one answer, `hits` in the place of their true number (`unknown`)."""

    def answered(asked):
        query = {name.lower(): value for name, value in asked.query.items()}
        assert query["service"] == "WFS"
        if query["request"] == "GetCapabilities":
            assert version in query["acceptversions"]
            return about or capabilities(version)
        assert query["request"] == "GetFeature"
        assert query["version"] == version
        if query["typenames" if version == "2.0.0" else "typename"] != "ville:arbres":
            return report("InvalidParameterValue", "Feature type unknown")
        number = len(trees) if hits is None else hits
        if query.get("resulttype") == "hits":
            told_by = "numberMatched" if version == "2.0.0" else "numberOfFeatures"
            return xml(
                f'<wfs:FeatureCollection {told_by}="{number}" {"numberReturned=" + chr(34) + "0" + chr(34) if version == "2.0.0" else ""} {_NAMES[version]}/>'
            )
        size = min(int(query.get("count", query.get("maxfeatures", most))), most)
        start = int(query.get("startindex", 0))
        shown = trees[start : start + size]
        following = f"wfs?{_with(asked.query, start + size)}" if links and start + size < len(trees) else None
        system = query.get("srsname", DEGREES)
        write = _json if "json" in query.get("outputformat", "") else _gml
        return write(shown, version, system, number if matched else "unknown", following)

    return answered


def _with(query, start):
    from urllib.parse import urlencode

    return urlencode({**query, "startIndex": start})


def _json(trees, version, system, number, following):
    features = [
        {
            "type": "Feature",
            "id": one["id"],
            "properties": {"numero": one["numero"]},
            "geometry": {"type": "Point", "coordinates": list(one["place"])},
        }
        for one in trees
    ]
    links = [{"rel": "next", "href": following}] if following else []
    return told({
        "type": "FeatureCollection", "features": features, "totalFeatures": number, "numberMatched": number,
        "numberReturned": len(trees), "links": links, "crs": {"type": "name", "properties": {"name": system}},
    })  # fmt: skip


def _gml(trees, version, system, number, following):
    turned = system.endswith("4326") and not system.startswith("EPSG")
    wrapper, identity = ("wfs:member", "gml:id") if version == "2.0.0" else ("gml:featureMember", "gml:id")
    members = "".join(
        f'<{wrapper}><ville:arbres {identity}="{one["id"]}"><ville:numero>{one["numero"]}</ville:numero><ville:geom>'
        f'<gml:Point srsName="{system}" srsDimension="2"><gml:pos>{" ".join(map(str, one["place"][::-1] if turned else one["place"]))}</gml:pos></gml:Point>'
        f"</ville:geom></ville:arbres></{wrapper}>"
        for one in trees
    )
    said = (
        f'numberMatched="{number}" numberReturned="{len(trees)}"'
        if version == "2.0.0"
        else f'numberOfFeatures="{len(trees)}"'
    )
    link = f' next="{escape(following)}"' if following else ""
    return xml(
        f'<wfs:FeatureCollection {said}{link} {_NAMES[version]} xmlns:ville="http://ville">{members}</wfs:FeatureCollection>'
    )
