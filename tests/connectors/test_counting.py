"""Records of a received file, counted by its structure: as many as a reader finds, or what is wrong with it."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.counting import pieces
from connectors.counting.delimited import records_of_csv
from connectors.counting.documents import records_of_json, records_of_lines
from connectors.counting.pieces import Broken

REAL = Path(__file__).parents[3] / "shared" / "data"
KNOWN = {  # rows by the index of the real files
    "02-parking/bnls_france.csv": 799, "07-mobility/idfm_emplacement_gares_idf.csv": 1173,
    "02-parking/onstreet_friedrichshafen_easypark.csv": 1697, "02-parking/offstreet_bielefeld_wkt.csv": 853,
    "02-parking/ods_basel_parkhaeuser.json": 17, "02-parking/onstreet_esslingen_epsg25832.geojson": 250,
    "02-parking/pmr_freiburg_polygons.geojson": 312, "01-waste/nantes_conteneurs_pav.json": 2278,
}  # fmt: skip
TEXTS = st.text(alphabet=st.sampled_from('ab;"\\{}[]:,\n\r é'), max_size=8)
ROWS = st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=12)


@pytest.fixture(params=[1, 2, 3, 7, 4 << 20])
def pieced(request, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE", request.param)


def written(rows, end):
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator=end).writerows([["a", "b", "c"], *rows])
    return text.getvalue().encode()


@settings(max_examples=25, deadline=None)
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([3, 1000]), st.booleans())
def test_a_csv_has_as_many_records_as_were_written(tmp_path_factory, rows, end, size, bom):
    path = tmp_path_factory.getbasetemp() / "counted.csv"
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + written(rows, end))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "PIECE", size)
        assert records_of_csv(path, b";", b'"') == len(rows)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), st.recursive(
        TEXTS | st.none() | st.integers(), lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6)), max_size=8),
    st.sampled_from([3, 1000]), st.sampled_from([None, 1]),
)  # fmt: skip
def test_json_has_as_many_records_as_were_written(tmp_path_factory, records, size, indent):
    path = tmp_path_factory.getbasetemp() / "counted.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "PIECE", size)
        path.write_bytes(json.dumps(records, indent=indent).encode())
        assert records_of_json(path, None) == len(records)
        other = {"crs": {"p": {"features": [{}]}}, "x": [{"features": [{}]}], "features": records, "y": [{}]}
        path.write_bytes(json.dumps(other, indent=indent).encode())
        assert records_of_json(path, "features") == len(records)
        path.write_text("".join(json.dumps(one) + "\n" for one in records))
        assert records_of_lines(path) == len(records)


@pytest.mark.usefixtures("pieced")
@pytest.mark.parametrize(
    ("content", "met"),
    [
        ('a;b\n1;2\n3;"4', "ends within a quoted text, after 1 records"),
        ("a;b\n1;2\n3", "has 1 cells in record 2, 2 in its header"),
        ("a;b\n1;2\n3;4;5\n6;7\n", "has 3 cells in record 2, 2 in its header"),
        (
            'a;b\n1;2\n{"error_code": "Timeout", "message": "Query timed out"}',
            "record 2, 2 in its header and says « Query timed out »",
        ),
        ("\n\r\n", "has no header"),
    ],
)
def test_a_csv_that_is_not_whole_is_told(tmp_path, content, met):
    (tmp_path / "a.csv").write_text(content, newline="")
    with pytest.raises(Broken, match=met):
        records_of_csv(tmp_path / "a.csv", b";", b'"')


@pytest.mark.usefixtures("pieced")
@pytest.mark.parametrize(
    ("content", "met"),
    [
        ('[{"a": 1}, {"a": "', "ends within its document, after 1 records"),
        ('[{"a": 1}, {"a": 2},', "ends within its document, after 2 records"),
        ('[{"a": 1}, {"error": "Query timed out"}', "records and says « Query timed out »"),
        ('[{"a": 1}, {"error": "Query timed out"}]', "ends in an error and says « Query timed out »"),
        (
            '[{"a": 1}]{"error": "Query timed out"}',
            "goes on behind its document and says « Query timed out »",
        ),
        ('[{"a": 1}]\n\nInternal error', "goes on behind its document"),
        ('{"a": [{"b": 1}]}', "holds no list as its document"),
        ("12", "holds no list as its document"),
    ],
)
def test_json_that_is_not_whole_is_told(tmp_path, content, met):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(Broken, match=met):
        records_of_json(tmp_path / "a.json", None)


@pytest.mark.usefixtures("pieced")
@pytest.mark.parametrize(
    ("content", "met"),
    [
        ('{"a": 1}\n{"a": ', "ends within a record"),
        ('{"a": 1}\n{"error": "Query timed out"}\n', "ends in an error and says « Query timed out »"),
        ("a;b\n1;2\n", "holds no JSON object on its first line"),
    ],
)
def test_lines_that_are_not_whole_are_told(tmp_path, content, met):
    (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(Broken, match=met):
        records_of_lines(tmp_path / "a.jsonl")


def test_a_record_with_the_names_of_an_error_is_none_where_all_have_them(tmp_path):
    (tmp_path / "a.json").write_text('[{"code": 1, "title": "Mairie"}, {"code": 2, "title": "Gare"}]')
    assert records_of_json(tmp_path / "a.json", None) == 2


@pytest.mark.skipif(not REAL.exists(), reason="shared/data is not here")
@pytest.mark.parametrize("name", KNOWN)
def test_a_real_file_has_its_known_rows(name):
    path = REAL / name
    if name.endswith(".csv"):
        assert records_of_csv(path, b";", b'"') == KNOWN[name]
    else:
        assert records_of_json(path, "features" if name.endswith(".geojson") else None) == KNOWN[name]
