"""The view as Parquet (GeoParquet 1.1 where it has a geometry): sorted, typed, described."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.sql import identifier, literal, opaque, ordered
from contracts.view import View
from distributions.columns import arrow_type
from distributions.notice import notice_of
from distributions.shapes import Extent


def write_parquet(
    connection: duckdb.DuckDBPyConnection, source: str, view: View, extents: Mapping[str, Extent], path: Path,
    *, ready: Path | None = None,
) -> int:  # fmt: skip
    """The number of rows written, sorted by `view.order`, nulls last.

    `ready` is a Parquet that `source` shows as it is; where it is in order and says of itself what would be
    written here, it becomes the file.
    """
    told = metadata_of(view, extents)
    if ready is not None and _says(ready, told) and _in_order(connection, source, view.order):
        _linked(ready, path)
        return int(pq.read_metadata(path).num_rows)
    metadata = ", ".join(f"{identifier(key)}: {literal(value)}" for key, value in told.items())
    (rows,) = connection.execute(
        f"COPY ({rows_of(connection, source, view)}) TO {literal(str(path))}"
        f" (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{metadata}}})"
    ).fetchone() or (0,)
    return int(rows)


def _says(ready: Path, told: Mapping[str, str]) -> bool:
    known = pq.read_metadata(ready).metadata or {}
    return known == {key.encode(): text.encode() for key, text in told.items()}


def _linked(ready: Path, path: Path) -> None:
    """The same bytes under another name; neither is ever written again."""
    path.unlink(missing_ok=True)
    try:
        os.link(ready, path)
    except OSError:  # another file system, or another user's file
        shutil.copyfile(ready, path)


def rows_of(connection: duckdb.DuckDBPyConnection, source: str, view: View) -> str:
    """The SELECT of the view's rows in its order; rows that stand in it already are not sorted again.

    Copied, it gives the same bytes each time where `source` is what `transforms.views.create_view` makes of
    a sorted file, or another file that was copied so.
    """
    columns = ", ".join(map(opaque, view.fields))
    order = "" if _in_order(connection, source, view.order) else f" ORDER BY {ordered(view.order)}"
    return f"SELECT {columns} FROM {identifier(source)}{order}"


def _in_order(connection: duckdb.DuckDBPyConnection, source: str, order: tuple[str, ...]) -> bool:
    """Whether each row comes after the one before it, none beside it; a null in the order is a no."""
    places = ", ".join(map(identifier, order))
    nulls = " OR ".join(f"{identifier(name)} IS NULL" for name in order)
    steps = (
        f"SELECT lag(({places})) OVER () < ({places}) AS up, {nulls} AS unplaced FROM {identifier(source)}"
    )
    ((fit,),) = connection.execute(
        f"SELECT bool_and(coalesce(up, TRUE) AND NOT unplaced) FROM ({steps})"
    ).fetchall()
    return fit is not False


def metadata_of(view: View, extents: Mapping[str, Extent]) -> dict[str, str]:
    """The file's key-value metadata, of the view and of nothing else; without extents it is no GeoParquet."""
    told = notice_of(view)
    if extents:
        told["geo"] = _geo(view, extents)
    return {**told, "ARROW:schema": _arrow_schema(view, told)}


def _arrow_schema(view: View, told: dict[str, str]) -> str:
    """The key by which Arrow's readers find what Parquet has no place for: texts of each column.

    It repeats the file's metadata: where this key is, pyarrow (26.0) shows no other in a table's schema.
    """
    fields = [
        pa.field(column.name, arrow_type(view.fields[column.name]), metadata=_texts(column.model_dump()))
        for column in view.columns
    ]
    return base64.b64encode(pa.schema(fields, told).serialize()).decode()


def _texts(column: dict[str, str | None]) -> dict[str, str]:
    shown = {"description": column["about"], "unit": column["unit"], "label": column["label"]}
    return {key: text for key, text in shown.items() if text is not None}


def _geo(view: View, extents: Mapping[str, Extent]) -> str:
    """GeoParquet 1.1's key (geoparquet.org/releases/v1.1.0); no `crs` means longitude, latitude."""
    columns: dict[str, dict[str, object]] = {}
    for name, extent in extents.items():
        columns[name] = {"encoding": "WKB", "geometry_types": extent.kinds}
        if extent.bounds is not None:
            columns[name]["bbox"] = extent.bounds
    return json.dumps({"version": "1.1.0", "primary_column": view.geometry, "columns": columns})
