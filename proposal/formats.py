"""What a file is and how it is written, by its bytes and never by its name."""

from __future__ import annotations

import re
import zipfile
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from contracts.errors import ContractInvalid, Fault
from contracts.formats import Format, Packed, SheetFormat
from proposal.dialect import Written, csv_format
from proposal.documents import json_format, xml_format
from proposal.tabletop import top_of
from transforms.decode.nature import nature_of
from transforms.decode.packing import unpacked
from transforms.decode.sheets import first_rows, sheet_sizes
from transforms.decode.source import Source

_ROWS = 200
_DATA = (
    ".csv",
    ".tsv",
    ".txt",
    ".json",
    ".geojson",
    ".jsonl",
    ".ndjson",
    ".xml",
    ".xlsx",
    ".xls",
    ".ods",
    ".parquet",
)
_ADAPTER: TypeAdapter[Format] = TypeAdapter(Format)


def format_of(source: Source) -> Written:
    """The format of a file as fetched, its archive included.

    Raises:
        SourceChanged: it holds no table, or several.
    """
    with source.path.open("rb") as file:
        head = file.read(1 << 16)
    if head.startswith(b"\x1f\x8b"):
        return _inside(source, {"archive": "gz"})
    if head.startswith(b"PK") and _workbook_in(source) is None:
        return _inside(source, _zip_keys(source))
    return _plain(source, head)


def model_of(form: dict[str, Any]) -> Format:
    """The format of these keys as a contract's model.

    Raises:
        ContractInvalid: what a person gave is none.
    """
    try:
        return _ADAPTER.validate_python(form)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ContractInvalid((Fault("--format", 1, place, first["msg"]),)) from error


def _inside(source: Source, keys: dict[str, Any]) -> Written:
    inner = unpacked(source, Packed.model_validate(keys))
    with inner.path.open("rb") as file:
        found = _plain(inner, file.read(1 << 16))
    kind = {"gz": "gzip", "zip": "zip"}[keys["archive"]]
    return Written({**found.format, **keys}, (f"Le fichier est dans une archive {kind}.", *found.notes))


def _zip_keys(source: Source) -> dict[str, Any]:
    """The one file of a zip that is a table by its name; all the others are notes."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            names = [one.filename for one in archive.infolist() if not one.is_dir()]
    except zipfile.BadZipFile as error:
        raise source.changed("is a zip file that was cut short", remedy="Ask for it again.") from error
    tables = [name for name in names if name.lower().endswith(_DATA) and not name.startswith("__MACOSX/")]
    if {"stops.txt", "trips.txt"} <= {name.rpartition("/")[2] for name in names}:
        raise source.changed(
            "is a GTFS feed of several tables",
            remedy="Name the kind and one of them: `--from gtfs:… --format '{type: gtfs, table: stops}'`.",
        )
    if len(tables) != 1:
        listed = ", ".join(f'"{name}"' for name in names[:10]) or "nothing"
        raise source.changed(f"holds {listed}", promised="one table", remedy="Leave one table in it.")
    return {"archive": "zip"} if len(names) == 1 else {"archive": "zip", "member": tables[0]}


def _workbook_in(source: Source) -> Literal["xlsx", "ods"] | None:
    """Which workbook a zip file is; none where it is another one, or cut short."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return None
    if "content.xml" in names:
        return "ods"
    return "xlsx" if "[Content_Types].xml" in names else None


def _plain(source: Source, head: bytes) -> Written:
    if head.startswith(b"PAR1"):
        return Written({"type": "parquet"})
    if head.startswith(b"PK"):
        return _sheet_format(source, _workbook_in(source) or "xlsx")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return _sheet_format(source, "xls")
    nature = nature_of(head)
    if nature and "XML" not in nature.what:
        raise source.changed(f"is {nature.what}", promised="a table", remedy=nature.remedy)
    start = re.sub(rb"^[\xef\xbb\xbf\xfe\xff\0 \t\r\n]+", b"", head)
    if not start:
        raise source.changed("is empty", promised="data", remedy="Ask the source for the file again.")
    if start.startswith((b"{", b"[{", b"[\n", b"[\r", b"[ ")) or re.match(rb"\[\s*\{", start):
        return json_format(source)
    if nature or re.match(rb"<[A-Za-z!?]", start):
        return xml_format(source)
    return csv_format(source)


def _sheet_format(source: Source, kind: Literal["xlsx", "xls", "ods"]) -> Written:
    """The fullest sheet, and the row of its header."""
    sizes = sheet_sizes(source, SheetFormat(type=kind))
    if not sizes:
        raise source.changed("has no sheet", promised="a workbook with a table")
    name = max(sizes, key=lambda one: sizes[one])
    form = SheetFormat(type=kind, sheet=name)
    rows = [(number, cells) for number, cells in first_rows(source, form, _ROWS) if any(cells)]
    if not rows:
        raise source.changed(f"has nothing in its sheet {name!r}", promised="a table")
    top = top_of([cells for _, cells in rows])
    row = rows[top.first][0]
    keys: dict[str, Any] = {"type": kind, "sheet": name}
    notes = [f"Feuille « {name} », la plus remplie de {len(sizes)} (à confirmer)." if len(sizes) > 1 else ""]
    if row > 1:
        keys["header"] = row
        notes.append(f"L'en-tête est à la ligne {row} : au-dessus, un titre (à confirmer).")
    if top.header is None:
        notes.append("La ligne prise pour l'en-tête ressemble à une donnée : il en faut une (à confirmer).")
    return Written(keys, tuple(note for note in notes if note))
