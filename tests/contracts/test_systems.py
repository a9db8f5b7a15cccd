"""The names of reference systems: which system, and in whose order of axes."""

import pytest

from contracts.systems import System, system_named


@pytest.mark.parametrize(
    ("name", "code", "formal"),
    [
        ("urn:ogc:def:crs:EPSG::4326", "EPSG:4326", True),
        ("urn:ogc:def:crs:EPSG:6.9:4326", "EPSG:4326", True),
        ("urn:x-ogc:def:crs:EPSG:4326", "EPSG:4326", True),
        ("urn:x-ogc:def:crs:EPSG::2154", "EPSG:2154", True),
        ("http://www.opengis.net/def/crs/EPSG/0/3949", "EPSG:3949", True),
        ("https://www.opengis.net/def/crs/epsg/0/4326", "EPSG:4326", True),
        ("http://www.opengis.net/gml/srs/epsg.xml#4326", "EPSG:4326", False),
        ("EPSG:4326", "EPSG:4326", False),
        (" epsg:2154 ", "EPSG:2154", False),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", False),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "EPSG:4326", False),
        ("http://www.opengis.net/def/crs/OGC/0/CRS84h", "EPSG:4326", False),
        ("CRS:84", "EPSG:4326", False),
        ("urn:ogc:def:crs:OGC:1.3:CRS27", None, None),
        ("EPSG:lambert", None, None),
        ("IGNF:LAMB93", None, None),
        ("4326", None, None),
        ("", None, None),
    ],
)
def test_a_name_means_a_system_and_an_order_of_axes(name, code, formal):
    assert system_named(name) == (System(code, formal) if code else None)
