"""Budget acts through their contract, held against a peer's files, a chart of accounts and the acts' own sums."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
from commands_town import typed
from pyarrow import parquet

from contracts.library import library_at
from sample.sources import SOURCES

ROOT = Path(__file__).parents[2]
ACTS = {  # what the contract calls them → the peer's name, and lines
    ("21560046100010", 2022, "01"): ("crach_budget", 201),
    ("24350078200095", 2022, "01"): ("bp2022_transport", 123),
    ("21560046100010", 2021, "02-2"): ("crach_dm2_2021", 185),
    ("21560046100085", 2021, "09"): ("annexe_ca2021", 20),
}
AMOUNTS = ("BGT_MTREAL", "BGT_MTBUDGPREC", "BGT_MTRARPREC", "BGT_MTPROPNOUV", "BGT_MTPREV", "BGT_CREDOUV",
           "BGT_MTRAR3112")  # fmt: skip
CODES = ("BGT_ANNEE", "BGT_SIRET", "BGT_NOM", "BGT_NATURE", "BGT_FONCTION", "BGT_OPERATION", "BGT_OPBUDG",
         "BGT_CODRD", "BGT_ARTSPE")  # fmt: skip
QUERIES = [
    one.arguments["unexpected_rows_query"]
    for one in library_at(ROOT / "config").dataset("finance.budget").quality.expect
]


def standardized(folder: Path, acts: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, Path | None]:
    """Exit code, what was said, and the staged table of a run over these acts."""
    for name in ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH"):
        monkeypatch.setenv(f"CONCENTRATOR_{name}", str(folder / name.lower()))
    monkeypatch.setenv("CONCENTRATOR_CONFIG", str(ROOT / "config"))
    connection = {"conn_type": "fs", "extra": {"path": str(acts.parent)}}
    monkeypatch.setenv("AIRFLOW_CONN_FINANCE_SERVICE", json.dumps(connection))
    for act in acts.iterdir():
        os.utime(act, (0, 0))  # nobody is writing it
    code, stdout, stderr = typed("run", "finance.budget", "--until", "standardize")
    return code, stdout + stderr, next((folder / "work").rglob("table*.parquet"), None)


@pytest.fixture
def acts(tmp_path: Path) -> Path:
    folder = tmp_path / "depot" / "actes"
    folder.mkdir(parents=True)
    return folder


def lines_of(table: Path) -> dict[Any, list[dict[str, Any]]]:
    rows = parquet.read_table(table).to_pylist()
    found: dict[Any, list[dict[str, Any]]] = {act: [] for act in ACTS}
    for row in sorted(rows, key=lambda one: one["ligne"]):
        found[row["BGT_SIRET"], row["BGT_ANNEE"], row["acte"]].append(row)
    return found


def test_codes_and_amounts_of_four_whole_acts_are_the_peers(
    tmp_path: Path, acts: Path, monkeypatch: pytest.MonkeyPatch, shared_data: Path
) -> None:
    for name, _ in ACTS.values():
        shutil.copyfile(shared_data / f"04-budget/totem_{name}.totem.xml", acts / f"{name}.xml")
    code, said, table = standardized(tmp_path, acts, monkeypatch)
    assert code == 0, said
    assert table is not None
    assert broken(table) == [0, 0]
    departures: Counter[tuple[str, str]] = Counter()
    for act, rows in lines_of(table).items():
        name, count = ACTS[act]
        with (shared_data / f"04-budget/totem_{name}.expected_scdl.csv").open(encoding="utf-8") as file:
            theirs = list(csv.DictReader(file))
        assert len(rows) == len(theirs) == count
        for ours, their in zip(rows, theirs, strict=True):
            assert [str(ours[name] or "") for name in CODES] == [their[name] for name in CODES]
            amounts = [None if not their[name] else Decimal(their[name]) for name in AMOUNTS]
            assert [ours[name] for name in AMOUNTS] == amounts
            assert ours["BGT_NATDEC"] == their["BGT_NATDEC"].lower()
            for column in ("BGT_CONTNAT", "BGT_CONTNAT_LABEL", "BGT_NATURE_LABEL", "BGT_SECTION"):
                if (ours[column] or "") != their[column].strip():  # the DGCL's 6512 ends in a blank
                    departures[column, "blank there" if not their[column] else "other"] += 1
    # 53 + 48 + 6 lines of Crac'h, and 25 of the transports (27 with those for third parties). The made charts
    # have the label of 44 of those chapters, from other lines of the acts; the others have their code only.
    assert departures == {("BGT_CONTNAT", "blank there"): 132, ("BGT_SECTION", "blank there"): 134,
                          ("BGT_CONTNAT_LABEL", "blank there"): 44}  # fmt: skip
    people = {
        element.get("V", "")
        for name, _ in ACTS.values()
        for element in ElementTree.parse(acts / f"{name}.xml").iter()
        if re.search(r"Nom(Sign|Elu|Benef)|Agent$|Signat|LibOrga", element.tag)
        and " " in element.get("V", "")
    }
    assert people
    assert not people & {str(cell) for row in parquet.read_table(table).to_pylist() for cell in row.values()}


def test_a_chapter_that_the_act_leaves_out_is_the_one_of_the_nearest_chart(shared_data: Path) -> None:
    """The sample's charts are made; the DGCL's chart of communes above 3,500 names the same chapters."""
    whole = ElementTree.parse(shared_data / "04-budget/plan_de_comptes/2022_M14_COM_SUP3500.xml")
    accounts = {one.get("Code"): one for one in whole.iter("Compte")}
    looked_at = 0
    for path in sorted((ROOT / "config/charts").glob("*M14*.xml")):
        for one in ElementTree.parse(path).iter("Compte"):
            for way in ("DR", "RR"):
                if one.get(way):
                    assert one.get(way) == accounts[one.get("Code")].get(way), one.attrib
                    looked_at += 1
    assert looked_at > 80


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("annee", "'2022 en erreur' as Exer in its head; promised was a year"),
     ("nomenclature", "the unknown Nomenclature 'M14-M14_COM_500_3500_en_erreur'")],
)  # fmt: skip
def test_a_malformed_act_refuses_the_run_for_what_is_wrong_in_it(
    tmp_path: Path, acts: Path, monkeypatch: pytest.MonkeyPatch, shared_data: Path, name: str, sentence: str
) -> None:
    shutil.copytree(SOURCES / "finance_service/actes", acts, dirs_exist_ok=True)
    shutil.copyfile(shared_data / f"04-budget/invalid/totem_mauvaise_{name}.xml", acts / "mauvais.xml")
    code, said, table = standardized(tmp_path, acts, monkeypatch)
    assert (code, table) == (1, None)
    assert "finance.budget" in said
    assert sentence in said
    assert "mauvais.xml" in said


def broken(table: Path) -> list[int]:
    """How many rows each query of the contract finds that should not be there."""
    return [len(duckdb.sql(query.replace("{batch}", f"'{table}'")).fetchall()) for query in QUERIES]


def spoilt(acts: Path, old: bytes, new: bytes) -> None:
    shutil.copytree(SOURCES / "finance_service/actes", acts, dirs_exist_ok=True)
    path = acts / "saint_malo_bp_2022_transport.xml"
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [(b'<MtPrev V="', b'<MtPrev V="1', [1, 0]),  # a digit more on one line of one act
     (b"<BlocBudget>", b'<BlocBudget><ProjetBudget V="true"/>', [0, 123])],
)  # fmt: skip
def test_a_budget_out_of_balance_and_a_draft_are_seen(
    tmp_path: Path, acts: Path, monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes, seen: list[int]
) -> None:
    spoilt(acts, old, new)
    code, said, table = standardized(tmp_path, acts, monkeypatch)
    assert code == 0, said
    assert table is not None
    assert broken(table) == seen
