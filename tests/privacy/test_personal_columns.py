"""What a column is by its name, its term and its type."""

from __future__ import annotations

import pytest

from contracts.field import Field
from contracts.personal import admits, kind_of

PERSONAL = {
    "phone": ["telephone", "tel_accueil", "TEL1", "numTel", "mobile", "portable_2", "fax", "numero_telephone"],
    "email": ["mail", "courriel_contact", "adresse_email", "contactEmail", "adresse_mel"],
    "birth_date": ["date_naissance", "dateNaissance", "DATE_DE_NAISSANCE", "ne_le", "ddn", "lieu_naissance"],
    "person_name": [
        "prenom", "nom_candidat", "candidat_libelle", "NomElu", "nom_de_naissance", "tete_de_liste", "signataire",
        "nom_usager", "nom_famille", "firstName", "agent_nom", "nom_du_responsable",
    ],
    "home_address": ["domicile", "adresse_personnelle", "adresse_domicile", "adresse_usager"],
    "nir": ["nir", "numero_secu", "NIR_assure"],
    "iban": ["iban", "rib", "iban_titulaire"],
    "plate": ["immatriculation", "plaque", "plaque_vehicule"],
}  # fmt: skip
NAMES = [(kind, name) for kind, names in PERSONAL.items() for name in names]


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_a_column_called_for_a_person_has_a_kind(kind, name):
    assert kind_of(name, Field()) == kind


@pytest.mark.parametrize(
    "name",
    [
        "nom", "adresse", "voie_nom", "commune_nom", "siret", "num_siret", "titulaire_nom", "nomBeneficiaire",
        "nb_naissances", "nombre_de_naissances", "nombre_candidats", "candidat_numero", "type_personne", "mobilier",
        "url_mobile", "plaque_commemorative", "immatriculation_rcs", "liste_nom", "departement_nom", "capteur_id",
        "nombre_telephones", "agence", "observed_at", "email_nb", "nom_personne_morale",
    ],
)  # fmt: skip
def test_a_column_called_for_a_place_a_firm_or_a_count_has_none(name):
    assert kind_of(name, Field()) is None


@pytest.mark.parametrize(
    ("name", "type", "kind"),
    [
        ("telephone", "boolean", None), ("telephone", "integer", "phone"), ("date_naissance", "date", "birth_date"),
        ("annee_naissance", "integer", "birth_date"), ("date_immatriculation", "date", None),
        ("signataire", "date", None), ("siret", "siret", None),
    ],
)  # fmt: skip
def test_the_type_must_suit_the_kind(name, type, kind):
    assert kind_of(name, Field(type=type)) == kind


def test_the_vocabularys_term_tells_as_the_name_does():
    assert kind_of("accueil", Field(term="telephone")) == "phone"


def test_a_basis_admits_the_kind_and_of_a_siret_the_sole_trader():
    basis = {"public": True, "basis": "CRPA L312-1-1"}
    assert admits("telephone", Field(**basis)) == "phone"
    assert admits("siret", Field(type="siret", **basis)) == "sole_trader"
    assert admits("note", Field(**basis)) is None
    assert admits("telephone", Field(public=True)) is None
