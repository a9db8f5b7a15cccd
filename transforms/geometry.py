"""Geometry from text or coordinates to WKB in WGS 84 (longitude, latitude), a batch at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from duckdb.func import FunctionNullHandling, PythonUDFType
from duckdb.sqltypes import BLOB, DOUBLE, VARCHAR
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

MARGIN_DEGREES = 1.0  # a country's area of use is drawn tightly; a coastal or border point may lie outside
_CURVED = re.compile(r"CIRCULAR|CURVE|SURFACE", re.IGNORECASE)  # GEOS reads them, shapely stops at them
_EWKT = re.compile(r"\s*SRID=(\d+)\s*;", re.IGNORECASE)


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes `point_wkb(x, y, crs)`, `wkt_wkb(text, crs)`, `geojson_wkb(text, crs)` known to the connection.

    Each gives NULL for a NULL, for what is no geometry, for an empty one, and for a position outside
    the reference system's area of use (swapped axes, a wrong zone).
    """
    definitions: list[tuple[str, Callable[..., pa.Array], list[Any]]] = [
        ("point_wkb", _points, [DOUBLE, DOUBLE, VARCHAR]),
        ("wkt_wkb", _from_wkt, [VARCHAR, VARCHAR]),
        ("geojson_wkb", _from_geojson, [VARCHAR, VARCHAR]),
    ]
    for name, function, types in definitions:
        connection.create_function(
            name, function, types, BLOB, type=PythonUDFType.ARROW, null_handling=FunctionNullHandling.SPECIAL
        )


def crs_fault(crs: str) -> str | None:
    """What is wrong with the name of a reference system, or None."""
    try:
        system = _system(crs)
    except CRSError:
        return f"{crs!r} is not a known reference system"
    if system.area_of_use is None or not (system.is_geographic or system.is_projected):
        return f"{crs!r} has no longitude and latitude, or x and y, in a known area"
    return None


@lru_cache(maxsize=16)
def _system(crs: str) -> CRS:
    return CRS.from_user_input(crs)


@lru_cache(maxsize=16)
def _transformer(crs: str) -> Transformer:
    return Transformer.from_crs(_system(crs), CRS.from_epsg(4326), always_xy=True)


def _points(x: pa.Array, y: pa.Array, crs: pa.Array) -> pa.Array:
    east, north = _floats(x), _floats(y)
    found = np.isfinite(east) & np.isfinite(north)
    points: Shapes = np.full(len(east), None, dtype=object)
    points[found] = shapely.points(east[found], north[found])
    return _wgs84_wkb(points, crs[0].as_py())


def _from_wkt(text: pa.Array, crs: pa.Array) -> pa.Array:
    system = crs[0].as_py()
    code = _system(system).to_epsg()
    plain = [_plain_wkt(cell, code) for cell in text.to_pylist()]
    shapes = shapely.from_wkt(np.array(plain, dtype=object), on_invalid="ignore")
    return _wgs84_wkb(shapes, system)


def _from_geojson(text: pa.Array, crs: pa.Array) -> pa.Array:
    shapes = shapely.from_geojson(np.array(text.to_pylist(), dtype=object), on_invalid="ignore")
    return _wgs84_wkb(shapes, crs[0].as_py())


def _plain_wkt(cell: str | None, code: int | None) -> str | None:
    """The WKT, without an SRID that is the declared one; None where it is another, and for curves."""
    if cell is None or _CURVED.search(cell):
        return None
    match = _EWKT.match(cell)
    if match is None:
        return cell
    return cell[match.end() :] if int(match[1]) == code else None


def _wgs84_wkb(shapes: Shapes, crs: str) -> pa.Array:
    shapes[shapely.is_empty(shapes)] = None
    if crs != "EPSG:4326":
        shapes = shapely.transform(shapes, _moving(_transformer(crs)))
    shapes = shapely.force_2d(shapes)
    places, owner = shapely.get_coordinates(shapes, return_index=True)
    shapes[owner[~np.isfinite(places).all(axis=1)]] = None  # bounds pass over a NaN inside a line
    shapes[~_inside_area(shapes, _system(crs))] = None
    return pa.array(shapely.to_wkb(shapes, byte_order=1), pa.binary())


def _moving(transformer: Transformer) -> Callable[[Floats], Floats]:
    def moved(coordinates: Floats) -> Floats:
        longitude, latitude = transformer.transform(coordinates[:, 0], coordinates[:, 1])
        return np.column_stack([longitude, latitude])

    return moved


def _inside_area(shapes: Shapes, system: CRS) -> npt.NDArray[np.bool_]:
    area = system.area_of_use
    west, south, east, north = area.bounds if area else (-180.0, -90.0, 180.0, 90.0)
    bounds = shapely.bounds(shapes)
    least = np.maximum([west - MARGIN_DEGREES, south - MARGIN_DEGREES], [-180, -90])
    most = np.minimum([east + MARGIN_DEGREES, north + MARGIN_DEGREES], [180, 90])
    with np.errstate(invalid="ignore"):  # no geometry has the bounds NaN, which are inside nothing
        inside: npt.NDArray[np.bool_] = np.all((bounds[:, :2] >= least) & (bounds[:, 2:] <= most), axis=1)
    return inside


def _floats(array: pa.Array) -> Floats:
    numbers: Floats = array.to_numpy(zero_copy_only=False).astype(np.float64)
    return numbers
