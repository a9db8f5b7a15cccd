"""How the ministry's workbooks of results are cut small; cells keep their values and types."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
from python_calamine import CalamineWorkbook

from sample.cutting import CONSTITUENCIES, WHOLE_DEPARTMENTS, dateless
from sample.extracts import Cut, Extract

_FOLDER = "03-elections"
_STATIONS = 30  # of each department: villages without any vote for some, and wards of towns
_MINISTRY = "Ministère de l'Intérieur"
_LICENCE = "Licence Ouverte (data.gouv.fr)"
_ANEW = "The workbook was written anew (cells keep their values and types, not their formatting)"
Rows = list[list[Any]]


def legislative(data: Path) -> Cut:
    """The constituencies of a few departments, one that elected somebody at once, and the last row."""
    (rows,) = _sheets(data / _FOLDER / "legislatives2022_t1_cirlg.xlsx", ["Feuil1"])
    kept = [row for row in rows[1:] if _in_sample(row[0], row[2]) or "Elu" in row]
    return _written({"Feuil1": [rows[0], *kept]}, len(kept))


def stations(data: Path) -> Cut:
    """The first polling stations of both departments, the departments' own sheet and the ministry's note."""
    names = ["Départements 06 & 44", "Données Loire-Atlantique", "Données Alpes-Maritimes", "Feuille4"]
    sheets = _sheets(data / _FOLDER / "presidentielle2022_bureaux_vote_06_44.xlsx", names)
    short = [sheets[0], sheets[1][: _STATIONS + 1], sheets[2][: _STATIONS + 1], sheets[3]]
    return _written(dict(zip(names, short, strict=True)), 2 + 2 * _STATIONS)


def runoff(data: Path) -> Cut:
    """Four of the five sheets: France whole, and the zones of a few departments, below the same titles."""
    tops = {"FE Metro OM Tour 2": 0, "Départements Tour 2": 4, "Circo. Leg. Tour 2": 1, "Canton Tour 2": 4}
    sheets = _sheets(data / _FOLDER / "presidentielle2017_t2.xls", tops)
    short: dict[str, Rows] = {}
    zones = 3  # of the sheet of France
    for (name, top), rows in zip(tops.items(), sheets, strict=True):
        circ = "Circo" in name
        kept = [row for row in rows[top:] if _in_sample(_code(row[0]), _code(row[2]) if circ else "01")]
        short[name] = [*rows[:top], *kept] if top else rows
        zones += len(kept) if top else 0
    return _written(short, zones)


def _in_sample(department: str, constituency: str) -> bool:
    return department in WHOLE_DEPARTMENTS or (department, constituency) in CONSTITUENCIES


def _code(cell: Any) -> str:
    return f"{int(cell):02}" if isinstance(cell, float) else str(cell)


def _sheets(path: Path, names: Iterable[str]) -> list[Rows]:
    book = CalamineWorkbook.from_path(path)
    return [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names]


def _written(sheets: dict[str, Rows], rows: int) -> Cut:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append([None if cell == "" else cell for cell in row])
    written = io.BytesIO()
    book.save(written)
    return Cut(dateless(written.getvalue()), rows)


def _extract(
    file: str, original: str, title: str, origin: str, what: str, make: Callable[[Path], Cut]
) -> Extract:
    return Extract(
        path=f"elections_office/elections/{file}", original=f"{_FOLDER}/{original}", title=title,
        producer=_MINISTRY, origin=origin, licence=_LICENCE, what=what, make=make,
    )  # fmt: skip


EXTRACTS = (
    _extract(
        "legislatives2022_t1_cirlg.xlsx", "legislatives2022_t1_cirlg.xlsx",
        "Élections législatives de 2022, premier tour, résultats par circonscription",
        "jboussard/legislatives:resultats-par-niveau-cirlg-t1-france-entiere-legis2022.xlsx @f2b969da",
        f"92, 2A, 2B, ZA, ZW and ZX whole, 01-01, ZZ-11, and those that elected somebody at once. {_ANEW}.",
        legislative,
    ),
    _extract(
        "presidentielle2022_bureaux_vote_06_44.xlsx", "presidentielle2022_bureaux_vote_06_44.xlsx",
        "Élection présidentielle de 2022, premier tour, résultats par bureau de vote (06 et 44)",
        "CinquinAndy/i1-mspr-data:data/Donnees_choisies_2022.xlsx @5ea10ea6",
        f"The first {_STATIONS} polling stations of each department, and both departments. {_ANEW}.",
        stations,
    ),
    _extract(
        "presidentielle2017_t2.xlsx", "presidentielle2017_t2.xls",
        "Élection présidentielle de 2017, second tour, résultats par zone",
        "CinquinAndy/i1-mspr-data:data/Presidentielle_2017_Resultats_Tour_2_c.xls @5ea10ea6",
        "France whole; departments, constituencies and cantons of 92, 2A, 2B, ZA, ZW and ZX, and 01. Titles "
        "and numbers for codes are the original's, which is a .xls of 1 MB. "
        f"{_ANEW}.",
        runoff,
    ),
)  # fmt: skip
