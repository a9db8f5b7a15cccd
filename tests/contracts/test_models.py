"""Models and constants: what a dataset must have to be a place, and what may be said once for all rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.checking_models import terms_of
from contracts.errors import ContractInvalid
from contracts.library import dataset_at, library_at, vocabulary_at

City = Callable[..., Path]
VOCABULARY = """\
terms:
  nom: {about: Nom usuel.}
  categorie: {about: Catégorie.}
  capacite: {type: integer, min: 0, max: 9999, about: Places.}
  prix: {type: "decimal(6,2)", about: Prix.}
  gratuit: {type: boolean, about: Gratuit.}
  date_maj: {type: date, about: Mise à jour.}
  vu_le: {type: instant, about: Vu.}
  siret: {type: siret, about: SIRET.}
  insee_commune: {pattern: '([013-9]\\d|2[AB1-9])\\d{3}', about: Commune.}
  longitude: {type: number, about: Longitude.}
  latitude: {type: number, about: Latitude.}
  geometry: {type: geometry, about: Position.}
  ligne: {type: integer, homonyms: true, about: Rang.}
models:
  place: [nom, categorie, {either: [[longitude, latitude], [geometry]]}]
  ledger: [ligne]
"""
CONTRACT = """\
about: {title: {fr: Parcs}, description: {fr: Les parcs.}, publisher: Mobilité, frequency: daily, contact: a@b.fr}
source: {kind: http_file, connection: portal, path: parcs.csv}
format: {type: csv}
key: [nom]
model: place
constants: {categorie: Parc}
fields:
  nom: {public: true}
  longitude: {public: true}
  latitude: {public: true}
audiences: [public, restricted]
"""


@pytest.fixture
def told(city: City) -> Callable[..., str]:
    """The faults of the contract after replacements."""

    def found(*replacements: tuple[str, str]) -> str:
        text = CONTRACT
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        faults = library_at(city(VOCABULARY, parcs=text)).faults.get("mobility.parcs", ())
        return "\n".join(str(fault) for fault in faults)

    return found


def test_a_constant_counts_for_the_model_and_is_no_column(city: City) -> None:
    dataset = dataset_at(city(VOCABULARY, parcs=CONTRACT), "mobility.parcs")
    assert terms_of(dataset)["categorie"] is None
    assert "categorie" not in dataset.fields


@pytest.mark.parametrize(
    ("replacements", "sentence"),
    [
        ((("constants: {categorie: Parc}\n", ""),), "parcs.yml:5: model: the model place also needs categorie. Add a field of that name"),
        ((("  latitude: {public: true}\n", ""),), "also needs longitude + latitude or geometry"),
        ((("categorie: Parc", "categori: Parc"),), 'constants.categori: is not a term of the vocabulary. Did you mean "categorie"?'),
        ((("categorie: Parc", "categorie: Parc, nom: Parc"),), "constants.nom: is the field 'nom' too, which says it row by row"),
        ((("  nom: {public: true}\n", "  nom: {public: true}\n  genre: {type: categorie, public: true}\n"),), "constants.categorie: is the field 'genre' too"),
        ((("categorie: Parc", "categorie: Parc, dataset_id: x.y"),), "constants.dataset_id: is derived from the contract's path"),
        ((("categorie: Parc", "categorie: 12"),), "12 is no string (put it between quotes)"),
        ((("categorie: Parc", "categorie: ' '"),), "' ' is no string"),
        ((("categorie: Parc", "categorie: Parc, insee_commune: '9204'"),), "'9204' is not of the form"),
        ((("categorie: Parc", "categorie: Parc, capacite: -1"),), "constants.capacite: -1 is below 0"),
        ((("categorie: Parc", "categorie: Parc, capacite: 10000"),), "10000 is above 9999"),
        ((("categorie: Parc", "categorie: Parc, capacite: 1.5"),), "1.5 is no integer"),
        ((("categorie: Parc", "categorie: Parc, capacite: true"),), "True is no integer"),
        ((("categorie: Parc", "categorie: Parc, prix: 1.234"),), "1.234 is no decimal(6,2)"),
        ((("categorie: Parc", "categorie: Parc, gratuit: oui"),), "'oui' is no boolean"),
        ((("categorie: Parc", "categorie: Parc, date_maj: 26/05/2019"),), "'26/05/2019' is no date"),
        ((("categorie: Parc", "categorie: Parc, vu_le: 2026-03-01T10:00"),), "is no instant"),
        ((("categorie: Parc", "categorie: Parc, siret: '96950545200018'"),), "'96950545200018' is no siret"),
        ((("categorie: Parc", "categorie: Parc, geometry: POINT (2 48)"),), "give longitude and latitude"),
        ((("model: place", "model: ledger"), ("  nom: {public: true}\n", "  nom: {public: true}\n  ligne: {public: true, about: Bus.}\n")), "If the field ligne is meant, write `type: ligne` on it."),
        ((("constants: {categorie: Parc}\n", ""), ("  nom: {public: true}\n", "  nom: {public: true}\n  categories: {public: true, about: x}\n")), 'Did you mean "categories"? Then write `type: categorie` on it.'),
    ],
)  # fmt: skip
def test_what_a_model_lacks_and_a_constant_that_is_none_are_told(
    told: Callable[..., str], replacements: tuple[tuple[str, str], ...], sentence: str
) -> None:
    assert sentence in told(*replacements)


@pytest.mark.parametrize(
    "more",
    ["date_maj: 2019-05-26", "date_maj: null", "prix: 12.5", "gratuit: false", "vu_le: '2026-03-01T10:00:00+01:00'",
     "siret: '96950545200017'", "siret: '35600000000047'", "insee_commune: 2A004", "capacite: 12"],
)  # fmt: skip
def test_what_fits_its_term_is_sound(told: Callable[..., str], more: str) -> None:
    assert told(("categorie: Parc", f"categorie: Parc, {more}")) == ""


def test_an_everyday_word_takes_its_term_by_type_alone(city: City) -> None:
    columns = (
        "  nom: {public: true}\n  ligne: {public: true, about: Bus.}\n  rang: {type: ligne, public: true}\n"
    )
    dataset = dataset_at(
        city(VOCABULARY, parcs=CONTRACT.replace("  nom: {public: true}\n", columns)), "mobility.parcs"
    )
    assert (dataset.fields["ligne"].type, dataset.fields["ligne"].term) == ("string", None)
    assert (dataset.fields["rang"].type, dataset.fields["rang"].term) == ("integer", "ligne")


def test_a_model_of_an_unknown_term_is_told(city: City) -> None:
    with pytest.raises(ContractInvalid, match="the model place names 'nm', which is no term"):
        library_at(city(VOCABULARY.replace("place: [nom", "place: [nm"), parcs=CONTRACT))


def test_the_citys_own_models_are_the_five() -> None:
    vocabulary = vocabulary_at(Path(__file__).parents[2] / "config")
    assert sorted(vocabulary.models) == ["contract", "ledger", "observation", "place", "result"]


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("{type: integer, unit: MWh, written_in: MW}", "fields.x.written_in: MW is a power and MWh an energy: no factor makes one of the other. Power integrates over time"),
        ("{type: integer, written_in: MW}", "fields.x.written_in: needs the unit that is published. Give `unit:`."),
        ("{written_in: m, unit: cm}", "fields.x.written_in: a string has no unit"),
        ("{type: capacite, written_in: kg, unit: t}", ""),
    ],
)  # fmt: skip
def test_a_unit_is_converted_within_its_quantity_alone(
    told: Callable[..., str], field: str, sentence: str
) -> None:
    written = field.replace("{", "{about: x, public: true, ", 1)
    found = told(("  nom: {public: true}\n", f"  nom: {{public: true}}\n  x: {written}\n"))
    assert (sentence in found) if sentence else found == ""
