"""What blocks, what is only told, and what a basis and a waiver let through."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.audience import Waiver
from contracts.errors import PrivacyRefused
from contracts.field import Field
from privacy.gate import findings_of
from tests.privacy.looking import looked_at, told, view_of
from tests.privacy.test_detectors import MAN, wrong
from transforms.engine import engine

PHONES = ["06 12 34 56 78", "01 41 23 80 00", None, "sur place"]


def waiver(field: str, rule: str) -> Waiver:
    because = "Coordonnées professionnelles, affichées sur la porte."
    return Waiver(field=field, rule=rule, because=because, approved_by="la DPO de la ville")


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    with engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def test_each_row_counts_also_where_the_value_comes_back(connection):
    findings = looked_at(connection, {"note": ["06 12 34 56 78"] * 3 + ["RAS"]})
    assert told(findings) == [("note", "phone", "critical", 3)]


def test_a_key_that_comes_back_counts_once_for_each_row(connection):
    """Of a key's values none is put together with its equals: the counts are those of any other column."""
    cells = ["06 12 34 56 78", "06 12 34 56 78", "RAS", "AB-123-CD", "3018"]
    view = view_of({"note": Field(public=True, about="x")})
    connection.register("cells", pa.table({"note": cells}))
    alone, shared = (findings_of(connection, "cells", view.model_copy(update={"order": key}))
                     for key in (("note",), ("id",)))  # fmt: skip
    assert alone == shared
    assert ("privacy.phone", 2) in [(one.rule, one.count) for one in alone]


@pytest.mark.parametrize("other", ["raw", "field", "rows", "plain", "number"])
def test_a_column_called_like_one_of_the_gates_own_hides_nothing(connection, other):
    findings = looked_at(connection, {"note": ["06 12 34 56 78", "RAS"], other: ["vu", "vu"]})
    assert told(findings) == [("note", "phone", "critical", 1)]


def test_a_finding_tells_column_rule_and_count_and_no_value(connection):
    (finding,) = looked_at(connection, {"note": ["Rappeler le 06 12 34 56 78"]})
    assert "12 34" not in finding.model_dump_json()
    assert (finding.field, finding.rule, finding.count) == ("note", "privacy.phone", 1)


def test_one_cell_may_break_two_rules(connection):
    findings = looked_at(connection, {"note": ["j.dupont@orange.fr, 06 12 34 56 78", "", ""]})
    assert [one.rule for one in findings] == ["privacy.email", "privacy.phone"]


def test_a_basis_admits_what_its_column_is_called_for(connection):
    assert looked_at(connection, {"telephone": PHONES}, telephone={"basis": "CRPA L312-1-1"}) == ()


def test_a_basis_admits_no_other_rule(connection):
    columns = {"telephone": ["06 12 34 56 78", "j.dupont@orange.fr"]}
    findings = looked_at(connection, columns, telephone={"basis": "CRPA L312-1-1"})
    assert told(findings) == [("telephone", "email", "critical", 1)]


def test_a_basis_admits_nothing_in_a_column_that_is_called_for_nothing(connection):
    findings = looked_at(connection, {"note": PHONES}, note={"basis": "CRPA L312-1-1"})
    assert told(findings) == [("note", "phone", "critical", 2)]


def test_a_basis_of_a_siret_admits_sole_traders(connection):
    columns = {"siret": ["73282932000074"], "titulaire": ["Jean DUPONT"]}
    shown = {"titulaire": {"type": "string"}}
    findings = looked_at(connection, columns, siret={"type": "siret", "basis": "CCP R2196-1"}, **shown)
    assert "privacy.sole_trader" not in [one.rule for one in findings]


def test_a_waiver_turns_the_finding_into_a_warning_that_names_who_approved(connection):
    (finding,) = looked_at(connection, {"note": PHONES}, waiver("note", "phone"))
    assert (finding.severity, finding.count) == ("warning", 2)
    assert "la DPO de la ville" in finding.met


def test_a_waiver_lets_only_its_rule_through_and_only_in_its_column(connection):
    columns = {"note": ["06 12 34 56 78", "j.dupont@orange.fr"], "avis": ["06 12 34 56 78", None]}
    findings = looked_at(connection, columns, waiver("note", "phone"))
    assert told(findings) == [
        ("note", "email", "critical", 1), ("note", "phone", "warning", 1), ("avis", "phone", "critical", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["note", "cache"])
def test_a_waiver_that_nothing_answers_to_is_told(connection, field):
    (finding,) = looked_at(connection, {"note": ["RAS"]}, waiver(field, "phone"))
    assert (finding.field, finding.severity, finding.count) == (field, "warning", 0)
    assert "nothing left to waive" in finding.met


def test_numbers_and_mailboxes_of_offices_are_notices(connection):
    columns = {
        "telephone": ["3949", "0 800 123 456", "08 92 70 12 39"],
        "note": ["mairie@ville.fr", "3949", "3949"],
    }
    assert told(looked_at(connection, columns)) == [
        ("telephone", "phone", "warning", 3), ("note", "email", "warning", 1),
    ]  # fmt: skip


def test_a_column_that_is_personal_by_its_name_counts_whole(connection):
    columns = {
        "date_naissance": pa.array([date(1985, 3, 12), None]), "numero_secu": pa.array([1, 2]),
        "adresse_personnelle": ["ici", None], "iban": ["?", None], "nom_candidat": ["MACRON", "LE PEN"],
    }  # fmt: skip
    findings = looked_at(
        connection, columns, date_naissance={"type": "date"}, numero_secu={"type": "integer"}
    )
    assert told(findings) == [
        ("date_naissance", "birth_date", "critical", 1), ("numero_secu", "nir", "critical", 2),
        ("adresse_personnelle", "home_address", "critical", 1), ("iban", "iban", "critical", 1),
        ("nom_candidat", "person_name", "critical", 2),
    ]  # fmt: skip


def test_the_year_of_a_birth_does_not_tell_it(connection):
    columns = {"date_naissance": pa.array([1985, 1950])}
    assert looked_at(connection, columns, date_naissance={"type": "integer", "public": "year"}) == ()


def test_numbers_and_dates_are_not_searched(connection):
    columns = {
        "valeur": pa.array([int(MAN)]), "mesure": pa.array([612345678.0]), "jour": pa.array([date(1985, 3, 12)]),
    }  # fmt: skip
    types = {"valeur": {"type": "integer"}, "mesure": {"type": "number"}, "jour": {"type": "date"}}
    assert looked_at(connection, columns, **types) == ()


def test_of_many_numbers_of_fifteen_digits_those_with_a_key_by_chance_do_not_count(connection):
    chance = [MAN, *(wrong(MAN, 5 + index % 10) for index in range(10))]
    assert looked_at(connection, {"ident": chance}) == ()


def test_a_column_of_such_numbers_counts_from_one_in_ten_and_other_cells_always(connection):
    few = [MAN, *(wrong(MAN, 5 + index) for index in range(9))]
    said = [f"assuré {MAN}", *(wrong(MAN, 5 + index % 10) for index in range(30))]
    findings = looked_at(connection, {"ident": few, "note": said})
    assert told(findings) == [("ident", "nir", "critical", 1), ("note", "nir", "critical", 1)]


def test_plates_without_hyphens_count_where_they_fill_half_of_a_column(connection):
    plates = ["AB123CD", "ab 124 cd", "123 ABC 75", None]
    columns = {"vu": [*plates, "sans", "sans", "sans"], "lu": [*plates, "sans", "sans", "sans", "sans"]}
    assert told(looked_at(connection, columns)) == [("vu", "plate", "critical", 3)]


def test_labels_count_where_half_of_a_column_names_people(connection):
    people = ["LE PEN Marine", "Emmanuel Macron", "M. Jean-Luc MÉLENCHON", "ARTHAUD, Nathalie"]
    columns = {"tete": [*people, "Divers", "Divers", "Divers", "Divers"], "lieu": [*people, *["Salle"] * 5]}
    findings = looked_at(connection, columns)
    assert told(findings) == [("tete", "person_name", "critical", 4), ("lieu", "person_name", "warning", 1)]


def test_streets_and_communes_are_no_people(connection):
    columns = {
        "voie_nom": ["Jean Dupont", "Docteur Zamenhof"],
        "commune_nom": ["Saint Martin", "Marie Galante"],
    }
    assert looked_at(connection, columns) == ()


SOLE, FIRM = "73282932000074", "55208131766522"  # both keys by Luhn


@pytest.mark.parametrize(
    ("denomination", "met"),
    [
        ("Jean DUPONT", True), ("DUPONT Jean-Pierre", True), ("Mme Da Silva", True), ("MARTIN Sophie EI", True),
        ("SARL Jean DUPONT", False), ("Jean Coiffure", False), ("Boulangerie Paul Martin", False),
        ("Commune d'Issy", False), ("Saint Martin", False), ("Franck Provost", False), (None, False),
    ],
)  # fmt: skip
def test_a_siret_tells_of_a_person_beside_that_persons_name(connection, denomination, met):
    columns = {"titulaire_id": [SOLE, FIRM], "titulaire_nom": [denomination, "Dupain SA"]}
    rules = [(one.field, one.rule, one.count) for one in looked_at(connection, columns)]
    assert (("titulaire_id", "privacy.sole_trader", 1) in rules) == met


def test_a_siret_without_its_key_is_none_but_in_a_column_of_sirets(connection):
    columns = {
        "ident": [wrong(SOLE, 13), "x"],
        "siret": [wrong(SOLE, 13), None],
        "nom": ["Jean DUPONT", "Gare"],
    }
    findings = looked_at(connection, columns, siret={"type": "siret"})
    assert [one.field for one in findings if one.rule == "privacy.sole_trader"] == ["siret"]


def test_a_siret_of_several_places_is_a_firms(connection):
    columns = {
        "siret": [SOLE, SOLE, FIRM, FIRM],
        "nom": ["René Dupont", "Gare", "Jean Martin", "Jean Martin"],
    }
    findings = looked_at(connection, columns, siret={"type": "siret"})
    assert [one.count for one in findings if one.rule == "privacy.sole_trader"] == [2]


def test_a_commune_or_a_street_is_nobodys_denomination(connection):
    columns = {
        "siret": [SOLE, FIRM],
        "voie_nom": ["Jean Dupont", "Gare"],
        "nom_commune": ["Marie Martin", "Issy"],
    }
    assert looked_at(connection, columns, siret={"type": "siret"}) == ()


def test_those_whom_streets_and_schools_are_called_after_are_dead(connection):
    columns = {
        "nom": ["Victor Hugo", "Jean Jaurès", "Simone VEIL"],
        "texte": ["la ville a son buste de Louis Pasteur"] * 3,
    }
    assert looked_at(connection, columns) == ()


def test_an_empty_table_has_nothing_to_tell(connection):
    assert (
        looked_at(connection, {"note": pa.array([], pa.string()), "siret": pa.array([], pa.string())}) == ()
    )


def test_a_view_without_texts_is_let_through(connection):
    assert looked_at(connection, {"valeur": pa.array([1])}, valeur={"type": "integer"}) == ()


def test_a_parquet_is_looked_through_as_a_table_is(connection, tmp_path):
    pq.write_table(pa.table({"note": PHONES}), tmp_path / "view.parquet")
    table = f"read_parquet('{tmp_path / 'view.parquet'}')"
    findings = findings_of(connection, table, view_of({"note": Field(public=True)}))
    assert told(findings) == [("note", "phone", "critical", 2)]


def test_column_names_with_quotes_are_only_names(connection):
    assert told(looked_at(connection, {"no\"te d'ici": PHONES})) == [("no\"te d'ici", "phone", "critical", 2)]


def test_the_same_view_gives_the_same_findings_in_the_same_order(connection):
    columns = {"b": PHONES, "a": [MAN] * 2}
    assert looked_at(connection, columns) == looked_at(connection, columns)
    assert [one.field for one in looked_at(connection, columns)] == ["b", "a"]


def test_a_view_that_cannot_be_read_is_refused(connection):
    connection.register("shown", pa.table({"autre": ["06 12 34 56 78"]}))
    with pytest.raises(
        PrivacyRefused, match=r"^ville.essai: the public view cannot be looked through"
    ) as met:
        findings_of(connection, "shown", view_of({"note": Field(public=True)}))
    assert "12 34" not in str(met.value)
