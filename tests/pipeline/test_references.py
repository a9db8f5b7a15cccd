"""References: what a batch says of values that another dataset has not, and what it keeps to itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from town import PARKS, Town, served

from contracts.batch import Finding
from contracts.connection import connection_from
from contracts.library import dataset_at, library_at
from pipeline.extract import extract
from pipeline.house import House, house_from
from pipeline.journey import Trip, travel
from pipeline.publisher import publish_handed, publisher_from
from pipeline.standardize import standardize

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
COMMUNES = {
    **PARKS, "source": {**PARKS["source"], "path": "communes.csv"}, "key": ["code"],
    "fields": {"code": {"public": True, "about": "Code."}, "an": {"public": True, "about": "Année.", "type": "integer"}},
}  # fmt: skip
FIELDS = {
    **PARKS["fields"],
    "commune": {"public": True, "about": "Commune.", "references": "territory.communes"},
}
ROWS = "id;nom;places;tel;commune\na;A;1;;92040\nb;B;2;;99999\nc;C;3;;\nd;D;4;;99998\ne;E;5;;99999\n"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with served(tmp_path) as town:
        town.source("code;an\n92040;2026\n92026;2026\n", "communes.csv")
        town.source(ROWS)
        folder = town.folder / "config" / "datasets" / "territory"
        folder.mkdir()
        (folder / "communes.yml").write_text(json.dumps(COMMUNES), "utf-8")
        yield town


def house_of(town: Town) -> House:
    variables = town.environment
    return house_from(variables, connection=lambda of: connection_from(variables, of), clock=lambda: NOW)


def found(town: Town, **references: Any) -> list[Finding]:
    town.contract(fields={**FIELDS, "commune": {**FIELDS["commune"], **references}})
    dataset, house = dataset_at(town.folder / "config", "mobility.parks"), house_of(town)
    raw = extract(dataset, house, batch_id="parks")
    assert raw is not None
    return [
        one for one in standardize(dataset, house, raw, attempt="parks").findings if one.rule == "reference"
    ]


def released(town: Town) -> None:
    dataset, publisher = (
        dataset_at(town.folder / "config", "territory.communes"),
        publisher_from(town.environment, clock=lambda: NOW),
    )
    ended = travel(
        dataset,
        house_of(town),
        Trip(batch_id="one"),
        lambda of, handed: publish_handed(publisher, of, handed),
    )
    assert ended.state == "released"


def test_before_the_reference_table_is_there_it_is_told_and_costs_nothing(town: Town) -> None:
    (told,) = found(town, references={"to": "territory.communes", "severity": "critical"})
    assert (told.severity, told.field) == ("warning", "commune")
    assert "territory.communes, which has no release yet" in told.met


def test_values_that_are_not_there_are_counted_with_a_few_of_them(town: Town) -> None:
    released(town)
    (told,) = found(town)
    assert (told.severity, told.count, told.examples) == ("warning", 3, ("99998", "99999"))
    assert told.met == "2 values on 3 rows are not in territory.communes (code)"
    (told,) = found(town, references={"to": "territory.communes.code", "severity": "critical"})
    assert told.severity == "critical"
    (told,) = found(town, public=False, hidden_because="CRPA L311-6")
    assert (told.count, told.examples) == (3, ())


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("territory.comunes", 'fields.commune.references: there is no dataset \'territory.comunes\'. Did you mean "territory.communes"?'),
        ("territory.communes.cod", '\'cod\' is not a field of territory.communes. Did you mean "code"?'),
        ("territory.communes.an", "is string, and territory.communes.an integer. Refer like to like."),
        ("communes", "fields.commune.references"),
        ({"to": "territory.communes", "severity": "fatal"}, "'fatal' is not allowed"),
    ],
)  # fmt: skip
def test_a_reference_to_nothing_is_a_fault_of_the_contract(town: Town, reference: Any, sentence: str) -> None:
    town.contract(fields={**FIELDS, "commune": {**FIELDS["commune"], "references": reference}})
    library = library_at(town.folder / "config")
    assert sentence in "\n".join(map(str, library.faults["mobility.parks"]))


def test_a_key_of_two_fields_must_be_named_and_a_broken_table_costs_no_other(town: Town) -> None:
    path = town.folder / "config" / "datasets" / "territory" / "communes.yml"
    path.write_text(json.dumps({**COMMUNES, "key": ["code", "an"]}), "utf-8")
    town.contract(fields=FIELDS)
    (fault,) = library_at(town.folder / "config").faults["mobility.parks"]
    assert "the key of territory.communes has several fields. Name one: territory.communes.code." in str(
        fault
    )
    path.write_text(json.dumps({**COMMUNES, "key": ["kode"]}), "utf-8")
    assert library_at(town.folder / "config").faults.keys() == {"territory.communes"}
