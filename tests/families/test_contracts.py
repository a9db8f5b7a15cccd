"""Public contracts: twelve tables of one file, the same from JSON and from XML; values read by `json` alone."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from decp_twins import twin_of
from families_run import Family

from contracts.library import library_at
from sample.sources import SOURCES

LIBRARY = library_at(Path(__file__).parents[2] / "config")
TABLES = {
    "contracts.public_contracts": 2, "contracts.holders": 2, "contracts.current_holders": 2,
    "contracts.modifications": 2, "contracts.modified_holders": 2, "contracts.subcontracts": 2,
    "contracts.subcontract_modifications": 2, "contracts.concessions": 2, "contracts.concession_holders": 4,
    "contracts.concession_modifications": 2, "contracts.concession_years": 2, "contracts.concession_tariffs": 4,
}  # fmt: skip
FILE = SOURCES / "buyer_profile" / "decp.json"
MARCHES = json.loads(FILE.read_bytes(), parse_float=Decimal)["marches"]["marche"]


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    return Family(tmp_path_factory.mktemp("json"), list(TABLES), "--until", "standardize")


def twin(folder: Path, content: bytes, *ids: str) -> Family:
    """The same contracts on another file."""
    source = folder / "sources" / "buyer_profile" / "decp.json"
    source.parent.mkdir(parents=True)
    source.write_bytes(content)
    return Family(folder, list(ids), "--until", "standardize", sources=folder / "sources")


def test_every_contract_of_the_theme_is_looked_at() -> None:
    assert set(TABLES) == {name for name in LIBRARY.datasets if name.startswith("contracts.")}


@pytest.mark.parametrize("dataset_id", TABLES)
def test_rows_are_those_worked_out_by_two_decodings(family: Family, dataset_id: str) -> None:
    told = family.told[dataset_id]
    assert (told["rows_read"], told["rows_rejected"], told["cells_voided"]) == (TABLES[dataset_id], 0, 0)


def test_amounts_are_exact_before_and_after_modifications(family: Family) -> None:
    query = "SELECT sum(montant_ht), sum(montant_actuel_ht), typeof(any_value(montant_ht)) FROM t"
    assert family.staged("contracts.public_contracts", query) == [
        (Decimal("1150000.00"), Decimal("246915.74"), "DECIMAL(14,2)")
    ]
    query = "SELECT DISTINCT montant_ht, montant_actuel_ht FROM t"
    assert family.staged("contracts.subcontracts", query) == [(Decimal("123456.89"), Decimal("23465.87"))]


def test_rows_are_what_the_file_says(family: Family) -> None:
    query = "SELECT acheteur_siret, contrat_id, objet, cpv, date_notification::VARCHAR, duree_mois, duree_actuelle_mois, montant_ht FROM t"
    expected = [
        (one["acheteur"]["id"], one["id"], one["objet"], one["codeCPV"].partition("-")[0],
         one["dateNotification"], one["dureeMois"], one["modifications"][0]["modification"]["dureeMois"],
         one["montant"])
        for one in MARCHES
    ]  # fmt: skip
    assert sorted(family.staged("contracts.public_contracts", query)) == sorted(expected)


def test_holders_of_today_are_those_of_the_modification(family: Family) -> None:
    holders, current = (
        family.staged(f"contracts.{name}", "SELECT titulaire_id FROM t ORDER BY contrat_id")
        for name in ("holders", "current_holders")
    )
    assert holders == [("55204599900869",)] * 2
    assert current == [("868768687576575",)] * 2  # 15 digits, as the file has it: a finding, no reject


def test_tables_join_by_buyer_and_contract(family: Family) -> None:
    keys = set(family.staged("contracts.public_contracts", "SELECT acheteur_siret, contrat_id FROM t"))
    for name in ("holders", "modifications", "subcontracts", "subcontract_modifications"):
        below = family.staged(f"contracts.{name}", "SELECT acheteur_siret, contrat_id FROM t")
        assert set(below) == keys
    tariffs = "SELECT contrat_id, tarif_libelle, tarif FROM t ORDER BY ALL LIMIT 2"
    assert family.staged("contracts.concession_tariffs", tariffs) == [
        ("0612202306122023", "Intitulé du tarif", Decimal("14.29")),
        ("0612202306122023", "Intitulé du tarif2", Decimal("19.29")),
    ]


def test_the_twin_in_xml_gives_the_same_rows_through_the_contracts(family: Family, tmp_path: Path) -> None:
    """The decoder's own tests hold all tables against their twins; here are those that overlay and nest."""
    ids = [
        f"contracts.{name}"
        for name in ("public_contracts", "subcontracts", "current_holders", "concession_tariffs")
    ]
    other = twin(tmp_path, twin_of(FILE.read_bytes()), *ids)
    for dataset_id in ids:
        rows: list[Any] = [one.staged(dataset_id, "SELECT * FROM t ORDER BY ALL") for one in (family, other)]
        assert rows[0] == rows[1] != []


def test_a_contract_that_comes_twice_is_one_row_and_says_so(shared_data: Path, tmp_path: Path) -> None:
    official = (shared_data / "05-contracts/exemple_officiel_Marche.xml").read_bytes()
    other = twin(tmp_path, official, "contracts.public_contracts")
    query = "SELECT contrat_id, exemplaires, versions, montant_ht FROM t"
    assert other.staged("contracts.public_contracts", query) == [("TEST2022", 2, 1, Decimal("575000.00"))]


def test_no_name_of_a_holder_and_no_address_is_taken() -> None:
    """The identifier is public by law, a sole trader's too; who opposed its diffusion has no name here."""
    for dataset_id in TABLES:
        for name, field in LIBRARY.dataset(dataset_id).fields.items():
            assert not {"nom", "denomination", "adresse"} & set(name.split("_")), name
            if name in ("titulaire_id", "sous_traitant_id"):
                assert field.public
                assert field.basis
