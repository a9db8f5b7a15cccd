"""A large sheet is streamed: its cells are those that calamine gives, whatever the workbook does."""

import io
import zipfile

import pytest
import xlsxwriter

from contracts.errors import SourceChanged
from transforms.decode import sheets, workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
FORMATS = (
    "General", "0.00", "@", "dd/mm/yyyy", "[h]:mm:ss", "hh:mm", "[Red]0.0", '"jour" 0', "[$-40C]d mmmm yyyy", "mm:ss",
    '0"d"', "\\d0", "[mm]:ss", "_d0", "s", "AM/PM", "0.0E+00", "[>9]0;d", "#,##0 [$€-40C]", "[ss]", "[Blue]h", "0;0;d",
    "A/P", "b", '[hh]"d"', "yyyy-mm-dd hh:mm:ss.000", "*d0", "[d]", "[hm]", '"a', "a0", "?/?",
)  # fmt: skip
NUMBERS = (0, 0.5, 1, 1.25, 59, 60, 60.5, 61, 36526, 43966.604166667, 45000.123456789, -1, -1.5, 0.999999999, 2958465,
           2958465.9999999, 2958466, 1e8, -1e8, 0.1 + 0.2, 123456789, 1e-9, 0.25, 36526.99999999)  # fmt: skip


@pytest.fixture
def both(read, monkeypatch):
    """What a workbook reads as, held whole and streamed."""

    def reading(content, **form):
        with monkeypatch.context() as patch:
            held = read(content, type="xlsx", **form)
            patch.setattr(sheets, "HELD_WHOLE", 0)
            patch.delattr(sheets, "CalamineWorkbook")  # what is streamed never meets it
            streamed = read(content, type="xlsx", **form)
        return [(met.columns, met.rows, met.lines, met.misfits) for met in (held, streamed)]

    return reading


def written(fill, **options):
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, options) as book:
        fill(book, book.add_worksheet("Données"))
    return packed.getvalue()


def part_replaced(content, name, text):
    """The workbook with one part written anew."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for part in {*old.namelist(), name}:
            new.writestr(part, text if part == name else old.read(part))
    return packed.getvalue()


def with_sheet(rows, content=None):
    text = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    plain = written(lambda book, sheet: sheet.write_row(0, 0, ["un", "deux", "a_x0041_b"]))
    return part_replaced(content or plain, "xl/worksheets/sheet1.xml", text)


@pytest.mark.parametrize("starts_1904", [False, True])
def test_numbers_are_shown_by_their_formats_alike(both, starts_1904):
    def fill(book, sheet):
        sheet.write_row(0, 0, [f"c{index}" for index in range(len(NUMBERS))])
        for row, form in enumerate(FORMATS, 1):
            for column, number in enumerate(NUMBERS):
                sheet.write_number(row, column, number, book.add_format({"num_format": form}))

    held, streamed = both(written(fill, date_1904=starts_1904))
    for form, met, expected in zip(FORMATS, streamed[1], held[1], strict=True):
        assert (form, met) == (form, expected)
    assert streamed == held


def test_built_in_formats_are_known_alike(both):
    def fill(book, sheet):
        sheet.write_row(0, 0, ["a", "b"])
        for number in range(60):
            sheet.write_row(number + 1, 0, [45000.25, 0.25], book.add_format({"num_format": number}))

    held, streamed = both(written(fill))
    assert list(enumerate(streamed[1])) == list(enumerate(held[1]))


CELLS = (
    '<c r="A2" t="s"><v>0</v></c>', '<c r="A2" t="str"><f>1</f><v> x </v></c>', '<c r="A2" t="b"><v>0</v></c>',
    '<c r="A2" t="b"><v>1</v></c>', '<c r="A2" t="e"><v>#N/A</v></c>', '<c r="A2"><f>1+1</f><v>2</v></c>',
    '<c r="A2" t="n"><v>2.50</v></c>', '<c r="A2" t="inlineStr"><is><t>é &amp; à</t></is></c>', '<c r="A2"><v></v></c>',
    '<c r="A2" t="inlineStr"><is><r><t>ri</t></r><r><rPr><b/></rPr><t>ch</t></r></is></c>', '<c r="A2"/>',
    '<c r="A2" t="str"><v></v></c>', '<c><v>3</v></c><c><v>4</v></c>', '<c r="B2"><v>5</v></c><c r="D2"><v>6</v></c>',
    '<c r="A2"><v>1e3</v></c>', '<c r="A2" t="d"><v>2024-02-29</v></c>', '<c r="A2" t="d"><v>2024-02-29T08:30:00</v></c>',
    '<c r="A2" t="str"><v>a\nb</v></c>', '<c r="A2" s="99"><v>1</v></c>',
    '<c r="A2" t="str"><v>a_x000D_b</v></c>', '<c r="A2"><v>abc</v></c>', '<c r="AA2"><v>7</v></c>',
    '<c r="A2" t="inlineStr"><is><t xml:space="preserve"> p </t></is></c>', '<c r="A2" t="str"><v>\ud83d\ude00</v></c>'.encode("utf-16", "surrogatepass").decode("utf-16"),
    '<c r="A2" t="inlineStr"><is><t>a</t><rPh><t>b</t></rPh></is></c>', '<c r="A2"><!-- x --><v>8</v></c>',
    '<c r="A2"><v>-0.0</v></c>', '<c r="A2"><v>12345678901234567</v></c>', '<c r="A2" t="str"><v>&#10;</v></c>',
    '<c r="A2" t="inlineStr"><is><t>a_x0041_b_x5_</t></is></c>', '<c r="A2" t="d"><v>2024-02-29T00:00:00</v></c>',
    '<c r="A2" t="str"><v>_x005F_x0041_</v></c>', '<c r="A2"><v>1_000</v></c>', '<c r="A2" t="s"><v>2</v></c>',
    '<c r="A2" t="d"><v>2024-02-29T08:30:00.5</v></c>', '<c r="A2"><v> 1 </v></c>', '<c r="A2"><v>nan</v></c>',
    '<c r="A2" t="n"><v>inf</v></c>', '<c r="A2" t="b"><v>true</v></c>', '<c r="A2" t="str"><v>_x000d_</v></c>',
)  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_cells_of_every_type_are_read_alike(both, cell):
    header = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>un</t></is></c><c r="B1" t="str"><v>deux</v></c></row>'
    )
    held, streamed = both(
        with_sheet(f'{header}<row r="2">{cell}</row><row r="5"><c r="B5"><v>9</v></c></row>')
    )
    assert streamed == held


HEADER = '<row r="1"><c r="A1" t="str"><v>un</v></c><c r="B1" t="str"><v>deux</v></c></row>'


@pytest.fixture
def streamed(read, monkeypatch):
    monkeypatch.setattr(sheets, "HELD_WHOLE", 0)
    return lambda content, **form: read(content, type="xlsx", **form)


def test_titles_notes_and_wide_rows_are_read_alike(both):
    def fill(book, sheet):
        sheet.merge_range(0, 0, 0, 2, "Titre")
        other = book.add_worksheet("été & co")
        for number, row in enumerate(
            [["a", "b"], [1, 2], [], [None, " "], [3, 4, None, "x"], [5], ["Source"]], 3
        ):
            for place, value in enumerate(row):
                if value is not None:
                    other.write(number, place, value)

    book = written(fill)
    for sheet in ("été & co", 2):
        held, met = both(book, sheet=sheet, header=4, skip_bottom=1)
        assert met == held
        assert held[2:] == ([5, 9], [(8, "4 cellules au lieu de 2", "3;4;;x")])


@pytest.mark.parametrize("form", [{"sheet": "hiver"}, {"sheet": 3}, {"header": 2}, {"header": 9}])
def test_what_is_not_there_is_refused_alike(read, monkeypatch, form):
    content = with_sheet(f'{HEADER}<row r="3"><c r="A3"><v>1</v></c></row>')
    said = []
    for most in (sheets.HELD_WHOLE, 0):
        monkeypatch.setattr(sheets, "HELD_WHOLE", most)
        with pytest.raises(SourceChanged) as refusal:
            read(content, type="xlsx", **form)
        said.append(str(refusal.value))
    assert said[0] == said[1]


def test_a_duration_beyond_measure_is_refused_both_ways(read, streamed, monkeypatch):
    def fill(book, sheet):
        sheet.write(0, 0, "a")
        sheet.write_number(1, 0, 1e12, book.add_format({"num_format": "[h]:mm"}))

    with pytest.raises(SourceChanged, match="in cell A2 what is no value"):
        streamed(written(fill))
    monkeypatch.undo()
    with pytest.raises(SourceChanged, match="a duration beyond"):
        read(written(fill), type="xlsx")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ('<row r="3"/><row r="2"/>', "writes row 2 of its sheet after row 3"),
        ('<row r="2"/><row r="2"/>', "writes row 2 of its sheet after row 2"),
        ('<row r="2"><c r="A2" t="s"><v>9</v></c></row>', "in cell A2 what is no value of its type 's'"),
        ('<row r="2"><c r="A2" t="s"><v>-1</v></c></row>', "in cell A2 what is no value of its type 's'"),
        (
            '<row r="2"><c r="B2" t="n"><v>secret</v></c></row>',
            r"in cell B2 what is no value of its type 'n'\. Open",
        ),
        ('<row r="2"><c r="A2"><v>1</v></row>', "is not XML on line 1"),
    ],
)
def test_a_broken_sheet_is_refused_without_its_values(streamed, rows, sentence):
    with pytest.raises(SourceChanged, match=sentence):
        streamed(with_sheet(HEADER + rows))


def test_a_sheet_that_declares_a_document_type_is_refused(streamed):
    bomb = (
        f'<!DOCTYPE x [<!ENTITY a "b">]><worksheet xmlns="{MAIN}"><sheetData>{HEADER}</sheetData></worksheet>'
    )
    with pytest.raises(SourceChanged, match="declares a document type"):
        streamed(part_replaced(with_sheet(HEADER), "xl/worksheets/sheet1.xml", bomb))


def test_a_damaged_sheet_is_refused(streamed):
    content = bytearray(with_sheet(HEADER + '<row r="2"><c r="A2" t="str"><v>valeur</v></c></row>'))
    content[content.index(b"valeur")] ^= 1  # stored, so that only the checksum tells
    with pytest.raises(SourceChanged, match="cannot be unpacked"):
        streamed(bytes(content))


def test_texts_beyond_what_memory_holds_are_refused(streamed, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_TEXTS", 100)
    with pytest.raises(SourceChanged, match="MB of texts"):
        streamed(written(lambda book, sheet: sheet.write_column(0, 0, [f"texte {n}" for n in range(50)])))


def test_a_character_section_is_text(streamed):
    """calamine leaves it out."""
    rows = HEADER + '<row r="2"><c r="A2" t="str"><v><![CDATA[<x>]]></v></c></row>'
    assert streamed(with_sheet(rows)).rows == [("<x>", None)]
