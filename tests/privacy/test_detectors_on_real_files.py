"""The gate over the shared real files, every column taken for a text: how often each rule meets something.

Each finding was read: `RIGHT` says what the files really hold. A gate that cries wolf is switched off.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from tests.privacy.looking import looked_at
from transforms.engine import engine

FOLDERS = (
    "01-waste", "02-parking", "03-elections", "04-budget", "05-contracts", "06-iot-energy", "07-mobility",
    "08-accessibility", "09-territory",
)  # fmt: skip


def leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, text) of every value in a JSON document; a list's members have one path."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, path)
    elif value is not None:
        yield path, str(value)


def in_xml(path: Path) -> Iterator[tuple[str, str]]:
    for element in ElementTree.parse(path).iter():
        tag = element.tag.rpartition("}")[2]
        yield tag, element.text or ""
        for name, value in element.attrib.items():
            yield f"{tag}.{name}", value


def in_rows(rows: list[list[Any]], sheet: str = "") -> Iterator[tuple[str, str]]:
    for row in rows[1:]:
        for index, cell in enumerate(row):
            header = rows[0][index] if index < len(rows[0]) else ""
            yield f"{sheet}.{index}.{header}", str(cell)


def texts_in(path: Path) -> Iterator[tuple[str, str]]:
    """(column, text) of every cell of a file."""
    if path.suffix in (".json", ".geojson"):
        yield from leaves(json.loads(path.read_text("utf-8-sig")), "")
    elif path.suffix == ".xml":
        yield from in_xml(path)
    elif path.suffix in (".xlsx", ".xls"):
        book = CalamineWorkbook.from_path(str(path))
        for sheet in book.sheet_names:
            yield from in_rows([*book.get_sheet_by_name(sheet).to_python(), []], sheet)
    elif path.suffix in (".csv", ".tsv"):
        content = path.read_bytes()
        text = content.decode(
            "cp1252" if b"\xe9" in content and b"\xc3" not in content else "utf-8-sig", "replace"
        )
        delimiter = max(";,\t", key=text.partition("\n")[0].count)
        quoting = csv.QUOTE_NONE if path.suffix == ".tsv" else csv.QUOTE_MINIMAL
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
        yield from in_rows([*reader, []])


def columns_of(path: Path) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for column, text in texts_in(path):
        if text.strip():
            columns.setdefault(column, []).append(text.strip())
    return columns


@pytest.fixture(scope="module")
def findings(shared_data, tmp_path_factory):
    """(file, column, rule, severity, cells)."""
    found = []
    with engine(tmp_path_factory.mktemp("engine")) as connection:
        for folder in FOLDERS:  # one table for all its files: what counts here is what each column looks like
            columns = {
                (path.name, column): cells
                for path in sorted((shared_data / folder).rglob("*.*"))
                for column, cells in columns_of(path).items()
            }
            numbered = {f"c{index}": place for index, place in enumerate(columns)}
            for one in looked_at(connection, dict(zip(numbered, columns.values(), strict=True))):
                rule = one.rule.removeprefix("privacy.")
                found.append((*numbered[one.field], rule, one.severity, one.count))
    return found


def total(findings, rule, severity="critical", *files):
    return sum(
        count for name, _, its, how, count in findings
        if (its, how) == (rule, severity) and name.startswith(files or "")
    )  # fmt: skip


@pytest.mark.parametrize("rule", ["nir", "iban", "plate", "birth_date", "home_address"])
def test_what_the_files_do_not_hold_is_not_found(findings, rule):
    assert [one for one in findings if one[2] == rule] == []


def test_telephone_numbers_are_those_of_the_contact_columns_and_of_two_texts(findings):
    # Nantes: 57 + 122 + 2 + 2 of phone and fax columns, 1 + 1 of other phone columns, 1 in an e-mail column,
    # 1 in a text; BNLS: 1 in a text. Karlsruhe: 44 + 26 + 7 + 2 German ones.
    assert total(findings, "phone", "critical", "nantes") == 187
    assert total(findings, "phone", "critical", "bnls") == 1
    assert total(findings, "phone", "critical", "wfs_geojson_karlsruhe") == 79
    assert total(findings, "phone") == 187 + 1 + 79


def test_mailboxes_of_desks_are_told_apart_from_those_of_persons(findings):
    assert (total(findings, "email", "critical"), total(findings, "email", "warning")) == (93, 66)


def test_people_are_named_where_people_are_named(findings):
    named = {(name, column.rpartition(".")[2]) for name, column, rule, how, _ in findings
             if (rule, how) == ("person_name", "critical") and not name.startswith(("europeennes", "totem"))}  # fmt: skip
    assert named == {
        ("acceslibre_erp_92_courbevoie_rueil.json", "nom"),  # 84 doctors and shopkeepers, 2 eponyms
        ("nantes_structures_avant_nettoyage.json", "name"),  # wrong: a shop called "Mme Bocal & Mr Vrac"
        ("opendata_swiss_parkrail.json", "enText"),  # wrong: a hospital site called after a person
        ("presidentielle2017_t2.xls", ""),
    }  # fmt: skip


def test_signatories_are_known_as_people(findings):
    columns = {
        column for name, column, rule, _, _ in findings if name.startswith("totem") and rule == "person_name"
    }
    assert columns == {"Signataire.V"}


def test_most_heads_of_lists_are_known_as_people(findings):
    heads = [one for one in findings if one[0].startswith("europeennes") and one[2] == "person_name"]
    assert len(heads) >= 29  # of 34, by the given names of INSEE's list


def test_the_doctors_among_the_places_are_counted(findings):
    assert total(findings, "person_name", "critical", "acceslibre_erp") == 86
    assert total(findings, "person_name", "warning", "acceslibre_erp") == 26
