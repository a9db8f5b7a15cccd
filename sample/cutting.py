"""How each of the shared real files is cut small: pure functions from the folder of files to bytes."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import shapely

COMMUNES = "09-territory/communes_92.geojson"
# 92 and its neighbours 75 and 94; 86 has a telephone in a free text, ids of the source and "N/A"
PARKING_DEPARTMENTS = ("92", "75", "94", "86")
PARKING_ODD = "69123-P-009"  # a price of 66.936 €, the only one in the file that no purse can pay
# the highest and the lowest load of June 2016, then the day the file breaks off and the blank "ND" day
ENERGY_DAYS = (b"2016-06-01", b"2016-06-12", b"2016-06-25", b"2016-06-26")
PLACES_PER_TOWN = 150
# Corsica's letters, the Ministry's ZA … ZX, and the whole of the city's department
WHOLE_DEPARTMENTS = ("92", "2A", "2B", "ZA", "ZW", "ZX")
CONSTITUENCIES = (("01", "01"), ("ZZ", "11"))  # a leading zero, and the French abroad
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold


@dataclass(frozen=True)
class Cut:
    """One extract: its bytes and how many rows it holds."""

    content: bytes
    rows: int


def parkings(data: Path) -> Cut:
    """Car parks of a few departments; each kept line as it stands, CRLF included."""
    header, *lines = (data / "02-parking/bnls_france.csv").read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if _parking_kept(line.decode().split(";", 3))]
    return Cut(b"".join([header, *kept]), len(kept))


def _parking_kept(cells: list[str]) -> bool:
    return cells[2].startswith(PARKING_DEPARTMENTS) or cells[0] == PARKING_ODD


def stations(data: Path) -> Cut:
    """Stations inside the department's outline or with Issy in their name; lines unchanged."""
    header, *lines = (data / "07-mobility/idfm_emplacement_gares_idf.csv").read_text("utf-8").splitlines(True)
    features = json.loads((data / COMMUNES).read_text("utf-8"))["features"]
    department = shapely.union_all([shapely.geometry.shape(feature["geometry"]) for feature in features])
    kept = [line for line in lines if _station_kept(next(csv.reader([line], delimiter=";")), department)]
    return Cut("".join([header, *kept]).encode(), len(kept))


def _station_kept(cells: list[str], department: Any) -> bool:
    latitude, longitude = map(float, cells[0].split(","))
    return "Issy" in cells[4] or bool(department.contains(shapely.Point(longitude, latitude)))


def power_readings(data: Path) -> Cut:
    """Whole days, then the legal notice and the blank line that end the original."""
    lines = (
        (data / "06-iot-energy/rte_eco2mix_en_cours_tr_2016.xls.tsv").read_bytes().splitlines(keepends=True)
    )
    days = [line for line in lines[1:] if line.split(b"\t")[2:3] and line.split(b"\t")[2] in ENERGY_DAYS]
    return Cut(b"".join([lines[0], *days, *lines[-2:]]), len(days))


def places(data: Path) -> Cut:
    """The first places of each town and every one with an activity, in the original's order and spelling."""
    records = json.loads((data / "08-accessibility/acceslibre_erp_92_courbevoie_rueil.json").read_bytes())
    seen: Counter[str] = Counter()
    kept = []
    for record in records:
        seen[record["fields"]["commune"]] += 1
        first = seen[record["fields"]["commune"]] <= PLACES_PER_TOWN
        if first or record["fields"]["activite"] is not None:
            kept.append(record)
    return Cut((json.dumps(kept, indent=2) + "\n").encode(), len(kept))


def european_results(data: Path) -> Cut:
    """A workbook of the same single sheet with fewer constituencies; cells keep their type."""
    path = data / "03-elections/europeennes2019_par_circonscription.xlsx"
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    kept = [row for row in rows if row[0] in WHOLE_DEPARTMENTS or (row[0], row[2]) in CONSTITUENCIES]
    book = openpyxl.Workbook()
    book.active.title = sheet.title
    for row in (header, *kept):
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return Cut(_dateless(written.getvalue()), len(kept))


def _dateless(workbook: bytes) -> bytes:
    """The workbook without the time of writing, in its zip entries and in its properties."""
    bare = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(bare, "w") as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2019-05-31T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)
    return bare.getvalue()


def communes(data: Path) -> Cut:
    """The whole file."""
    content = (data / COMMUNES).read_bytes()
    return Cut(content, len(json.loads(content)["features"]))
