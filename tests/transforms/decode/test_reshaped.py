import pytest

from contracts.errors import SourceChanged

CSV = 'Résultats\nZone;N°Liste;Voix;;\n"A\nB";1;10;2;20\n\nC;2;30\nSource : ministère\n'


def test_csv_goes_through_a_reshape_with_its_lines(read):
    met = read(CSV.encode(), reshape="elections.candidate_blocks", skip_top=1, skip_bottom=("Source",))
    assert met.columns == ("Zone", "N°Liste", "Voix")
    assert met.rows == [("A\nB", "1", "10"), ("A\nB", "2", "20"), ("C", "2", "30")]
    assert met.lines == [3, 3, 6]


def test_rows_of_another_shape_are_refused(read):
    with pytest.raises(
        SourceChanged, match=r"none of N°Liste.*what `reshape: elections.candidate_blocks` knows"
    ):
        read(b"a;b\n1;2\n", reshape="elections.candidate_blocks")


def test_a_broken_record_is_refused_with_its_line(read):
    with pytest.raises(SourceChanged, match="on line 3 a record that cannot be split"):
        read(b'Zone;N\xc2\xb0Liste;Voix\nA;1;2\nB;"1"x;2\n', reshape="elections.candidate_blocks")


def test_formats_without_rows_and_unknown_reshapes_are_refused(read):
    with pytest.raises(SourceChanged, match="no rows to reshape"):
        read(b"[]", type="json", reshape="elections.candidate_blocks")
    for form in ({"type": "gbfs", "feed": "regions"}, {"type": "datex2"}):
        with pytest.raises(SourceChanged, match=f"is {form['type']} and has no rows to reshape"):
            read(b"{}", reshape="elections.candidate_blocks", **form)
    with pytest.raises(SourceChanged, match="no module 'elektions'"):
        read(b"a;b\n1;2\n", reshape="elektions.candidate_blocks")
