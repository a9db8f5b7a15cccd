"""Every file of one audience's release, made from the view's rows alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
from xlsxwriter.exceptions import XlsxWriterException

from contracts.batch import FileEntry
from contracts.errors import PrivacyRefused, StorageRefused
from contracts.model import Frozen
from contracts.sql import identifier
from contracts.view import View
from distributions.columns import sql_type
from distributions.delimited import write_csv
from distributions.geojson import write_geojson
from distributions.national import notes_on, write_national_csv
from distributions.parquet import write_parquet
from distributions.positions import located
from distributions.shapes import Extent, extent_of, make_wkt_known
from distributions.workbook import CELL, write_workbook

MEDIA_TYPES = {  # as registered at iana.org/assignments/media-types (July 2025), in the order of the files
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
}
_DISK = (OSError, duckdb.IOException, duckdb.OutOfMemoryException, XlsxWriterException)


class Written(Frozen):
    """What was written: `files` in the order of `MEDIA_TYPES`, `notes` in French, for the data's readers."""

    rows: int
    content_sha256: str
    files: tuple[FileEntry, ...]
    notes: tuple[str, ...]


def write_distributions(
    connection: duckdb.DuckDBPyConnection, source: str, view: View, folder: Path, *, xlsx_up_to_rows: int,
    ready: Path | None = None,
) -> Written:  # fmt: skip
    """The files `<view.name>.<ext>` in `folder`, which exists; what stood under those names is replaced.

    `source` is a table or view with exactly the columns of `view.fields`, in order, typed as
    `columns.sql_type` says: geometry is WKB in EPSG:4326 (x is longitude), numbers are finite, no text is
    empty. Rows come out by `view.order`, binary collation, nulls last; the same bytes each time as long as no
    two rows share a key. GeoJSON and GeoPackage are written where there is a geometry, or a
    longitude and a latitude, XLSX up to `xlsx_up_to_rows` rows. `ready`: see `write_parquet`. Where the view
    has a national schema, the CSV has its form (`distributions.national`).

    Raises:
        PrivacyRefused: `source` has other columns than the view.
        StorageRefused: the disk does not take the files.
    """
    _refuse_other_columns(connection, source, view)
    try:
        return _write_all(connection, source, view, folder, xlsx_up_to_rows, ready)
    except _DISK as error:
        met = f"its files cannot be written to {folder.name!r} ({type(error).__name__})"
        raise StorageRefused(view.dataset_id, met, remedy="Look at the disk's free space.") from error


def _write_all(
    connection: duckdb.DuckDBPyConnection, source: str, view: View, folder: Path, xlsx_up_to_rows: int,
    ready: Path | None,
) -> Written:  # fmt: skip
    geometries = [name for name, field in view.fields.items() if field.type == "geometry"]
    extents = {name: extent_of(connection, source, name) for name in geometries}
    parquet, csv, xlsx, geojson, gpkg = (folder / f"{view.name}.{extension}" for extension in MEDIA_TYPES)
    rows = write_parquet(connection, source, view, extents, parquet, ready=ready)
    written, notes = [parquet, csv], []
    make_wkt_known(connection)
    write_csv(connection, parquet, view, csv)
    whole = None
    if view.national is not None:
        whole = entry_of(csv)
        write_national_csv(connection, parquet, view, view.national, csv)
    if rows <= xlsx_up_to_rows:
        notes = _on_cuts(write_workbook(connection, parquet, view, rows, xlsx))
        written.append(xlsx)
    else:
        notes = [_on_absence(rows, xlsx_up_to_rows)]
    if view.national is not None:
        notes += notes_on(connection, parquet, view, view.national)
    with located(connection, parquet, view) as (places, mapped):
        if mapped.geometry:
            from distributions.geopackage import write_geopackage  # GDAL's import takes 0.5 s

            extent = extents.get(mapped.geometry, Extent(("Point",), None))
            write_geojson(connection, places, mapped, geojson)
            write_geopackage(connection, places, mapped, extent, gpkg)
            written += [geojson, gpkg]
    files = tuple(map(entry_of, written))
    content = _content_sha256(view, whole or files[1])
    return Written(rows=rows, content_sha256=content, files=files, notes=tuple(notes))


def _refuse_other_columns(connection: duckdb.DuckDBPyConnection, source: str, view: View) -> None:
    described = connection.sql(f"DESCRIBE {identifier(source)}").fetchall()
    met = [f"{name} {kind}" for name, kind, *_ in described]
    shown = [f"{name} {sql_type(field)}" for name, field in view.fields.items()]
    if met != shown:
        raise PrivacyRefused(
            view.dataset_id,
            f"the table to publish has {_those_not_in(shown, met)}",
            promised=f"the {view.audience} view, which has {_those_not_in(met, shown)}",
            remedy="Select the view's columns, in its order and types.",
        )


def _those_not_in(known: list[str], columns: list[str]) -> str:
    return ", ".join(column for column in columns if column not in known) or "no other column"


def entry_of(path: Path) -> FileEntry:
    """The file as manifests name it."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    media_type = MEDIA_TYPES[path.suffix.removeprefix(".")]
    return FileEntry(name=path.name, media_type=media_type, bytes=path.stat().st_size, sha256=sha256)


def content_sha256_of(
    connection: duckdb.DuckDBPyConnection, source: str, view: View, folder: Path
) -> str:  # fmt: skip
    """The `content_sha256` that these rows would be released under; `folder` takes what it is made from."""
    parquet, csv = folder / "content.parquet", folder / "content.csv"
    extents = {name: Extent((), None) for name, field in view.fields.items() if field.type == "geometry"}
    write_parquet(connection, source, view, extents, parquet)
    make_wkt_known(connection)
    write_csv(connection, parquet, view, csv)
    return _content_sha256(view, entry_of(csv))


def _content_sha256(view: View, csv: FileEntry) -> str:
    """sha256 over the columns' names and types, as JSON, and the sha256 of a CSV of every row and column."""
    columns = [[column.name, column.type] for column in view.columns]
    return hashlib.sha256(json.dumps([columns, csv.sha256]).encode()).hexdigest()


def _on_cuts(cut: int) -> list[str]:
    if not cut:
        return []
    return [f"Dans le fichier Excel, textes coupés à {_french(CELL)} caractères : {_french(cut)}."]


def _on_absence(rows: int, limit: int) -> str:
    return f"Pas de fichier Excel : {_french(rows)} lignes, au-delà de la limite de {_french(limit)}."


def _french(number: int) -> str:
    """1234567 as 1 234 567, with no-break spaces."""
    return f"{number:,}".replace(",", "\u00a0")
