"""Geometry for files: what kinds and extent a column has, and its WKT, GeoJSON and multi-part forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from duckdb.func import ARROW
from duckdb.sqltypes import BLOB, VARCHAR

from contracts.sql import identifier

Shapes = npt.NDArray[np.object_]

DECIMALS = 7  # of a degree: 1.1 cm on the ground, finer than any source of a city
ROWS_PER_BATCH = 10_000
_MULTI: dict[str, tuple[Callable[..., Shapes], str]] = {
    "Point": (shapely.multipoints, "MultiPoint"),
    "LineString": (shapely.multilinestrings, "MultiLineString"),
    "Polygon": (shapely.multipolygons, "MultiPolygon"),
}


@dataclass(frozen=True)
class Extent:
    """The kinds of geometry that a column holds, by name, and its west, south, east, north; None if empty."""

    kinds: tuple[str, ...]
    bounds: tuple[float, ...] | None


def extent_of(connection: duckdb.DuckDBPyConnection, source: str, name: str) -> Extent:
    """The extent of a WKB column, read a batch at a time; null cells count for nothing."""
    column = identifier(name)
    cells = connection.sql(f"SELECT {column} FROM {identifier(source)} WHERE {column} IS NOT NULL")
    kinds: set[str] = set()
    bounds = np.full(4, np.nan)
    for batch in cells.to_arrow_reader(ROWS_PER_BATCH):
        shapes = shapes_in(batch.column(0))
        one_of_each = np.unique(shapely.get_type_id(shapes), return_index=True)[1]
        kinds |= {shape.geom_type for shape in shapes[one_of_each]}
        met = shapely.total_bounds(shapes)
        bounds = np.concatenate([np.fmin(bounds[:2], met[:2]), np.fmax(bounds[2:], met[2:])])
    return Extent(tuple(sorted(kinds)), None if np.isnan(bounds).any() else tuple(bounds.tolist()))


def multi_kind(kinds: tuple[str, ...]) -> str:
    """The one kind that all geometries can take, single parts made multiple; `Unknown` if there is none."""
    if len(kinds) == 1:
        return kinds[0]
    return next((multi for single, (_, multi) in _MULTI.items() if {*kinds} == {single, multi}), "Unknown")


def promoted(cells: pa.Array, kind: str) -> pa.Array:
    """WKB cells in which the single parts have become the multi-part `kind`."""
    shapes = shapes_in(cells)
    for single, (multiple, multi) in _MULTI.items():
        if multi == kind:
            chosen = shapely.get_type_id(shapes) == shapely.GeometryType[single.upper()]
            shapes[chosen] = multiple(shapes[chosen], indices=np.arange(chosen.sum()))
    return pa.array(shapely.to_wkb(shapes, byte_order=1), pa.binary())


def geojson_of(cells: pa.Array) -> list[str]:
    """RFC 7946 geometries as JSON text: 7 decimals, outer rings counter-clockwise; `null` for a null."""
    shapes = shapely.transform(shapes_in(cells), lambda positions: positions.round(DECIMALS))
    return [text or "null" for text in shapely.to_geojson(shapely.orient_polygons(shapes))]


def make_wkt_known(connection: duckdb.DuckDBPyConnection) -> None:
    """From here on the connection's SQL knows `wkt(wkb)`: WKT with 7 decimals."""
    if not connection.sql("FROM duckdb_functions() WHERE function_name = 'wkt'").fetchall():
        connection.create_function("wkt", _wkt, [BLOB], VARCHAR, type=ARROW)


def shapes_in(cells: pa.Array) -> Shapes:
    """The geometries of WKB cells; None for a null."""
    shapes: Shapes = shapely.from_wkb(cells.to_numpy(zero_copy_only=False))
    return shapes


def _wkt(cells: pa.Array) -> pa.Array:
    return pa.array(shapely.to_wkt(shapes_in(cells), rounding_precision=DECIMALS), pa.string())
