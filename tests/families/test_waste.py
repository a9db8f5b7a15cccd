"""The waste family on the real files: copies merged, places kept apart, nothing guessed, nobody shown."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from released import Released

POINTS, STRUCTURES, LEVELS = "waste.dropoff_points", "waste.structures", "waste.fill_levels"
CONTAINERS_FILE = "01-waste/nantes_conteneurs_pav.json"
STRUCTURES_FILE = "01-waste/nantes_structures_avant_nettoyage.json"


@pytest.fixture(scope="module")
def waste(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Released:
    """The three contracts; fill levels are made data, the others come from the whole real files."""
    real = {
        "waste_authority/conteneurs.json": shared_data / CONTAINERS_FILE,
        "waste_authority/structures.geojson": shared_data / STRUCTURES_FILE,
    }
    return Released(tmp_path_factory.mktemp("waste"), [POINTS, STRUCTURES, LEVELS], real)


@pytest.fixture(scope="module")
def containers(shared_data: Path) -> list[dict[str, Any]]:
    return json.loads((shared_data / CONTAINERS_FILE).read_text("utf-8"))  # type: ignore[no-any-return]


def test_copies_are_merged_and_reported_and_places_that_share_a_code_stay(
    waste: Released, containers: list[dict[str, Any]]
) -> None:
    distinct = {(one["code"], one["latitude"], one["longitude"]) for one in containers}
    assert (len(containers), len(distinct)) == (2278, 1592)  # domain.md
    told = waste.told[POINTS]
    assert (told["rows_read"], told["rows_rejected"], told["cells_voided"]) == (2278, 7, 0)
    assert waste.findings(POINTS)["duplicates"] == 686
    counts = waste.rows(POINTS, "restricted", "SELECT count(*), count(DISTINCT id_local) FROM t")
    assert counts == [(1592 - 7, 1588 - 7)]
    shared = "SELECT id_local, count(*) FROM t GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"
    assert waste.rows(POINTS, "public", shared) == [
        ("stco_conteneur_0", 3), ("stco_conteneur_DS0074", 2), ("stco_conteneur_DS0076", 2),
    ]  # fmt: skip


def test_unusable_positions_are_rejected_with_their_reason(waste: Released) -> None:
    met = {(field, value, reason) for _, field, value, reason, _ in waste.rejects(POINTS)}
    assert {(field, value) for field, value, _ in met if value == "no2"} == {
        ("categorie", "no2"), ("flux", "no2"),  # a template's row
    }  # fmt: skip
    assert {one for one in met if one[1] != "no2"} == {
        ("latitude", "47.0", "est inférieur à 47.05"),
        ("longitude", "47.205462", "est supérieur à -1.3"),
        ("longitude", "1,493267", "n'est pas un nombre (décimales après « . »)"),
        *(("latitude", f"{text},", "n'est pas un nombre (décimales après « . »)")
          for text in ("47.440246", "47.207748", "47.222727", "47.201383")),
    }  # fmt: skip


def test_the_table_of_types_is_the_one_that_the_source_spells_and_nothing_is_guessed(
    waste: Released, containers: list[dict[str, Any]]
) -> None:
    assert len({one["type"] for one in containers}) == 22
    unnamed = {
        (one["code"], one["latitude"], one["longitude"]) for one in containers if one["type"] == "Conteneur "
    }
    assert sum(one["type"] == "Conteneur " for one in containers) == 484  # domain.md
    kept = waste.rows(
        POINTS, "restricted", "SELECT count(*) FROM t WHERE flux IS NULL AND categorie = 'conteneur'"
    )
    assert kept == [(len(unnamed),)]
    glass = {(one["code"], one["latitude"], one["longitude"]) for one in containers if "verre" in one["type"]}
    told = "SELECT count(*) FROM t WHERE list_contains(string_split(flux, '|'), 'verre')"
    assert waste.rows(POINTS, "public", told) == [(len(glass),)]


def test_the_commune_is_the_one_that_the_address_ends_with(
    waste: Released, containers: list[dict[str, Any]]
) -> None:
    written = Counter(
        one[1] for one in {
            (one["code"], one["adresseTemp"].strip().rsplit(" ", 1)[-1], one["latitude"])
            for one in containers if " " in one.get("adresseTemp", "")
        }
    )  # fmt: skip
    told = dict(waste.rows(POINTS, "public", "SELECT insee_commune, count(*) FROM t GROUP BY 1"))
    assert (told["44109"], told["44143"], told["44114"]) == (
        written["Nantes"], written["Rezé"], written["Orvault"],
    )  # fmt: skip
    query = "SELECT count(*) FROM t WHERE insee_commune IS NULL AND adresse IS NOT NULL"
    assert waste.rows(POINTS, "public", query) == [(0,)]


def test_composters_of_residences_are_for_agents_alone(waste: Released) -> None:
    residences = "SELECT count(*) FROM t WHERE categorie = 'composteur_residence'"
    assert waste.rows(POINTS, "restricted", residences) == [(51 - 2,)]  # two have no position
    assert waste.rows(POINTS, "public", residences) == [(0,)]


def test_mobiles_and_mail_stay_with_the_agents(waste: Released, shared_data: Path) -> None:
    features = json.loads((shared_data / STRUCTURES_FILE).read_text("utf-8"))["features"]
    written = [
        tags.get("contact:phone") or tags.get("phone") for tags in (one["properties"] for one in features)
    ]
    mobiles = [one for one in written if one and re.search(r"(^|; ?)(\+33 ?|0)[67]", one)]
    fixed = [one for one in written if one and one not in mobiles]
    assert len(features) == 355
    counts = "SELECT count(*), count(telephone), count(telephone_mobile), count(courriel) FROM t"
    mails = sum("contact:email" in one["properties"] or "email" in one["properties"] for one in features)
    assert waste.rows(STRUCTURES, "restricted", counts) == [(355, len(fixed), len(mobiles), mails)]
    assert set(waste.columns(STRUCTURES, "public")) & {"telephone_mobile", "courriel"} == set()
    shown = [
        text
        for (text,) in waste.rows(STRUCTURES, "public", "SELECT telephone FROM t WHERE telephone IS NOT NULL")
    ]
    assert not [text for text in shown if re.search(r"(^|; ?)(\+33 ?|0)[67]", text)]


def test_fill_levels_have_no_public_side(waste: Released) -> None:
    assert not waste.has(LEVELS, "public")
    query = "SELECT count(*), count(valeur), count(DISTINCT capteur_id), max(valeur) <= 100 FROM t"
    assert waste.rows(LEVELS, "restricted", query) == [(201, 199, 6, True)]
