"""What a dataset's page in Airflow says of who sees what, and on whose word."""

from typing import Any

import pytest
from town import PARKS, Town

from contracts.library import dataset_at
from operators.pages import page_of

FIELDS = PARKS["fields"]


def page(town: Town, **changes: Any) -> str:
    town.contract(**changes)
    return page_of(dataset_at(town.folder / "config", "mobility.parks"), "")


def line(page: str, name: str) -> list[str]:
    (found,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    return [cell.strip() for cell in found.strip("|").split("|")]


@pytest.mark.parametrize(
    ("field", "seen_by"),
    [
        ({"public": True}, "tous"),
        ({"hidden_because": "CRPA L311-6"}, "agents"),
        ({"type": "date", "public": "year"}, "tous, à l'année"),
        ({"type": "date", "public": "month"}, "tous, au mois"),
        ({"public": "surrogate"}, "tous, pseudonyme"),
        ({"type": "geometry", "written_as": "wkt", "public": "grid_1km"}, "tous, au carreau d'un kilomètre"),
        ({"type": "geometry", "written_as": "wkt", "public": "commune"}, "tous, à la commune"),
    ],
)
def test_each_field_says_how_much_of_it_everyone_sees(
    town: Town, field: dict[str, Any], seen_by: str
) -> None:
    shown = page(town, fields={**FIELDS, "ouvert": {"about": "Ouvert.", **field}})
    assert line(shown, "ouvert")[3] == seen_by


def test_in_a_dataset_for_agents_only_everything_is_for_agents(town: Town) -> None:
    shown = page(town, audiences=["restricted"], hidden_because="CRPA L311-6")
    assert {line(shown, name)[3] for name in FIELDS} == {"agents"}


def test_an_aggregate_says_what_makes_the_cells_and_what_is_summed(town: Town) -> None:
    sums = {"total": {"of": "places", "about": "Places en tout."}}
    shown = page(town, public_aggregate={"by": ["nom"], "sums": sums, "minimum": 5})
    assert "par `nom` ; au moins 5 contributeurs par cellule, aucun n'y faisant plus de 85%" in shown
    assert {name: line(shown, name)[3] for name in FIELDS} == {
        "id": "agents", "nom": "tous", "places": "agents ; tous, en somme", "tel": "agents",
    }  # fmt: skip


def test_an_embargo_stands_on_the_page_with_its_offset(town: Town) -> None:
    assert "2099-03-14 20:00+01:00" in page(town, embargo="2099-03-14T20:00:00+01:00")


def test_a_waiver_stands_there_with_its_reason_and_who_gave_it(town: Town) -> None:
    waiver = {
        "field": "nom", "rule": "person_name", "because": "Noms de rues, tous publics.",
        "approved_by": "DPD, 3 mars 2026",
    }  # fmt: skip
    assert line(page(town, privacy={"waives": [waiver]}).split("## Dérogations")[1], "nom") == [
        "`nom`", "`person_name`", "Noms de rues, tous publics.", "DPD, 3 mars 2026",
    ]  # fmt: skip


def test_without_them_the_page_speaks_of_no_embargo_aggregate_or_waiver(town: Town) -> None:
    plain = page(town).split("## Si ça échoue")[0]
    assert [word for word in ("Embargo", "contributeurs", "Dérogations") if word in plain] == []
