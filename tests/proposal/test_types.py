"""What a column is taken for: the traps in which the known guessers fall, and where a proposal must hesitate."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from proposed_tables import column


def luhn(digits: str) -> bool:
    doubled = [int(one) * 2 if i % 2 else int(one) for i, one in enumerate(reversed(digits))]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_file_on_which_the_known_guessers_failed(proposed, encoding):
    # users.md: INSEE 01001 is no integer, SIRET no BIGINT, « 1 234,50 » no text, cp1252 no Big5.
    sirets = [number for i in range(800) if luhn(number := f"{21920040500000 + i}")]
    rows = "".join(f"0{1000 + i};{sirets[i]};1 {234 + i},50;Élève n° {i}\r\n" for i in range(60))
    made = proposed(f"insee;siret;montant;libellé\r\n{rows}".encode(encoding))
    assert made.dataset.format.encoding == encoding
    assert made.field("insee_commune").term == "insee_commune"
    assert made.field("siret").type == "siret"
    assert made.field("montant").type == "decimal(14,2)"
    assert (made.field("montant").decimal_mark, made.field("montant").thousands) == (",", " ")
    assert "60/60 valeurs" in made.comments("montant")
    assert made.run().rows_with_misfits == 0


def test_thin_spaces_group_thousands_too(proposed):
    made = proposed(column("montant", [f"{i}\u202f{100 + i},25" for i in range(1, 30)]))
    assert made.field("montant").type == "decimal(14,2)"
    assert made.run().rows_with_misfits == 0


KINDS = [
    ("code_poste", ["007", "012", "100"], "string"),  # a zero in front
    ("compteur", ["100047533", "100047534", "100056223"], "string"),  # always nine digits
    ("identifiant", ["1", "22", "333"], "string"),  # its name says so
    ("nb_places", ["1", "22", "333"], "integer"),
    ("population", ["12345", "54321", "98765"], "integer"),  # five digits, but it counts
    ("numero_long", ["1234567890123456789012", "2", "3"], "string"),  # beyond 64 bits
    ("mesure", ["1.5", "2.25", "3"], "number"),
    ("mesure", ["1,5", "2,25", "3"], "number"),
    ("mesure", ["1,5", "2.25", "3"], "string"),  # two decimal marks: which of them is a guess
    ("mesure", ["1e3", "2.5e-4", "1.0e2"], "number"),
    ("prix", ["12,50 €", "7,00 €", "1 250,00 €"], "decimal(14,2)"),
    ("longueur", ["3 m", "12 m", "2 km"], "string"),  # two units
    ("debut", ["2024-01-31", "2024-02-29", "2023-12-01"], "date"),
    ("debut", ["31/01/2024", "29/02/2024", "01/12/2023"], "date"),
    ("debut", ["2024-01-31T10:00:00Z", "2024-02-29T00:00:00+01:00", "2023-12-01T08:30:00Z"], "instant"),
    ("debut", ["20240131", "20240229", "20231201"], "date"),
    ("heure", ["08:00", "25:10", "12:30"], "string"),  # GTFS counts beyond midnight
    ("ouvert", ["oui", "non", "OUI"], "boolean"),
    ("gratuit", ["1", "0", "1"], "boolean"),
    ("nb_pmr", ["1", "0", "1"], "integer"),  # it counts
    ("annee", ["2019", "2020", "2021"], "integer"),
    ("dep", ["92", "2A", "01"], "string"),
    ("porte", ["2A", "12B", "7"], "string"),  # letters behind numbers are no unit
    ("part", ["12 %", "7,5 %", "100 %"], "number"),
    ("cp", ["92130", "92000", "01000"], "string"),
]  # fmt: skip


def test_each_column_is_taken_for_what_it_is(proposed):
    names = [header for header, _, _ in KINDS]
    headers = [f"{name} {i}" if names.count(name) > 1 else name for i, name in enumerate(names)]
    cells = zip(*([*values] * 20 for _, values, _ in KINDS), strict=True)
    rows = "".join(f"r{number};" + ";".join(row) + "\n" for number, row in enumerate(cells))
    made = proposed(f"cle;{';'.join(headers)}\n{rows}")
    met = {(field.source or (name,))[0]: field.type for name, field in made.dataset.fields.items()}
    del met["cle"]
    assert met == dict(zip(headers, (kind for _, _, kind in KINDS), strict=True))
    assert made.run().rows_with_misfits == 0


def test_day_and_month_are_told_apart_by_the_days_after_the_12th(proposed):
    french = proposed(column("pose", ["05/06/2024", "13/06/2024"] * 10)).field("pose")
    american = proposed(column("pose", ["06/05/2024", "06/13/2024"] * 10), "b.csv").field("pose")
    assert (french.format, american.format) == ("%d/%m/%Y", "%m/%d/%Y")


def test_days_that_never_pass_the_12th_are_a_hesitation(proposed):
    made = proposed(column("pose", ["05/06/2024", "12/01/2024"] * 10))
    assert made.field("pose").format == "%d/%m/%Y"
    assert "jj/mm ou mm/jj" in made.comments("pose")


def test_three_digits_after_every_comma_are_a_hesitation(proposed):
    made = proposed(column("debit", ["1,234", "12,500", "3,750"] * 10))
    assert "décimales ou milliers" in made.comments("debit")


def test_words_for_nothing_are_named_and_leave_a_number_a_number(proposed):
    made = proposed(column("hauteur_cm", ["190", "N/A", "210", "ND", "-"] * 10))
    assert made.field("hauteur_cm").type == "integer"
    assert set(made.field("hauteur_cm").empty) == {"N/A", "ND", "-"}
    assert "20/20 valeurs" in made.comments("hauteur_cm")
    assert made.run().rows_with_misfits == 0


def test_among_texts_what_may_be_a_code_is_only_asked_about(proposed):
    made = proposed(column("territoire", ["Nouméa", "NC", "N/A", "Papeete"] * 10))
    assert made.field("territoire").empty == ("N/A",)
    assert "« NC » (10)" in made.comments("territoire")


def test_every_row_is_looked_at_not_the_first(proposed):
    values = [str(i) for i in range(20_000)]
    values[19_990] = "12,5"
    made = proposed(column("mesure", values))
    assert made.field("mesure").type == "number"
    assert made.field("mesure").decimal_mark == ","
    assert "20000/20000" in made.comments("mesure")


def test_one_bad_cell_in_a_thousand_is_told_and_three_in_ten_make_it_text(proposed):
    few = proposed(column("mesure", ["voir note", *(str(i) for i in range(1, 1000))]))
    many = proposed(
        column("mesure", ["voir note", "1", "2", "a", "3", "4", "b", "5", "6", "7"] * 10), "b.csv"
    )
    assert (few.field("mesure").type, many.field("mesure").type) == ("integer", "string")
    assert "1 valeurs n'y entrent pas" in few.comments("mesure")
    assert few.run().rows_with_misfits == 1


def test_a_siret_by_its_key_whatever_the_header(proposed):
    numbers = [number for i in range(4000) if luhn(number := f"{21920040500000 + i}")][:40]
    assert proposed(column("titulaire", numbers)).field("titulaire").type == "siret"
    wrong = [f"{int(number) + 1}" for number in numbers]
    assert proposed(column("titulaire", wrong), "b.csv").field("titulaire").type == "string"


def test_identifiers_that_an_export_wrote_as_floats(proposed):
    made = proposed(column("gares_id", [f"{73604 + i}.0" for i in range(30)]))
    assert (made.field("gares_id").type, made.field("gares_id").drop_suffix) == ("string", ".0")


def test_units_come_from_headers(proposed):
    made = proposed("Conso (kWh);surface_m2;Prix (€)\n12;30;1,50\n40;50;2,50\n")
    units = {name: field.unit for name, field in made.dataset.fields.items()}
    assert units == {"conso": "kW.h", "surface_m2": "m2", "prix": "EUR"}


def test_bounds_are_wide_and_to_be_confirmed(proposed):
    made = proposed(column("nb_arceaux", [str(i) for i in range(1, 43)]))
    assert (made.field("nb_arceaux").min, made.field("nb_arceaux").max) == (0, 90)
    assert "à confirmer" in made.comments("nb_arceaux")


def test_a_short_list_of_words_is_a_closed_list_to_be_confirmed(proposed):
    made = proposed(column("etat", ["bon", "moyen", "mauvais"] * 20))
    assert sorted(made.field("etat").values or {}) == ["bon", "mauvais", "moyen"]
    assert "à confirmer" in made.comments("etat")


@pytest.mark.parametrize(
    ("x", "y", "crs"),
    [
        ("2.2730415", "48.8241050", "EPSG:4326"), ("646627.825", "6858472.747", "EPSG:2154"),
        ("1646000.12", "8177000.5", "EPSG:3949"), ("595000.5", "2424000.25", "EPSG:27572"),
    ],
)  # fmt: skip
def test_coordinates_and_their_system_by_where_they_lie(proposed, x: str, y: str, crs: str):
    rows = "".join(f"{i};{float(x) + i / 1000};{float(y) + i / 1000}\n" for i in range(20))
    made = proposed(f"id;X;Y\n{rows}")
    assert made.field("geometry").source == ("X", "Y")
    assert made.field("geometry").crs == crs
    assert made.run().rows_with_misfits == 0


def test_swapped_axes_are_seen_and_said(proposed):
    rows = "".join(f"{i};{6858472 + i};{646627 + i}\n" for i in range(20))
    made = proposed(f"id;x;y\n{rows}")
    assert made.field("geometry").source == ("y", "x")
    assert "axes sont échangés" in made.comments("geometry")


def test_latitude_and_longitude_in_one_cell(proposed):
    made = proposed(column("geo_point_2d", ["48.8241, 2.2730", "48.83, 2.28"] * 10, mark=";"))
    assert made.field("geo_point_2d").written_as == "lat_lon"


def test_shapes_in_a_projected_system_get_it(proposed):
    shapes = [f"POINT ({646627 + i} {6858472 + i})" for i in range(20)]
    made = proposed(column("wkt", shapes))
    assert (made.field("wkt").written_as, made.field("wkt").crs) == ("wkt", "EPSG:2154")
    assert made.run().rows_with_misfits == 0


def test_a_name_of_the_vocabulary_with_another_meaning_is_not_taken(proposed: Callable):
    made = proposed(column("valeur", ["grande", "petite"] * 10))
    assert "valeur" not in made.dataset.fields  # there it is a number
    assert made.field("valeur_source").type in ("string", "enum")


@pytest.mark.parametrize("word", ["ligne", "section", "rang", "tour"])
def test_an_everyday_word_of_the_vocabulary_says_nothing_of_a_column(proposed: Callable, word: str) -> None:
    """`homonyms: true`: only a person who writes `type: ligne` means the line of a budget."""
    made = proposed("numero;" + word + "\n" + "".join(f"P{n};{n}\n" for n in range(1, 60)))
    assert made.field(word).term is None
    assert made.field(word).about
