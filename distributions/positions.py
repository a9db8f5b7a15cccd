"""A geometry for the map formats, where a national schema fixes a longitude and a latitude instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contracts.field import Field
from contracts.sql import identifier, literal
from contracts.view import View

GEOMETRY = Field(type="geometry", about="Position (WGS 84), faite de la longitude et de la latitude.")

# Bytes that say themselves what they are: a column of GEOMETRY without one value would be read as bytes.
_GEO = (
    '{"version": "1.1.0", "primary_column": "geometry", '
    '"columns": {"geometry": {"encoding": "WKB", "geometry_types": []}}}'
)


@contextmanager
def located(connection: duckdb.DuckDBPyConnection, parquet: Path, view: View) -> Iterator[tuple[Path, View]]:
    """The rows and the view with a column `geometry` of points, for as long as the block lasts.

    Both as they are where the view has a geometry, or no position. A row without one of the two has none.
    """
    if view.position is None or "geometry" in view.fields:
        yield parquet, view
        return
    longitude, latitude = map(identifier, view.position)
    point = f"ST_AsWKB(CAST('POINT(' || {longitude} || ' ' || {latitude} || ')' AS GEOMETRY))"
    places = parquet.with_suffix(".places")
    connection.execute(
        f"COPY (SELECT *, {point} AS geometry FROM read_parquet({literal(str(parquet))})) "
        f"TO {literal(str(places))} (FORMAT parquet, KV_METADATA {{geo: {literal(_GEO)}}})"
    )
    try:
        yield places, view.model_copy(update={"fields": {**view.fields, "geometry": GEOMETRY}})
    finally:
        places.unlink()
