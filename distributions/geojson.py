"""The view as GeoJSON (RFC 7946), one feature a line, streamed."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from contracts.sql import identifier, literal
from contracts.view import View
from distributions.columns import plain
from distributions.shapes import ROWS_PER_BATCH, geojson_of


def write_geojson(connection: duckdb.DuckDBPyConnection, parquet: Path, view: View, path: Path) -> None:
    """Writes a feature per row; `geometry` is the view's first, null where the row has none.

    Properties are the other columns: instants and dates as ISO 8601 text, a second geometry as WKT.
    """
    others = ((name, field) for name, field in view.fields.items() if name != view.geometry)
    properties = ", ".join(f"{literal(name)}, {plain(name, field)}" for name, field in others)
    rows = connection.sql(
        f"SELECT ST_AsWKB({identifier(view.geometry or '')}), CAST(json_object({properties}) AS VARCHAR)"
        f" FROM read_parquet({literal(str(parquet))})"
    )
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{{"type":"FeatureCollection","name":{json.dumps(view.name)},"features":[')
        separator = "\n"
        for batch in rows.to_arrow_reader(ROWS_PER_BATCH):
            features = zip(geojson_of(batch.column(0)), batch.column(1).to_pylist(), strict=True)
            for geometry, cells in features:
                file.write(f'{separator}{{"type":"Feature","geometry":{geometry},"properties":{cells}}}')
                separator = ",\n"
        file.write("\n]}\n")
