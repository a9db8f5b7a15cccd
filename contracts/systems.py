"""The names under which services speak of a reference system, and whose order of axes each means."""

from __future__ import annotations

import re
from dataclasses import dataclass

# OGC 07-092r3 (urn; GeoServer's WFS 1.1.0 leaves the version's colon out), OGC 09-048r5 (http), and what
# GML 2 and WFS 1.0 wrote.
_NAMES = tuple(
    (re.compile(pattern, re.IGNORECASE), formal)
    for pattern, formal in (
        (r"urn:(?:x-)?ogc:def:crs:(EPSG|OGC):(?:[^:]*:)?(\w+)", True),
        (r"https?://www\.opengis\.net/def/crs/(EPSG|OGC)/[^/]+/(\w+)", True),
        (r"https?://www\.opengis\.net/gml/srs/(epsg)\.xml#(\d+)", False),
        (r"(EPSG|OGC|CRS):(\w+)", False),
    )
)
_LONGITUDE_FIRST = ("84", "CRS84", "CRS84H")


@dataclass(frozen=True)
class System:
    """A reference system as it was named."""

    code: str  # `EPSG:2154`; WGS 84 with its longitude first is `EPSG:4326` too, `formal` apart
    formal: bool  # the axes are in the authority's order (latitude first in 4326), else x before y


def system_named(name: str) -> System | None:
    """The system that a name means; none where it is not understood."""
    for pattern, formal in _NAMES:
        if found := pattern.fullmatch(name.strip()):
            authority, code = found[1].upper(), found[2].upper()
            if authority != "EPSG":
                return System("EPSG:4326", False) if code in _LONGITUDE_FIRST else None
            return System(f"EPSG:{code}", formal) if code.isdigit() else None
    return None
