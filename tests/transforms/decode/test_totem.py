"""Budget acts (TOTEM) as SCDL lines, beside what a peer (megalis-bretagne/yatotem2scdl) makes of the same acts."""

import csv
import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contracts.attached import Attached
from contracts.errors import SourceChanged
from contracts.formats import TotemFormat
from transforms.decode.decoding import decode_batch
from transforms.decode.source import Source
from transforms.decode.totem import COLUMNS

SCDL = COLUMNS[:22]
CHARTED = ("BGT_CONTNAT", "BGT_CONTNAT_LABEL", "BGT_NATURE_LABEL", "BGT_SECTION")
CRACH = ["crach_budget", "crach_dm2_2021", "annexe_ca2021"]
ACTS = [*CRACH, "bp2022_transport"]
ACT = """<?xml version="1.0" encoding="ISO-8859-1"?>
<DocumentBudgetaire xmlns="http://www.minefi.gouv.fr/cp/demat/docbudgetaire">
<EnTeteDocBudgetaire><LibelleColl V="ÉTABLES"/></EnTeteDocBudgetaire>
<Budget><EnTeteBudget><IdEtab V="21560046100010"/><Nomenclature V="M57-M57_A"/></EnTeteBudget>
<BlocBudget><NatDec V="01"/><Exer V="2022"/></BlocBudget>
<LigneBudget><Nature V="60611"/><CodRD V="D"/><MtPrev V="1.10"/><OpBudg V="0"/></LigneBudget></Budget>
</DocumentBudgetaire>"""


def table(met):
    return [dict(zip(met.columns, row, strict=True)) for row in met.rows]


def expected(shared_data, act):
    path = shared_data / f"04-budget/totem_{act}.expected_scdl.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        assert tuple(reader.fieldnames) == SCDL
        return [{name: value or None for name, value in row.items()} for row in reader]


def departures(met, theirs):
    """How many cells differ, by column and by what the peer has there: nothing, or something else."""
    assert len(met) == len(theirs)
    return Counter(
        (name, "blank there" if their[name] is None else "blank here" if our[name] is None else "other")
        for our, their in zip(met, theirs, strict=True)
        for name in SCDL
        if our[name] != their[name]
    )


def chart(tmp_path: Path, content: str, nomenclature="M57-M57_A", year="2022"):
    norm, variant = nomenclature.split("-")
    path = tmp_path / f"{variant}_{year}.xml"
    head = f'<Nomenclature Norme="{norm}" Declinaison="{variant}" Exer="{year}">'
    path.write_text(f"{head}<Nature>{content}</Nature></Nomenclature>", encoding="utf-8")
    return Attached(file=path.name, path=path)


def chart_like(shared_data, tmp_path, year):
    """The chart of communes above 3,500 under the name of that from 500 to 3,500, which is not among the files.

    Never so in a contract. Here it shows the peer's labels to be those of the DGCL: they are equal, line by line.
    """
    text = (shared_data / "04-budget/plan_de_comptes/2022_M14_COM_SUP3500.xml").read_text("utf-8")
    inside = text[text.index("<Nature>") + 8 : text.index("</Nature>")]
    return chart(tmp_path, inside, "M14-M14_COM_500_3500", year)


@pytest.mark.parametrize(
    ("act", "lines", "told"),
    [("crach_budget", 201, {"BGT_CONTNAT_LABEL": 148, "BGT_NATURE_LABEL": 201}),
     ("crach_dm2_2021", 185, {"BGT_CONTNAT_LABEL": 137, "BGT_NATURE_LABEL": 185}),
     ("annexe_ca2021", 20, {"BGT_CONTNAT_LABEL": 14, "BGT_NATURE_LABEL": 20}),
     ("bp2022_transport", 123,
      {"BGT_CONTNAT_LABEL": 96, "BGT_NATURE_LABEL": 122, "BGT_SECTION": 96})],
)  # fmt: skip
def test_without_a_chart_acts_are_the_peers_lines_in_codes(read, shared_data, act, lines, told):
    theirs = expected(shared_data, act)
    met = read(shared_data / f"04-budget/totem_{act}.totem.xml", type="totem")
    assert (len(met.rows), met.columns[:22], met.lines) == (lines, SCDL, list(range(1, lines + 1)))
    unsaid = sum(their["BGT_SECTION"] is None for their in theirs)
    assert departures(table(met), theirs) == Counter(
        {
            ("BGT_NATDEC", "other"): lines,  # "Budget primitif" there, no word of the schema's list
            **{(name, "blank here"): count for name, count in told.items()},  # codes only: no chart, no label
            **({("BGT_SECTION", "blank there"): unsaid} if act in CRACH else {}),  # CaracSup says it
        }
    )


@pytest.mark.parametrize(
    ("act", "year", "filled"),
    [("crach_budget", "2022", 53), ("crach_dm2_2021", "2021", 48), ("annexe_ca2021", "2021", 6)],
)
def test_with_its_chart_an_act_is_the_peers_lines_and_their_blanks_are_filled(
    read, shared_data, tmp_path, act, year, filled
):
    charts = [chart_like(shared_data, tmp_path, year)]
    met = table(read(shared_data / f"04-budget/totem_{act}.totem.xml", type="totem", charts=charts))
    assert departures(met, expected(shared_data, act)) == {
        ("BGT_NATDEC", "other"): len(met),  # the schema's word
        ("BGT_SECTION", "blank there"): filled,  # CaracSup says it
        ("BGT_CONTNAT", "blank there"): filled,  # the chart says which chapter an account belongs to
        ("BGT_CONTNAT_LABEL", "blank there"): filled,
    }
    schema = json.loads((shared_data / "11-schemas/scdl__budget__0.8.3__schema.json").read_text("utf-8"))
    for field in schema["fields"]:
        rules, cells = field["constraints"], [row[field["name"]] for row in met]
        assert not (rules["required"] and None in cells), field["name"]
        assert {cell for cell in cells if cell} <= set(rules.get("enum", cells))
        assert all(re.fullmatch(rules.get("pattern", ".*"), cell) for cell in cells if cell)


def test_the_transport_act_takes_all_from_a_chart_of_its_nomenclature(read, shared_data, tmp_path):
    """M43_D is not among the files either: the chart here holds the peer's labels, in the DGCL's form."""
    theirs = expected(shared_data, "bp2022_transport")
    chapters = {row["BGT_CONTNAT"]: row for row in theirs if row["BGT_CONTNAT_LABEL"]}
    root = ElementTree.Element("x")
    for code, row in chapters.items():
        section = row["BGT_SECTION"][0].upper()
        ElementTree.SubElement(root, "Chapitre", Code=code, Libelle=row["BGT_CONTNAT_LABEL"], Section=section)
    for row in theirs:
        if row["BGT_NATURE_LABEL"]:
            ElementTree.SubElement(root, "Compte", Code=row["BGT_NATURE"], Libelle=row["BGT_NATURE_LABEL"])
    content = "".join(ElementTree.tostring(child, "unicode") for child in root)
    charts = [chart(tmp_path, content, "M4-M43_D")]
    met = read(shared_data / "04-budget/totem_bp2022_transport.totem.xml", type="totem", charts=charts)
    assert departures(table(met), theirs) == {("BGT_NATDEC", "other"): 123}


@pytest.mark.parametrize("act", CRACH)
def test_the_charts_chapter_is_the_acts_wherever_both_say_one(read, shared_data, tmp_path, act):
    year = "2022" if act == "crach_budget" else "2021"
    path = shared_data / f"04-budget/totem_{act}.totem.xml"
    said = [row["BGT_CONTNAT"] for row in table(read(path, type="totem"))]
    silent = re.sub(rb"<ContNat [^>]*>", b"", path.read_bytes())
    met = read(silent, type="totem", charts=[chart_like(shared_data, tmp_path, year)])
    found = [row["BGT_CONTNAT"] for row in table(met)]
    assert [(a, b) for a, b in zip(said, found, strict=True) if a and b and a != b] == []
    assert sum(b is not None for b in found) >= len(found) - 2  # 6411 and 6413 take no line of their own


@pytest.mark.parametrize(
    ("act", "column", "expenses", "receipts"),
    [("crach_budget", "BGT_MTPREV", "6815723.91", "7077387.89"),
     ("crach_budget", "BGT_CREDOUV", "7201227.49", "7201227.49"),
     ("bp2022_transport", "BGT_MTPREV", "14604270.00", "14604270.00"),
     ("bp2022_transport", "BGT_CREDOUV", "0", "0")],
)  # fmt: skip
def test_the_acts_add_up(read, shared_data, act, column, expenses, receipts):
    rows = table(read(shared_data / f"04-budget/totem_{act}.totem.xml", type="totem"))
    sums = {
        way: sum(Decimal(row[column] or 0) for row in rows if row["BGT_CODRD"] == way)
        for way in ("dépense", "recette")
    }
    assert sums == {"dépense": Decimal(expenses), "recette": Decimal(receipts)}


@pytest.mark.parametrize("act", ACTS)
def test_nothing_of_the_annexes_becomes_a_cell(read, shared_data, act):
    path = shared_data / f"04-budget/totem_{act}.totem.xml"
    met = read(path, type="totem")
    people = {
        element.get("V")
        for element in ElementTree.parse(path).iter()
        if re.search(r"Nom(Sign|Elu|Benef)|Agent$|Signat", element.tag) and " " in element.get("V", "")
    }
    assert people
    assert not people & {cell for row in met.rows for cell in row}
    assert not [name for name in met.columns if re.search("Nom[A-Z]|Agent|Signat", name)]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("annee", r"'2022 en erreur' as Exer in its head; promised was a year"),
     ("nomenclature", r"the unknown Nomenclature 'M14-M14_COM_500_3500_en_erreur'")],
)  # fmt: skip
def test_the_malformed_acts_are_refused_for_what_is_wrong_in_them(read, shared_data, name, sentence):
    path = shared_data / f"04-budget/invalid/totem_mauvaise_{name}.xml"
    with pytest.raises(SourceChanged, match=sentence):
        read(path, type="totem")
    mended = path.read_bytes().replace(b"2022 en erreur", b"2022").replace(b"_en_erreur", b"")
    with pytest.raises(SourceChanged, match="declares the encoding ISO-8859-1 and is written in UTF-8"):
        read(mended, type="totem")
    honest = mended.replace(b"ISO-8859-1", b"UTF-8")
    assert {row["BGT_ANNEE"] for row in table(read(honest, type="totem"))} == {"2022"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [('V="D"', 'V="E"', "'E' as CodRD in line 1; promised was one of D, R"),
     ('<OpBudg V="0"/>', "", "'' as OpBudg in line 1"),
     ('NatDec V="01"', 'NatDec V="07"', "'07' as NatDec in its head"),
     ("21560046100010", "2156004610001", "'2156004610001' as IdEtab in its head; promised was a SIRET"),
     ('<CodRD V="D"/>', '<CodRD V="D"/><CodRD V="D"/>', "names 'CodRD' twice in line 1"),
     ('<CodRD V="D"/>', '<CodRD V="D"/><x><y/></x>', "in line 1 a 'x' that is no single value"),
     ("LigneBudget", "LigneComptable", "holds no line of a budget"),
     ('<?xml version="1.0" encoding="ISO-8859-1"?>', "<!DOCTYPE a>", "document type"),
     ("</Budget>", "", "not XML|cut short")],
)  # fmt: skip
def test_what_is_no_act_is_refused_with_its_place(read, old, new, sentence):
    assert old in ACT
    with pytest.raises(SourceChanged, match=sentence):
        read(ACT.replace(old, new).encode("iso-8859-1"), type="totem")


def test_a_document_of_two_budgets_keeps_them_apart(read):
    second = re.search("<Budget>.*</Budget>", ACT, re.DOTALL)[0]
    second = second.replace("100010", "100085").replace('NatDec V="01"', 'NatDec V="9"')
    act = ACT.replace("</Budget>\n", "</Budget>\n" + second)
    rows = table(read(act.encode("iso-8859-1"), type="totem"))
    assert [(row["ligne"], row["BGT_SIRET"], row["BGT_NATDEC"], row["BGT_NOM"]) for row in rows] == [
        ("1", "21560046100010", "budget primitif", "ÉTABLES"),
        ("2", "21560046100085", "compte administratif", "ÉTABLES"),
    ]


def test_the_decisions_of_a_year_are_told_apart(read, shared_data):
    def acts(name):
        rows = table(read(shared_data / f"04-budget/totem_{name}.totem.xml", type="totem"))
        return {(row["acte"], row["DteDec"]) for row in rows}

    assert acts("crach_dm2_2021") == {("02-2", "2021-11-22")}
    assert acts("crach_budget") == {("01", "2022-04-04")}
    assert acts("annexe_ca2021") == {("09", None)}


def test_a_budget_without_a_head_of_its_own_borrows_none(read):
    second = re.search("<Budget>.*</Budget>", ACT, re.DOTALL)[0]
    second = re.sub("<BlocBudget>.*</BlocBudget>", "", second)
    with pytest.raises(SourceChanged, match="has '' as Exer in its head"):
        read(ACT.replace("</Budget>\n", "</Budget>\n" + second).encode("iso-8859-1"), type="totem")


def test_a_compte_financier_unique_has_its_lines_and_none_of_the_totals_among_them(read):
    act = ACT.partition("?>")[2].replace('NatDec V="01"', 'NatDec V="10"')
    line = re.search("<LigneBudget>.*</LigneBudget>", act)[0]
    total = line.replace("<LigneBudget>", '<LigneBudget calculated="true">').replace(
        'OpBudg V="0"', 'OpBudg V="T"'
    )
    group = '<LigneBudget calculated="true"><Groupe V="GRECTOTCA"/><MtPrev V="9.99"/></LigneBudget>'
    accounts = (
        '<DocumentComptable xmlns="urn:c"><Infos><Gestion NomComptable="X"/></Infos></DocumentComptable>'
    )
    document = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><c:CompteFinancierUnique xmlns:c="urn:cfu">'
        f"{accounts}{act.replace(line, total + line + group + line)}</c:CompteFinancierUnique>"
    )
    rows = table(read(document.encode("iso-8859-1"), type="totem"))
    assert [(row["ligne"], row["BGT_MTPREV"], row["BGT_NATDEC"]) for row in rows] == [
        ("1", "1.10", "compte financier unique"), ("2", "1.10", "compte financier unique"),
    ]  # fmt: skip


CHART = """<Chapitres><Chapitre Code="011" Libelle="Charges" Section="F"/>
<Chapitre Code="4581" Libelle="Sous mandat" Section="I"/></Chapitres>
<Comptes><Compte Code="60611" Libelle="Eau" DR="011"/><Compte Code="4581" Libelle="Dépenses"/></Comptes>"""


def test_labels_come_from_the_acts_own_chart_alone(read, tmp_path):
    act = ACT.encode("iso-8859-1")
    (row,) = table(read(act, type="totem", charts=[chart(tmp_path, CHART)]))
    assert [row[name] for name in CHARTED] == ["011", "Charges", "Eau", "fonctionnement"]
    (row,) = table(read(act.replace(b"60611", b"60612"), type="totem", charts=[chart(tmp_path, CHART)]))
    assert [row[name] for name in CHARTED] == [None, None, None, None]  # not in the chart: its code only
    with pytest.raises(
        SourceChanged, match="kept by M57-M57_A 2022; promised was one of the charts M57-M57_A 2023"
    ):
        read(act, type="totem", charts=[chart(tmp_path, CHART, year="2023")])


def test_a_chart_makes_its_nomenclature_known(read, tmp_path):
    act = ACT.replace("M57-M57_A", "M57-M57_Z").encode("iso-8859-1")
    assert (
        table(read(act, type="totem", charts=[chart(tmp_path, CHART, "M57-M57_Z")]))[0]["BGT_CONTNAT"]
        == "011"
    )


def test_an_operation_for_third_parties_has_the_chapter_of_its_kind(read, tmp_path):
    act = ACT.replace(
        '<Nature V="60611"/>', '<Nature V="4581"/><ContNat V="4581001"/><OpeCpteTiers V="001"/>'
    )
    (row,) = table(read(act.encode("iso-8859-1"), type="totem", charts=[chart(tmp_path, CHART)]))
    assert [row[name] for name in CHARTED] == ["4581001", "Sous mandat", "Dépenses", "investissement"]


@pytest.mark.parametrize("content", ["<a/>", "<Nomenclature Norme='M57'><Nature/></Nomenclature>", "no<"])
def test_what_is_no_chart_is_refused(read, tmp_path, content):
    path = tmp_path / "chart.xml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceChanged, match="is no chart of accounts|is not XML"):
        read(ACT.encode("iso-8859-1"), type="totem", charts=[Attached(file="chart.xml", path=path)])


def test_two_charts_of_one_year_are_refused(read, tmp_path):
    twice = [chart(tmp_path, CHART)] * 2
    with pytest.raises(SourceChanged, match="second chart of M57-M57_A for 2022"):
        read(ACT.encode("iso-8859-1"), type="totem", charts=twice)


def test_the_charts_of_many_acts_are_read_once(connection, tmp_path):
    once = chart(tmp_path, CHART)

    def acts():
        for name in ("a.xml", "b.xml"):
            (tmp_path / name).write_text(ACT, encoding="iso-8859-1")
            yield Source(tmp_path / name, name, "ville.test", tmp_path / "scratch")
            once.path.unlink(missing_ok=True)

    form = TotemFormat(type="totem", charts=(once,))
    decoded = decode_batch(connection, acts(), form, table="t", place="ville.test")
    decoded.read("CREATE OR REPLACE TABLE laid AS FROM t")
    assert connection.execute("SELECT BGT_NATURE_LABEL FROM laid").fetchall() == [("Eau",)] * 2
