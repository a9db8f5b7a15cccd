"""What `check --schema` tells of a contract and the national schema that it claims, one departure at a time."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.conforming import remarks_on
from contracts.library import library_at
from contracts.national import schema_of
from contracts.view import view_for

FIELDS = [
    {"name": "id", "type": "string", "constraints": {"required": True, "pattern": r"^P\d+$"}},
    {"name": "places", "type": "integer", "constraints": {"minimum": 0, "maximum": 9000}},
    {"name": "etat", "type": "string", "constraints": {"enum": ["ouvert", "clos"]}},
    {"name": "hauteur", "type": "string", "constraints": {"required": True, "pattern": r"^(\d+|N/A)$"}},
    {"name": "info", "type": "string", "constraints": {"maxLength": 5}},
]
CONTRACT = r"""
about:
  title: {fr: Parcs}
  description: {fr: Les parcs de la commune.}
  publisher: Mobilité
  frequency: daily
  contact: opendata@example.org
source: {kind: http_file, connection: portal, path: parcs.csv}
format: {type: csv}
key: [id]
conforms_to: ville/parcs@1.0
fields:
  etat: {type: enum, values: [ouvert, clos], public: true, about: État.}
  id: {pattern: 'P\d+', required: true, public: true, about: Identifiant.}
  places: {type: integer, min: 0, max: 9000, public: true, about: Places.}
  hauteur: {type: integer, min: 0, required: true, empty: [N/A], empty_as: N/A, public: true, about: Hauteur.}
  info: {max_length: 5, public: true, about: Remarque.}
audiences: [public, restricted]
"""


@pytest.fixture
def claimed(city: Callable[..., Path]) -> Callable[..., Any]:
    """The contract as the library reads it, its schema carried beside it."""

    def read(old: str = "", new: str = "", **schema: Any) -> Any:
        assert old in CONTRACT
        config = city(parcs=CONTRACT.replace(old, new))
        (config / "schemas" / "ville").mkdir(parents=True, exist_ok=True)
        index = "schemas:\n  ville/parcs@1.0: {origin: Ville, licence: CC0, delimiter: ';'}\n"
        (config / "schemas" / "index.yml").write_text(index)
        (config / "schemas/ville/parcs@1.0.json").write_text(json.dumps({"fields": FIELDS, **schema}))
        library = library_at(config)
        assert library.faults == {}
        return library.dataset("mobility.parcs")

    return read


def said(dataset: Any) -> list[str]:
    return [
        f"{'.'.join(map(str, one.place))} {one.met}"
        for one in remarks_on(dataset, dataset.national) if one.departs
    ]  # fmt: skip


def test_a_contract_that_keeps_the_schema_has_nothing_said_and_its_order(claimed: Callable[..., Any]) -> None:
    dataset = claimed()
    assert list(remarks_on(dataset, dataset.national)) == []
    assert list(view_for(dataset, "public").fields) == [field["name"] for field in FIELDS]
    assert list(view_for(dataset, "restricted").fields) == list(dataset.fields)  # as it was staged
    assert view_for(dataset, "restricted").national is None
    assert (dataset.national.delimiter, dataset.national.id) == (";", "ville/parcs@1.0")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("pattern: 'P\\d+', ", "", r"fields.id is not held to the schema's pattern P\d+"),
        ("min: 0, max: 9000, ", "min: 0, max: 9001, ",
         "fields.places.max is not held to the schema's maximum of 9000"),
        ("min: 0, max: 9000, ", "max: 9000, ", "fields.places.min is not held to the schema's minimum of 0"),
        ("type: integer, min: 0, max: 9000, ", "", "fields.places is string, and the schema's column integer"),
        ("[ouvert, clos]", "[ouvert, en travaux]", "fields.etat may be 'en travaux', outside of the schema's list"),
        ("type: enum, values: [ouvert, clos], ", "", "fields.etat is not held to the schema's list"),
        ("empty_as: N/A, ", "empty_as: aucune, ",
         r"fields.hauteur may be 'aucune', which the schema's pattern \d+|N/A refuses"),
        ("required: true, empty: [N/A], empty_as: N/A, ", "",
         "fields.hauteur may be empty, and the schema requires it"),
        ("min: 0, required: true, empty", "required: true, empty",
         r"fields.hauteur may be '-1', which the schema's pattern \d+|N/A refuses"),
        ("empty_as: N/A, public: true", "hidden_because: L311-6",
         "fields.hauteur 'hauteur', which ville/parcs@1.0 requires, is hidden"),
        ("max_length: 5, ", "", "fields.info may be longer than the schema's 5 characters"),
        ("max_length: 5, ", "max_length: 6, ", "fields.info may have 6 characters, and the schema takes 5"),
    ],
)  # fmt: skip
def test_each_departure_is_a_sentence_at_its_field(
    claimed: Callable[..., Any], old: str, new: str, sentence: str
) -> None:
    if "hidden_because" in new:
        old, new = "required: true, empty: [N/A], " + old, new
    assert said(claimed(old, new)) == [sentence]


def test_another_key_than_the_schemas_departs(claimed: Callable[..., Any]) -> None:
    assert said(claimed(primaryKey="places")) == ["key the key of ville/parcs@1.0 is places, and here id"]
    assert said(claimed(primaryKey=["id", "places"])) == []


def test_what_is_beside_the_schema_or_left_empty_is_told_and_is_no_departure(
    claimed: Callable[..., Any],
) -> None:
    dataset = claimed("  info:", "  autre: {public: true, about: Autre.}\n  note:")
    assert [(one.met, one.departs) for one in remarks_on(dataset, dataset.national)] == [
        ("its CSV leaves empty 'info'", False),
        ("is no column of ville/parcs@1.0: in the other files, not in the CSV", False),
        ("is no column of ville/parcs@1.0: in the other files, not in the CSV", False),
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("conforms_to: ville/parcs@1.0\n", "", "is a word of a national schema, and none is claimed"),
        ("public: true, about: Identifiant.", "empty_as: x, public: true, about: Identifiant.", "is in the key"),
        ("conforms_to: ville/parcs@1.0", "conforms_to: parcs", "conforms_to"),
        ("conforms_to:", "national: {}\nconforms_to:", "national"),
    ],
)  # fmt: skip
def test_a_claim_that_means_nothing_is_a_fault(
    city: Callable[..., Path], old: str, new: str, sentence: str
) -> None:
    library = library_at(city(parcs=CONTRACT.replace(old, new)))
    assert sentence in " ".join(map(str, library.faults["mobility.parcs"]))


def test_a_schema_that_is_no_table_is_not_taken_for_one() -> None:
    assert (
        schema_of("a/b@1", b'{"$schema": "http://json-schema.org/draft-07/schema", "properties": {}}') is None
    )
