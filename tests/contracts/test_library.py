"""Contracts read together: what is filled in, what is refused, and in which words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import ContractInvalid
from contracts.library import dataset_at, library_at
from contracts.view import view_for

from .conftest import CONTRACT, VOCABULARY

City = Callable[..., Path]
Faults = Callable[[str, str], str]


def test_a_contract_is_named_by_its_path(city: City) -> None:
    assert list(library_at(city()).datasets) == ["mobility.parcs"]


def test_a_field_takes_its_terms_definition_by_name_and_by_type(city: City) -> None:
    fields = dataset_at(city(), "mobility.parcs").fields
    assert (fields["capacite"].type, fields["capacite"].unit, fields["capacite"].min) == (
        "integer",
        "{place}",
        0,
    )
    assert fields["commune"].type == "string"
    assert fields["commune"].pattern is not None
    assert fields["commune"].term == "insee_commune"


def test_a_term_may_have_a_table_of_values_that_many_datasets_share(city: City) -> None:
    table = "  zone: {type: enum, values: {ZA: '971'}, empty: [ZZ], about: Zone.}\nmodels:"
    vocabulary = VOCABULARY.replace("models:", table)
    parcs = CONTRACT.replace(
        "  tel:", "  zone: {from: Zone, public: true}\n  ou: {type: zone, public: true}\n  tel:"
    )
    fields = dataset_at(city(vocabulary, parcs=parcs), "mobility.parcs").fields
    for name in ("zone", "ou"):
        assert (fields[name].type, fields[name].values, fields[name].empty) == (
            "enum",
            {"ZA": "971"},
            ("ZZ",),
        )


def test_a_broken_contract_costs_only_itself(city: City) -> None:
    library_at(city())
    library = library_at(city(zoo="about: 3\n"))
    assert list(library.datasets) == ["mobility.parcs"]
    assert library.faults["mobility.zoo"]


def test_the_contract_hash_moves_with_the_contract_and_with_the_vocabulary(city: City) -> None:
    before = dataset_at(city(), "mobility.parcs").contract_hash
    assert dataset_at(city(), "mobility.parcs").contract_hash == before
    config = city()
    vocabulary = config / "vocabulary.yml"
    vocabulary.write_text(vocabulary.read_text().replace("Nom usuel.", "Nom."), encoding="utf-8")
    assert dataset_at(config, "mobility.parcs").contract_hash != before


def test_the_public_view_has_only_public_fields(city: City) -> None:
    dataset = dataset_at(city(), "mobility.parcs")
    assert list(view_for(dataset, "public").fields) == ["id", "nom", "capacite", "commune"]
    assert list(view_for(dataset, "restricted").fields) == list(dataset.fields)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("publisher: Mobilité", "publiser: Mobilité", 'mobility/parcs.yml:4: about.publiser: is not a key of this place. Did you mean "publisher"?'),
        ("publisher: Mobilité", "publiser: Mobilité", "about.publisher: is missing. Add it."),
        ("frequency: daily", "frequency: dayly", "parcs.yml:5: about.frequency: 'dayly' is not allowed. Did you mean \"daily\"?"),
        ("type: csv, delimiter", "type: csv, delimeter", 'format.delimeter: is not a key of this place. Did you mean "delimiter"?'),
        ("type: csv", "type: cvs", "format"),
        ("{public: true}", "{publik: true}", 'parcs.yml:12: fields.nom.publik: is not a key of this place. Did you mean "public"?'),
        ("max: 5000", "type: integr", "type: 'integr' is neither a base type nor a term of the vocabulary. Did you mean \"integer\"?"),
        ("max: 5000", "type: 'decimal(50,2)'", "more digits than 38"),
        ("max: 5000", "min: -1", "min: -1 is looser than the vocabulary's capacite (0)"),
        ("max: 5000", "unit: m", "unit: m, while the vocabulary's capacite is in {place}"),
        ("max: 5000", "type: number", "type: number, while the vocabulary's capacite is integer"),
        ("max: 5000", "zone: Europe/Paris", "`zone` means nothing for the type integer"),
        ("max: 5000", "min: 10, max: 5", "`min` (10) is above `max` (5)"),
        ("max: 5000", "values: {dix: X}", "fields.capacite.values: 'X' is no whole number"),
        ("max: 5000", "digits: 2", "`digits` means nothing for the type integer"),
        ("nom: {public", "nom: {fixed: Gare, from: Nom, public", "`fixed:` and `from:` contradict each other"),
        ("nom: {public", "nom: {joined_by: '-', public", "joined_by: there is one source column"),
        ("key: [id]", "key: [ide]", "parcs.yml:9: key.0: 'ide' is not a field. Did you mean \"id\"?"),
        ("key: [id]", "key: [tel]", "'tel' is hidden, so public rows would have no key of their own"),
        ("key: [id]", "key: []", "key:"),
        ("hidden_because: CRPA L311-6, ", "", "fields.tel: is hidden from the public without a legal ground"),
        ("hidden_because: CRPA L311-6", "hidden_because: x, public: true", "contradict each other"),
        (", about: Téléphone.", "", "fields.tel: has no `about:`"),
        ("  nom: {public: true}", "  nom: {public: true}\n  nom: {public: true}", "parcs.yml:13: fields: the key 'nom' stands twice, first on line 12"),
        ("  nom: {public: true}", "  nom: {public: true}\n  NOM: {public: true, about: x}", "differs from 'nom' by capitals only"),
        ("  nom: {public: true}", "  n m: {public: true, about: x}", "is not a column name"),
        ("nom: {public", "nom: {from: '', public", "fields.nom.from: names nothing"),
        ("nom: {public", "nom: {pattern: '(?=a)', public", "look-around"),
        ("nom: {public", "nom: {pattern: '(', public", "the pattern does not compile"),
        ("audiences: [public, restricted]", "audiences: [public, restrict]", "Did you mean \"restricted\"?"),
        ("audiences: [public, restricted]", "audiences: [restricted]", "states its legal ground"),
        ("key: [id]", "key: [id]\nschedule: every day", "is not five cron fields"),
        ("key: [id]", "key: [id]\nmodel: plac", "'plac' is not a model of the vocabulary. Did you mean \"place\"?"),
        ("key: [id]", "key: [id]\npublic_rows: [{field: nomm, equals: x}]", "'nomm' is not a field. Did you mean \"nom\"?"),
        ("key: [id]", "key: [id]\npublic_rows: [{field: capacite, equals: x}]", "does not suit a field of type integer"),
        ("key: [id]", "key: [id]\npublic_rows: [{field: nom}]", "give exactly one of equals"),
        ("key: [id]", "key: [id]\nquality: {stale_after: soon}", "is not a duration"),
        ("key: [id]", "key: [id]\nquality: {freshness: {field: nom, within: 3 d}}", "'nom' is no date or instant field"),
        ("key: [id]", "key: [id]\nload: {mode: upsert, by: nom}", "load.by: 'nom' is no instant, date or integer field"),
        ("key: [id]", "key: [id]\nload: {mode: append, by: capacity}", 'Did you mean "capacite"?'),
        ("key: [id]", "key: [id]\nload: {mode: upsert, by: capacite}", "load.by: 'capacite' may be empty: a record without it"),
        ("key: [id]", "key: [capacite]\nload: {mode: upsert, by: capacite, overlap: 6 h}", "does not suit 'capacite', integer. Write a number"),
        ("key: [id]", "key: [id]\ntheme: x", "theme: is derived from the file's path"),
        ("contact: opendata@example.org", "contact: opendata", "about.contact"),
        ("nom: {public", "nom: {type: geometry, public", "a geometry comes from two columns"),
        ("tel: {", "tel: {type: instant, format: '%d/%m/%Y %H:%M', ", "an instant written without an offset needs `zone:`"),
    ],
)  # fmt: skip
def test_each_fault_names_file_line_field_and_remedy(
    faults: Faults, old: str, new: str, sentence: str
) -> None:
    assert sentence in faults(old, new)


def test_all_faults_of_a_file_come_at_once_in_the_order_of_the_file(faults: Faults) -> None:
    found = faults("key: [id]", "key: [ide]\nmodel: plac\nschedule: never").splitlines()
    assert [line.split(":")[1] for line in found] == ["9", "10", "11"]


def test_an_unknown_dataset_gets_a_suggestion(city: City) -> None:
    with pytest.raises(ContractInvalid, match=r'there is no such dataset. Did you mean "mobility.parcs"\?'):
        dataset_at(city(), "mobility.parc")


def test_a_broken_vocabulary_is_refused_by_name(city: City) -> None:
    with pytest.raises(ContractInvalid, match="vocabulary.yml:2: terms.nom.tipe"):
        library_at(city(vocabulary="terms:\n  nom: {tipe: string, about: x}\n"))


def test_an_empty_contract_is_refused(city: City) -> None:
    library = library_at(city(parcs=""))
    assert "is empty or not a mapping" in str(library.faults["mobility.parcs"][0])


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("{about: x, type: date, format: '%q', public: true}", "format: %q is not read"),
        ("{about: x, type: date, format: '%d/%m/%Y %', public: true}", "format: % is not read"),
        ("{about: x, type: instant, zone: UTC, format: '%H:%M', public: true}", "format: names no year"),
        ("{about: x, type: instant, zone: UTC, format: '%Y %I', public: true}", "%I and %p go together"),
        ("{about: x, type: boolean, words: {true: [O], false: [o]}, public: true}", "o means true and false"),
        ("{about: x, type: number, thousands: ., public: true}", "'.' is the mark of decimals and of thou"),
        ("{about: x, type: integer, thousands: '0', public: true}", "thousands: '0' is not of the form"),
        ("{about: '', public: true}", "has no `about:`"),
        ("{about: x, type: integer, min: nan, public: true}", "min: 'nan' is not a number"),
        ("{about: x, type: integer, max: [1], public: true}", "max: [1] is not a number"),
        ("{about: x, type: enum, values: [[a]], public: true}", "values: [['a']] is not a mapping"),
        ("{about: x, public: null}", "public: null is not true or false"),
    ],
)
def test_a_field_that_would_be_read_wrongly_is_refused_at_its_place(
    faults: Faults, new: str, sentence: str
) -> None:
    (found,) = faults("{type: insee_commune, public: true}", new).splitlines()
    assert ":14: fields.commune" in found
    assert sentence in found


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("schedule: 99 4 * * *", "is not five cron fields"),
        ("schedule: a b c d e", "is not five cron fields"),
        ("public_rows: [{field: id, among: []}]", "public_rows.0.among: is empty"),
        ("quality: {rows: [9, 2]}", "quality.rows: 9 is above 2"),
        ("quality: {expect: [{expect_x: 7}]}", "arguments: 7 is not a mapping"),
        ("quality: 7", "quality: 7 is not a mapping"),
    ],
)
def test_a_promise_that_nothing_could_keep_is_refused(faults: Faults, new: str, sentence: str) -> None:
    (found,) = faults("key: [id]", f"key: [id]\n{new}").splitlines()
    assert ":9: " in found or ":10: " in found
    assert sentence in found


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("format: 7", "format: 7 is not a mapping of `key: value`"),
        ("format: {type: csv, encoding: utf-9}", "format.encoding: 'utf-9' is not an encoding"),
        ("format: {type: csv, encoding: base64}", "format.encoding: 'base64' is not an encoding"),
        ("format: {type: csv, skip_bottom: x}", "format.skip_bottom: 'x' is not a whole number"),
        ("format: {type: csv, skip_top: 1.5}", "format.skip_top: 1.5 is not a whole number"),
    ],
)
def test_a_format_of_the_wrong_kind_is_one_fault_in_plain_words(
    faults: Faults, new: str, sentence: str
) -> None:
    (found,) = faults('format: {type: csv, delimiter: ";"}', new).splitlines()
    assert f":8: {sentence}" in found


@pytest.mark.parametrize(
    "place", ["mobility/parcs.yaml", "mobility/a/parcs.yml", "parcs.yml", "mobility/x.YML"]
)
def test_a_contract_in_the_wrong_place_is_told_instead_of_left_out(city: City, place: str) -> None:
    config = city()
    stray = config / "datasets" / place
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("about: x\n")
    library = library_at(config)
    ((fault,),) = library.faults.values()
    assert str(fault).startswith(f"config/datasets/{place}:1: is not where a contract is looked for")
    assert list(library.datasets) == ["mobility.parcs"]
