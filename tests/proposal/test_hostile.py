"""Names and values that would break YAML, SQL or a comment; and tables of a thousand columns."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.reading import document_of
from proposal.names import published_names
from proposal.yamltext import comments, flow, scalar

HEADERS = [
    'a "quoted" name', "it's: # a comment", "two\nlines", "no", "07001", "null", "- item", "{flow}", "[list]", "&anchor",
    "*alias", "!tag", "%directive", "@at", "`tick`", "key: value", "back\\slash", "tab\there", "éàü", "№ 5", "日本",
    " blanks ", "a;b", "true", "1e3", "12:30", "?", "|", ">", "a\u2028b", "x\u0085y", "\ufeffbom", "=1+1", "DROP TABLE cells",
    "\"; DROP TABLE cells; --", "numero", "Numéro", "geometry", "select", "nom (kWh)", "é" * 300,
]  # fmt: skip


def table(headers: list[str], rows: int = 3) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(headers)
    for row in range(rows):
        writer.writerow([f"valeur {row} {i}" for i in range(len(headers))])
    return text.getvalue()


@pytest.mark.parametrize("public", [False, True])
def test_hostile_names_come_through_to_a_sound_contract(proposed, public: bool):
    made = proposed(table(HEADERS), public=public)
    sources = [field.source[0] if field.source else name for name, field in made.dataset.fields.items()]
    assert sources == HEADERS
    assert made.run().rows_with_misfits == 0


def test_hostile_values_come_through_as_words_of_a_list(proposed):
    words = ['"', "no", "a: b", "#", "- x", "\\", "'"]
    rows = io.StringIO()
    csv.writer(rows, delimiter=";", lineterminator="\n").writerows([[i, words[i % 7]] for i in range(140)])
    made = proposed(f"id;mot\n{rows.getvalue()}")
    assert sorted(made.field("mot").values or {}) == sorted(words)
    assert made.run().rows_with_misfits == 0


@given(st.text())
def test_any_text_is_read_back_as_it_was(text: str):
    text = text.encode("utf-8", "ignore").decode()
    assert document_of(f"key: {scalar(text)}".encode(), "x").value == {"key": text}
    assert document_of(f"key: {flow([text, {'a': text}])}".encode(), "x").value == {
        "key": [text, {"a": text}]
    }


@given(st.text())
def test_no_comment_ends_before_its_line(text: str):
    text = text.encode("utf-8", "ignore").decode()
    lines = "\n".join([*comments([text]), "key: 1"])
    assert document_of(lines.encode(), "x").value == {"key": 1}


@given(st.lists(st.text(max_size=80), max_size=12), st.booleans())
def test_every_header_gets_a_column_name_of_its_own(headers: list[str], exact: bool):
    names = published_names(headers, exact=exact)
    assert len({name.lower() for name in names}) == len(headers)
    assert all(
        name.isidentifier() and name.isascii() and len(name) <= 63 and name[0] != "_" for name in names
    )


def test_a_thousand_columns_make_a_contract(proposed):
    headers = ["id", *(f"mesure {i}" for i in range(999))]
    rows = "".join(f"{row};" + ";".join(f"{row * i},5" for i in range(999)) + "\n" for row in range(3))
    made = proposed(";".join(headers) + "\n" + rows)
    assert len(made.dataset.fields) == 1000
    assert made.field("mesure_998").decimal_mark == ","
