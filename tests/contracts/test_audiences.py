"""What a contract may say of its audiences: each mistake that would show too much is refused in one sentence."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.library import dataset_at, library_at
from contracts.view import view_for

TEL = "tel: {hidden_because: CRPA L311-6, about: Téléphone.}"
PUBLIC_ROWS = "audiences: [public, restricted]\npublic_rows:\n  - "
CELLS = "audiences: [public, restricted]\npublic_aggregate: "
City = Callable[..., Path]
Faults = Callable[[str, str], str]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (TEL, "tel: {public: hash, about: x.}", "a hash of an identifier is undone by trying every identifier"),
        (TEL, "tel: {public: sha256, about: x.}", "write `public: surrogate`"),
        (TEL, "tel: {public: yaer, about: x.}", "fields.tel.public"),
        (TEL, "tel: {public: true, about: x.}", "looks personal by its name (phone) and is public. Add `basis:`"),
        (TEL, "tel: {hidden_because: x, basis: y, about: z.}", "`basis` is for what the public sees"),
        (TEL, "tel: {hidden_because: x, required: true, about: z.}", "is hidden and required: a cell of it that does not fit would take its row from the public"),
        (TEL, "tel: {public: year, about: x.}", "a string has no year to show. That is for date, instant."),
        (TEL, "le: {from: d, type: date, public: year, about: x.}\n  jour: {from: d, type: date, public: true, about: x.}", "parcs.yml:16: fields.jour.public: shows the source column 'd' in another precision than 'le' does"),
        (TEL, "lieu: {from: g, type: geometry, written_as: wkt, public: commune, about: x.}\n  p: {from: g, type: geometry, written_as: wkt, public: grid_1km, about: x.}", "in another precision"),
        ("key: [id]", "key: [tel]", "'tel' is hidden, so public rows would have no key of their own"),
        ("key: [id]\nfields:\n  id: {required: true, public: true, about: Identifiant.}", "key: [id]\nfields:\n  id: {type: date, required: true, public: year, about: x.}", "'id' is shown to the public as its year, which makes no key"),
        ("audiences: [public, restricted]", PUBLIC_ROWS + "{field: ouvert, equals: true}", "public_rows.0.field: 'ouvert' is not a field"),
        ("audiences: [public, restricted]", PUBLIC_ROWS + "{field: \"nom = 'x' OR 1\", equals: a}", "is not a field"),
        ("audiences: [public, restricted]", PUBLIC_ROWS + "{field: capacite, equals: \"0 OR 1=1\"}", "the condition does not suit a field of type integer"),
        ("audiences: [public, restricted]", "audiences: [public, restricted]\npublic_rows: nom = 'x'", "public_rows"),
        ("audiences: [public, restricted]", "audiences: [restricted]\nhidden_because: x\nembargo: 2027-03-14T20:00:00+01:00", "embargo: means nothing without a public audience"),
        ("audiences: [public, restricted]", "audiences: [public, restricted]\nembargo: 2027-03-14T20:00:00", "embargo"),
        ("audiences: [public, restricted]", CELLS + "{by: [commun]}", "'commun' is not a field. Did you mean \"commune\"?"),
        ("audiences: [public, restricted]", CELLS + "{by: [tel]}", "'tel' is hidden. Show it, or leave it out of the cells."),
        ("audiences: [public, restricted]", CELLS + "{by: [commune], minimum: 2}", "minimum"),
        ("audiences: [public, restricted]", CELLS + "{by: [commune], sums: {total: {of: nom, about: x}}}", "'nom' is no number"),
        ("audiences: [public, restricted]", CELLS + "{by: [commune], count: commune}", "publishes two columns called 'commune'"),
        ("audiences: [public, restricted]", CELLS + "{by: [commune], contributor: personne}", "'personne' is not a field"),
        ("audiences: [public, restricted]", "audiences: [public, restricted]\nprivacy: {waives: [{field: mel, rule: email, because: adresse du service, approved_by: DPO}]}", "privacy.waives.0.field: 'mel' is not a field"),
        ("audiences: [public, restricted]", "audiences: [public, restricted]\nprivacy: {waives: [{field: nom, rule: email, because: adresse du service}]}", "approved_by: is missing"),
        ("audiences: [public, restricted]", "audiences: [public, restricted]\nprivacy: {waives: [{field: nom, rule: emial, because: adresse du service, approved_by: DPO}]}", "rule: 'emial' is not allowed"),
    ],
)  # fmt: skip
def test_a_mistake_that_would_show_too_much_is_one_sentence(
    faults: Faults, old: str, new: str, sentence: str
) -> None:
    assert sentence in faults(old, new)


def test_a_surrogate_may_be_the_key(faults: Faults) -> None:
    assert not faults("id: {required: true, public: true,", "id: {required: true, public: surrogate,")


def test_a_coarser_field_has_its_own_type_and_none_of_the_finer_ones_bounds(
    city: City, contract: str
) -> None:
    shown = "ne: {type: date, public: year, about: x.}\n  vu: {type: instant, public: month, about: x.}"
    view = view_for(dataset_at(city(parcs=contract.replace(TEL, shown)), "mobility.parcs"), "public")
    assert [(column.name, column.type) for column in view.columns][-2:] == [
        ("ne", "integer"),
        ("vu", "string"),
    ]
    assert view.precisions == {"ne": "year", "vu": "month"}


def test_the_public_sees_cells_and_measures_instead_of_rows(city: City, contract: str) -> None:
    cells = CELLS + "{by: [commune], sums: {places: {of: capacite, about: Places.}}}"
    config = city(parcs=contract.replace("audiences: [public, restricted]", cells))
    dataset = dataset_at(config, "mobility.parcs")
    assert list(view_for(dataset, "public").fields) == ["commune", "effectif", "places", "secret"]
    assert view_for(dataset, "public").order == ("commune",)
    assert list(view_for(dataset, "restricted").fields) == list(dataset.fields)


def test_what_leaves_the_house_tells_nothing_of_how_rows_were_chosen_and_cells_were_read(
    city: City, contract: str
) -> None:
    hidden = "tel: {from: mobile_perso, empty: [sans], hidden_because: x, about: x.}"
    rows = PUBLIC_ROWS + "{field: tel, present: true}\ndeprecated: {nom: 2027-01-01}"
    text = contract.replace(TEL, hidden).replace("audiences: [public, restricted]", rows)
    view = view_for(dataset_at(city(parcs=text), "mobility.parcs"), "public")
    told = view.shown.model_dump_json()
    assert not [word for word in ("tel", "mobile_perso", "sans", "present") if word in told]
    assert view.shown.digest == view.digest
    assert view.columns[1].deprecated is not None


def test_an_embargo_is_an_instant(city: City, contract: str) -> None:
    text = contract + "embargo: 2027-03-14T20:00:00+01:00\n"
    assert dataset_at(city(parcs=text), "mobility.parcs").embargo == datetime(2027, 3, 14, 19, tzinfo=UTC)


def test_a_change_to_a_hidden_field_leaves_the_public_digest_as_it_was(city: City, contract: str) -> None:
    before = view_for(library_at(city()).datasets["mobility.parcs"], "public").digest
    changed = contract.replace(TEL, "tel: {from: tel2, hidden_because: other, about: Autre.}")
    assert view_for(dataset_at(city(parcs=changed), "mobility.parcs"), "public").digest == before
