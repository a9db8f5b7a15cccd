"""When a run ends in its first stage although the public has nothing of it: an embargo that lasts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from town import Town

from contracts.connection import connection_from
from contracts.library import dataset_at
from pipeline.house import House, house_from
from pipeline.journey import Trip, travel
from pipeline.publisher import publish_handed, publisher_from

END = datetime(2027, 3, 14, 19, tzinfo=UTC)
EVE = END - timedelta(days=2)
EMBARGO = END.isoformat()
OTHER = "id;nom;places;tel\np2;Gare;121;\np1;Église;81;\n"


def house_of(town: Town, clock: datetime) -> House:
    variables = town.environment
    return house_from(variables, connection=lambda of: connection_from(variables, of), clock=lambda: clock)


def state_of(town: Town, clock: datetime, name: str, **trip: Any) -> str:
    """How a journey of `mobility.parks` at that moment ended."""
    dataset = dataset_at(town.folder / "config", "mobility.parks")
    publisher = publisher_from(town.environment, clock=lambda: clock)
    ended = travel(
        dataset, house_of(town, clock), Trip(batch_id=name, **trip),
        lambda dataset_id, attempt: publish_handed(publisher, dataset_id, attempt),
    )  # fmt: skip
    return ended.state


def checked_at(town: Town, store: str) -> datetime:
    pointer = json.loads((town.folder / store / "mobility" / "parks" / "current.json").read_text())
    return datetime.fromisoformat(pointer["checked_at"])


def test_what_an_embargo_holds_back_is_not_made_again(town: Town) -> None:
    town.contract(embargo=EMBARGO)
    assert state_of(town, EVE, "first") == "embargoed"
    assert state_of(town, EVE + timedelta(hours=1), "second") == "nothing_new"
    assert state_of(town, EVE + timedelta(hours=2), "third", force=True) == "embargoed"


def test_other_bytes_under_embargo_go_all_the_way(town: Town) -> None:
    town.contract(embargo=EMBARGO)
    state_of(town, EVE, "first")
    town.source(OTHER)
    assert state_of(town, EVE, "second") == "embargoed"
    assert state_of(town, EVE, "third") == "nothing_new"


def test_another_contract_under_embargo_goes_all_the_way(town: Town) -> None:
    town.contract(embargo=EMBARGO)
    state_of(town, EVE, "first")
    town.contract(embargo=EMBARGO, quality={"rejected": 0.4})
    assert state_of(town, EVE, "second") == "embargoed"


def test_a_batch_that_agents_do_not_have_is_not_nothing_new(town: Town) -> None:
    town.contract(embargo=EMBARGO)
    state_of(town, EVE, "first")
    (town.folder / "work" / "done" / "mobility" / "parks" / "restricted.json").unlink()
    assert state_of(town, EVE, "second") == "embargoed"


@pytest.mark.parametrize("change", ["bytes", "contract"])
def test_what_is_held_of_other_bytes_or_another_contract_is_not_this(town: Town, change: str) -> None:
    town.contract(embargo=EMBARGO)
    state_of(town, EVE, "first")
    (held,) = (town.folder / "work").rglob("*embargo*/**/*.json")
    before = held.read_bytes()
    if change == "bytes":
        town.source(OTHER)
    else:
        town.contract(embargo=EMBARGO, quality={"rejected": 0.4})
    state_of(town, EVE, "second")
    held.write_bytes(before)  # as a worker leaves it that is killed between agents and public
    assert state_of(town, EVE, "third") == "embargoed"


def test_a_first_run_that_stopped_before_the_hold_goes_on(town: Town) -> None:
    town.contract(embargo=EMBARGO)
    state_of(town, EVE, "first", last="validate")
    assert state_of(town, EVE, "second") == "embargoed"


def test_once_the_embargo_ended_the_next_run_publishes_the_same_bytes(town: Town) -> None:
    town.contract(embargo=EMBARGO)
    state_of(town, EVE, "first")
    state_of(town, EVE, "second")
    assert state_of(town, END, "third") == "released"
    assert town.csv("public").startswith("id,nom,places\n")


def test_the_clock_of_an_older_public_release_stands_still_while_a_newer_one_waits(town: Town) -> None:
    state_of(town, EVE, "first")
    town.contract(embargo=EMBARGO)
    town.source(OTHER)
    state_of(town, EVE + timedelta(hours=1), "second")
    before = {store: checked_at(town, store) for store in ("public", "restricted")}
    assert state_of(town, EVE + timedelta(hours=2), "third") == "nothing_new"
    assert checked_at(town, "public") == before["public"]
    assert checked_at(town, "restricted") > before["restricted"]
