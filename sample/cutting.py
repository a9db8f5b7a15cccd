"""How each of the shared real files is cut small: pure functions from the folder of files to bytes."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import shapely

from sample.extracts import Cut, Extract

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
    return Cut(dateless(written.getvalue()), len(kept))


def dateless(workbook: bytes) -> bytes:
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


EXTRACTS = (
    Extract(
        path="national_portal/bnls.csv",
        original="02-parking/bnls_france.csv",
        title="Base nationale des lieux de stationnement (BNLS)",
        producer="transport.data.gouv.fr, from the cities and operators who declare their car parks",
        origin="volcanomakingkit/ressources.tipe:bnls.csv @2791ad6f",
        licence="Licence Ouverte 2.0 (etalab-2.0)",
        what="Lines of the departments 92, 75, 94 and 86, and 69123-P-009; their bytes are unchanged.",
        make=parkings,
    ),
    Extract(
        path="transport_authority/emplacement-des-gares-idf.csv",
        original="07-mobility/idfm_emplacement_gares_idf.csv",
        title="Gares et stations du réseau ferré d'Île-de-France",
        producer="Île-de-France Mobilités",
        origin="l-eg116/StatA2S4-MetroVeloAuto:emplacement-des-gares-idf.csv @18b85565",
        licence="Open Database License 1.0 (ODbL)",
        what="Lines of the stations inside Hauts-de-Seine or named after Issy; their bytes are unchanged.",
        make=stations,
    ),
    Extract(
        path="grid_operator/eCO2mix_RTE_En-cours-TR.xls",
        original="06-iot-energy/rte_eco2mix_en_cours_tr_2016.xls.tsv",
        title="éCO2mix, données temps réel de juin 2016",
        producer="RTE (Réseau de transport d'électricité)",
        origin="Vomain/dubonjus:eCO2mix_RTE_En-cours-TR.xls @0a099e5a",
        licence="Licence Ouverte (RTE éCO2mix)",
        what="1, 12, 25 and 26 June, the legal notice and the blank line after it; bytes are unchanged.",
        make=power_readings,
    ),
    Extract(
        path="accessibility_platform/erp.json",
        original="08-accessibility/acceslibre_erp_92_courbevoie_rueil.json",
        title="Établissements recevant du public (acceslibre)",
        producer="Ministère de la Transition écologique, acceslibre and its contributors",
        origin="MTES-MCT/acceslibre:erp/fixtures/erp.json @b496a951",
        licence="Licence Ouverte (acceslibre data); the repository that carries the file is MIT",
        what="Lorient whole, the first 150 of Courbevoie and of Rueil-Malmaison, and every record with an "
        "activity; each record as the original writes it.",
        make=places,
    ),
    Extract(
        path="elections_office/elections/europeennes2019_par_circonscription.xlsx",
        original="03-elections/europeennes2019_par_circonscription.xlsx",
        title="Élections européennes de 2019, résultats définitifs par circonscription législative",
        producer="Ministère de l'Intérieur",
        origin="jboussard/legislatives:resultats-definitifs-par-circonscription-europ2019.xlsx @f2b969da",
        licence="Licence Ouverte (data.gouv.fr)",
        what="25 constituencies: 92, 2A, 2B, ZA, ZW and ZX whole, 01-01 and ZZ-11. The workbook was written "
        "anew (cells keep their values and types, not their formatting).",
        make=european_results,
    ),
    Extract(
        path="geographic_institute/communes-92-hauts-de-seine.geojson",
        original=COMMUNES,
        title="Contours des communes des Hauts-de-Seine, millésime 2018",
        producer="IGN (outlines) and INSEE (codes and names), simplified by France GeoJSON",
        origin="gregoiredavid/france-geojson:departements/92-hauts-de-seine/"
        "communes-92-hauts-de-seine.geojson @5d34ee6d",
        licence="Licence Ouverte (IGN and INSEE)",
        what="The whole file, bytes unchanged. Vintage 2018: later merges and names are not in it.",
        make=communes,
    ),
)
