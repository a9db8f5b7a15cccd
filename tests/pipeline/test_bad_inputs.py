"""Bad input, as a person meets it: one sentence, exit code 1, nothing published, the last release intact."""

import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from town import SOUND, in_a_process, served

ZIP = {"type": "csv", "delimiter": ";", "archive": "zip", "member": "*.csv"}
XLSX = {"type": "xlsx"}


def zipped(name: str, content: bytes, *, cut: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()[: -cut or None]


def workbook(sheet: str) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in (["id", "nom", "places", "tel"], ["p1", "a", 3, "1"]):
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


HEADER = "id;nom;places;tel\n"
CASES = {
    "a missing column": ({}, "id;nom;tel\np1;a;1\n", 'the source has no column "places"'),
    "a renamed column": ({}, "id;nom;place;tel\np1;a;1;2\n", 'Did you mean "place"? Rename it in `from:`.'),
    "a from that names nothing": (
        {"fields": {"id": {"from": "identifiant", "public": True, "about": "x"}}, "ignores": ["*"]},
        SOUND, 'the source has no column "identifiant"',
    ),
    "an empty file": ({}, b"", "empty"),
    "only a header": ({"quality": {"rows": [1, 9]}}, HEADER, "0 rows"),
    "a wrong delimiter": ({}, HEADER.replace(";", ",") + "p1,a,1,2\n", "delimiter"),
    "a wrong encoding": ({}, HEADER.encode() + "p1;é;1;2\n".encode("cp1252"), "byte 21"),
    "a UTF-16 file": ({}, SOUND.encode("utf-16"), "UTF-16"),
    "ten thousand columns": ({}, ";".join(f"c{number}" for number in range(10_000)) + "\n", "10000 columns"),
    "a cell of 50 MB": ({}, HEADER.encode() + b"p1;" + b"x" * 50_000_000 + b";1;2\n", "line 2"),
    "a NUL byte": ({}, HEADER.encode() + b"p1;a\0b;1;2\n", "line 2"),
    "duplicated headers": ({}, "id;nom;nom;places;tel\np1;a;a;1;2\n", '"nom"'),
    "a web page": ({}, "<!DOCTYPE html><html><body>Connexion</body></html>", "web page"),
    "an error in JSON": ({}, '{"error_code": "QuotaExceeded", "message": "too many calls"}', "too many calls"),
    "a truncated zip": ({"format": ZIP}, zipped("a.csv", SOUND.encode() * 50, cut=80), "zip"),
    "a zip without the member": ({"format": ZIP}, zipped("a.txt", SOUND.encode()), "*.csv"),
    "no zip at all": ({"format": ZIP}, SOUND, "zip"),
    "an unknown sheet": ({"format": {**XLSX, "sheet": "Saisie"}}, workbook("Données"), "Données"),
    "text named a workbook": ({"format": XLSX}, SOUND, "workbook"),
    "broken JSON": ({"format": {"type": "json"}}, '[{"id": "p1", "nom"', "ends within record 1: it is cut short"),
}  # fmt: skip


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stores of a town after one good run, to start each case from."""
    folder = tmp_path_factory.mktemp("released")
    with served(folder) as town:
        assert in_a_process(town, "run", "mobility.parks").returncode == 0
    return folder


@pytest.mark.parametrize("case", CASES)
def test_a_bad_source_gets_one_sentence_and_leaves_the_last_release(
    town: Any, run: Any, released: Path, case: str
) -> None:
    for store in ("work", "public", "restricted", "handover"):
        shutil.copytree(released / store, town.folder / store)
    before = town.published("public"), town.published("restricted")
    changes, content, sentence = CASES[case]
    town.contract(**changes)
    town.source(content)
    code, _, stderr = run("run", "mobility.parks")
    told = [line for line in stderr.splitlines() if line.startswith("mobility.parks: ")]
    assert code == 1
    assert sentence in stderr
    assert len(told[-1]) < 1000
    assert "Traceback" not in stderr
    assert (town.published("public"), town.published("restricted")) == before


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"fields": {"id": {"type": "geometry", "crs": "EPSG:999999", "from": ["x", "y"], "public": True, "about": "x"}}},
         "parks.yml:21: fields.id.crs: 'EPSG:999999' is not a known reference system. Write it like EPSG:2154."),
        ({"source": {"kind": "http_fil", "connection": "portal", "path": "x"}}, 'Did you mean "http_file"?'),
        ({"source": {"kind": "http_file", "connection": "portal", "pat": "x"}}, 'source.pat: is not a key of this place. Did you mean "path"?'),
        ({"quality": {"expect": [{"expect_column_value_to_be_unique": {"column": "id"}}]}}, "Did you mean"),
        ({"reshape": "elections.candidate_block"}, "candidate_blocks"),
    ],
)  # fmt: skip
def test_check_finds_what_only_the_other_rooms_know(
    town: Any, run: Any, changes: dict[str, Any], sentence: str
) -> None:
    town.contract(**changes)
    code, stdout, _ = run("check")
    assert code == 1
    assert sentence in stdout


def test_check_passes_a_sound_city(run: Any) -> None:
    code, stdout, _ = run("check")
    assert code == 0
    assert stdout.startswith("1 contracts, 0 faults")


def test_two_fields_of_one_name_are_refused_before_anything_runs(town: Any, run: Any) -> None:
    path = town.folder / "config/datasets/mobility/parks.yml"
    path.write_text(path.read_text().replace("fields:\n", "fields:\n  nom: {about: x}\n"))
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "the key 'nom' stands twice" in stderr


def test_a_source_that_is_down_is_named_without_its_secret(
    town: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_PORTAL",
        '{"conn_type": "http", "host": "http://127.0.0.1:9", "login": "u", "password": "s3cr3t"}',
    )
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "mobility.parks" in stderr
    assert "s3cr3t" not in stderr


def test_an_undefined_connection_says_how_to_define_it(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_PORTAL")
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "connection portal: is not defined. Set AIRFLOW_CONN_PORTAL" in stderr


def test_a_process_of_its_own_ends_with_one_sentence_too(town: Any) -> None:
    town.source("id;nom;tel\np1;a;1\n")
    ended = in_a_process(town, "run", "mobility.parks")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith('mobility.parks: the source has no column "places"')


def test_a_long_sentence_stays_on_one_line_where_there_is_no_terminal(town: Any) -> None:
    columns = ";".join(f"a_column_with_a_long_name_{number}" for number in range(12))
    town.source(f"id;nom;tel;{columns}\n")
    told = in_a_process(town, "run", "mobility.parks").stderr.splitlines()[-1]
    assert len(told) > 300
    assert told.startswith("mobility.parks: the source has no column")
