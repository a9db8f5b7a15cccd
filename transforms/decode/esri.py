"""Geometries as ArcGIS writes them (Esri JSON) as GeoJSON, digit for digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from transforms.decode.jsonvalues import DECODER, compact
from transforms.decode.source import Source

Ring = list[list[Any]]

_CURVED = ("curveRings", "curvePaths")
_FINITE = r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$"  # Esri's empty point is {"x": "NaN"}


def geometry_of(source: Source, members: dict[str, pa.Array], rows: int) -> pa.Array:
    """The GeoJSON texts of geometries whose members (`x`, `y`, `rings` …) are columns; heights are left out.

    Raises:
        SourceChanged: curves, or something that is no geometry.
    """
    met = {name for name, texts in members.items() if texts.null_count < len(texts)}
    if met & {*_CURVED, "xmin"}:
        what = "an envelope" if "xmin" in met else "curves, which no published format holds"
        remedy = "Fetch it by `kind: arcgis`, which asks for lines." if met & {*_CURVED} else ""
        raise source.changed(f"draws {what}", promised="points, lines and areas", remedy=remedy)
    found = pa.nulls(rows, pa.string())
    if {"x", "y"} <= met:
        found = _points(members["x"], members["y"])
    for name, shaped in (("points", _multipoint), ("paths", _lines), ("rings", _areas)):
        if name in met:
            texts = [
                shaped(source, DECODER.decode(cell)) if cell else None for cell in members[name].to_pylist()
            ]
            found = pc.coalesce(found, pa.array(texts, pa.string()))
    return found


def _points(x: pa.Array, y: pa.Array) -> pa.Array:
    finite = pc.and_(pc.match_substring_regex(x, _FINITE), pc.match_substring_regex(y, _FINITE))
    text = pc.binary_join_element_wise('{"type":"Point","coordinates":[', x, ",", y, "]}", "")
    return pc.if_else(finite, text, pa.scalar(None, pa.string()))


def _multipoint(source: Source, points: Ring) -> str | None:
    return _written("MultiPoint", _flat(source, points)) if points else None


def _lines(source: Source, paths: list[Ring]) -> str | None:
    lines = [_flat(source, path) for path in paths if path]
    if not lines:
        return None
    return _written("LineString", lines[0]) if len(lines) == 1 else _written("MultiLineString", lines)


def _areas(source: Source, rings: list[Ring]) -> str | None:
    areas = _polygons([_flat(source, ring) for ring in rings if ring])
    if not areas:
        return None
    return _written("Polygon", areas[0]) if len(areas) == 1 else _written("MultiPolygon", areas)


def _flat(source: Source, positions: Any) -> Ring:
    """Positions of two numbers: a third may be a height or a measure."""
    try:
        return [[x, y] for x, y, *_ in positions]
    except (TypeError, ValueError) as error:
        raise source.changed("has a geometry whose positions are no numbers", promised="x, y") from error


def _polygons(rings: Sequence[Ring]) -> list[list[Ring]]:
    """The rings as areas, each behind its outer one.

    A ring inside an odd number of others is a hole of the smallest of them. Esri tells holes by direction
    too, which some writers turn round; what contains what does not depend on it.
    """
    if len(rings) <= 1:
        return [[ring] for ring in rings]
    filled = [shapely.Polygon([(float(x), float(y)) for x, y in ring]) for ring in rings]
    order = sorted(range(len(rings)), key=lambda number: -filled[number].area)
    around: dict[int, list[int]] = {number: [] for number in order}
    tree = shapely.STRtree(filled)
    inner, outer = tree.query(filled, predicate="covered_by")
    place = {number: rank for rank, number in enumerate(order)}
    for one, other in zip(inner.tolist(), outer.tolist(), strict=True):
        if place[other] < place[one]:
            around[one].append(other)
    areas: dict[int, list[Ring]] = {}
    for number in order:
        if len(around[number]) % 2 == 0:
            areas[number] = [rings[number]]
        else:
            areas[max(around[number], key=place.__getitem__)].append(rings[number])
    return [areas[number] for number in sorted(areas)]


def _written(kind: str, coordinates: Any) -> str:
    return f'{{"type":"{kind}","coordinates":{compact(coordinates)}}}'
