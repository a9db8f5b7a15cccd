"""Geometry from text or coordinates to WKB in WGS 84 (longitude, latitude), and made coarser from it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, wraps
from pathlib import Path
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

from contracts.errors import ContractInvalid, Fault, StorageRefused

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

MARGIN_DEGREES = 1.0  # a country's area of use is drawn tightly; a coastal or border point may lie outside
_CURVED = re.compile(r"CIRCULAR|CURVE|SURFACE", re.IGNORECASE)  # GEOS reads them, shapely stops at them
_EWKT = re.compile(r"\s*SRID=(\d+)\s*;", re.IGNORECASE)


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes `point_wkb(x, y, crs)`, `wkt_wkb(text, crs)`, `geojson_wkb(text, crs)` known to the connection.

    Each gives NULL for a NULL, for what is no geometry, for an empty one, and for a position outside
    the reference system's area of use (swapped axes, a wrong zone). `grid_1km(wkb)` gives the centre of the
    1 km square that a point lies in, NULL for a NULL; `longitude_of(wkb)` and `latitude_of(wkb)` where a
    point is, or one that lies on the surface or line, NULL for a NULL.
    """
    definitions: list[tuple[str, Callable[..., pa.Array], list[Any], Any]] = [
        ("point_wkb", _points, [DOUBLE, DOUBLE, VARCHAR], BLOB),
        ("wkt_wkb", _from_wkt, [VARCHAR, VARCHAR], BLOB),
        ("geojson_wkb", _from_geojson, [VARCHAR, VARCHAR], BLOB),
        ("grid_1km", _square_centres, [BLOB], BLOB),
        ("longitude_of", _longitudes, [BLOB], DOUBLE),
        ("latitude_of", _latitudes, [BLOB], DOUBLE),
    ]
    for name, function, types, gives in definitions:
        connection.create_function(
            name,
            _in_one_thread(function),
            types,
            gives,
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )


@contextmanager
def communes_known(connection: duckdb.DuckDBPyConnection, outlines: Path | None) -> Iterator[None]:
    """`commune_of(wkb)` is known to the connection for as long as the block lasts.

    It gives the INSEE code of the commune that holds a point (on a border: the lower code), NULL outside all
    of them. `outlines` is a GeoJSON of them with a property `code` or `insee_commune`.

    Raises:
        ContractInvalid: there are no outlines.
        StorageRefused: they cannot be read.
    """
    codes, shapes = _read_outlines(outlines)
    tree = shapely.STRtree(shapes)
    shapely.prepare(shapes)

    def communes(wkb: pa.Array) -> pa.Array:
        points = _representatives(wkb)
        point, outline = tree.query(points)
        places = shapely.get_coordinates(points[point])
        holds = shapely.intersects_xy(shapes[outline], places[:, 0], places[:, 1])
        found = np.full(len(points), len(codes))
        np.minimum.at(found, point[holds], outline[holds])
        return pa.array([*codes, None], pa.string()).take(pa.array(found))

    connection.create_function(
        "commune_of", communes, [BLOB], VARCHAR, type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,
    )  # fmt: skip
    try:
        yield
    finally:
        connection.remove_function("commune_of")


def _in_one_thread(function: Callable[..., pa.Array]) -> Callable[..., pa.Array]:
    """The same function, worked out in the one thread that asks PROJ anything.

    pyproj keeps what it opened for each thread, and DuckDB ends its threads at will: with both on several
    threads the process dies of a segmentation fault above 100,000 rows (met with pyproj 3.7.2, DuckDB 2.0.1).
    """

    @wraps(function)  # DuckDB looks at the signature
    def alone(*arrays: pa.Array) -> pa.Array:
        return _thread_of(os.getpid()).submit(function, *arrays).result()

    return alone


@lru_cache(maxsize=1)
def _thread_of(process: int) -> ThreadPoolExecutor:
    """A thread that lasts as long as the process; a forked child has its own."""
    return ThreadPoolExecutor(1)


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


@lru_cache(maxsize=1)
def _to_grid() -> Transformer:
    """Made when it is first needed: it takes 0.1 s, and most datasets hide no position."""
    return Transformer.from_crs(4326, 3035, always_xy=True)


# INSEE's squares are those of the European grid: sides of 1,000 m in EPSG:3035 counted from its origin
# (INSPIRE, D2.8.I.2 Geographical Grid Systems), each of the same area.
_SIDE = 1000.0
_DECIMALS = 6  # 0.1 m: another version of PROJ gives the same bytes


def _square_centres(wkb: pa.Array) -> pa.Array:
    points = _representatives(wkb)
    grid = _to_grid()
    east, north = grid.transform(shapely.get_x(points), shapely.get_y(points))
    east, north = ((np.floor(place / _SIDE) + 0.5) * _SIDE for place in (east, north))
    longitude, latitude = grid.transform(east, north, direction="INVERSE")
    centres = np.round(np.column_stack([longitude, latitude]), _DECIMALS)
    found = np.isfinite(centres).all(axis=1)
    squares: Shapes = np.full(len(points), None, dtype=object)
    squares[found] = shapely.points(centres[found])
    return pa.array(shapely.to_wkb(squares, byte_order=1), pa.binary())


def _longitudes(wkb: pa.Array) -> pa.Array:
    return _places(shapely.get_x, wkb)


def _latitudes(wkb: pa.Array) -> pa.Array:
    return _places(shapely.get_y, wkb)


def _places(axis: Callable[[Shapes], Floats], wkb: pa.Array) -> pa.Array:
    """A point's own coordinate as it stands; another version of GEOS gives the same of a shape, to 0.01 m."""
    shapes: Shapes = shapely.from_wkb(np.array(wkb.to_pylist(), dtype=object))
    found = axis(_representatives(wkb))
    wide = shapely.get_type_id(shapes) > 0
    found[wide] = np.round(found[wide], 7)
    return pa.array(found, pa.float64(), from_pandas=True)


def _representatives(wkb: pa.Array) -> Shapes:
    """A point that lies in each geometry: a point is its own."""
    shapes: Shapes = shapely.from_wkb(np.array(wkb.to_pylist(), dtype=object))
    wide = shapely.get_type_id(shapes) > 0
    shapes[wide] = shapely.point_on_surface(shapes[wide])
    return shapes


def _read_outlines(outlines: Path | None) -> tuple[list[str], Shapes]:
    """Codes in ascending order, with their shapes."""
    if outlines is None:
        met = "a field is the commune of a point, and there are no outlines of communes"
        remedy = "Name a GeoJSON of them: `communes: communes.geojson`."
        raise ContractInvalid((Fault("city.yml", 1, "communes", met, remedy),))
    try:
        features = json.loads(outlines.read_bytes())["features"]
        known = sorted((_code(one["properties"]), json.dumps(one["geometry"])) for one in features)
        shapes: Shapes = shapely.from_geojson(np.array([shape for _, shape in known], dtype=object))
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.GEOSException) as error:
        met = "is no GeoJSON of communes with a property `code` or `insee_commune`"
        raise StorageRefused(outlines.name, met, remedy="Mend `communes:` in city.yml.") from error
    return [code for code, _ in known], shapes


def _code(properties: dict[str, Any]) -> str:
    return str(properties["code"] if "code" in properties else properties["insee_commune"])
