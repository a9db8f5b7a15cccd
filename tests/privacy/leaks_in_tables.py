"""Leaks in Parquet files, workbooks and archives, each in a small file."""

from __future__ import annotations

import gzip
import html
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from tests.privacy.leaking import leak

# --- Parquet -------------------------------------------------------------------------------------------


@leak("a filtered row in a dictionary", "utf-8", "> dictionary")
def _(folder: Path, value: str) -> None:
    table = pa.table({"nom": pa.array(["Gare", "Mairie", value]).dictionary_encode()})
    pq.write_table(table.filter(pa.array([True, True, False])), folder / "a.parquet")


@leak("a pandas category that no row has", "utf-8", "> dictionary")
def _(folder: Path, value: str) -> None:
    frame = pd.DataFrame({"nom": pd.Categorical(["Gare", value]), "public": [True, False]})
    frame[frame["public"]].to_parquet(folder / "a.parquet", compression="zstd")


def _patched(path: Path, kept: bytes, other: bytes) -> None:
    content = path.read_bytes()
    assert len(kept) == len(other)
    assert kept in content
    path.write_bytes(content.replace(kept, other))


@leak("statistics of a text", "utf-8", "> statistics")
def _(folder: Path, value: str) -> None:
    longest = "z" * len(value.encode())
    pq.write_table(pa.table({"nom": ["Gare", longest] * 50}), folder / "a.parquet", compression="gzip")
    _patched(folder / "a.parquet", longest.encode(), value.encode())


@leak("statistics of a number", "utf-8", "> statistics", "69.3012345")
def _(folder: Path, value: str) -> None:
    pq.write_table(pa.table({"lat": [48.5, 99.5] * 50}), folder / "a.parquet", compression="gzip")
    _patched(folder / "a.parquet", struct.pack("<d", 99.5), struct.pack("<d", float(value)))


@leak("Parquet's key-value metadata", "utf-8", "metadata origine")
def _(folder: Path, value: str) -> None:
    table = pa.table({"nom": ["Gare"]}).replace_schema_metadata({"origine": value})
    pq.write_table(table, folder / "a.parquet")


@leak("pandas' own metadata", "utf-8", "metadata pandas")
def _(folder: Path, value: str) -> None:
    frame = pd.DataFrame({"nom": ["Gare"]})
    frame.attrs["saisi_par"] = value
    frame.to_parquet(folder / "a.parquet")


@leak("a field's metadata in ARROW:schema", "utf-8", "ARROW:schema > field nom")
def _(folder: Path, value: str) -> None:
    field = pa.field("nom", pa.string(), metadata={"exemple": value})
    pq.write_table(pa.table({"nom": ["Gare"]}, schema=pa.schema([field])), folder / "a.parquet")


@leak("a column's name", "utf-8", "column names")
def _(folder: Path, value: str) -> None:
    pq.write_table(pa.table({value: ["oui"]}), folder / "a.parquet")


@leak("GeoParquet's bbox", "utf-8", "metadata geo", "69.3112345")
def _(folder: Path, value: str) -> None:
    geo = {"columns": {"geometry": {"bbox": [2.2, 48.8, float(value), 48.9]}}}
    table = pa.table({"geometry": [b""]}).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, folder / "a.parquet")


@leak("a point in WKB", "binary", "column geometry > rows", "69.3212345")
def _(folder: Path, value: str) -> None:
    wkb = struct.pack("<BIdd", 1, 1, float(value), -49.35)
    pq.write_table(pa.table({"geometry": [wkb]}), folder / "a.parquet", compression="gzip")


@leak("a row in a nested column", "utf-8", "column contact > rows")
def _(folder: Path, value: str) -> None:
    rows = [[{"nom": value}], []]
    pq.write_table(pa.table({"contact": rows}), folder / "a.parquet", compression="brotli", use_dictionary=False,
                   write_statistics=False)  # fmt: skip


# --- workbooks and archives ----------------------------------------------------------------------------


def _book(folder: Path, spoil: Callable[[Any], None]) -> None:
    book = openpyxl.Workbook()
    book.active.append(["nom"])
    spoil(book)
    book.save(folder / "a.xlsx")


@leak("a hidden sheet", "utf-8", "xl/worksheets/sheet2.xml")
def _(folder: Path, value: str) -> None:
    def spoil(book: Any) -> None:
        sheet = book.create_sheet("Brouillon")
        sheet.sheet_state = "veryHidden"
        sheet["A1"].data_type = "inlineStr"
        sheet["A1"]._value = value

    _book(folder, spoil)


@leak("a workbook's author", "utf-8", "docProps/core.xml")
def _(folder: Path, value: str) -> None:
    _book(folder, lambda book: setattr(book.properties, "creator", value))


@leak("a cell's comment", "utf-8", "xl/comments/comment1.xml")
def _(folder: Path, value: str) -> None:
    _book(folder, lambda book: setattr(book.active["A1"], "comment", Comment(value, "agent")))


@leak("a defined name", "utf-8", "xl/workbook.xml")
def _(folder: Path, value: str) -> None:
    _book(folder, lambda book: book.defined_names.add(DefinedName("x", attr_text=f'"{value}"')))


@leak("a shared string that no cell has", "utf-8", "xl/sharedStrings.xml")
def _(folder: Path, value: str) -> None:
    _book(folder, lambda book: None)
    with zipfile.ZipFile(folder / "a.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        left = f"<sst><si><r><t>{value[:9]}</t></r><r><t>{value[9:]}</t></r></si></sst>"
        archive.writestr("xl/sharedStrings.xml", left)


@leak("a pivot table's cache", "utf-8", "pivotCacheRecords1.xml")
def _(folder: Path, value: str) -> None:
    _book(folder, lambda book: None)
    with zipfile.ZipFile(folder / "a.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/pivotCache/pivotCacheRecords1.xml", f'<r><s v="{html.escape(value)}"/></r>')


@leak("a zip's comment", "utf-8", "> comment")
def _(folder: Path, value: str) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("a.csv", "nom\nGare\n")
        archive.comment = value.encode()


@leak("a zip in a zip", "utf-8", "b.zip > c.csv")
def _(folder: Path, value: str) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c.csv", f"nom\n{value}\n" * 9)
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.zip", inner.getvalue())


@leak("a member taken out of a zip", "utf-8", "a member taken out")
def _(folder: Path, value: str) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.csv", f"nom\n{value}\n" * 9)
        archive.writestr("c.csv", "nom\nGare\n")
        del archive.NameToInfo["b.csv"], archive.filelist[0]


@leak("a gzip", "utf-8", "> gzip")
def _(folder: Path, value: str) -> None:
    (folder / "a.csv.gz").write_bytes(gzip.compress(f"nom\n{value}\n".encode() * 9))
