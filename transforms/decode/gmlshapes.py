"""Simple features in GML 3 (OGC 10-100r3) as GeoJSON, digit for digit, x before y."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal
from xml.etree.ElementTree import Element

from pyproj import CRS
from pyproj.exceptions import CRSError

from contracts.systems import system_named
from transforms.decode.elements import local_name
from transforms.decode.jsonvalues import Number, compact

Axes = Literal["xy", "yx"]
Positions = list[list[Number]]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MEMBERS = (
    "pointMember", "pointMembers", "curveMember", "curveMembers", "lineStringMember", "surfaceMember",
    "surfaceMembers", "polygonMember", "geometryMember", "geometryMembers", "patches", "polygonPatches",
    "segments",
)  # fmt: skip


class Unread(ValueError):
    """A geometry that is no simple feature; its text says why, starting with a verb."""


@dataclass(frozen=True)
class Frame:
    """How the numbers of a geometry are to be read."""

    axes: Axes | None  # declared by the contract
    system: str = ""  # its `srsName`, or that of what it stands in
    dimension: int | None = None

    def within(self, element: Element) -> Frame:
        """The same, as the element's own attributes say it."""
        system = element.get("srsName") or self.system
        told = element.get("srsDimension")
        if told is not None and told not in ("2", "3"):
            raise Unread(f"tells {told!r} dimensions")
        return replace(self, system=system, dimension=int(told) if told else self.dimension)

    @property
    def order(self) -> Axes:
        """Whether x or y comes first."""
        return self.axes or _order_of(self.system)[0]

    @property
    def width(self) -> int:
        """How many numbers make a position."""
        return self.dimension or (_order_of(self.system)[1] if self.system else 2)


@lru_cache(256)
def _order_of(name: str) -> tuple[Axes, int]:
    """The order of axes that the form of the name means, and their number."""
    if not name:
        raise Unread("names no `srsName`, so that the order of its axes is not known")
    named = system_named(name)
    if named is None:
        raise Unread(f"names a reference system that is not understood ({name[:80]!r})")
    try:
        axes = CRS.from_user_input(named.code).axis_info
    except CRSError as error:
        raise Unread(f"names a reference system that does not exist ({name[:80]!r})") from error
    return "yx" if named.formal and axes[0].direction.lower() == "north" else "xy", len(axes)


def is_geometry(element: Element) -> bool:
    """Whether the element is a geometry of GML, readable or not."""
    name = local_name(element.tag)
    return "opengis.net/gml" in element.tag and (name in _SHAPES or name in _UNREAD)


def geojson_of(element: Element, frame: Frame) -> str | None:
    """The GeoJSON text; none where the geometry is empty.

    Raises:
        Unread: it is no simple feature, or its numbers cannot be read without doubt.
    """
    shape = _shape(element, frame)
    return None if shape is None else compact(shape)


def _shape(element: Element, frame: Frame) -> dict[str, Any] | None:
    name = local_name(element.tag)
    if name not in _SHAPES:
        raise Unread(f"is a {name}, which is no simple feature")
    return _SHAPES[name](element, frame.within(element))


def _point(element: Element, frame: Frame) -> dict[str, Any] | None:
    found = _positions(element, frame)
    if len(found) > 1:
        raise Unread("is a Point of several positions")
    return {"type": "Point", "coordinates": found[0]} if found else None


def _line(element: Element, frame: Frame) -> dict[str, Any] | None:
    found = _positions(element, frame)
    return {"type": "LineString", "coordinates": found} if found else None


def _curve(element: Element, frame: Frame) -> dict[str, Any] | None:
    """Segments one after the other; each begins where the one before it ended."""
    found: Positions = []
    for segment in _inner(element):
        if local_name(segment.tag) != "LineStringSegment":
            raise Unread(f"has a curve with a segment {local_name(segment.tag)}")
        positions = _positions(segment, frame.within(segment))
        if found and positions and found[-1] != positions[0]:
            raise Unread("has a curve whose segments do not join")
        found += positions[1:] if found else positions
    return {"type": "LineString", "coordinates": found} if found else None


def _polygon(element: Element, frame: Frame) -> dict[str, Any] | None:
    outer: list[Positions] = []
    holes: list[Positions] = []
    for child in element:
        name = local_name(child.tag)
        if name in ("exterior", "outerBoundaryIs"):
            outer += [_ring(ring, frame) for ring in child]
        elif name in ("interior", "innerBoundaryIs"):
            holes += [_ring(ring, frame) for ring in child]
    if len(outer) > 1 or (holes and not outer):
        raise Unread("has an area without exactly one exterior")
    return {"type": "Polygon", "coordinates": [*outer, *holes]} if outer and outer[0] else None


def _ring(element: Element, frame: Frame) -> Positions:
    """A LinearRing, or a Ring of curves."""
    frame = frame.within(element)
    if local_name(element.tag) == "LinearRing":
        return _positions(element, frame)
    if local_name(element.tag) != "Ring":
        raise Unread(f"has an area bounded by a {local_name(element.tag)}")
    found: Positions = []
    for line in _parts(element, frame):
        coordinates = line["coordinates"] if line["type"] == "LineString" else None
        if coordinates is None or (found and found[-1] != coordinates[0]):
            raise Unread("has an area whose boundary does not join")
        found += coordinates[1:] if found else coordinates
    return found


def _several(kind: str, part: str) -> Callable[[Element, Frame], dict[str, Any] | None]:
    def shape(element: Element, frame: Frame) -> dict[str, Any] | None:
        found = list(_parts(element, frame))
        if part and any(one["type"] not in (part, kind) for one in found):
            raise Unread(f"is a {local_name(element.tag)} with other parts than {part}")
        if not part:
            return {"type": kind, "geometries": found} if found else None
        coordinates = [inner for one in found for inner in _singles(one, part)]
        return {"type": kind, "coordinates": coordinates} if coordinates else None

    return shape


def _surface(element: Element, frame: Frame) -> dict[str, Any] | None:
    """Patches side by side: one is a polygon."""
    made = _several("MultiPolygon", "Polygon")(element, frame)
    if made is not None and len(made["coordinates"]) == 1:
        return {"type": "Polygon", "coordinates": made["coordinates"][0]}
    return made


def _singles(shape: dict[str, Any], part: str) -> list[Any]:
    """The coordinates of the parts in a part: a surface of several patches is several polygons."""
    return [shape["coordinates"]] if shape["type"] == part else list(shape["coordinates"])


def _parts(element: Element, frame: Frame) -> Iterator[dict[str, Any]]:
    for one in _inner(element):
        shape = _shape(one, frame)
        if shape is not None:
            yield shape


def _inner(element: Element) -> Iterator[Element]:
    for child in element:
        if local_name(child.tag) in _MEMBERS:
            if any(key.endswith("}href") for key in child.attrib):
                raise Unread("refers to a part that stands elsewhere (xlink:href)")
            yield from child


def _positions(element: Element, frame: Frame) -> Positions:
    """The positions of `pos` and `posList`, x before y."""
    found: Positions = []
    for child in element:
        name = local_name(child.tag)
        if name == "pointProperty":
            raise Unread("refers to points of their own")
        if name in ("coordinates", "coord"):
            raise Unread("writes its positions as GML 2 does (`coordinates`)")
        if name in ("pos", "posList"):
            found += _numbers(child, frame.within(child), single=name == "pos")
    return found


def _numbers(element: Element, frame: Frame, *, single: bool) -> Positions:
    words = (element.text or "").split()
    if wrong := next((word for word in words if not _NUMBER.fullmatch(word)), None):
        raise Unread(f"has a coordinate {wrong[:40]!r}")
    width = frame.dimension or (len(words) if single and len(words) in (2, 3) else frame.width)
    if len(words) % width or (single and len(words) not in (0, width)):
        raise Unread(f"has {len(words)} numbers for positions of {width}")
    numbers = [Number(_as_json(word)) for word in words]
    positions = [numbers[start : start + width] for start in range(0, len(numbers), width)]
    if positions and frame.order == "yx":
        return [[y, x, *height] for x, y, *height in positions]
    return positions


def _as_json(word: str) -> str:
    """The number as JSON writes it: `+1`, `.5` and `1.` are none."""
    sign, digits = ("-", word[1:]) if word[0] == "-" else ("", word.lstrip("+"))
    whole, mark, rest = digits.partition(".")
    fraction = rest if rest[:1].isdigit() else f"0{rest}"
    whole = whole.lstrip("0") or "0"
    return (
        f"{sign}{whole}.{fraction}"
        if mark
        else f"{sign}{digits.lstrip('0') or '0'}"
        if digits.isdigit()
        else word
    )


_SHAPES: dict[str, Callable[[Element, Frame], dict[str, Any] | None]] = {
    "Point": _point,
    "LineString": _line,
    "Curve": _curve,
    "Polygon": _polygon,
    "PolygonPatch": _polygon,
    "Surface": _surface,
    "MultiPoint": _several("MultiPoint", "Point"),
    "MultiLineString": _several("MultiLineString", "LineString"),
    "MultiCurve": _several("MultiLineString", "LineString"),
    "MultiPolygon": _several("MultiPolygon", "Polygon"),
    "MultiSurface": _several("MultiPolygon", "Polygon"),
    "MultiGeometry": _several("GeometryCollection", ""),
}
_UNREAD = ("CompositeCurve", "CompositeSurface", "OrientableCurve", "OrientableSurface", "PolyhedralSurface",
           "TriangulatedSurface", "Tin", "Solid", "MultiSolid", "Grid", "RectifiedGrid", "Envelope", "Box",
           "Ring", "LinearRing", "GeometricComplex", "Arc", "Circle")  # fmt: skip
