"""How a file is written: by its bytes, never by its name."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import openpyxl
import pytest
from proposed_tables import column

from contracts.errors import SourceChanged

ROWS = "".join(f"{i};Élève à l'école n° {i} – 5 €\n" for i in range(30))
TABLE = f"id;libellé\n{ROWS}"


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("mac_roman", "mac_roman"),
     ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le")],
)  # fmt: skip
def test_the_encoding_is_the_one_whose_letters_are_french(proposed, encoding: str, written: str):
    made = proposed(TABLE.encode(encoding))
    assert made.dataset.format.encoding == written
    assert made.run().rows_kept == 30
    assert list(made.dataset.fields) == ["id", "libelle"]


def test_dos_letters_are_known_too(proposed):
    text = TABLE.replace("–", "-").replace(" €", "")
    assert proposed(text.encode("cp850")).dataset.format.encoding == "cp850"


def test_two_encodings_in_one_file_are_refused_with_the_line(proposed):
    with pytest.raises(SourceChanged, match="is UTF-8 in most places, but not on line 32"):
        proposed(TABLE.encode() + "31;Élève\n".encode("cp1252"))


@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_the_delimiter_splits_all_rows_alike(proposed, mark: str):
    rows = "".join(f'{i}{mark}"un; deux, trois"{mark}1.5\n' for i in range(20))
    made = proposed(f"id{mark}nom{mark}mesure\n{rows}")
    assert made.dataset.format.delimiter == mark
    assert made.run().rows_kept == 20


def test_decimal_commas_do_not_pass_for_delimiters(proposed):
    made = proposed("a;b;c\n" + "".join(f"{i},5;2,5;3,5\n" for i in range(20)))
    assert made.dataset.format.delimiter == ";"


def test_a_title_above_the_header_and_a_notice_below_the_data(proposed):
    rows = "".join(f"{i};Parc {i};{i * 10}\n" for i in range(1, 20))
    made = proposed(f"Parcs de la ville;;\nSituation au 1er mai\n\nid;nom;places\n{rows}Source : ville\n\n")
    assert made.dataset.format.skip_top == 3
    assert made.dataset.format.skip_bottom == ("Source : ville",)
    assert made.run().rows_kept == 19


def test_a_delimiter_too_many_at_each_line_s_end(proposed):
    made = proposed("id;nom;\n" + "".join(f"{i};Parc {i};\n" for i in range(10)))
    assert made.dataset.format.trailing_delimiter
    assert made.run().rows_kept == 10


def test_a_file_without_a_header_gets_names_to_confirm(proposed):
    made = proposed("".join(f"{i};2024-01-{i + 1:02};12,5\n" for i in range(20)))
    assert made.dataset.format.header is None
    assert list(made.dataset.fields) == ["colonne_1", "colonne_2", "colonne_3"]
    assert made.run().rows_kept == 20


def test_years_as_headers_are_a_header(proposed):
    made = proposed("commune;2019;2020;2021\n" + "".join(f"C{i};{i};{i};{i}\n" for i in range(20)))
    assert list(made.dataset.fields) == ["commune_nom", "c_2019", "c_2020", "c_2021"]


def test_a_header_that_names_a_column_twice_is_written_anew(proposed):
    made = proposed("id;nom;nom;\n" + "".join(f"{i};a{i};b{i};c{i}\n" for i in range(20)))
    assert made.dataset.format.columns == ("id", "nom", "nom_3", "colonne_4")
    assert made.run().rows_kept == 20


def test_a_header_that_differs_by_capitals_only_is_written_anew(proposed):
    made = proposed("id;Nom ;NOM \n" + "".join(f"{i};a{i};b{i}\n" for i in range(20)))
    assert made.dataset.format.columns == ("id", "Nom ", "NOM _3")


def test_archives_are_opened(proposed):
    assert proposed(gzip.compress(TABLE.encode()), "a.csv.gz").dataset.format.archive == "gz"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("lisez-moi.md", "Notice")
        archive.writestr("parcs.csv", TABLE)
    made = proposed(packed.getvalue(), "b.zip")
    assert (made.dataset.format.archive, made.dataset.format.member) == ("zip", "parcs.csv")
    assert made.run().rows_kept == 30


def test_the_fullest_sheet_and_the_row_of_its_header(proposed, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Notice"
    book.active.append(["Lisez-moi"])
    sheet = book.create_sheet("Données")
    for row in [["Parcs de la ville"], [], ["Identifiant", "Nom", "Places"]]:
        sheet.append(row)
    for i in range(20):
        sheet.append([f"P{i:03}", f"Parc {i}", i * 10])
    book.save(tmp_path / "parcs.xlsx")
    made = proposed(tmp_path / "parcs.xlsx")
    assert (made.dataset.format.sheet, made.dataset.format.header) == ("Données", 3)
    assert made.dataset.key == ("identifiant",)
    assert made.run().rows_kept == 20


def test_json_geojson_and_xml_say_where_their_records_are(proposed):
    records = [{"id": f"P{i}", "adresse": {"voie": f"rue {i}"}} for i in range(5)]
    listed = proposed(json.dumps({"meta": {"n": 5}, "data": {"items": records}}), "a.json")
    assert listed.dataset.format.records == "data.items"
    lines = proposed("\n".join(map(json.dumps, records)), "b.json")
    assert lines.dataset.format.type == "jsonl"
    shapes = [
        {
            "type": "Feature",
            "properties": {"id": i},
            "geometry": {"type": "Point", "coordinates": [2.2, 48.8]},
        }
        for i in range(3)
    ]
    mapped = proposed(json.dumps({"type": "FeatureCollection", "features": shapes}), "c.json")
    assert mapped.field("geometry").written_as == "geojson"
    items = "".join(f"<m id='{i}'><nom>N{i}</nom><t>a</t><t>b</t></m>" for i in range(4))
    marked = proposed(f"<r><entete><date>2024</date></entete><liste>{items}</liste></r>", "d.xml")
    assert (marked.dataset.format.records, marked.dataset.format.lists) == ("r.liste.m", ("t",))
    for made in (listed, lines, mapped, marked):
        assert made.run().rows_kept >= 3


@pytest.mark.parametrize(
    ("content", "met"),
    [
        (b"", "is empty"), (b"\xef\xbb\xbf \n", "is empty"), (b"%PDF-1.7", "is a PDF"),
        (b"<!DOCTYPE html><html></html>", "is a web page"), (b'{"error": "no"}', "no list of objects"),
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "declares a document type"),
        (b"PK\x03\x04 cut", "cut short"), (gzip.compress(b"PK\x03\x04 cut", mtime=0), "cut short"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_one_sentence(proposed, content: bytes, met: str):
    with pytest.raises(SourceChanged, match=met):
        proposed(content)


def test_blocks_that_repeat_beyond_the_header_are_refused(proposed):
    rows = "".join(
        f"{i};C{i};" + ";".join(f"{i};Nom {j};{j * 10}" for j in range(5)) + "\n" for i in range(20)
    )
    with pytest.raises(SourceChanged, match="needs a `reshape:`"):
        proposed(f"code;commune;numero;nom;voix\n{rows}")


def test_a_header_alone_is_a_contract_without_rows(proposed):
    made = proposed("id;nom;places\n")
    assert list(made.dataset.fields) == ["id", "nom", "places"]
    assert made.run().rows_read == 0


def test_one_column_is_a_table(proposed):
    made = proposed("commune\nIssy\nVanves\n")
    assert made.run().rows_kept == 2


def test_a_periodic_file_is_not_mistaken_for_its_every_250th_row(proposed):
    made = proposed(column("conso", ["ND" if i % 50 == 0 else str(i % 900) for i in range(20_000)]))
    assert made.field("conso").type == "integer"
