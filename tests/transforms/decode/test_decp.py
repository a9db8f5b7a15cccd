"""Public contracts: the official examples, their XML twins, 1.5, and the shapes that were met in the wild."""

import json
from decimal import Decimal
from typing import get_args

import pytest
from decp_twins import twin_of

from contracts.errors import SourceChanged
from contracts.formats import DecpTable
from transforms.decode import jsonstream
from transforms.decode.decptables import PLANS

TABLES = get_args(DecpTable)
MIXED = "05-contracts/exemple_officiel_marches_concessions.json"
EXAMPLES = [
    MIXED, "05-contracts/exemple_officiel_marches_avec_modifications.json",
    "05-contracts/exemple_officiel_concessions.json",
]  # fmt: skip


def table(met):
    return [dict(zip(met.columns, row, strict=True)) for row in met.rows]


def rows(read, given, name="marches"):
    content = given if isinstance(given, bytes) else json.dumps({"marches": given}).encode()
    return table(read(content, name="decp", type="decp", table=name))


@pytest.mark.parametrize(
    ("name", "count"),
    [("marches", 2), ("titulaires", 2), ("titulaires.actuels", 2), ("modifications", 2), ("modifications.titulaires", 2),
     ("actesSousTraitance", 2), ("modificationsActesSousTraitance", 2), ("concessions", 2),
     ("concessionnaires", 4), ("modificationsConcessions", 2), ("donneesExecution", 2), ("tarifs", 4)],
)  # fmt: skip
def test_the_mixed_example_has_its_known_rows_and_no_other_columns(read, shared_data, name, count):
    met = read(shared_data / MIXED, type="decp", table=name)
    assert (len(met.rows), met.columns) == (count, PLANS[name].columns)


def test_the_mixed_examples_amounts_are_exact(read, shared_data):
    def amounts(name, column="montant"):
        met = table(read(shared_data / MIXED, type="decp", table=name))
        return [Decimal(row[column]) for row in met]

    assert sum(amounts("marches")) == 1_150_000
    assert sum(amounts("marches", "actuel.montant")) == Decimal("246915.74")
    assert set(amounts("actesSousTraitance")) == {Decimal("123456.89")}
    assert set(amounts("modificationsActesSousTraitance")) == {Decimal("23465.87")}
    assert set(amounts("concessions", "actuel.valeurGlobale")) == {Decimal("25.0")}


def test_the_current_state_is_the_overlay_of_what_each_modification_carries(read, shared_data):
    acts = table(read(shared_data / MIXED, type="decp", table="actesSousTraitance"))
    assert [act["actuel.montant"] for act in acts] == ["23465.87", "23465.87"]
    holders = table(read(shared_data / MIXED, type="decp", table="titulaires.actuels"))
    assert [one["id"] for one in holders] == ["868768687576575", "868768687576575"]


def test_holders_stay_until_a_modification_names_others(read):
    def change(number, day, **carried):
        return {"id": number, "datePublicationDonneesModification": day, **carried}

    def current(*changes):
        contract = {"id": "1", "titulaires": [{"id": "A"}, {"id": "B"}], "modifications": list(changes)}
        return [one["id"] for one in rows(read, {"marche": [contract]}, "titulaires.actuels")]

    named = {"titulaires": [{"id": "C"}, {"id": "D"}]}
    assert current() == current(change(1, "2024-01-01", montant=2)) == ["A", "B"]
    assert current(change(2, "2024-01-03", titulaires=[{"id": "E"}]), change(1, "2024-01-02", **named)) == [
        "E"
    ]
    assert current(change(1, "2024-01-02", **named), change(2, "2024-01-03", titulaires=[])) == ["C", "D"]


def test_a_subcontract_takes_the_modifications_that_name_it(read):
    def change(number, day, **carried):
        return {"id": number, "datePublicationDonnees": day, **carried}

    contract = {
        "id": "1", "actesSousTraitance": [{"id": 1, "montant": 10, "dureeMois": 3}, {"id": 2, "montant": 20}],
        "modificationsActesSousTraitance": [
            change(1, "2024-03-01", montant=12), change(1, "2024-02-01", montant=11, dureeMois=4),
            change(3, "2024-04-01", montant=99),
        ],
    }  # fmt: skip
    acts = rows(read, {"marche": [contract]}, "actesSousTraitance")
    assert [(act["montant"], act["actuel.montant"], act["actuel.dureeMois"]) for act in acts] == [
        ("10", "12", "4"), ("20", "20", None),
    ]  # fmt: skip


def test_modifications_say_when_their_contract_was_notified(read, shared_data):
    for name, column, day in (
        ("modifications", "marche.dateNotification", "2024-05-15"),
        ("modificationsConcessions", "concession.dateSignature", "2024-04-02"),
    ):
        changes = table(read(shared_data / MIXED, type="decp", table=name))
        assert [one[column] for one in changes] == [day, day]


TWICE = {"id": "1", "acheteur": {"id": "B"}, "datePublicationDonnees": "2024-02-01", "montant": 2,
         "titulaires": [{"id": "NEW"}]}  # fmt: skip
BEFORE = {**TWICE, "datePublicationDonnees": "2024-01-01", "montant": 1, "titulaires": [{"id": "OLD"}]}
CHANGED = {**BEFORE, "modifications": [{"id": 1, "datePublicationDonneesModification": "2024-03-01"}]}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([TWICE, TWICE], ("2", "2", "2", "1", "NEW")),
        ([TWICE, BEFORE], ("1", "2", "2", "2", "NEW")),
        ([BEFORE, TWICE, TWICE], ("3", "2", "3", "2", "NEW")),
        ([TWICE, CHANGED], ("2", "1", "2", "2", "OLD")),  # its modification was published after
    ],
)
def test_of_a_contract_that_comes_twice_the_newest_record_counts(read, given, kept):
    content = json.dumps({"marches": {"marche": given, "contrat-concession": [{"id": "1"}]}}).encode()
    (one,) = table(read(content, type="decp", table="marches", repeated="newest"))
    (holder,) = table(read(content, type="decp", table="titulaires", repeated="newest"))
    assert (one["position"], one["montant"], one["exemplaires"], one["versions"], holder["id"]) == kept
    assert holder["marche.position"] == one["position"]
    assert len(rows(read, content)) == len(given)


def test_records_without_a_buyer_or_an_id_are_never_the_same(read):
    content = json.dumps(
        {"marches": {"marche": [{"id": "1"}, {"id": "1"}, {"acheteur": {"id": "B"}}]}}
    ).encode()
    met = table(read(content, type="decp", repeated="newest"))
    assert [one["exemplaires"] for one in met] == ["1", "1", "1"]


@pytest.mark.parametrize("name", TABLES)
def test_the_official_xml_and_its_repeated_contract(read, shared_data, name):
    """Both records are equal: once each row, whichever table."""
    path = shared_data / "05-contracts/exemple_officiel_Marche.xml"
    every, once = (table(read(path, type="decp", table=name, repeated=how)) for how in ("all", "newest"))
    assert 2 * len(once) == len(every)


def test_rows_below_carry_the_ids_and_positions_of_what_they_stand_in(read, shared_data):
    met = read(shared_data / MIXED, type="decp", table="tarifs")
    who = {"concession.autoriteConcedante.id": "12345678901250", "concession.id": "0612202306122023"}
    assert table(met)[3] == who | {
        "concession.position": "2", "donneesAnnuelles.datePublicationDonneesExecution": "2024-04-18",
        "donneesAnnuelles.position": "1", "intituleTarif": "Intitulé du tarif2", "tarif": "19.29",
        "position": "2",
    }  # fmt: skip
    assert met.lines == [1, 1, 2, 2]
    below = table(read(shared_data / MIXED, type="decp", table="modifications.titulaires"))[1]
    assert (below["marche.id"], below["modification.id"], below["id"]) == (
        "TEST2022Bis", "1", "868768687576575",
    )  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("name", TABLES)
def test_a_twin_in_xml_has_the_same_rows(read, shared_data, example, name):
    content = (shared_data / example).read_bytes()
    met, twin = (read(one, type="decp", table=name) for one in (content, b"\xef\xbb\xbf" + twin_of(content)))
    assert (met.columns, met.rows) == (twin.columns, twin.rows)


def test_the_official_xml_holds_one_contract_twice(read, shared_data):
    path = shared_data / "05-contracts/exemple_officiel_Marche.xml"
    one, other = table(read(path, type="decp"))
    assert {name for name in one if one[name] != other[name]} == {"position"}
    assert (one["marcheInnovant"], one["montant"], one["origineUE"]) == ("true", "575000", "0.1")
    assert one["techniques"] == '["Concours","Accord-cadre"]'
    acts = table(read(path, type="decp", table="actesSousTraitance"))
    assert [(act["marche.position"], act["sousTraitant.id"], act["montant"]) for act in acts] == [
        ("1", "214356", "123456.89"), ("2", "214356", "123456.89"),
    ]  # fmt: skip


OLD = {
    "id": "2010-3452112", "_type": "Marché", "acheteur": {"id": "21350238800019", "nom": "Ville de Rennes"},
    "nature": "Accord-cadre", "lieuExecution": {"code": "35238", "typeCode": "Code commune", "nom": "Rennes"},
    "dateNotification": "2007-08-13+02:00", "montant": 127000, "formePrix": "Ferme et actualisable",
    "titulaires": [
        {"typeIdentifiant": "SIRET", "id": "81223113200026", "denominationSociale": "Garami SARL"},
        {"typeIdentifiant": "TVA", "id": "DE814864138", "denominationSociale": "Hellman Gmbh"},
    ],
    "modifications": [
        {"objetModification": "Durée", "dateNotificationModification": "2008-11-02Z", "dureeMois": 30},
    ],
}  # fmt: skip
OLD_CONCESSION = {
    "id": "20010345211200", "autoriteConcedante": {"id": "21350238800019", "nom": "Ville de Millau"},
    "nature": "Concession de travaux", "valeurGlobale": 27860000, "donneesExecution": [],
    "concessionnaires": [{"typeIdentifiant": "SIRET", "id": "81223113200026"}], "modifications": [],
}  # fmt: skip
UNTYPED = {"id": "2014-79886", "identificationAcheteur": "État", "nature": "Marché de partenariat"}


def test_contracts_of_1_5_come_under_the_names_of_2_0(read):
    both = [OLD, OLD_CONCESSION, UNTYPED]
    first, second = rows(read, both)
    assert (first["typesPrix"], first["formePrix"]) == ('["Définitif actualisable"]', None)
    assert (first["dateNotification"], first["montant"]) == ("2007-08-13", "127000")
    assert (first["acheteur.nom"], first["lieuExecution.nom"]) == (
        "Ville de Rennes",
        "Rennes",
    )  # nothing lost
    assert "_type" not in first
    assert (second["id"], second["identificationAcheteur"], second["position"]) == ("2014-79886", "État", "2")
    holders = rows(read, both, "titulaires")
    assert [(one["marche.acheteur.id"], one["id"], one["denominationSociale"]) for one in holders] == [
        ("21350238800019", "81223113200026", "Garami SARL"),
        ("21350238800019", "DE814864138", "Hellman Gmbh"),
    ]
    (change,) = rows(read, both, "modifications")
    assert (change["objetModification"], change["dateNotificationModification"]) == ("Durée", "2008-11-02")
    (concession,) = rows(read, both, "concessions")
    assert (concession["valeurGlobale"], concession["autoriteConcedante.nom"]) == (
        "27860000",
        "Ville de Millau",
    )


def test_an_xml_of_1_5_is_its_twin(read):
    old = {**OLD, "titulaires": [{"titulaire": one} for one in OLD["titulaires"]]}
    old |= {"modifications": [{"modification": one} for one in OLD["modifications"]]}
    del old["_type"]
    document = json.dumps({"marches": {"marche": [old]}}).encode()
    for name in ("marches", "titulaires", "modifications"):
        assert rows(read, twin_of(document), name) == rows(read, [OLD], name)


@pytest.mark.parametrize(
    "holders",
    [[{"titulaire": {"id": "A"}}, {"titulaire": {"id": "B"}}], [{"id": "A"}, {"id": "B"}],
     {"titulaire": [{"id": "A"}, {"id": "B"}]}, [{"titulaire": [{"id": "A"}, {"id": "B"}]}]],
)  # fmt: skip
def test_items_are_the_same_by_themselves_or_inside_an_object(read, holders):
    met = rows(read, {"marche": [{"id": "1", "titulaires": holders}]}, "titulaires")
    assert [(one["id"], one["position"]) for one in met] == [("A", "1"), ("B", "2")]


@pytest.mark.parametrize("nothing", [None, [], {}, "", "\n", [{}], {"titulaire": None}, {"titulaire": []}])
def test_a_list_of_nothing_has_no_rows(read, nothing):
    assert rows(read, {"marche": [{"id": "1", "titulaires": nothing}]}, "titulaires") == []


@pytest.mark.parametrize(
    "words", [{"techniques": {"technique": ["Concours"]}}, {"techniques": {"technique": "Concours"}},
              {"techniques": ["Concours"]}, {"technique": ["Concours"]}, {"technique": "Concours"},
              {"techniques": [{"technique": "Concours"}]}],
)  # fmt: skip
def test_words_are_a_list_however_they_are_wrapped(read, words):
    (one,) = rows(read, {"marche": {"id": "1", **words}})  # one contract, not in a list
    assert one["techniques"] == '["Concours"]'


def test_the_wrapper_that_the_first_xml_examples_have_is_known(read):
    document = b"""<marches><marche><id>1</id>
        <modificationsActesSousTraitance><modificationActesSousTraitance><id>7</id></modificationActesSousTraitance>
        </modificationsActesSousTraitance>
        <modifications><modification><titulaires><id>A</id><typeIdentifiant>SIRET</typeIdentifiant></titulaires>
        </modification></modifications></marche></marches>"""
    (change,) = rows(read, document, "modificationsActesSousTraitance")
    (holder,) = rows(read, document, "modifications.titulaires")
    assert (change["id"], holder["id"], holder["typeIdentifiant"]) == ("7", "A", "SIRET")


def test_amounts_keep_every_digit(read):
    text = '{"marches": {"marche": [{"id": 1, "montant": %s}]}}'
    for amount in ("10.10", "0.1", "123456789012345678.90", "1e3", "-0"):
        (one,) = rows(read, (text % amount).encode())
        assert one["montant"] == amount


def test_modifications_overlay_what_they_carry_in_the_order_of_their_publication(read):
    def change(number, day, **carried):
        return {"modification": {"id": number, "datePublicationDonneesModification": day, **carried}}

    changes = [
        change(10, "2024-03-01", montant=300), change(2, "2024-03-01", montant=200, dureeMois=20),
        change(1, "2024-04-01", dureeMois=None), change(3, "2024-01-01", montant=100),
    ]  # fmt: skip
    (one,) = rows(read, {"marche": [{"id": "1", "montant": 1, "dureeMois": 1, "modifications": changes}]})
    assert (one["actuel.montant"], one["actuel.dureeMois"], one["montant"]) == ("300", "20", "1")


def test_a_file_of_the_other_kind_has_no_rows_and_all_columns(read, shared_data):
    met = read(shared_data / "05-contracts/exemple_officiel_concessions.json", type="decp", table="marches")
    assert (met.rows, met.columns) == ([], PLANS["marches"].columns)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [('{"marches": {"marchés": []}}', "holds no contract"),
     ('{"marches": {"marchés": [{}]}}', "holds 'marchés' under `marches`"),
     ('{"marches": {"marche": [], "marche": []}}', "names 'marche' twice"),
     ('{"marches": []}', "holds no contract"),
     ('{"marches": [{"id": "1"}]}', "does not say what record 1 is"),
     ('{"marches": [{"_type": "Bail"}]}', "the _type 'Bail' in record 1"),
     ('{"marches": {"marche": [3]}}', "has no object as record 1"),
     ('{"marches": {"marche": [{"titulaires": "x"}]}}', "neither a list nor an object, in record 1"),
     ('{"marches": {"marche": [{"titulaires": [{}, 3]}]}}', "under 'titulaires'.*in record 1"),
     ('{"marches": {"marche": [{"id": 1, "position": 2}]}}', "names 'position' twice, in record 1"),
     ('{"marches": {"marche": [{"a": {"b": 1}, "a.b": 2}]}}', "names 'a.b' twice"),
     ('{"marches": {"marche": [{"id": 1, "id": 2}]}}', "names 'id' twice"),
     ('{"marches": {"marche": [{"id": 1}', "cut short"),
     ('{"marches": {"marche": [{"id": 1}]}} {}', "goes on after its JSON document"),
     ('{"marches": 3}', "promised was a list of records at `marches`"),
     ('[{"id": 1}]', "promised was a list of records at `marches`"),
     ('{"error": "quota"}', 'says "quota"'),
     ("", "promised was a list of records|is empty|cut short"),
     ("<html><body/></html>", "is a web page"),
     ("<marches/>", "holds no contract"), ("<marchés><marche/></marchés>", "holds no contract|not XML"),
     ("<marches><Marche><id>1</id></Marche></marches>", "holds 'Marche' under `marches`"),
     ("<marches><marche><id>1</id></marche>", "cut short"),
     ("<!DOCTYPE m><marches><marche><id>1</id></marche></marches>", "document type"),
     ("<?xml version='1.0' encoding='ISO-8859-1'?><marches><marche><id>é</id></marche></marches>",
      "declares the encoding ISO-8859-1 and is written in UTF-8")],
)  # fmt: skip
def test_what_is_no_such_file_is_refused_in_one_sentence(read, text, sentence):
    with pytest.raises(SourceChanged, match=sentence):
        read(text.encode(), type="decp", table="titulaires" if "titulaires" in text else "marches")


@pytest.mark.parametrize("window", [3, 64])
@pytest.mark.parametrize("name", ["marches", "tarifs"])
def test_windows_may_end_anywhere(read, shared_data, monkeypatch, name, window):
    whole = read(shared_data / MIXED, type="decp", table=name).rows
    monkeypatch.setattr(jsonstream, "_WINDOW", window)
    assert read(shared_data / MIXED, type="decp", table=name).rows == whole


def test_the_lists_of_a_file_may_be_longer_than_any_record(read, monkeypatch):
    monkeypatch.setattr(jsonstream, "MAX_RECORD", 4_000)
    monkeypatch.setattr(jsonstream, "_WINDOW", 100)
    marches = [{"id": str(number), "objet": "é" * 20} for number in range(500)]
    both = {"contrat-concession": [{"id": "c"}], "marche": marches}
    assert [one["id"] for one in rows(read, both)] == [str(number) for number in range(500)]
    assert [one["id"] for one in rows(read, both, "concessions")] == ["c"]


def test_nesting_without_end_is_refused(read):
    deep = "<x>" * 20_000 + "</x>" * 20_000
    with pytest.raises(SourceChanged, match="nested deeper"):
        read(f"<marches><marche>{deep}</marche></marches>".encode(), type="decp")
    deep = '{"x":' * 20_000 + "1" + "}" * 20_000
    with pytest.raises(SourceChanged, match="nested deeper"):
        read(f'{{"marches": {{"marche": [{deep}]}}}}'.encode(), type="decp")
