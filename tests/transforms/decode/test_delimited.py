from pathlib import Path

import pytest

from contracts.errors import SourceChanged
from transforms.decode import plaintext, records
from transforms.decode.source import MAX_COLUMNS, MAX_RECORD


def test_text_stays_as_it_is_written(read):
    met = read(b'a;b;c\n07001;NA;null\n;"";" x "\n1e400;"a;b";"say ""so"""\n')
    assert met.columns == ("a", "b", "c")
    assert met.rows == [("07001", "NA", "null"), (None, "", " x "), ("1e400", "a;b", 'say "so"')]


def test_lines_are_those_of_the_file_as_received(read):
    met = read(b'Titre\n\nid;nom\n1;"deux\nlignes"\n\n2;x\n3\n4;y\n', skip_top=2)
    assert met.rows == [("1", "deux\nlignes"), ("2", "x"), ("4", "y")]
    assert met.lines == [4, 7, 9]
    assert met.misfits == [(8, "1 cellules au lieu de 2", "3")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_kind_of_line_end_gives_the_same(read, end):
    met = read(end.join([b"a;b", b'1;"x', b'y"', b"2", b"", b"3;z"]), encoding="utf-8")
    assert [row[0] for row in met.rows] == ["1", "3"]
    assert (met.lines, met.misfits[0][0]) == ([2, 6], 4)


@pytest.mark.parametrize(
    "text",
    [
        b"a;b\n1;2\r\n3;4\n5;6\n",
        b"a;b\r\n1;2\n3;4\n5;6",
        b"a;b\n1;2\r\n3;4\r\n5;6",
        b"a;b\r\n1;2\r\n3;4\r\n5;6\n",
    ],
)
def test_mixed_line_ends_are_read(read, text):
    assert read(text).rows == [("1", "2"), ("3", "4"), ("5", "6")]


def test_line_ends_inside_cells_survive_the_mending_of_mixed_ones(read):
    met = read(b'a;b\n1;"x\r\ny"\r\n2;z\n')
    assert met.rows == [("1", "x\r\ny"), ("2", "z")]
    assert met.lines == [2, 4]


def test_a_lone_carriage_return_is_refused_with_its_line(read):
    with pytest.raises(SourceChanged, match="on line 3 a carriage return that ends no line"):
        read(b"a;b\n1;2\nx\ry;3\n")


def test_ragged_records_say_what_is_wrong(read):
    met = read(b'a;b\n1\n1;2;3\n"1"x;2\n4;5\n')
    assert met.rows == [("4", "5")]
    assert met.misfits == [
        (2, "1 cellules au lieu de 2", "1"),
        (3, "3 cellules au lieu de 2", "1;2;3"),
        (4, "guillemets mal placés", '"1"x;2'),
    ]


def test_a_reject_that_swallows_lines_says_how_many(read):
    met = read(b'a;b\n1;"open\n2;y\n3;"z\n4;5\n')
    assert met.misfits == [(2, "guillemets mal placés (lignes 2 à 4)", '1;"open\n2;y\n3;"z')]
    assert (met.rows, met.lines) == ([("4", "5")], [5])


def test_text_of_rejects_is_cut(read):
    ((_, _, text),) = read(b"a;b\n" + b"x" * 5000 + b"\n1;2\n").misfits
    assert text == "x" * 500


def test_a_quote_that_never_closes_is_refused(read):
    with pytest.raises(
        SourceChanged, match="on line 3 a quote that never closes and swallows all up to line 5"
    ):
        read(b'a;b\n1;2\n3;"x\n4;5\n6;7\n')


def test_two_quoted_texts_in_one_cell_are_refused(read):
    with pytest.raises(SourceChanged, match="on line 2 a quoted text and another one beside it"):
        read(b'a;b\n"x" "y";2\n')


def test_a_quote_inside_a_cell_is_a_character(read):
    assert read(b'a;b\n5";6"\n"x ""y""";\'\n').rows == [('5"', '6"'), ('x "y"', "'")]


def test_without_quotes_a_quote_is_a_character(read):
    assert read(b'a;b\n"1;2"\n', quote="").rows == [('"1', '2"')]


def test_another_quote_can_be_declared(read):
    assert read(b"a;b\n#1;2#;3\n", quote="#").rows == [("1;2", "3")]


def test_blank_lines_in_a_file_of_one_column_are_no_rows(read):
    met = read(b'a\n1\n\n""\n\n3\n')
    assert (met.rows, met.lines) == ([("1",), ("",), ("3",)], [2, 4, 6])


def test_only_a_header_is_no_rows(read):
    for text in (b"a;b", b"a;b\n", b"a;b\r\n\r\n"):
        met = read(text)
        assert (met.columns, met.rows) == (("a", "b"), [])


def test_columns_can_be_declared_where_there_is_no_header(read):
    met = read(b"\xef\xbb\xbf1;2\r\n3;4\r\n", header=None, columns=["x", "y"])
    assert (met.columns, met.rows, met.lines) == (("x", "y"), [("1", "2"), ("3", "4")], [1, 2])


def test_the_header_may_stand_lower_and_go_over_two_lines(read):
    met = read(b'une note "ouverte\nautre\n"a\nb";c\n1;2\n', header=3)
    assert (met.columns, met.rows, met.lines) == (("a\nb", "c"), [("1", "2")], [5])


def test_a_trailing_delimiter_adds_no_column(read):
    for header in (b"a;b", b"a;b;"):
        met = read(header + b"\n1;2;\n3;;\n", trailing_delimiter=True)
        assert (met.columns, met.rows) == (("a", "b"), [("1", "2"), ("3", None)])


def test_a_full_cell_beyond_the_trailing_delimiter_is_ragged(read):
    assert read(b"a;b\n1;2;\n3;4;5\n", trailing_delimiter=True).misfits[0][0] == 3


@pytest.mark.parametrize("bottom", [1, ("Note",)])
def test_lines_at_the_bottom_are_skipped(read, bottom):
    met = read(b"a;b\n1;2\n\nNote : usage; interdit;\n\n", skip_bottom=bottom)
    assert (met.rows, met.ragged) == ([("1", "2")], 0)


def test_another_line_at_the_bottom_is_refused(read):
    with pytest.raises(SourceChanged, match="one of the last lines to begin with 'Note'"):
        read(b"a;b\n1;2\n3;4\n", skip_bottom=("Note",))


def test_fewer_lines_than_skipped_are_refused(read):
    with pytest.raises(SourceChanged, match="fewer than 3 lines"):
        read(b"a;b\n1;2\n", skip_bottom=3)
    with pytest.raises(SourceChanged, match="ends on line 2"):
        read(b"a;b\n1;2\n", skip_top=5)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b"a;b;a", '"a" in column 3 and already in column 1'),
        (b"Nom;b;nom", r'"nom" in column 3 and already in column 1 \(as "Nom"\)'),
        (b"a;;c; ", "no name for columns 2, 4 of 4 on line 1"),
        (b'a;"b', "header that cannot be split"),
        (b"\na;b", "blank line 1"),
    ],
)
def test_headers_that_name_no_columns_are_refused(read, header, sentence):
    with pytest.raises(SourceChanged, match=sentence):
        read(header + b"\n1;2;3;4\n")


def test_the_wrong_delimiter_is_told(read):
    with pytest.raises(SourceChanged, match="one column under the delimiter “;”.*Is it TAB"):
        read(b"a\tb\tc\n1\t2\t3\n")
    with pytest.raises(SourceChanged, match="Is it “,”"):
        read(b"a,b\n")


def test_one_column_whose_name_holds_a_comma_is_one_column(read):
    assert read(b"nom, avec article\nIssy\n").columns == ("nom, avec article",)


def test_a_thousand_columns_are_read_and_ten_thousand_refused(read):
    wide = b";".join(b"c%d" % index for index in range(1000))
    assert len(read(wide + b"\n" + wide + b"\n").rows[0]) == 1000
    with pytest.raises(
        SourceChanged, match=f"has 10000 columns on line 1; promised was at most {MAX_COLUMNS}"
    ):
        read(b";".join(b"c%d" % index for index in range(10_000)) + b"\n")


def test_a_long_cell_is_read_and_a_monstrous_one_refused_with_its_line(read):
    long = b"x" * 5_000_000
    assert read(b"a;b\n1;2\n3;" + long + b"\n4;5\n").rows[1] == ("3", long.decode())
    with pytest.raises(SourceChanged, match="on line 3 a record of more than 16 MB"):
        read(b"a;b\n1;2\n3;" + b"x" * (MAX_RECORD + 5_000_000) + b"\n4;5\n")


def test_names_that_are_sql_or_patterns_do_no_harm(read, tmp_path: Path):
    folder = tmp_path / "annee=2024"
    folder.mkdir()
    (folder / "[table]*.csv").write_bytes(b"""a"b;it's;select\n1;2;3\n""")
    met = read(folder / "[table]*.csv")
    assert (met.columns, met.rows) == (('a"b', "it's", "select"), [("1", "2", "3")])


def test_records_over_many_chunks_keep_their_lines(read, monkeypatch):
    monkeypatch.setattr(records, "CHUNK", 11)
    monkeypatch.setattr(plaintext, "CHUNK", 7)
    text = "a;b\n" + "".join(f'{i};"é\n{i}"\n\n{i}\n' for i in range(40))
    met = read(text.encode())
    assert met.rows == [(str(i), f"é\n{i}") for i in range(40)]
    assert met.lines == [2 + 4 * i for i in range(40)]
    assert [misfit[0] for misfit in met.misfits] == [5 + 4 * i for i in range(40)]


def test_what_one_decode_left_does_not_disturb_the_next(read):
    read(b"a;b\n1\n2;3\n")
    met = read(b"a;b\n1;2\n")
    assert (met.rows, met.misfits) == ([("1", "2")], [])
