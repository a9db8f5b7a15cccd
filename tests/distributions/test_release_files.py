"""The set of files: which, with which notes, and that nothing but the view is in them."""

import csv
import hashlib
import json
import os
import subprocess
import sys

import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pytest

from contracts.errors import PrivacyRefused, StorageRefused
from distributions.writing import write_distributions

TYPES = {"id": "integer", "nom": "string", "position": "geometry"}
ROWS = [(2, "deux", "POINT (2 48)"), (1, None, "POINT (1 48)"), (3, "trois", None)]
MANY = """
CREATE OR REPLACE TABLE shown AS SELECT i AS id, 'rue ' || (i % 97) AS nom,
  CASE WHEN i % 11 > 0
    THEN ST_AsWKB(('POINT (' || i % 360 - 180 || ' ' || i % 89 || ')')::GEOMETRY) END AS position
FROM (SELECT (i * 7919) % 30011 AS i FROM range(30011) t(i)) LIMIT 25000
"""
ROW_GROUPS = """
CREATE OR REPLACE TABLE shown AS SELECT (i * 7919) % 300007 AS id, 'rue ' || (i % 97) AS nom
FROM range(300007) t(i)
"""
AGAIN = """
import sys, duckdb, json
from pathlib import Path
from contracts.view import View
from distributions.writing import write_distributions
connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
connection.execute(Path(sys.argv[1]).joinpath("many.sql").read_text())
view = View.model_validate_json(Path(sys.argv[1]).joinpath("view.json").read_text())
write_distributions(connection, "shown", view, Path(sys.argv[1]), xlsx_up_to_rows=int(sys.argv[2]))
"""


def made_of(connection, sql, view, folder, xlsx_up_to_rows=0):
    folder.mkdir()
    connection.execute(sql)
    return write_distributions(connection, "shown", view, folder, xlsx_up_to_rows=xlsx_up_to_rows)


def test_files_are_named_after_the_view_and_hashed(release):
    made = release(TYPES, ROWS)
    assert [entry.name for entry in made.written.files] == [
        "places.parquet", "places.csv", "places.xlsx", "places.geojson", "places.gpkg",
    ]  # fmt: skip
    for entry in made.written.files:
        content = (made.folder / entry.name).read_bytes()
        assert (entry.bytes, entry.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_nothing_else_is_left_in_the_folder(release):
    made = release(TYPES, ROWS)
    assert {path.name for path in made.folder.iterdir()} == set(made.bytes)


def test_without_a_geometry_there_is_no_map_file(release):
    made = release({"id": "integer"}, [(1,)])
    assert [entry.name for entry in made.written.files] == ["places.parquet", "places.csv", "places.xlsx"]


def test_unsorted_rows_come_out_sorted_in_every_file(release):
    made = release(TYPES, ROWS)
    sheet = openpyxl.load_workbook(made.file("xlsx"))["Données"]
    with made.file("csv").open(encoding="utf-8", newline="") as lines:
        assert [row[0] for row in csv.reader(lines)] == ["id", "1", "2", "3"]
    assert pq.read_table(made.file("parquet"))["id"].to_pylist() == [1, 2, 3]
    assert [cell.value for cell in sheet["A"]] == ["id", 1, 2, 3]
    features = json.loads(made.file("geojson").read_bytes())["features"]
    assert [feature["properties"]["id"] for feature in features] == [1, 2, 3]
    assert pyogrio.read_arrow(made.file("gpkg"))[1]["id"].to_pylist() == [1, 2, 3]


def test_an_empty_table_makes_whole_files(release):
    made = release(TYPES, [])
    assert made.written.rows == 0
    assert pq.read_table(made.file("parquet")).num_rows == 0
    assert made.file("csv").read_bytes() == b"id,nom,position\r\n"
    sheet = openpyxl.load_workbook(made.file("xlsx"))["Données"]
    assert list(sheet.iter_rows(values_only=True)) == [("id", "nom", "position")]
    assert json.loads(made.file("geojson").read_bytes())["features"] == []
    info = pyogrio.read_info(made.file("gpkg"))
    assert (list(info["fields"]), info["features"]) == (["id", "nom"], 0)


def test_above_the_limit_there_is_no_workbook_and_a_note_says_why(release):
    made = release({"id": "integer"}, [(1,), (2,), (3,)], xlsx_up_to_rows=2)
    assert not made.file("xlsx").exists()
    assert made.written.notes == ("Pas de fichier Excel : 3 lignes, au-delà de la limite de 2.",)


def test_at_the_limit_there_is_a_workbook_and_no_note(release):
    made = release({"id": "integer"}, [(1,), (2,)], xlsx_up_to_rows=2)
    assert made.file("xlsx").exists()
    assert made.written.notes == ()


@pytest.mark.parametrize("sql", [MANY, ROW_GROUPS], ids=["with geometry", "several row groups"])
def test_the_same_rows_give_the_same_bytes_with_any_number_of_threads(connection, view_of, tmp_path, sql):
    view = view_of(TYPES if sql is MANY else {"id": "integer", "nom": "string"})
    made = []
    for threads in (1, 2, 4):
        connection.execute(f"SET threads = {threads}")
        made.append(made_of(connection, sql, view, tmp_path / str(threads)))
    assert made[0] == made[1] == made[2]


def test_another_process_in_another_place_gives_the_same_bytes(connection, view_of, tmp_path):
    few = MANY.replace("LIMIT 25000", "ORDER BY i LIMIT 500")
    view = view_of(TYPES)
    here = made_of(connection, few, view, tmp_path / "here", 500)
    there = tmp_path / "there"
    there.mkdir()
    (there / "many.sql").write_text(few)
    (there / "view.json").write_text(view.model_dump_json())
    elsewhere = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    command = [sys.executable, "-c", AGAIN, str(there), "500"]
    subprocess.run(command, check=True, env=elsewhere, umask=0o077)
    assert len(here.files) == 5
    for entry in here.files:
        assert (there / entry.name).read_bytes() == (tmp_path / "here" / entry.name).read_bytes(), entry.name


def test_content_hash_follows_the_rows_and_the_types_only(release):
    first = release({"id": "integer"}, [(1,), (2,)]).written.content_sha256
    assert release({"id": "integer"}, [(2,), (1,)], title="Autre titre").written.content_sha256 == first
    assert release({"id": "integer"}, [(1,), (3,)]).written.content_sha256 != first
    assert release({"id": "string"}, [("1",), ("2",)]).written.content_sha256 != first
    assert release({"n": "integer"}, [(1,), (2,)], order=("n",)).written.content_sha256 != first


@pytest.mark.parametrize(
    "hidden",
    [
        "(4, NULL, NULL)",
        "(4, 'caché', ST_AsWKB('LINESTRING (7 7, 8 8)'::GEOMETRY))",
        "(4, repeat('x', 100000), NULL)",
        "(NULL, '', NULL)",
        "(9223372036854775807, NULL, NULL)",
    ],
)
def test_hidden_rows_change_no_byte_of_any_file(connection, view_of, tmp_path, hidden):
    """The relation is a view over a table that holds more: nothing of the rest may show."""
    shown = "(1, 'un', ST_AsWKB('POINT (1 48)'::GEOMETRY)), (2, 'deux', ST_AsWKB('POINT (2 48)'::GEOMETRY))"
    made = []
    for name, rows in (("without", shown), ("with", f"{shown}, {hidden}")):
        connection.execute("CREATE OR REPLACE TABLE whole (id BIGINT, nom VARCHAR, position BLOB)")
        connection.execute(f"INSERT INTO whole VALUES {rows}")
        connection.execute("CREATE OR REPLACE VIEW shown AS FROM whole WHERE id <= 2")
        (tmp_path / name).mkdir()
        made.append(
            write_distributions(connection, "shown", view_of(TYPES), tmp_path / name, xlsx_up_to_rows=9)
        )
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("columns", "met"),
    [
        ("id BIGINT, nom VARCHAR, position BLOB, telephone VARCHAR", "has telephone VARCHAR"),
        ("nom VARCHAR, id BIGINT, position BLOB", "has no other column"),
        ("id INTEGER, nom VARCHAR, position BLOB", "has id INTEGER; promised was the public view, which"),
        ("id BIGINT, nom VARCHAR", "which has position BLOB"),
    ],
)  # fmt: skip
def test_a_table_that_is_not_the_view_is_refused(connection, view_of, tmp_path, columns, met):
    connection.execute(f"CREATE TABLE shown ({columns})")
    with pytest.raises(PrivacyRefused) as refused:
        write_distributions(connection, "shown", view_of(TYPES), tmp_path, xlsx_up_to_rows=9)
    assert str(refused.value).startswith("mobility.places: the table to publish has")
    assert met in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(connection, view_of, tmp_path):
    connection.execute("CREATE TABLE shown (id BIGINT)")
    with pytest.raises(StorageRefused, match=r"^mobility\.places: its files cannot be written to 'gone'"):
        write_distributions(
            connection, "shown", view_of({"id": "integer"}), tmp_path / "gone", xlsx_up_to_rows=9
        )


def test_two_audiences_are_written_by_one_connection(connection, view_of, tmp_path):
    for audience in ("restricted", "public"):
        made_of(
            connection, MANY.replace("25000", "5"), view_of(TYPES, audience=audience), tmp_path / audience
        )
    files = [sorted(path.name for path in folder.iterdir()) for folder in tmp_path.iterdir()]
    assert files[0] == files[1]


def test_names_with_capitals_and_words_of_sql_are_columns_like_others(release):
    made = release(
        {"Xlong": "number", "select": "string", "Ylat": "number"}, [(2.25, "a", 48.82)], order=("select",)
    )
    assert made.file("csv").read_text() == "Xlong,select,Ylat\n2.25,a,48.82\n"
