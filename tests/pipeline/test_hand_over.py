"""What passes from the restricted side to the public publisher, and what never does."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from town import PARKS, Town

from contracts.errors import PrivacyRefused
from contracts.library import dataset_at
from pipeline.hands import SeparateHands, environment_of_publisher
from pipeline.house import house_from
from pipeline.journey import Trip, travel
from pipeline.publisher import publish_handed, publisher_from

EVE = datetime(2027, 3, 14, 19, tzinfo=UTC)  # polls close at 20:00 in Paris
EMBARGO = "2027-03-14T20:00:00+01:00"


def journey(town: Town, clock: datetime, name: str, **trip: Any) -> Any:
    """One journey of `mobility.parks` at a moment, with the publisher in this process."""
    from contracts.connection import connection_from

    environment = town.environment
    dataset = dataset_at(town.folder / "config", "mobility.parks")
    house = house_from(
        environment, connection=lambda of: connection_from(environment, of), clock=lambda: clock
    )
    publisher = publisher_from(environment, clock=lambda: clock)
    return travel(
        dataset, house, Trip(batch_id=name, **trip),
        lambda dataset_id, attempt: publish_handed(publisher, dataset_id, attempt),
    )  # fmt: skip


def fields(**changes: dict[str, Any] | None) -> dict[str, Any]:
    merged = {**PARKS["fields"], **changes}
    return {name: field for name, field in merged.items() if field is not None}


def test_the_publishers_environment_holds_two_stores_and_no_secret_of_the_rest(tmp_path: Path) -> None:
    environment = environment_of_publisher(
        {
            "PATH": "/bin", "HOME": "/home/etl", "AIRFLOW_CONN_CRM": "secret", "AWS_PROFILE": "restricted",
            "CONCENTRATOR_RESTRICTED": "s3://agents", "CONCENTRATOR_WORK": "s3://work",
            "CONCENTRATOR_PUBLIC": "s3://open", "CONCENTRATOR_HANDOVER": str(tmp_path),
            "CONCENTRATOR_PUBLISHER_AWS_PROFILE": "open",
        }
    )  # fmt: skip
    assert environment == {
        "PATH": "/bin", "CONCENTRATOR_PUBLIC": "s3://open", "CONCENTRATOR_HANDOVER": str(tmp_path),
        "CONCENTRATOR_SCRATCH": str(Path("var/scratch-public").absolute()), "AWS_PROFILE": "open",
    }  # fmt: skip


def test_nothing_that_the_publisher_was_given_leads_to_the_restricted_store(town: Town) -> None:
    journey(town, EVE, "first", last="validate")
    environment = {**os.environ, **town.environment}
    with SeparateHands(environment) as hands:
        process = hands._started()
        place = Path(f"/proc/{process.pid}")
        given = place.joinpath("environ").read_bytes() + place.joinpath("cmdline").read_bytes()
        opened = [os.readlink(place / "cwd")]
        for link in place.joinpath("fd").iterdir():
            with suppress(FileNotFoundError):  # it starts, and closes what it opened
                opened.append(os.readlink(link))
    for store in ("restricted", "work", "config"):
        assert str(town.folder / store).encode() not in given
        assert not [path for path in opened if path.startswith(str(town.folder / store))]
    assert b"AIRFLOW" not in given


def test_a_real_publisher_process_publishes_and_answers(town: Town, run: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("CONCENTRATOR_PUBLISHER")
    code, stdout, _ = run("run", "mobility.parks", "--json")
    assert (code, json.loads(stdout)["state"]) == (0, "released")
    assert town.csv("public").splitlines()[0] == "id,nom,places"


def test_what_is_handed_over_is_the_view_and_it_does_not_stay(town: Town, monkeypatch: Any) -> None:
    seen: dict[str, Any] = {}

    def looking(dataset_id: str, attempt: str) -> Any:
        folder = town.folder / "handover" / "mobility" / "parks" / "views" / attempt
        seen["columns"] = [
            name for name, *_ in duckdb.sql(f"DESCRIBE FROM '{folder}/view.parquet'").fetchall()
        ]
        seen["record"] = (folder / "view.json").read_text()
        return publish_handed(publisher_from(town.environment), dataset_id, attempt)

    from contracts.connection import connection_from

    environment = town.environment
    house = house_from(environment, connection=lambda of: connection_from(environment, of))
    dataset = dataset_at(town.folder / "config", "mobility.parks")
    travel(dataset, house, Trip(batch_id="first"), looking)
    assert seen["columns"] == ["id", "nom", "places"]
    assert not [word for word in ("tel", "L311-6", "parks.csv", "0605040302") if word in seen["record"]]
    left = [path.name for path in (town.folder / "handover").rglob("*") if path.is_file()]
    assert left == ["receipt.json"]


def test_asking_twice_for_the_same_view_publishes_once(town: Town) -> None:
    journey(town, EVE, "first")
    receipt = json.loads((town.folder / "handover/mobility/parks/receipt.json").read_text())
    again = publish_handed(publisher_from(town.environment), "mobility.parks", receipt["attempt"])
    assert again.model_dump(mode="json") == receipt


def test_before_the_embargo_ends_nothing_is_on_the_public_side(town: Town) -> None:
    town.contract(embargo=EMBARGO)
    ended = journey(town, EVE - timedelta(seconds=1), "eve")
    assert (ended.state, [one.audience for one in ended.published]) == ("embargoed", ["restricted"])
    for store in ("public", "handover"):
        assert not [path for path in (town.folder / store).rglob("*") if path.is_file()]
    ended = journey(town, EVE, "night")
    assert ended.state == "released"
    assert town.csv("public").count("\n") == 3


def test_an_embargo_that_was_always_past_is_refused_and_nothing_is_written(town: Town) -> None:
    town.contract(embargo=EMBARGO.replace("2027", "2026"))
    ended = journey(town, EVE, "typo")
    assert ended.state == "refused"
    assert "was past already when it was first read" in ended.sentence
    assert not [path for store in ("public", "restricted") for path in (town.folder / store).rglob("*.csv")]


def test_a_public_field_cannot_leave_before_its_day(town: Town) -> None:
    journey(town, EVE, "first")
    before = town.published("public")
    town.contract(fields=fields(places=None), ignores=["places"])
    ended = journey(town, EVE, "second")
    assert ended.state == "refused"
    assert '"places" leaves' in ended.sentence
    assert town.published("public") == before
    town.contract(fields=fields(places=None), ignores=["places"], deprecated={"places": "2027-03-14"})
    assert journey(town, EVE, "third").state == "released"
    assert town.csv("public").splitlines()[0] == "id,nom"


def test_a_surrogate_is_the_same_in_every_release_and_its_table_stays_restricted(town: Town) -> None:
    tel = {"public": "surrogate", "about": "Pseudonyme de l'exploitant."}
    town.contract(fields=fields(tel=tel))
    assert journey(town, EVE, "first").state == "released"
    first = {line.split(",")[0]: line.split(",")[3] for line in town.csv("public").split()[1:]}
    town.source("id;nom;places;tel\np2;Gare;121;0102030405\np1;Église;80;0605040302\np3;A;1;0605040302\n")
    assert journey(town, EVE + timedelta(days=1), "second").state == "released"
    second = {line.split(",")[0]: line.split(",")[3] for line in town.csv("public").split()[1:]}
    assert second == {**first, "p3": first["p1"]}
    assert first["p1"] != first["p2"]
    assert "0605040302" not in town.csv("public")
    parts = sorted(path.parent.name for path in town.folder.rglob("00000*.parquet"))
    assert parts == ["tel"]
    assert not list((town.folder / "public").rglob("surrogates"))


def test_the_gate_blocks_what_looks_personal_and_names_no_value(town: Town) -> None:
    town.source("id;nom;places;tel\np1;marie.durand@gmail.com;80;\np2;Gare;3;\n")
    ended = journey(town, EVE, "first")
    assert ended.state == "refused"
    assert "nom" in ended.sentence
    assert "email" in ended.sentence
    assert "durand" not in ended.sentence
    assert not list((town.folder / "public").rglob("*.csv"))


def test_a_waiver_lets_it_through_and_names_who_approved(town: Town) -> None:
    town.source("id;nom;places;tel\np1;marie.durand@gmail.com;80;\np2;Gare;3;\n")
    waiver = {"field": "nom", "rule": "email", "because": "Adresse professionnelle publiée par son titulaire.",
              "approved_by": "Déléguée à la protection des données"}  # fmt: skip
    town.contract(privacy={"waives": [waiver]})
    assert journey(town, EVE, "first").state == "released"


def test_a_restricted_view_is_not_published_by_the_public_hands(town: Town, monkeypatch: Any) -> None:
    from pipeline import publisher as module

    journey(town, EVE, "first", last="validate")
    monkeypatch.setattr(
        module, "record_at", lambda *_: type("H", (), {"view": type("V", (), {"audience": "restricted"})})()
    )
    with pytest.raises(PrivacyRefused, match="a restricted view was handed over"):
        publish_handed(publisher_from(town.environment), "mobility.parks", "any")


def test_the_staged_table_becomes_the_agents_file(town: Town) -> None:
    journey(town, EVE, "one")
    (staged,) = (town.folder / "work").rglob("table.parquet")
    (released,) = (town.folder / "restricted").rglob("releases/*/parks.parquet")
    assert released.read_bytes() == staged.read_bytes()
