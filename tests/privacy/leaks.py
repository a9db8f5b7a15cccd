"""Leaks of many kinds, each in a small file of a public store, to see that the scan finds every one."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from PIL import Image, PngImagePlugin

from privacy.encodings import folded
from tests.privacy import leaks_in_tables  # noqa: F401 - it registers its own
from tests.privacy.leaking import KINDS, leak

__all__ = ["KINDS"]


# --- texts ---------------------------------------------------------------------------------------------


def _text(kind: str, name: str, encoding: str, written: Callable[[str], str], value: str | None = None,
          codec: str = "utf-8", place: str = "") -> None:  # fmt: skip
    def plant(folder: Path, given: str) -> None:
        (folder / name).write_bytes(written(given).encode(codec))

    leak(kind, encoding, place or name, value)(plant)


def _entities(value: str) -> str:
    return "".join(f"&#{ord(sign)};" if ord(sign) % 2 else sign for sign in value)


_text(
    "base64 in a CSV",
    "a.csv",
    "base64",
    lambda value: f"jeton\nx{base64.b64encode(b'id=' + value.encode()).decode()}y\n",
)
_text("hex in a CSV", "a.csv", "hex", lambda value: f"jeton\n{value.encode().hex().upper()}\n")
_text("a UTF-16 CSV", "a.csv", "utf-16", lambda value: f"nom\n{value}\n", codec="utf-16")
_text("a Latin-1 log", "run.log", "cp1252", lambda value: f"ERROR cell {value} unfit\n", codec="cp1252")
_text("a link in a page", "index.html", "url", lambda value: f'<a href="/q?nom={quote(value)}">x</a>')
_text(
    "references in a page",
    "index.html",
    "markup",
    lambda value: html.escape(value).encode("ascii", "xmlcharrefreplace").decode(),
)
_text("references of some signs", "index.html", "utf-8", _entities, place="references undone")
_text(
    "tags within a name",
    "index.html",
    "utf-8",
    lambda value: f"<b>{value[:5]}</b>{value[5:]}",
    place="tags left out",
)
_text(
    "escapes in a manifest",
    "manifest.json",
    "json",
    lambda value: json.dumps({"findings": [{"met": f"cell {value}"}]}),
)
_text(
    "an RDF literal",
    "catalog.ttl",
    "json",
    lambda value: f'<a> dct:title "{value.encode("ascii", "backslashreplace").decode()}"@fr .',
)
_text(
    "a property in GeoJSON",
    "a.geojson",
    "utf-8",
    lambda value: json.dumps({"type": "Feature", "properties": {"nom": value}}, ensure_ascii=False),
)
_text(
    "a bbox in GeoJSON",
    "a.geojson",
    "rewritten",
    lambda value: '{"bbox": [2.2, 48.8, 69.33123, 48.9]}',
    "69.3312345",
)
_text("a comment in an SVG", "plan.svg", "utf-8", lambda value: f"<svg><!-- {value} --></svg>")
_text(
    "a title in a feed",
    "changes.atom",
    "folded",
    lambda value: "<title>" + folded(value).upper() + "</title>",
)
_text(
    "a hash in a CSV", "a.csv", "digest", lambda value: f"id\n{hashlib.sha256(value.encode()).hexdigest()}\n"
)
_text(
    "a short hash", "a.csv", "digest", lambda value: f"id\n{hashlib.md5(value.encode()).hexdigest()[:16]}\n"
)
_text("a telephone in groups", "a.csv", "compact", lambda value: "tel\n06.39.98.12.34\n", "0639981234")
_text("a coordinate cut short", "a.csv", "rewritten", lambda value: "lat\n69,3412\n", "69.3412345")
_text(
    "a date written otherwise",
    "a.csv",
    "rewritten",
    lambda value: "naissance\n7/3;07/03/1875\n",
    "1875-03-07",
)
_text(
    "an instant as a number",
    "a.json",
    "rewritten",
    lambda value: '{"at": 1772882553123}',
    "2026-03-07T11:22:33.123456Z",
)


# --- databases, images, documents, names ---------------------------------------------------------------


@leak("a deleted row in a GeoPackage", "utf-8", "a.gpkg")
def _(folder: Path, value: str) -> None:
    with closing(sqlite3.connect(folder / "a.gpkg")) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE parcs (nom TEXT)")
        database.executemany("INSERT INTO parcs VALUES (?)", [("Gare",), (value,)])
        database.commit()
        database.execute("DELETE FROM parcs WHERE nom <> 'Gare'")
        database.commit()


@leak("a number in another table of a GeoPackage", "utf-8", "table journal", "187503078912")
def _(folder: Path, value: str) -> None:
    with closing(sqlite3.connect(folder / "a.gpkg")) as database:
        database.execute("CREATE TABLE journal (tel INTEGER)")
        database.execute("INSERT INTO journal VALUES (?)", [int(value)])
        database.commit()


@leak("GPS in a photograph", "rewritten", "EXIF position", "-49.3512345")
def _(folder: Path, value: str) -> None:
    exif, south = Image.Exif(), -float(value)
    minutes, seconds = divmod(round(south % 1 * 3600, 4), 60)
    exif[0x8825] = {1: "S", 2: (float(int(south)), float(minutes), float(round(seconds, 4)))}
    Image.new("RGB", (8, 8)).save(folder / "a.jpg", exif=exif)


@leak("the artist of a photograph", "utf-8", "EXIF")
def _(folder: Path, value: str) -> None:
    exif = Image.Exif()
    exif[0x013B] = value.encode()
    Image.new("RGB", (8, 8)).save(folder / "a.jpg", exif=exif)


@leak("a compressed text in a PNG", "utf-8", "iTXt")
def _(folder: Path, value: str) -> None:
    told = PngImagePlugin.PngInfo()
    told.add_itxt("Author", value * 3, zip=True)
    Image.new("RGB", (8, 8)).save(folder / "a.png", pnginfo=told)


@leak("XMP in a PDF", "utf-8", "> a stream")
def _(folder: Path, value: str) -> None:
    body = zlib.compress(f"<dc:creator>{value}</dc:creator>".encode() * 3)
    head = f"%PDF-1.7\n1 0 obj <</Type/Metadata/Filter/FlateDecode/Length {len(body)}>>\nstream\n"
    (folder / "a.pdf").write_bytes(head.encode() + body + b"\nendstream endobj")


@leak("the author of a PDF", "utf-16", "a.pdf")
def _(folder: Path, value: str) -> None:
    author = b"(\xfe\xff" + value.encode("utf-16-be") + b")"
    (folder / "a.pdf").write_bytes(b"%PDF-1.7\n1 0 obj <</Author " + author + b">> endobj")


@leak("a file's name", "utf-8", "the name of a file")
def _(folder: Path, value: str) -> None:
    (folder / f"Courrier de {value}.csv").write_bytes(b"nom\n")
