"""Requests to the town hall: rows for agents, cells under secrecy for everyone, and a bad workbook told in French."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from sample.sources import SOURCES, connections

ROOT = Path(__file__).parents[2]
MADE = SOURCES / "reception_desk/demandes/demandes_2026_t3.xlsx"
Cell = tuple[str, str, str]


class Desk:
    """A reception desk with a drop folder of its own, and the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drop = folder / "sources/reception_desk/demandes"
        shutil.copytree(MADE.parent, self.drop)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        names = ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH")
        stores = {f"CONCENTRATOR_{name}": str(self.folder / name.lower()) for name in names}
        environment = {**os.environ, **connections("http://127.0.0.1:9", self.folder / "sources"), **stores,
                       "PYTHONPATH": str(ROOT)}  # fmt: skip
        command = [sys.executable, "-m", "concentrator", *words]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    def rows(self, store: str, name: str, query: str) -> list[Any]:
        path = self.folder / store / "town_hall" / name / f"{name}.parquet"
        return duckdb.connect().execute(f"WITH t AS (FROM '{path}') {query}").fetchall()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    ended = desk.run("run", "town_hall.requests", "town_hall.request_counts", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [json.loads(line)["rows_rejected"] for line in ended.stdout.splitlines()] == [0, 0]
    return desk


@pytest.fixture(scope="module")
def counted() -> Counter[Cell]:
    """Requests by neighbourhood, month and theme, counted by openpyxl."""
    rows = openpyxl.load_workbook(MADE, read_only=True)["Saisie"].iter_rows(min_row=2, values_only=True)
    return Counter((row[2], f"{row[1]:%Y-%m}", row[3]) for row in rows)


def test_agents_have_every_row_and_the_public_none(desk: Desk) -> None:
    assert desk.rows("restricted", "requests", "SELECT count(*), count(objet), count(delai_jours) FROM t") == [
        (900, 900, sum(1 for row in openpyxl.load_workbook(MADE)["Saisie"].iter_rows(min_row=2) if row[5].value is not None)),
    ]  # fmt: skip
    assert not (desk.folder / "public/town_hall/requests").exists()
    assert not (desk.folder / "restricted/town_hall/request_counts").exists()


def test_the_public_counts_are_the_workbook_s_where_they_are_shown(
    desk: Desk, counted: Counter[Cell]
) -> None:
    cells = desk.rows(
        "public", "request_counts", "SELECT quartier, date_demande, theme, demandes, secret FROM t"
    )
    assert {(place, month, theme) for place, month, theme, _, _ in cells} == set(counted)
    shown = {(place, month, theme): count for place, month, theme, count, secret in cells if not secret}
    assert shown == {cell: counted[cell] for cell in shown}
    assert all(count is None for *_, count, secret in cells if secret)


def test_no_cell_of_few_is_shown_and_no_line_hides_one_alone(desk: Desk, counted: Counter[Cell]) -> None:
    query = "SELECT quartier, date_demande, theme FROM t WHERE secret"
    secret = set(desk.rows("public", "request_counts", query))
    few = {cell for cell, count in counted.items() if count < 11}
    assert few < secret  # some are hidden for the others' sake
    assert len(secret) < len(counted)
    for dimension in range(3):  # over any one of the three, what is hidden is never one cell
        lines = Counter(
            tuple(part for place, part in enumerate(cell) if place != dimension) for cell in secret
        )
        width = Counter(
            tuple(part for place, part in enumerate(cell) if place != dimension) for cell in counted
        )
        total = Counter[tuple[str, ...]]()
        for cell, count in counted.items():
            total[tuple(part for place, part in enumerate(cell) if place != dimension)] += count
        alone = [
            line for line, count in lines.items() if count == 1 and width[line] > 1 and total[line] >= 11
        ]
        assert alone == []


def test_what_a_person_wrote_is_in_no_public_file(desk: Desk) -> None:
    everything = b"".join(path.read_bytes() for path in (desk.folder / "public").rglob("*.csv"))
    assert everything.startswith(b"quartier,date_demande,theme,demandes,secret")
    for word in (b"D-2026", b"Vanves", b"Lampadaire", b"2026-07-"):
        assert word not in everything


def test_a_bad_workbook_is_told_cell_by_cell_and_its_good_rows_pass(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(MADE.read_bytes()))
    sheet = book["Saisie"]
    sheet["B14"], sheet["C15"], sheet["F16"], sheet["A17"] = "31/02/2026", "Centre ville", "huit", None
    book.save(desk.drop / "demandes_2026_t3_bis.xlsx")
    later = datetime.now().timestamp() + 60
    os.utime(desk.drop / "demandes_2026_t3_bis.xlsx", (later, later))
    ended = desk.run("run", "town_hall.requests", "--until", "standardize", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = json.loads(ended.stdout)
    assert (told["rows_read"], told["rows_rejected"], told["cells_voided"]) == (900, 3, 1)
    report = desk.run("rejects", "town_hall.requests").stdout.splitlines()
    where = "demandes_2026_t3_bis.xlsx, feuille Saisie, ligne"
    assert report == [
        "Demandes des habitants : 897 lignes bonnes sur 900, 4 à corriger.",
        f"{where} 14, colonne « Date de la demande » : « 31/02/2026 » n'est pas une date (attendu : aaaa-mm-jj). "
        "La ligne est laissée de côté.",
        f"{where} 15, colonne « Quartier » : « Centre ville » valeur hors de la liste : Centre-ville, Val de Seine, "
        "Le Fort, Les Épinettes. La ligne est laissée de côté.",
        f"{where} 16, colonne « Délai de réponse (jours) » : « huit » n'est pas un nombre entier (de 19 chiffres au "
        "plus). La cellule est laissée vide.",
        f"{where} 17, colonne « N° de demande » : valeur obligatoire absente. La ligne est laissée de côté.",
    ]  # fmt: skip
