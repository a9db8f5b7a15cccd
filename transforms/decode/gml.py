"""Features in GML: properties as columns, the geometry as GeoJSON in the order x, y."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from contracts.errors import SourceChanged
from contracts.formats import GmlFormat
from transforms.decode.columns import Sink
from transforms.decode.declared import elements_of
from transforms.decode.elements import local_name
from transforms.decode.gmlshapes import Frame, Unread, geojson_of, is_geometry
from transforms.decode.markup import cells_of, refuse_stranger
from transforms.decode.source import Source

_ROOT = "FeatureCollection"
_PATHS = tuple((_ROOT, one, "*") for one in ("member", "featureMember", "featureMembers"))
_BOUNDS = (_ROOT, "boundedBy")
_JOINED = ("FeatureCollection", "SimpleFeatureCollection", "Tuple")


def take_gml(tables: Sink, source: Source, form: GmlFormat, *, may_be_empty: bool = False) -> None:
    """Takes the features of a collection; a line is a feature's number from 1.

    Raises:
        SourceChanged: not XML, no features, more than one geometry, one that is no simple feature or whose
            axes cannot be told, or bytes that contradict the declared encoding.
    """
    refuse_stranger(source)
    system, number = "", 0
    for element in elements_of(source, *_PATHS, _BOUNDS):
        if local_name(element.tag) == _BOUNDS[-1]:
            system = _system_in(element) or system
            continue
        number += 1
        tables.add_record(number, _cells(source, number, element, form, system))
    if not number and not may_be_empty:
        raise source.changed(
            "holds no features", promised="a FeatureCollection of GML", remedy="Is it `type: xml`?"
        )


def _cells(
    source: Source, number: int, feature: Element, form: GmlFormat, system: str
) -> dict[str, str | None]:
    """The geometry and the id are taken out of the feature; what is left are its properties."""
    if local_name(feature.tag) in _JOINED:
        met = f"holds a {local_name(feature.tag)} as member {number}"
        raise source.changed(met, promised="features of one type")
    shapes: dict[str, Element] = {}
    for child in list(feature):
        name = local_name(child.tag)
        if name == "boundedBy":
            system = _system_in(child) or system
            feature.remove(child)
        elif len(child) == 1 and is_geometry(child[0]):
            _once(source, number, shapes, name)
            shapes[name] = child[0]
            feature.remove(child)
    identity = next((key for key in feature.attrib if local_name(key) in ("id", "fid")), None)
    told = feature.attrib.pop(identity) if identity else None
    cells = cells_of(source, number, feature, form.lists)
    if form.geometry is not None and cells.get(form.geometry, "") is None:
        del cells[form.geometry]  # the property without a geometry in it
    frame = Frame(form.axes, system)
    for name, shape in _named(source, number, shapes, form).items():
        cells[name] = _written(source, number, shape, frame)
    return cells | ({"feature.id": told} if told is not None else {})


def _once(source: Source, number: int, shapes: dict[str, Any], name: str) -> None:
    if name in shapes:
        raise source.changed(f"has the geometry {name!r} twice in feature {number}", promised="each once")


def _named(source: Source, number: int, shapes: dict[str, Element], form: GmlFormat) -> dict[str, Element]:
    """The columns of the geometries: the one that counts is `geometry`, others keep their names."""
    if form.geometry is None and len(shapes) > 1:
        met = f"has {len(shapes)} geometries in feature {number}: {', '.join(shapes)}"
        raise source.changed(met, promised="one", remedy="Name the one that counts: `geometry:`.")
    chosen = form.geometry or next(iter(shapes), "")
    return {"geometry" if name == chosen else name: shape for name, shape in shapes.items()}


def _written(source: Source, number: int, shape: Element, frame: Frame) -> str | None:
    try:
        return geojson_of(shape, frame)
    except (Unread, RecursionError) as error:
        raise _unread(source, number, error) from error


def _unread(source: Source, number: int, error: Exception) -> SourceChanged:
    reason = str(error) if isinstance(error, Unread) else "is nested deeper than can be read"
    met = f"has in feature {number} a geometry that {reason}"
    remedy = "Say `axes:` under `format:`." if "srsName" in reason or "system" in reason else ""
    return source.changed(met, promised="simple features of GML 3", remedy=remedy)


def _system_in(bounds: Element) -> str:
    return next((one.get("srsName", "") for one in bounds), "")
