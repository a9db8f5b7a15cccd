"""Huge nested files from a seed, themselves written as streams: JSON, GeoJSON, XML and a workbook."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import IO
from xml.sax.saxutils import escape, quoteattr

SEED = 92040
_POOL = 2_000  # records drawn once and then written under ever new numbers: drawing costs more than reading
_WORDS = ("Forêt", "Hôtel de ville", "Épinettes", "Val d'Issy", "Corentin-Celton", "“Fort”", "Île & Seine")


def _facts(random: Random) -> dict[str, object]:
    """One car park as an Opendatasoft export writes it: nested objects, lists, a null, decimals."""
    return {
        "nom": f"Parc {random.choice(_WORDS)}",
        "adresse": {
            "voie": f"{random.randrange(200)} rue {random.choice(_WORDS)}",
            "commune": {"insee": "92040"},
        },
        "tarifs": [random.randrange(500) / 100 for _ in range(3)],
        "services": [{"code": random.choice("abc"), "ouvert": random.random() < 0.5}],
        "capacite": random.randrange(2_000),
        "gratuit": random.random() < 0.2,
        "telephone": None,
        "geo_point_2d": {
            "lon": round(random.uniform(2.2, 2.3), 6),
            "lat": round(random.uniform(48.8, 48.9), 6),
        },
        "maj": f"2026-0{random.randrange(1, 10)}-1{random.randrange(10)}T08:30:00+02:00",
    }


def _polygon(random: Random) -> dict[str, object]:
    ring = [[round(random.uniform(2, 3), 7), round(random.uniform(48, 49), 7)] for _ in range(60)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _record_json(random: Random) -> str:
    return json.dumps(_facts(random), ensure_ascii=False)[1:]


def _feature_json(random: Random) -> str:
    feature = {"type": "Feature", "properties": _facts(random), "geometry": _polygon(random)}
    return json.dumps(feature, ensure_ascii=False)[1:]


def _record_xml(random: Random) -> str:
    facts = _facts(random)
    nom, voie = escape(str(facts["nom"])), quoteattr(f"{random.randrange(200)} rue {random.choice(_WORDS)}")
    return (
        f'<nom>{nom}</nom><adresse voie={voie}><commune insee="92040"/></adresse>'
        f'<capacite V="{facts["capacite"]}"/><maj>{facts["maj"]}</maj></parc>\n'
    )


def _numbered(tail: Callable[[Random], str]) -> Iterator[tuple[int, str]]:
    random = Random(SEED)
    pool = [tail(random) for _ in range(_POOL)]
    return ((number, pool[number % _POOL]) for number in count(1))


def _fill(file: IO[bytes], size: int, records: Iterator[bytes]) -> int:
    """The number of records written until the file has its size."""
    written = done = 0
    while written < size:
        block = [next(records) for _ in range(1000)]
        written += file.write(b"".join(block))
        done += len(block)
    return done


def _write_list(path: Path, size: int, tail: Callable[[Random], str], opening: bytes, closing: bytes) -> int:
    records = (f'{"," if n > 1 else ""}\n{{"id": {n}, {rest}'.encode() for n, rest in _numbered(tail))
    with path.open("wb") as file:
        file.write(opening)
        done = _fill(file, size, records)
        file.write(closing)
    return done


def write_json(path: Path, size: int) -> int:
    """The number of records of a JSON document whose list lies at `data.items`."""
    return _write_list(path, size, _record_json, b'{"total": 0, "data": {"items": [', b"]}}")


def write_jsonl(path: Path, size: int) -> int:
    """The number of records of JSON Lines."""
    with path.open("wb") as file:
        return _fill(file, size, (f'{{"id": {n}, {tail}\n'.encode() for n, tail in _numbered(_record_json)))


def write_geojson(path: Path, size: int) -> int:
    """The number of features of a collection of polygons."""
    return _write_list(path, size, _feature_json, b'{"type": "FeatureCollection", "features": [', b"]}")


def write_xml(path: Path, size: int) -> int:
    """The number of records of an XML document, at `parcs.parc`."""
    with path.open("wb") as file:
        file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<parcs xmlns="urn:parcs">\n')
        done = _fill(file, size, (f'<parc id="{n}">{tail}'.encode() for n, tail in _numbered(_record_xml)))
        file.write(b"</parcs>")
    return done


_SHARED = 50_000  # texts that cells share
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_PARTS = {
    "[Content_Types].xml": _CONTENT_TYPES,
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r" Type="{_REL}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>'
    '<sheet name="Parcs" sheetId="1" r:id="s"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="s" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="t" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/>'
    f'<Relationship Id="u" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/>'
    "</cellXfs></styleSheet>",
}  # fmt: skip


def _row_xml(random: Random) -> str:
    cells = (
        f'<c r="B%d" t="s"><v>{random.randrange(_SHARED)}</v></c>',
        f'<c r="C%d"><v>{random.randrange(10**7) / 100}</v></c>',
        f'<c r="D%d" s="1"><v>{random.randrange(40_000, 47_000)}</v></c>',
        '<c r="E%d" t="b"><v>1</v></c>',
        f'<c r="F%d" t="s"><v>{random.randrange(_SHARED)}</v></c>',
        f'<c r="G%d"><v>{random.random()}</v></c></row>\n',
    )
    return "".join(cells)


def write_xlsx(path: Path, size: int) -> int:
    """The number of rows of a workbook whose sheet has that size unpacked; 50,000 shared strings."""
    heads = ("id", "nom", "montant", "jour", "ouvert", "rue", "part")
    header = "".join(
        f'<c r="{"ABCDEFG"[i]}1" t="inlineStr"><is><t>{name}</t></is></c>' for i, name in enumerate(heads)
    )
    rows = (
        f'<row r="{n + 1}"><c r="A{n + 1}"><v>{n}</v></c>{tail.replace("%d", str(n + 1))}'.encode()
        for n, tail in _numbered(_row_xml)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in _PARTS.items():
            archive.writestr(name, content)
        strings = "".join(f"<si><t>Rue n° {n} {_WORDS[n % 5]}</t></si>" for n in range(_SHARED))
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{strings}</sst>')
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            file.write(f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1">{header}</row>'.encode())
            done = _fill(file, size, rows)
            file.write(b"</sheetData></worksheet>")
    return done
