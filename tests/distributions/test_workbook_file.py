"""The workbook, as openpyxl and pandas see it, and as XML."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest

from distributions.notice import dictionary_of


def sheet_of(release, sheet="Données"):
    return openpyxl.load_workbook(release.file("xlsx"))[sheet]


def cell_of(release, kind, value):
    return sheet_of(release({"id": "string", "cell": kind}, [("a", value)])).cell(2, 2)


@pytest.mark.parametrize(
    ("kind", "given", "shown", "data_type", "number_format"),
    [
        ("string", "007", "007", "s", None),
        ("string", "=1+1", "=1+1", "s", None),
        ("string", "{=1+1}", "{=1+1}", "s", None),
        ("string", "@SUM(A1)", "@SUM(A1)", "s", None),
        ("string", "https://example.org/a", "https://example.org/a", "s", None),
        ("string", 'é\n"<&>"', 'é\n"<&>"', "s", None),
        ("string", "a\ufffeb\uffffc", "a\ufffdb\ufffdc", "s", None),
        ("siret", "00000000000000", "00000000000000", "s", None),
        ("boolean", True, True, "b", '"VRAI";"VRAI";"FAUX"'),
        ("boolean", False, False, "b", '"VRAI";"VRAI";"FAUX"'),
        ("integer", 0, 0, "n", "General"),
        ("integer", 999_999_999_999_999, 999_999_999_999_999, "n", "General"),
        ("integer", 1_000_000_000_000_000, "1000000000000000", "s", None),
        ("integer", -(2**63), "-9223372036854775808", "s", None),
        ("number", -0.1, -0.1, "n", "General"),
        ("decimal(12,2)", Decimal("22.50"), 22.5, "n", "0.00"),
        ("decimal(5,0)", Decimal("22"), 22, "n", "0"),
        ("decimal(20,2)", Decimal("123456789012345678.50"), "123456789012345678.50", "s", None),
        ("date", date(2016, 6, 1), datetime(2016, 6, 1), "d", "dd/mm/yyyy"),
        ("date", date(1900, 3, 1), datetime(1900, 3, 1), "d", "dd/mm/yyyy"),
        ("date", date(1900, 2, 28), "1900-02-28", "s", None),
        ("date", date(1871, 5, 1), "1871-05-01", "s", None),
        ("instant", datetime(1871, 5, 1, tzinfo=UTC), "1871-05-01 00:09:21", "s", None),
        ("geometry", "POINT (2.25 48.82)", "POINT (2.25 48.82)", "s", None),
        ("string", None, None, "n", None),
        ("boolean", None, None, "n", None),
        ("integer", None, None, "n", None),
        ("decimal(12,2)", None, None, "n", None),
        ("date", None, None, "n", None),
        ("instant", None, None, "n", None),
        ("geometry", None, None, "n", None),
    ],
)
def test_a_cell_is_what_a_reader_expects(release, kind, given, shown, data_type, number_format):
    cell = cell_of(release, kind, given)
    assert (cell.value, cell.data_type) == (shown, data_type)
    assert cell.hyperlink is None
    if number_format is not None:
        assert cell.number_format == number_format


@pytest.mark.parametrize(
    ("utc", "paris"),
    [
        (datetime(2016, 3, 27, 0, 59, 59, tzinfo=UTC), datetime(2016, 3, 27, 1, 59, 59)),
        (datetime(2016, 3, 27, 1, 0, tzinfo=UTC), datetime(2016, 3, 27, 3, 0)),
        (datetime(2016, 10, 30, 0, 30, tzinfo=UTC), datetime(2016, 10, 30, 2, 30)),
        (datetime(2016, 10, 30, 1, 30, tzinfo=UTC), datetime(2016, 10, 30, 2, 30)),
        (datetime(2016, 12, 31, 23, 30, tzinfo=UTC), datetime(2017, 1, 1, 0, 30)),
    ],
)
def test_an_instant_shows_the_hour_of_paris(release, utc, paris):
    cell = cell_of(release, "instant", utc)
    assert (cell.value, cell.number_format) == (paris, "dd/mm/yyyy hh:mm:ss")


def test_text_that_looks_like_the_writers_own_xml_stays_text(release):
    text = "<r><t>é & co</t></r>"
    cell_of(release, "string", text)
    frame = pd.read_excel(release({"id": "string", "cell": "string"}, [("a", text)]).file("xlsx"))
    assert frame["cell"][0] == text


def test_control_characters_are_escaped_as_excel_does(release):
    made = release({"id": "string", "cell": "string"}, [("a", "a\x00b\x07_x0041_")])
    with ZipFile(made.file("xlsx")) as archive:
        assert "a_x0000_b_x0007__x005F_x0041_" in archive.read("xl/worksheets/sheet1.xml").decode()


def test_a_text_beyond_excels_limit_is_cut_and_the_release_says_so(release):
    rows = [("a", "é" * 32_768), ("b", "😀" * 16_384), ("c", "é" * 32_767)]
    made = release({"id": "string", "cell": "string"}, rows)
    lengths = [len(row[1].value.encode("utf-16-le")) // 2 for row in sheet_of(made).iter_rows(min_row=2)]
    assert lengths == [32_767, 32_766, 32_767]
    assert made.written.notes == ("Dans le fichier Excel, textes coupés à 32\u00a0767 caractères : 2.",)


def test_the_header_is_frozen_and_filtered(release):
    sheet = sheet_of(release({"id": "string", "n": "integer"}, [("a", 1), ("b", 2)]))
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:B3")


def test_the_dictionary_tells_name_type_unit_and_texts_of_each_column(release):
    types = {"id": "string", "h": "number", "fee": "decimal(12,2)", "seen": "instant"}
    made = release(types, [("a", 1.5, Decimal(1), None)])
    assert list(sheet_of(made, "Dictionnaire").iter_rows(values_only=True)) == [
        ("Colonne", "Type", "Unité", "Description", "Libellé anglais"),
        ("id", "texte", None, "À propos de id.", "About id"),
        ("h", "nombre", "m", "À propos de h.", "About h"),
        ("fee", "nombre décimal, 12 chiffres dont 2 après la virgule", None, "À propos de fee.", "About fee"),
        (
            "seen",
            "date et heure, à l'heure de Paris (UTC dans les autres fichiers)",
            None,
            "À propos de seen.",
            "About seen",
        ),
    ]


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("MW", "MW"),
        ("{place}", "place"),
        ("{electeur}", "électeur"),
        ("g/(kW.h)", "g/kWh"),
        ("EUR", "euro"),
        (None, None),
    ],
)
def test_a_unit_is_told_in_french(view_of, unit, shown):
    field = view_of({"id": "integer"}).fields["id"].model_copy(update={"unit": unit})
    assert dictionary_of(view_of({}).model_copy(update={"fields": {"id": field}}))[1][2] == (shown or "")


@pytest.mark.parametrize(
    ("text", "height"), [("été", None), ("été " * 40, 45), ("a\n\nb", 45), ("été " * 1000, 405)]
)
def test_a_row_is_as_high_as_its_longest_text_needs(release, text, height):
    made = release({"id": "string"}, [("a",)], description=text)
    assert sheet_of(made, "Licence").row_dimensions[3].height == height


def test_the_licence_sheet_tells_what_a_reuser_needs(release):
    made = release({"id": "string"}, [("a",)], vintage=None)
    assert list(sheet_of(made, "Licence").iter_rows(min_row=2, values_only=True)) == [
        ("Titre", "L'été à Issy"),
        ("Description", "Des places."),
        ("Producteur", "Direction de la mobilité"),
        ("Licence", "Licence Ouverte / Open Licence version 2.0"),
        ("Texte de la licence", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"),
        ("Mention de la source", "Ville"),
        ("Contact", "opendata@example.org"),
        ("Jeu de données", "mobility.places"),
        ("Accès", "tout public"),
    ]


def test_no_formula_is_anywhere_in_the_workbook(release):
    made = release({"id": "string", "cell": "string"}, [("=A1", '=HYPERLINK("http://x")')], title="=1+1")
    with ZipFile(made.file("xlsx")) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())
