"""Many files as one table: columns by name, records in order, every line in the file it came from."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet
from pydantic import TypeAdapter

from contracts.errors import SourceChanged
from contracts.formats import Format
from transforms.decode import accounting
from transforms.decode.decoding import decode_batch
from transforms.decode.source import Source

Placed = list[tuple[str, int]]


class Batch:
    """What was made of the files: columns, rows, (file, line) of each, and the ragged records."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.rows = connection.execute("SELECT * FROM laid ORDER BY rowid").fetchall()
        self.places: Placed = connection.execute(
            "SELECT place.file, place.line + o - place.first FROM (SELECT rowid AS o FROM laid) "
            "ASOF JOIN t_lines AS place ON o >= place.first ORDER BY o"
        ).fetchall()
        self.ragged = connection.execute("SELECT file, line, reason FROM t_ragged").fetchall()


@pytest.fixture
def read(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Callable[..., Batch]:
    """read({name: bytes}, format, counted=…, promised=…) → Batch."""

    def reading(files: dict[str, bytes], form: dict[str, Any], **given: Any) -> Batch:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        sources = (Source(tmp_path / name, name, "ville.test", tmp_path / "scratch") for name in files)
        decoded = decode_batch(
            connection, sources, TypeAdapter(Format).validate_python(form), table="t", place="ville.test",
            **given,
        )  # fmt: skip
        rows, ragged = decoded.read("CREATE OR REPLACE TABLE laid AS FROM t")
        batch = Batch(connection, decoded.columns)
        assert (rows, ragged) == (len(batch.rows), len(batch.ragged))
        assert len(batch.places) == rows
        return batch

    return reading


def page(*records: Any) -> bytes:
    return json.dumps({"results": records}).encode()


PAGED = {"type": "json", "records": "results"}
CSV = {"type": "csv", "delimiter": ";"}


def test_pages_of_json_are_one_table_in_their_order(read):
    batch = read(
        {"p2": page({"id": 3, "b": 1}, {"id": 4}), "p1": page({"id": 1, "c": "x"}), "p0": page()}, PAGED
    )
    assert batch.columns == ("id", "b", "c")
    assert batch.rows == [("3", "1", None), ("4", None, None), ("1", None, "x")]
    assert batch.places == [("p2", 1), ("p2", 2), ("p1", 1)]


def test_a_page_read_value_by_value_stands_between_its_neighbours(read):
    odd = b'{"results": [{"id": NaN}, {"id": 2.50, "d": {"e": 1}}]}'  # msgspec reads no NaN
    batch = read({"a": page({"id": 1}), "b": odd, "c": page({"id": 3})}, PAGED)
    assert batch.rows == [("1", None), ("NaN", None), ("2.50", "1"), ("3", None)]
    assert batch.places == [("a", 1), ("b", 1), ("b", 2), ("c", 1)]


def test_lines_of_json_lines_are_those_of_their_file(read):
    batch = read({"a": b'\n{"id": 1}\n\n{"id": 2}', "b": b'{"id": 3}\n\n{"id": 4}\n'}, {"type": "jsonl"})
    assert batch.places == [("a", 2), ("a", 4), ("b", 1), ("b", 3)]


def test_features_and_elements_of_many_files_are_one_table(read):
    feature = {"type": "Feature", "properties": {"nom": "a"}, "geometry": None}
    collection = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    assert read({"a": collection, "b": collection}, {"type": "geojson"}).rows == [("a", None)] * 2
    xml = read(
        {"a": b"<l><r><id>1</id></r></l>", "b": b"<l><r><id>2</id><n>x</n></r></l>"},
        {"type": "xml", "records": "l.r"},
    )
    assert xml.rows == [("1", None), ("2", "x")]
    assert xml.places == [("a", 1), ("b", 1)]


def test_an_error_among_pages_is_no_empty_page(read):
    with pytest.raises(SourceChanged, match=r'p2 holds an object with error and says "quota"'):
        read({"p1": page({"id": 1}), "p2": b'{"error": "quota"}'}, PAGED, counted=True)


def test_a_document_without_elements_is_a_page_only_where_the_records_were_counted(read):
    files, form = {"a": b"<l><r><id>1</id></r></l>", "b": b"<l/>"}, {"type": "xml", "records": "l.r"}
    assert read(files, form, counted=True).rows == [("1",)]
    with pytest.raises(SourceChanged, match="b holds no records"):
        read(files, form)


def test_a_file_without_a_byte_is_a_page_only_where_the_records_were_counted(read):
    files = {"a": b'{"id": 1}', "b": b""}
    assert read(files, {"type": "jsonl"}, counted=True).rows == [("1",)]
    with pytest.raises(SourceChanged, match="b is empty"):
        read(files, {"type": "jsonl"})


def test_no_record_at_all_gives_the_promised_columns_or_a_sentence(read):
    empty = read({"a": page(), "b": page()}, PAGED, promised=["id", "nom", "id"])
    assert (empty.columns, empty.rows) == ((), [])
    assert read({}, CSV, promised=["id"]).rows == []
    with pytest.raises(SourceChanged, match="b holds no records"):
        read({"a": page(), "b": page()}, PAGED)


def test_a_promised_column_that_no_record_has_is_null(read, connection):
    batch = read({"a": page({"ID": 1})}, PAGED, promised=["id", "nom"])
    assert batch.columns == ("ID",)  # `id` differs by capitals: a rename for the contract to notice
    assert [name for name, *_ in connection.execute("DESCRIBE t").fetchall()] == ["ID", "nom"]


def test_parts_of_csv_have_each_their_header_bottom_and_line_ends(read):
    files = {
        "jan.csv": b'\xef\xbb\xbfid;nom\r\n1;"a\r\nb"\r\n2;c\r\nTotal;2\r\n',
        "fev.csv": b"id;nom\n3;d\nTotal;1",
        "mars.csv": b"id;nom\n\n4;e;trop\n\n5;f\nTotal;2\n",
    }
    batch = read(files, {**CSV, "skip_bottom": ["Total"]})
    assert batch.rows == [("1", "a\r\nb"), ("2", "c"), ("3", "d"), ("5", "f")]
    assert batch.places == [("jan.csv", 2), ("jan.csv", 4), ("fev.csv", 2), ("mars.csv", 5)]
    assert batch.ragged == [("mars.csv", 3, "3 cellules au lieu de 2")]


def test_parts_of_csv_with_other_headers_meet_by_name(read):
    files = {
        "a": b"id;nom\n1;x\n", "b": b"nom;id\ny;2\nz;3;trop\n", "c": b"id\n4\n\n5\n", "d": b"id;nom\n6;w\n",
    }  # fmt: skip
    batch = read(files, CSV)
    assert batch.columns == ("id", "nom")
    assert batch.rows == [("1", "x"), ("2", "y"), ("4", None), ("5", None), ("6", "w")]
    assert batch.places == [("a", 2), ("b", 2), ("c", 2), ("c", 4), ("d", 2)]
    assert batch.ragged == [("b", 3, "3 cellules au lieu de 2")]


def test_a_reject_after_a_parts_trailing_blank_lines_is_the_next_parts(read):
    batch = read({"a": b"id;nom\n1;x\n\n\n", "b": b"id;nom\n2\n3;y\n", "c": b"id;nom\n4\n"}, CSV)
    assert batch.rows == [("1", "x"), ("3", "y")]
    assert batch.places == [("a", 2), ("b", 3)]
    assert batch.ragged == [("b", 2, "1 cellules au lieu de 2"), ("c", 2, "1 cellules au lieu de 2")]


def test_a_quote_left_open_ends_with_its_part(read):
    with pytest.raises(SourceChanged, match=r"a has on line 2 a quote that never closes"):
        read({"a": b'id;nom\n1;"x\n', "b": b'id;nom\n2;y"\n'}, CSV)


def test_two_columns_that_differ_by_capitals_between_parts_are_refused(read):
    with pytest.raises(SourceChanged, match=r'b .*names "Nom" in column 3 and already in column 2'):
        read({"a": b"id;nom\n1;x\n", "b": b"id;Nom\n2;y\n"}, CSV)


def test_many_parts_keep_their_lines_when_segments_are_laid_down_in_between(read, monkeypatch):
    monkeypatch.setattr(accounting, "_WAITING", 3)
    files = {f"p{number:02}": f"id;nom\n\n{number};x\n".encode() for number in range(20)}
    batch = read(files, CSV)
    assert batch.places == [(name, 3) for name in files]
    assert [row[0] for row in batch.rows] == [str(number) for number in range(20)]


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book, held = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(held)
    return held.getvalue()


def test_workbooks_and_parquet_meet_by_name(read):
    books = read(
        {"a": workbook(("id", "nom"), (1, "x")), "b": workbook(("nom", "id"), ("y", 2), (None, 3, 4))},
        {"type": "xlsx"},
    )
    assert books.rows == [("1", "x"), ("2", "y")]
    assert books.places == [("a", 2), ("b", 2)]
    assert books.ragged == [("b", 3, "3 cellules au lieu de 2")]
    tables = {}
    for name, column in (("a", "id"), ("b", "nom")):
        held = io.BytesIO()
        parquet.write_table(pa.table({column: [1, 2]}), held)
        tables[name] = held.getvalue()
    parts = read(tables, {"type": "parquet"})
    assert parts.rows == [("1", None), ("2", None), (None, "1"), (None, "2")]
    assert parts.places == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


def test_each_part_is_unpacked(read):
    packed = {name: gzip.compress(f"id;nom\n{name};x\n".encode()) for name in "abc"}
    assert [row[0] for row in read(packed, {**CSV, "archive": "gz"}).rows] == ["a", "b", "c"]


def test_each_part_goes_through_the_reshape(read):
    header = b"zone;N\xc2\xb0Liste;Voix\n"
    files = {"a": header + b"z1;1;10\n", "b": header + b"z2;2;20\n"}
    batch = read(files, CSV, reshape="elections.candidate_blocks")
    assert batch.rows == [("z1", "1", "10"), ("z2", "2", "20")]
    assert batch.places == [("a", 2), ("b", 2)]


def test_feeds_without_an_optional_table_give_none_of_its_rows(read):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("stops.txt", "stop_id\ns1\n")
        for name in ("agency", "routes", "trips", "stop_times", "calendar"):
            archive.writestr(f"{name}.txt", "x\n")
    feed = {"a": held.getvalue(), "b": held.getvalue()}
    stops = {"type": "gtfs", "table": "stops"}
    assert read(feed, stops).rows == [("s1",), ("s1",)]
    assert read(feed, {"type": "gtfs", "table": "shapes"}, promised=["shape_id"]).rows == []


def test_public_contracts_of_many_files_are_one_table(read):
    def contract(number: str) -> bytes:
        holder = {"typeIdentifiant": "SIRET", "id": "1"}
        given = {"id": number, "acheteur": {"id": "2"}, "titulaires": [{"titulaire": holder}]}
        return json.dumps({"marches": {"marche": [given]}}).encode()

    batch = read({"a": contract("m1"), "b": contract("m2")}, {"type": "decp"})
    assert [row[batch.columns.index("id")] for row in batch.rows] == ["m1", "m2"]
    assert batch.places == [("a", 1), ("b", 1)]
