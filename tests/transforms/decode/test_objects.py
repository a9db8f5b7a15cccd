import json

import pytest

from contracts.errors import SourceChanged
from transforms.decode import jsonstream


def table(met):
    return [dict(zip(met.columns, row, strict=True)) for row in met.rows]


def test_values_become_text_as_they_are_written(read):
    met = read(b'[{"a": 1.10, "b": 1e400, "c": true, "d": null, "e": "x", "f": [1.0, {"g": "\xc3\xa9"}], "h": -0}]',
               type="json")  # fmt: skip
    assert table(met) == [
        {"a": "1.10", "b": "1e400", "c": "true", "d": None, "e": "x", "f": '[1.0,{"g":"é"}]', "h": "-0"}
    ]


def test_a_number_of_5000_digits_survives(read):
    assert read(b'[{"a": ' + b"9" * 5000 + b"}]", type="json").rows == [("9" * 5000,)]


def test_nested_objects_become_columns_named_by_path(read):
    met = read(b'[{"id": 1, "adresse": {"voie": {"nom": "x"}, "cp": "92130"}, "vide": {}}]', type="json")
    assert table(met) == [{"id": "1", "adresse.voie.nom": "x", "adresse.cp": "92130"}]


def test_columns_are_all_that_appear_in_order_of_first_appearance(read):
    met = read(b'[{"a": 1}, {"b": 2}, {"c": 3, "a": 4}]', type="json")
    assert met.columns == ("a", "b", "c")
    assert met.rows == [("1", None, None), (None, "2", None), ("4", None, "3")]
    assert met.lines == [1, 2, 3]


def test_columns_may_join_after_rows_were_stored(read, monkeypatch):
    from transforms.decode import columns

    monkeypatch.setattr(columns, "_BATCH_ROWS", 2)
    met = read(json.dumps([{"a": 1}] * 5 + [{"b": 2}] * 5 + [{"a": 3, "c": 4}]).encode(), type="json")
    assert met.rows == [("1", None, None)] * 5 + [(None, "2", None)] * 5 + [("3", None, "4")]


def test_records_are_found_at_their_path(read):
    text = b'{"total": 2, "x": {"items": 0}, "data": {"n": [1], "items": [{"a": 1}, {"a": 2}], "z": {}}, "end": []}'
    assert read(text, type="json", records="data.items").rows == [("1",), ("2",)]


LOTS = [
    {"id": "A", "ville": {"nom": "Issy", "places": [{"n": 1, "capteur": {"id": "x"}}, {"n": 2}]}},
    {"id": "B", "ville": {"nom": "Meudon", "places": []}}, {"id": "C"},
    {"id": "D", "ville": {"nom": "Sèvres", "places": [7, None]}},
]  # fmt: skip


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_each_item_of_a_list_in_a_record_is_a_row_beside_its_record(read, kind):
    text = json.dumps(LOTS) if kind == "json" else "\n\n".join(map(json.dumps, LOTS))
    met = read(text.encode(), type=kind, each="ville.places")
    place = "ville.places"
    assert table(met) == [
        {"id": "A", "ville.nom": "Issy", f"{place}.n": "1", f"{place}.capteur.id": "x", f"{place}.#": "1", place: None},
        {"id": "A", "ville.nom": "Issy", f"{place}.n": "2", f"{place}.capteur.id": None, f"{place}.#": "2", place: None},
        {"id": "D", "ville.nom": "Sèvres", f"{place}.n": None, f"{place}.capteur.id": None, f"{place}.#": "1", place: "7"},
        {"id": "D", "ville.nom": "Sèvres", f"{place}.n": None, f"{place}.capteur.id": None, f"{place}.#": "2", place: None},
    ]  # fmt: skip
    assert met.lines == ([1, 1, 4, 4] if kind == "json" else [1, 1, 7, 7])


@pytest.mark.parametrize("record", [{"spots": {"a": 1}}, {"spots": "x"}])
def test_what_is_no_list_has_no_rows_below(read, record):
    with pytest.raises(SourceChanged, match="no list at 'spots' in record 1"):
        read(json.dumps([record]).encode(), type="json", each="spots")
    with pytest.raises(SourceChanged, match="no list at 'spots.a.b' in record 1"):
        read(json.dumps([{"spots": [1]}]).encode(), type="json", each="spots.a.b")


def test_the_spaces_of_a_real_car_park(read, shared_data):
    path = shared_data / "06-iot-energy/sensade/parking-lot-0ff8c7e9-5867-46fa-8799-19f1044fe858.json"
    (lot,) = json.loads(path.read_bytes())
    met = table(read(path, type="json", each="parkingSpaces"))
    assert [row["parkingSpaces.id"] for row in met] == [space["id"] for space in lot["parkingSpaces"]]
    assert {row["name"] for row in met} == {lot["name"]}


def test_windows_may_cut_anywhere(read, monkeypatch):
    text = '{"n": [12, 345], "data": [{"a": 123456, "b": "é\\"]}"}, {"a": 7}] , "m": "x" }'
    for window in range(1, 40):
        monkeypatch.setattr(jsonstream, "_WINDOW", window)
        assert read(text.encode(), type="json", records="data").rows == [("123456", 'é"]}'), ("7", None)]


@pytest.mark.parametrize(
    ("text", "records", "sentence"),
    [
        ('{"error": "quota exceeded"}', "", 'an object with error and says "quota exceeded"'),
        ('{"error": "quota exceeded"}', "data", 'an object with error and says "quota exceeded"'),
        ('{"data": {"x": [1]}}', "data", "a list of records at `data`"),
        ('{"data": null}', "data", "a list of records at `data`"),
        ("[1]", "data", "a list of records at `data`"),
        ("3", "", "a list of records as the document"),
        ('{"a": 1}\n{"a": 2}', "", "a list of records as the document"),
        ('[{"a": 1}, 2]', "", "a number as record 2"),
        ('[{"a": 1}, [2]]', "", "a list as record 2"),
        ('[{"a": 1}, null]', "", "null as record 2"),
        ("[]", "", "holds no records"),
        ('[{"a": 1}, {"a": 2', "", "ends within record 2: it is cut short"),
        ('[{"a": 1}, {"a": "x', "", "ends within record 2: it is cut short"),
        ('[{"a": 1}', "", "ends within record 1: it is cut short"),
        ('{"data": [{"a": 1}]', "data", "cut short"),
        ('{"data": ', "data", "cut short"),
        ('[{"a": 1} {"a": 2}]', "", "not JSON: after record 1"),
        ('[{"a": 1, b: 2}]', "", "not JSON: record 1"),
        ('[{"a": 1}] trailing', "", "goes on after its JSON document"),
        ('[{"a": 1, "a": 2}]', "", "names 'a' twice in one object, in record 1"),
        ('[{"a.b": 1, "a": {"b": 2}}]', "", "names 'a.b' twice in record 1"),
        ('[{"nom": 1, "Nom": 2}]', "", r'"Nom" in column 2 and already in column 1 \(as "nom"\)'),
        ('[{"": 1}]', "", "no name for column 1"),
        ('[{"a": "\\ud800"}]', "", "lone surrogate"),
        ('[{"a": "\\u0000"}]', "", "NUL character"),
        ('[{"a": ' + "[" * 100_000 + "]" * 100_000 + "}]", "", "nested deeper"),
        ("a;b\n1;2\n", "", "a list of records as the document"),
        ("", "", "is empty"),
    ],
)
def test_what_is_no_list_of_records_is_refused(read, text, records, sentence):
    with pytest.raises(SourceChanged, match=sentence):
        read(text.encode(), type="json", records=records)


def test_a_record_beyond_measure_is_refused(read, monkeypatch):
    monkeypatch.setattr(jsonstream, "MAX_RECORD", 1000)
    monkeypatch.setattr(jsonstream, "_WINDOW", 100)
    with pytest.raises(SourceChanged, match="record 2 of more than"):
        read(b'[{"a": 1}, {"a": "' + b"x" * 5000 + b'"}]', type="json")


def test_python_s_nan_survives_as_text_for_the_contract_to_refuse(read):
    assert read(b'[{"a": NaN, "b": -Infinity}]', type="json").rows == [("NaN", "-Infinity")]


def test_json_lines_have_their_line_numbers(read):
    met = read(b'{"a": 1}\n\n{"a": 2, "b": "x"}\r\n', type="jsonl")
    assert (met.rows, met.lines) == ([("1", None), ("2", "x")], [1, 3])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": 1}\n{"a": \n', "on line 2 what is not JSON"),
        ('{"a": 1}\n[1]\n', "a list as line 2"),
        ('{"a": 1}\n{"a": 1, "a": 2}\n', "names 'a' twice in one object, on line 2"),
    ],
)
def test_json_lines_that_are_no_records_are_refused(read, text, sentence):
    with pytest.raises(SourceChanged, match=sentence):
        read(text.encode(), type="jsonl")


def test_json_in_another_encoding_is_read(read):
    assert read('[{"a": "é"}]'.encode("utf-16"), type="json", encoding="utf-16").rows == [("é",)]


def test_features_are_properties_and_a_geometry(read):
    features = [
        {"type": "Feature", "id": 7, "properties": {"nom": "x"}, "geometry": {"type": "Point", "coordinates": [2.25, 48.8]}},
        {"type": "Feature", "properties": None, "geometry": None},
    ]  # fmt: skip
    met = read(json.dumps({"type": "FeatureCollection", "features": features}).encode(), type="geojson")
    point = '{"type":"Point","coordinates":[2.25,48.8]}'
    assert table(met) == [
        {"nom": "x", "geometry": point, "feature.id": "7"},
        {"nom": None, "geometry": None, "feature.id": None},
    ]


def test_what_is_no_feature_collection_is_refused(read):
    with pytest.raises(SourceChanged, match="list of records at `features`"):
        read(b'{"type": "Feature", "properties": {}, "geometry": null}', type="geojson")
    for other in (b'{"nom": "x"}', b'{"type": "Point"}', b'{"type": null}'):
        with pytest.raises(SourceChanged, match="no Feature as record 1"):
            read(b'{"features": [' + other + b"]}", type="geojson")
    with pytest.raises(SourceChanged, match="names 'geometry' twice"):
        read(
            b'{"features": [{"type": "Feature", "properties": {"geometry": "x"}, "geometry": null}]}',
            type="geojson",
        )
