import json
from pathlib import Path

import pytest

from contracts.errors import SourceChanged
from transforms.decode import elements


def table(met):
    return [dict(zip(met.columns, row, strict=True)) for row in met.rows]


def xml(inside: str) -> bytes:
    return f"<r>{inside}</r>".encode()


def test_elements_and_attributes_become_columns_named_by_path(read):
    met = read(xml('<p id="1"><nom>Forêt</nom><lieu><voie type="rue">x</voie><commune V="92040"/></lieu></p>'),
               type="xml", records="r.p")  # fmt: skip
    assert table(met) == [
        {"@id": "1", "nom": "Forêt", "lieu.voie.@type": "rue", "lieu.voie": "x", "lieu.commune.@V": "92040"}
    ]


def test_columns_are_all_that_appear_and_lines_are_numbers_of_records(read):
    met = read(xml("<p><a>1</a></p><q/><p><b> 2 </b><a/></p>"), type="xml", records="r.p")
    assert (met.columns, met.rows, met.lines) == (("a", "b"), [("1", None), (None, " 2 ")], [1, 2])


def test_records_are_found_at_their_path_alone(read):
    met = read(xml("<p><a>0</a></p><x><p><a>1</a><p><a>9</a></p></p></x><x><y/><p><a>2</a></p></x>"),
               type="xml", records="r.x.p")  # fmt: skip
    assert [row["a"] for row in table(met)] == ["1", "2"]


def test_namespaces_and_what_is_about_the_xml_are_left_out(read):
    text = ('<n:r xmlns:n="urn:n" xmlns="urn:d" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            '<n:p n:id="1" xsi:type="T"><a xsi:nil="true"/><n:b>é</n:b></n:p></n:r>')  # fmt: skip
    assert table(read(text.encode(), type="xml", records="r.p")) == [{"@id": "1", "a": None, "b": "é"}]


def test_text_beside_elements_is_kept(read):
    met = read(xml("<p><d>un <b>deux</b> trois</d>\n <e>\n <f>x</f>\n</e></p>"), type="xml", records="r.p")
    assert table(met) == [{"d.b": "deux", "d": "un  trois", "e.f": "x"}]


def test_a_record_that_is_a_text_is_one(read):
    assert table(read(xml("<p>1</p><p>2</p>"), type="xml", records="r.p")) == [{"#text": "1"}, {"#text": "2"}]


def test_what_may_come_several_times_is_a_list_however_often_it_comes(read):
    one, two = "<t><id>1</id></t>", '<t k="x"><id>1</id><m>a</m><m>b</m></t><t>plain</t>'
    met = read(xml(f"<p><ts>{one}</ts></p><p><ts>{two}</ts></p><p/>"), type="xml", records="r.p",
               lists=("ts.t", "ts.t.m"))  # fmt: skip
    assert [json.loads(cell) if cell else cell for (cell,) in met.rows] == [
        [{"id": "1"}], [{"@k": "x", "id": "1", "m": ["a", "b"]}, "plain"], None
    ]  # fmt: skip


@pytest.mark.parametrize(
    "inside",
    ["<p><a/><a/></p>", '<p><a v="1"/><a v="2"/></p>', "<p><t><m/><m/></t></p>",
     '<p xmlns:x="urn:x" id="1" x:id="2"/>', "<p><a><c>1</c></a><a.c>2</a.c></p>"],
)  # fmt: skip
def test_what_may_come_once_and_comes_twice_is_refused(read, inside):
    with pytest.raises(SourceChanged, match=r"twice in record 1.*declare it under `lists:`"):
        read(xml(inside), type="xml", records="r.p", lists=("t",))


@pytest.mark.parametrize("codec", ["utf-8", "iso-8859-1", "windows-1252", "utf-16"])
def test_the_encoding_is_the_declaration_s(read, codec):
    text = f'<?xml version="1.0" encoding="{codec}"?><r><p><a>é</a></p></r>'
    assert read(text.encode(codec), type="xml", records="r.p").rows == [("é",)]


def declared(codec: str) -> str:
    return f'<?xml version="1.0" encoding="{codec}"?><r><p><a>%s</a></p></r>'


@pytest.mark.parametrize("codec", ["ISO-8859-1", "iso-8859-15", "windows-1252", "latin1"])
def test_bytes_of_utf8_under_another_name_are_refused(read, codec):
    with pytest.raises(SourceChanged, match=f"declares the encoding {codec} and is written in UTF-8"):
        read((declared(codec) % "é").encode(), type="xml", records="r.p")
    long = "x" * 200_000 + "é"  # beyond the first bytes that are looked at
    with pytest.raises(SourceChanged, match="is written in UTF-8"):
        read((declared(codec) % long).encode(), type="xml", records="r.p")


@pytest.mark.parametrize("text", ["e", "é", "aé bé", "é" * 70_000, "é" * 65_535 + "x"])
def test_bytes_of_the_declared_encoding_are_never_taken_for_utf8(read, text):
    for codec in ("iso-8859-1", "utf-8"):
        met = read((declared(codec) % text).encode(codec), type="xml", records="r.p")
        assert met.rows == [(text,)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "is empty"),
        (b"a;b\n1;2\n", "is not XML on line 1"),
        (b"<html><body/></html>", "is a web page"),
        (b"<r><p><a>1</a></p>", "ends on line 1 within its XML: it is cut short"),
        (b"<r><p><a>1</a></p></r", "cut short"),
        (b"<r><p><a>1</b></p></r>", "is not XML on line 1, at character 13 .mismatched tag"),
        (b"<r><p a='1' a='2'/></r>", "duplicate attribute"),
        (b"<r><p><a>\xff</a></p></r>", "not well-formed"),
        (b"<r><p>&nbsp;</p></r>", "undefined entity"),
        (b"<r/><r/>", "junk after document element"),
        (b"<error>quota</error>", "holds no records: its root is 'error'; promised was elements at `r.p`"),
        (b"<r>" + b"<x>" * 200 + b"</x>" * 200 + b"</r>", "nested deeper"),
        (b"<r><p>" + b"<x>" * 5000 + b"</x>" * 5000 + b"</p></r>", "nested deeper"),
        (b'<!DOCTYPE r [<!ENTITY a "x">]><r><p>&a;</p></r>', "declares a document type"),
        (b'<!-- x --><!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "declares a document type"),
        ('<!DOCTYPE r><r/>'.encode("utf-16"), "declares a document type"),
    ],
)  # fmt: skip
def test_what_is_no_sound_xml_is_refused(read, text, sentence):
    with pytest.raises(SourceChanged, match=sentence):
        read(text, type="xml", records="r.p")


@pytest.mark.parametrize("inside", ["<p><a>{}</a></p>", "<x>{}</x>", "<p>{}", '<p a="{}"/>'])
def test_an_element_beyond_measure_is_refused(read, monkeypatch, inside):
    monkeypatch.setattr(elements, "MAX_RECORD", 1000)
    monkeypatch.setattr(elements, "_CHUNK", 100)
    with pytest.raises(SourceChanged, match="has an element of more than"):
        read(xml(inside.format("y" * 5000)), type="xml", records="r.p")


def test_chunks_may_cut_anywhere(read, monkeypatch):
    for chunk in range(1, 30):
        monkeypatch.setattr(elements, "_CHUNK", chunk)
        met = read(xml("<p><a>é&amp;</a></p>\n<p><a><![CDATA[<]]></a></p>"), type="xml", records="r.p")
        assert met.rows == [("é&",), ("<",)]


def test_attacks_are_refused_and_official_files_are_read(read, shared_data: Path):
    for name in ("dtd", "external", "quadratic", "xmlbomb"):
        with pytest.raises(SourceChanged, match="declares a document type"):
            read(shared_data / f"12-nasty/xml-attacks/{name}.xml", type="xml", records="r.p")
    budget = read(shared_data / "04-budget/totem_crach_budget.totem.xml", type="xml",
                  records="DocumentBudgetaire.Budget.LigneBudget", lists=("CaracSup", "MtSup"))  # fmt: skip
    text = (shared_data / "04-budget/totem_crach_budget.totem.xml").read_text("iso-8859-1")
    assert len(budget.rows) == text.count("<LigneBudget>")
    assert {"Nature.@V", "ArtSpe.@V", "CodRD.@V"} <= set(budget.columns)
