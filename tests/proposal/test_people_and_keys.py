"""Who may be told of, and what tells rows apart."""

from __future__ import annotations

from proposed_tables import column


def test_columns_that_may_tell_of_persons_are_hidden_with_a_ground_to_confirm(proposed):
    rows = "".join(
        f"{i};Parc {i};jean.dupont{i}@exemple.fr;06 12 34 56 {i:02};FR7630006000011234567890189;1985-0{i % 9 + 1}-12\n"
        for i in range(30)
    )
    made = proposed(f"id;lieu;contact;appel;compte;date_naissance\n{rows}", public=True)
    hidden = {name for name, field in made.dataset.fields.items() if field.hidden_because}
    assert hidden == {"contact", "appel", "compte", "date_naissance"}
    assert all("à confirmer" in made.field(name).hidden_because for name in hidden)
    assert made.field("lieu").public is True
    assert "exemple.fr" not in made.text
    assert "FR76" not in made.text


def test_names_and_free_text_are_suspected(proposed):
    names = ["Marie Dupont", "Jean Martin", "Sophie Bernard", "Pierre Durand"] * 10
    assert proposed(column("titulaire", names)).field("titulaire").hidden_because
    assert proposed(column("nom_agent", ["A", "B"] * 10), "b.csv").field("nom_agent").hidden_because
    told = [
        f"Le demandeur numéro {i} a signalé un trou devant chez lui et souhaite être rappelé vite"
        for i in range(40)
    ]
    made = proposed(column("observation", told), "c.csv")
    assert "L312-1-2" in (made.field("observation").hidden_because or "")


def test_nothing_is_public_unless_it_was_asked_for(proposed):
    table = column("places", ["1", "2", "3"])
    made = proposed(table)
    assert made.dataset.audiences == ("restricted",)
    assert made.dataset.hidden_because
    assert not any(field.public for field in made.dataset.fields.values())
    assert "public" in proposed(table, public=True).dataset.audiences


def test_a_key_that_tells_of_persons_makes_no_public(proposed):
    rows = "".join(f"jean.dupont{i}@exemple.fr;{i % 3}\n" for i in range(30))
    made = proposed(f"adresse_mel;niveau\n{rows}", public=True)
    assert made.dataset.key == ("adresse_mel",)
    assert made.dataset.audiences == ("restricted",)


def test_a_telephone_column_without_values_is_suspected_by_its_name(proposed):
    made = proposed("id;telephone\n1;\n2;\n", public=True)
    assert made.field("telephone").hidden_because


def test_the_smallest_key_is_taken_and_one_that_is_called_so_first(proposed):
    rows = "".join(f"Parc {i};P{i:03};{i}\n" for i in range(30))
    assert proposed(f"nom;code;places\n{rows}").dataset.key == ("code",)


def test_two_columns_together_are_a_key(proposed):
    rows = "".join(f"C{i % 10};2024-01-{i // 10 + 1:02};{i % 7}\n" for i in range(60))
    made = proposed(f"capteur;jour;mesure\n{rows}")
    assert made.dataset.key == ("capteur", "jour")
    assert "60/60 lignes" in made.text


def test_three_columns_when_two_do_not_do(proposed):
    rows = "".join(f"{a};{b};{c};x\n" for a in "ABC" for b in "DEF" for c in "GHI")
    assert proposed(f"un;deux;trois;quatre\n{rows}").dataset.key == ("un", "deux", "trois")


def test_rows_that_repeat_whole_leave_no_key_and_that_is_said(proposed):
    made = proposed("nom;places\n" + "Gare;10\nMairie;20\nGare;10\n" * 2)
    assert made.proposal.twins == 4
    assert "Pas de clé" in made.text
    made.run()


def test_a_measure_is_no_key_though_all_its_values_differ(proposed):
    rows = "".join(f"S{i % 5};{i // 5};{i * 1.37:.3f}\n" for i in range(40))
    assert proposed(f"station;rang;mesure\n{rows}").dataset.key == ("station", "rang")


def test_a_source_that_follows_a_national_schema_keeps_its_headers(proposed):
    headers = "id,nom,insee,adresse,url,type_usagers,gratuit,nb_places,nb_pr,nb_pmr,Xlong,Ylat"
    rows = "".join(
        f"92040-P-00{i},Parc {i},92040,1 rue A,,tous,1,{i}0,0,0,2.2{i},48.8{i}\n" for i in range(1, 9)
    )
    made = proposed(f"{headers}\n{rows}")
    assert list(made.dataset.fields) == headers.split(",")
    assert "12 champs sur 30 de etalab/schema-stationnement" in made.text
