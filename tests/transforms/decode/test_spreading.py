"""Records taken many at once are what the standard library's decoder makes of them one by one."""

import json
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts.errors import SourceChanged
from contracts.formats import Format
from transforms.decode import jsonstream, objects
from transforms.decode.decoding import decode
from transforms.decode.spreading import Doubtful
from transforms.decode.structure import Structure, structure_of

SETTINGS = settings(max_examples=40, deadline=None, derandomize=True)
WORDS = st.sampled_from(
    ["a", "b", "é", "a.b", "type", "properties", "geometry", "id", "", 'q"', "\\", "\n", "A"]
)
NUMBERS = st.sampled_from(["0", "-0", "1.10", "1e400", "9" * 40, "NaN", "-Infinity", "0.30000000000000004"])
TEXTS = st.sampled_from(
    [
        '"x"',
        '""',
        r'"\u00e9"',
        r'"\ud83d\ude00"',
        r'"\ud800"',
        r'"\u0000"',
        r'"a\"b\\"',
        '"}{][:,"',
        '"é"',
        '"a\tb"',
    ]
)
LITERALS = st.sampled_from(["null", "true", "false", "nul", "01", '"'])


def rendered(keys: list[str], values: list[str], gap: str) -> str:
    pairs = (f"{json.dumps(key)}{gap}:{value}" for key, value in zip(keys, values, strict=False))
    return "{" + f",{gap}".join(pairs) + gap + "}"


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    gaps = st.sampled_from(["", " ", "\n"])
    lists = st.builds(lambda items, gap: f"[{f'{gap},'.join(items)}{gap}]", st.lists(inner, max_size=3), gaps)
    return lists | st.builds(
        rendered, st.lists(WORDS, max_size=3), st.lists(inner, min_size=3, max_size=3), gaps
    )


VALUES = st.recursive(TEXTS | NUMBERS | LITERALS, nested, max_leaves=6)
USUAL = st.recursive(st.sampled_from(['"x"', r'"\u00e9"', "1.10", "null", "true"]), nested, max_leaves=6)
RECORDS = st.lists(
    st.builds(rendered, st.lists(WORDS, max_size=4), st.lists(VALUES | USUAL, min_size=4, max_size=4), st.just(" ")),
    min_size=1, max_size=4,
)  # fmt: skip


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> Iterator:
    """Columns, rows and lines, or the sentence that refuses; `one_by_one` is the standard library's way."""
    folder = tmp_path_factory.mktemp("spreading")

    def doubtful(*arguments):
        raise Doubtful

    with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:

        def read(text: str, one_by_one: bool, **form):
            path = folder / "records"
            path.write_text(text, newline="")
            with patch.context() as once:
                if one_by_one:
                    once.setattr(objects, "records_in", doubtful)
                    once.setattr(objects, "records_on", doubtful)
                try:
                    decoded = decode(connection, path, "x", TypeAdapter(Format).validate_python(form), table="t",
                                     scratch=folder / "scratch", place="ville.test")  # fmt: skip
                except SourceChanged as error:
                    return str(error)
            rows = connection.execute("SELECT * FROM t ORDER BY rowid").fetchall()
            return decoded.columns, rows, connection.execute("SELECT first, line FROM t_lines").fetchall()

        yield read


@SETTINGS
@given(RECORDS)
@example(['{"a": {"b": 1}, "c": 2}', '{"c": 1, "a": {"d": 1, "b": 2}}'])
@example(['{"a": null}', '{"c": 1, "a": {"b": 2}}'])
@example(['{"a": 1}', '{"a": {"b": 1}}', '{"a": {}}', '{"a": null}'])
@example(['{"a": [{"b": 1, "b": 2}]}'])
@example(['{"a": [{"b": "\\u0000", "c": [{"d": 1}]}]}'])
@example(['{"a": {"b": {"c": 1}}, "a.b": 2}', '{"a.b.c": 1}'])
def test_many_at_once_are_one_by_one(outcome, records):
    text = f"[{', '.join(records)}]"
    assert outcome(text, False, type="json") == outcome(text, True, type="json")


@SETTINGS
@given(RECORDS)
def test_many_lines_at_once_are_one_by_one(outcome, records):
    text = "\n\n".join(record.replace("\n", " ") for record in records)
    assert outcome(text, False, type="jsonl") == outcome(text, True, type="jsonl")


FEATURES = st.builds(
    lambda properties, geometry, id: f'{{"type": "Feature", "properties": {properties}{geometry}{id}}}',
    RECORDS.map(lambda records: records[0]) | st.sampled_from(["null", "{}", "[]", "1"]),
    st.sampled_from(["", ', "geometry": null', ', "geometry": {"type": "Point", "coordinates": [1.10, 2]}',
                     ', "geometry": {"a": 1, "a": 2}']),
    st.sampled_from(["", ', "id": 7', ', "id": null', ', "bbox": [1], "more": {"a": {"b": 1}}', ', "type": "x"']),
)  # fmt: skip


@SETTINGS
@given(st.lists(FEATURES, min_size=1, max_size=4))
def test_many_features_at_once_are_one_by_one(outcome, features):
    text = f'{{"type": "FeatureCollection", "features": [{",".join(features)}]}}'
    assert outcome(text, False, type="geojson") == outcome(text, True, type="geojson")


def test_sound_records_are_never_read_one_by_one(outcome, monkeypatch):
    """The fast way is taken: without it a gigabyte takes hours."""
    monkeypatch.delattr(objects, "_values")
    monkeypatch.delattr(objects, "decoded_line")
    record = {"a": 'é"\\', "b": {"c": [1.5, {"d": None}], "e": {}}, "f": True}
    for ascii_only in (True, False):
        text = json.dumps([record] * 3, ensure_ascii=ascii_only)
        assert len(outcome(text, False, type="json")[1]) == 3
        assert len(outcome(json.dumps(record), False, type="jsonl")[1]) == 1


@pytest.mark.parametrize(
    ("text", "end", "records", "keys"),
    [
        (b"", 0, 0, 0),
        (b'{"a":1}', 7, 1, 1),
        (b'{"a":1},{"b":{"c":[2]}} , {"d"', 23, 2, 3),
        (b'{"a":"}"},', 9, 1, 1),
        (rb'{"a":"\"}"},{"b', 11, 1, 1),
        (rb'{"a":"\\"},{"b":"\\\"}"}', 24, 2, 2),
        (b'{"a":1}]}', 7, 1, 1),
        (b'{"a":1}],"m":{"x":[1]}', 7, 1, 1),
        (b'[1],[2', 3, 1, 0),
        (b'"a:b"', 0, 0, 0),
    ],
)  # fmt: skip
def test_structure_is_where_brackets_close_outside_of_texts(text, end, records, keys):
    assert structure_of(text) == Structure(end, records, keys)


def test_windows_end_within_records(outcome, monkeypatch):
    text = json.dumps([{"a": "x" * size, "b": {"c": size}} for size in range(60)])
    whole = outcome(text, True, type="json")
    for window in (7, 100, 1000):
        monkeypatch.setattr(jsonstream, "_WINDOW", window)
        assert outcome(text, False, type="json") == whole
    lines = "\n".join(json.dumps({"a": "x" * size}) for size in range(60))
    monkeypatch.setattr(objects, "_WINDOW", 50)
    assert outcome(lines, False, type="jsonl") == outcome(lines, True, type="jsonl")


def test_columns_without_end_are_refused_in_time(outcome):
    """Each of 60,000 records has names of its own: 7 billion cells, were they laid out."""
    text = "[" + ",".join(f'{{"a{number}":1,"b{number}":2}}' for number in range(60_000)) + "]"
    assert "columns on its records" in outcome(text, False, type="json")


def test_records_without_columns_are_no_table(outcome):
    text = "[" + ",".join(["{}"] * 130_000) + "]"
    assert "holds no records" in outcome(text, False, type="json")
    columns, rows, _ = outcome(text[:-1] + ',{"a":1}]', False, type="json")
    assert (columns, len(rows), rows[-1]) == (("a",), 130_001, ("1",))
