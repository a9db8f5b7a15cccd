"""Each rule against cells written by hand: what is personal is met, what only looks like it is not."""

from __future__ import annotations

import pytest

from tests.privacy.looking import looked_at, told
from transforms.engine import engine

FILLER = ["Texte", "Autre texte"]  # so that no cell makes up half of its column


def nir(body: str) -> str:
    """The thirteen signs with their key, worked out as INSEE describes it."""
    digits = body.replace("2A", "19").replace("2B", "18")
    return f"{body}{97 - int(digits) % 97:02d}"


def iban(country: str, account: str) -> str:
    """The account with the check digits of ISO 13616."""
    number = "".join(str(int(sign, 36)) for sign in f"{account}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{account}"


def wrong(number: str, at: int) -> str:
    """The number with one digit changed."""
    return number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]


MAN, CORSICAN, CORSICAN_B = nir("1850578006048"), nir("285052A006048"), nir("185052B006048")
ACCOUNT = iban("FR", "30006000011234567890189")
GERMAN, BRITISH = iban("DE", "370400440532013000"), iban("GB", "NWBK60161331926819")


def spaced(number: str, *sizes: int) -> str:
    parts, start = [], 0
    for size in sizes:
        parts.append(number[start : start + size])
        start += size
    return " ".join(parts)


PERSONAL = {
    "email": [
        "jean.dupont@orange.fr", "Écrire à j-dupont+ville@mail.example.org.", "élodie@exemple.fr",
        "jean.dupont [at] orange.fr", "contact@ville.fr ou jean.dupont@ville.fr", "mariecontact@gmail.com",
    ],
    "phone": [
        "0612345678", "06 12 34 56 78", "06.12.34.56.78", "06-12-34-56-78", "01/41/23/80/00",
        "06\u00a012\u00a034\u00a056\u00a078", "+33612345678", "+33 6 12 34 56 78", "+33 (0)6 12 34 56 78",
        "0033 6 12 34 56 78", "+33 140633900", "Tél.0612345678", "appeler le 06 12 34 56 78.",
        "01 41 23 80 00/06 12 34 56 78", "+49 711 1234567", "09 72 12 34 56",
    ],
    "nir": [
        MAN, spaced(MAN, 1, 2, 2, 2, 3, 3, 2), CORSICAN, spaced(CORSICAN, 1, 2, 2, 2, 3, 3, 2), CORSICAN_B,
        f"assurée n° {MAN}, Issy", f"NIR : {MAN[:13]}", f"sécurité sociale {spaced(MAN, 1, 2, 2, 2, 3, 3)}",
        nir("1853078006048"), nir("1855578006048"), f"{wrong(MAN, 14)} ; {MAN}",
    ],
    "iban": [
        ACCOUNT, spaced(ACCOUNT, 4, 4, 4, 4, 4, 4, 3), ACCOUNT.lower(), f"IBAN {GERMAN} BIC DEUTDEFF",
        spaced(BRITISH, 4, 4, 4, 4, 4, 2), f"Compte {spaced(ACCOUNT, 4, 4, 4, 4, 4, 4, 3)} BIC AGRIFRPP",
    ],
    "plate": [
        "AB-123-CD", "stationné depuis mars : AB-123-CD", "véhicule immatriculé AB 123 CD",
        "voiture 123 ABC 75 enlevée",
    ],
    "birth_date": [
        "née le 12/03/1985", "né(e) le 1er mars 1950 à Issy", "Mme X., née à Vanves le 03.04.62",
        "Date de naissance : 12-03-1985", "NÉ LE 5 AOÛT 1971",
    ],
    "home_address": [
        "domicilié 12 bis rue Hoche", "demeurant au 3, avenue Foch", "habite 5 allée des Lilas",
        "colis déposé chez sa mère, 8 impasse du Moulin", "le requérant, résidant à Issy, 4 place Léon Blum",
    ],
    "person_name": [
        "Signalé par Mme Martin, voisine", "rendez-vous avec M. LE GOFF à 14 h",
        "le terrain a été vendu à Jean Dupont par la ville", "Monsieur et Madame Nguyen ne sont pas venus",
        "la place est gardée par DUPONT qui remplace Marie-Claire Le Bihan", "Avis favorable du Dr Hélin, médecin",
    ],
}  # fmt: skip
HARMLESS = [
    # e-mail
    "contact@ville.fr", "contact.paris@exemple.fr", "mairie-annexe@ville.fr", "info2@exemple.fr", "logo@2x.png",
    "https://www.google.com/maps/@48.8534,2.3488,15z", "suivez @ville_issy",
    # telephone: decimals, dates, identifiers, addresses of pages
    "48.0612345678", "2,0612345678", "2017-03-14/2018-03-14", "2022-05-25 10.39.15", "09.07.2013 12:00:00",
    "https://exemple.fr/fiche/0612345678", "https://exemple.fr/?tel=0612345678", "06123456789", "A0612345678",
    "0612345678F", "550e8400-e29b-41d4-a716-446655440000", "7d1c853e-0612-4567-8900-076eac929c2b",
    "9f86d081884c7d659a2feaa0c55ad015", "06 12 34 56", "0012345678", "0612345678.5", "+48.8241050 2.2730415",
    "08 92 70 12 39", "0 800 123 456", "+02:00",
    # NIR: wrong keys, months, departments; decimals; longer numbers; pages
    wrong(MAN, 14), wrong(MAN, 5), f"48.{MAN}", f"2,{MAN}", f"{MAN}1", f"x{MAN}", f"{MAN}.25",
    nir("1851378006048"), nir("1850500006048"), nir("5850578006048"), f"https://exemple.org/{MAN}/",
    "868768687576575", "1850578006048",
    # IBAN: wrong keys, wrong lengths
    wrong(ACCOUNT, 10), wrong(GERMAN, 12), ACCOUNT[:-1], f"{ACCOUNT}0", "FR78422804100033", "-ce6879d762ce",
    # plates: letters that are never given, roads, addresses, references
    "AI-123-CD", "SS-123-CD", "AB-123-SU", "RD 920 ET", "10 AV 92", "5 ALL 33", "section 12-AC-34", "DE-12-345",
    "XAB-123-CDX",
    # dates that are no birth
    "installé le 12/03/1985", "service né en 2010", "né le 26 février 1802", "ne le 3 pas avant", "12/03/1985",
    # addresses of places and firms
    "Aide à domicile, 12 rue Hoche", "12 rue Hoche, 92130 Issy", "la société Dupain, domiciliée 12 rue Hoche",
    "150 habitants, 12 rue Hoche",
    # names of streets, schools, stops, brands and firms
    "12 rue du Docteur Roux", "Avenue Jean Dupont", "3 Rue Louis et Louise Le Paih à Nantes",
    "École élémentaire Jules Ferry", "Le parc est ouvert par la rue Jean Dupont et par la place Marie Martin",
    "la statue de Victor Hugo est dans le parc", "Ville de Rueil-Malmaison- Ecole Louis Pasteur", "Jean Jaurès",
    "Agence LCL - COURBEVOIE VICTOR HUGO", "Conseil Départemental des Hauts de Seine- COLLEGE HENRI DUNANT",
]  # fmt: skip
CELLS = [(rule, cell) for rule, cells in PERSONAL.items() for cell in cells]


def critical(connection, cells):
    """Cell → rules, each cell in a column of its own."""
    columns = {f"c{index}": [cell, *FILLER] for index, cell in enumerate(cells)}
    found = {name: set() for name in columns}
    for name, rule, severity, _ in told(looked_at(connection, columns)):
        if severity == "critical":
            found[name].add(rule)
    return dict(zip(cells, found.values(), strict=True))


@pytest.fixture(scope="module")
def met(tmp_path_factory):
    with engine(tmp_path_factory.mktemp("engine")) as connection:
        return critical(connection, [*(cell for _, cell in CELLS), *HARMLESS])


@pytest.mark.parametrize(("rule", "cell"), CELLS)
def test_what_is_personal_is_met_by_its_rule_alone(met, rule, cell):
    assert met[cell] == {rule}


@pytest.mark.parametrize("cell", HARMLESS)
def test_what_only_looks_personal_is_not_met(met, cell):
    assert met[cell] == set()
