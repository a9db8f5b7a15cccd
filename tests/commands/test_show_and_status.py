"""What the command line tells of embargoes, precision, aggregates and waivers."""

from __future__ import annotations

import json
from typing import Any

from town import PARKS

LATER = "2099-03-14T20:00:00+01:00"
DATED = {
    **PARKS["fields"],
    "ouvert": {"from": "annee", "type": "date", "format": "%Y", "public": "year", "about": "Ouverture."},
    "siret": {"from": "exploitant", "public": "surrogate", "about": "Exploitant."},
    "mail": {"from": "courriel", "public": True, "basis": "CRPA L312-1", "about": "Courriel."},
}


def told(stdout: str) -> str:
    return " ".join(stdout.split())


def test_an_embargoed_run_is_no_error_and_says_until_when_the_public_waits(town: Any, run: Any) -> None:
    town.contract(embargo=LATER)
    code, stdout, stderr = run("run", "mobility.parks")
    assert code == 0
    assert "embargoed" in stdout
    assert f"mobility.parks: the public waits until {LATER}." in stderr
    assert town.published("public") == {}
    assert len(town.csv("restricted").splitlines()) == 3
    code, stdout, _ = run("status")
    assert code == 0
    assert "mobility.parks – 2 × 4" in told(stdout)
    assert f"mobility.parks: the public waits until {LATER}." in stdout


def test_an_embargo_that_is_past_when_first_read_is_refused(town: Any, run: Any) -> None:
    town.contract(embargo="2020-03-14T20:00:00+01:00")
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "was past already when it was first read" in stderr
    assert (town.published("public"), town.published("restricted")) == ({}, {})


def test_a_view_that_waits_for_its_publisher_is_shown_as_handed_over(town: Any, run: Any, after: Any) -> None:
    after(1)
    outcome = town.folder / "work/outcomes/mobility/parks.json"
    outcome.write_text(json.dumps({**json.loads(outcome.read_text()), "state": "handed_over"}))
    (town.folder / "handover/mobility/parks/receipt.json").unlink()
    assert "handed over" in run("status")[1]


def test_show_tells_how_much_of_each_field_the_public_sees(town: Any, run: Any) -> None:
    waiver = {"field": "nom", "rule": "person_name", "because": "Noms de lieux.", "approved_by": "DPO, 2026"}
    town.contract(
        fields=DATED, embargo=LATER, privacy={"waives": [waiver]}, deprecated={"places": "2027-01-01"}
    )
    code, stdout, _ = run("show", "mobility.parks")
    shown = told(stdout)
    assert code == 0
    assert "its year" in shown
    assert "a surrogate" in shown
    assert "yes (CRPA L312-1)" in shown
    assert "yes, until 2027-01-01" in shown
    assert "no: CRPA L311-6" in shown
    assert f"embargo nothing is public before {LATER}" in shown
    assert "waived person_name in nom: Noms de lieux. (DPO, 2026)" in shown


def test_show_tells_the_cells_of_an_aggregate(town: Any, run: Any) -> None:
    town.contract(public_aggregate={"by": ["nom"], "sums": {"total": {"of": "places", "about": "Places."}}})
    code, stdout, _ = run("show", "mobility.parks")
    assert code == 0
    assert "effectif, total by nom, of at least 11 rows; fewer are kept secret" in told(stdout)


def test_the_top_of_the_help_groups_the_commands(run: Any) -> None:
    _, stdout, _ = run("--help")
    order = [stdout.index(panel) for panel in ("Datasets", "Releases", "Upkeep")]
    assert order == sorted(order)
