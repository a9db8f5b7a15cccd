"""The view as GeoPackage, one layer, streamed through Arrow into GDAL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from contracts.batch import Column
from contracts.field import Field
from contracts.sql import identifier, literal
from contracts.view import View
from distributions.columns import arrow_type, plain
from distributions.notice import notice_of
from distributions.shapes import ROWS_PER_BATCH, Extent, multi_kind, promoted

VERSION = "1.2"  # GDAL 3.6 (Debian 12) warns at each opening of the 1.4 that GDAL 3.12 writes by default
CLOCK = "2000-01-01T00:00:00.000Z"  # GDAL writes the time into the file; a fixed one keeps the bytes the same


def write_geopackage(
    connection: duckdb.DuckDBPyConnection, parquet: Path, view: View, extent: Extent, path: Path
) -> None:
    """Writes the layer `view.name` in EPSG:4326, a feature per row, in the rows' order.

    Single parts become multiple where the column holds both. GeoPackage has no decimals: they are reals.

    Raises:
        OSError: GDAL cannot write the file.
    """
    path.unlink(missing_ok=True)
    kind = multi_kind(extent.kinds)
    try:
        with _stopped_clock():
            pyogrio.write_arrow(
                _stream(connection, parquet, view, kind), path, layer=view.name, driver="GPKG",
                geometry_name=view.geometry, geometry_type=kind, crs="EPSG:4326",
                dataset_options={"VERSION": VERSION}, layer_metadata=_notice(view),
                layer_options={
                    "FID": _free_name(view), "GEOMETRY_NAME": view.geometry,
                    "IDENTIFIER": view.title, "DESCRIPTION": view.description,
                },
            )  # fmt: skip
    except (DataSourceError, DataLayerError) as error:
        raise OSError("GDAL cannot write the GeoPackage") from error


def _notice(view: View) -> dict[str, str]:
    """The view's notice, but for the texts that GeoPackage has its own places for."""
    return {key: text for key, text in notice_of(view).items() if key not in ("title", "description")}


def _stream(
    connection: duckdb.DuckDBPyConnection, parquet: Path, view: View, kind: str
) -> pa.RecordBatchReader:
    columns = ", ".join(_cell(name, field, view.geometry) for name, field in view.fields.items())
    rows = connection.sql(f"SELECT {columns} FROM read_parquet({literal(str(parquet))})")
    schema = pa.schema([_arrow_field(column, view) for column in view.columns])
    batches = (
        pa.record_batch(
            [promoted(cells, kind) if name == view.geometry else cells.cast(schema.field(name).type)
             for name, cells in zip(view.fields, batch.columns, strict=True)],
            schema,
        )
        for batch in rows.to_arrow_reader(ROWS_PER_BATCH)
    )  # fmt: skip
    return pa.RecordBatchReader.from_batches(schema, batches)


def _cell(name: str, field: Field, geometry: str | None) -> str:
    if name == geometry:
        return f"ST_AsWKB({identifier(name)})"
    if field.decimal:
        return f"CAST({identifier(name)} AS DOUBLE)"
    return plain(name, field) if field.type == "geometry" else identifier(name)


def _arrow_field(column: Column, view: View) -> pa.Field:
    """The column as GDAL takes it, which makes a comment of the metadata."""
    field = view.fields[column.name]
    text = field.type == "geometry" and column.name != view.geometry
    kind = pa.float64() if field.decimal else pa.string() if text else arrow_type(field)
    return pa.field(column.name, kind, metadata={"GDAL:OGR:comment": column.about or ""})


def _free_name(view: View) -> str:
    """A name for the feature number that no column has."""
    taken = {name.lower() for name in view.fields}
    name = "fid"
    while name in taken:
        name += "_"
    return name


@contextmanager
def _stopped_clock() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": CLOCK})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
