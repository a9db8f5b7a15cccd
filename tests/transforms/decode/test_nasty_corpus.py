"""Other people's worst files: each loads as an independent reader reads it, or is refused with a sentence."""

import csv
import gzip
import io
import json
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from contracts.errors import SourceChanged

KINDS = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".ods", ".json", ".geojson", ".gz", ".zip")
ELSEWHERE = ("xml-attacks", "shapefiles", "encodings")

# What each file's contract would declare where it is not comma, UTF-8, header first.
DECLARED: dict[str, dict[str, Any]] = {
    "agate/test_csv_sniff.csv": {"delimiter": "|"},
    "agate/test_key.json": {"records": "data"},
    "agate/test_latin1.csv": {"encoding": "cp1252"},
    "agate/test_no_header.csv": {"header": None, "columns": list("abcdef")},
    "agate/test_tableset.json": {"records": "table2"},
    "csv-detective/a_test_file.csv": {"delimiter": ";", "header": 3},
    "csvkit/no_header_row.csv": {"header": None, "columns": list("abc")},
    "csvkit/no_header_row2.csv": {"header": None, "columns": list("abc")},
    "csvkit/no_header_row3.csv": {"header": None, "columns": list("abc")},
    "csvkit/sheets.xls": {"sheet": "data"},
    "csvkit/sheets.xlsx": {"sheet": "data"},
    "csvkit/sniff_limit.csv": {"delimiter": ";"},
    "csvkit/test_geojson.json": {"type": "geojson"},
    "csvkit/testjson_multiline.json": {"type": "jsonl"},
    "frictionless-py/accent.csv": {"delimiter": ";"},
    "frictionless-py/chunk2.headless.csv": {"header": None, "columns": ["id", "name"]},
    "frictionless-py/chunk3.csv": {"header": None, "columns": ["id", "name"]},
    "frictionless-py/compression__implicit-gz.csv": {"archive": "gz"},
    "frictionless-py/compression__implicit-zip.csv": {"archive": "zip"},
    "frictionless-py/countries.csv": {"skip_top": 1},
    "frictionless-py/country-2.csv": {"skip_top": 1, "delimiter": ";"},
    "frictionless-py/delimiter.csv": {"delimiter": ";"},
    "frictionless-py/dialect.csv": {"delimiter": "|", "quote": "#"},
    "frictionless-py/duplicate-column-schema.json": {"records": "fields"},
    "frictionless-py/innerpath.package.zip": {"member": "*energy.csv"},
    "frictionless-py/issue-1009-semicolon.csv": {"delimiter": ";"},
    "frictionless-py/issue-1100.csv": {"delimiter": ";"},
    "frictionless-py/issue-1105-timezone.csv": {"delimiter": ";"},
    "frictionless-py/issue-1138.csv": {"delimiter": ";", "trailing_delimiter": True},
    "frictionless-py/issue-1232.csv": {"delimiter": ";"},
    "frictionless-py/issue-1478__table.csv": {"delimiter": "|", "header": None, "columns": list("abcd")},
    "frictionless-py/matrix-with-comment.csv": {"skip_top": 1},
    "frictionless-py/package.zip": {"member": "data2.csv"},
    "frictionless-py/skip-rows-before-headers.csv": {"skip_top": 1},
    "frictionless-py/sheet2.xls": {"sheet": 2},
    "frictionless-py/sheet2.xlsx": {"sheet": 2},
    "frictionless-py/skip-rows.csv": {"skip_top": 1},
    "frictionless-py/skip-rows.xlsx": {"header": 2},
    "frictionless-py/table-1MB.csv": {"header": None, "columns": list("abcdefghij")},
    "frictionless-py/table-delimiter.csv": {"delimiter": ";"},
    "frictionless-py/table-infer-iso-8859-7.csv": {"encoding": "iso-8859-7"},
    "frictionless-py/table-multiple-files.zip": {"member": "table.csv"},
    "frictionless-py/table-with-accents.csv": {"delimiter": ";", "encoding": "cp1252"},
    "frictionless-py/vix.csv": {"delimiter": ";"},
    "frictionless-py/without-headers-extra.csv": {"header": None, "columns": ["id", "name"]},
    "frictionless-py/without-headers.csv": {"header": None, "columns": ["id", "name"]},
    "frictionless-py/zipped-resources__ogd10_catalogs.zip": {"member": "finanz*", "delimiter": ","},
    "hydra/20190618-annuaire-diagnostiqueurs_compressed.csv.gz": {"delimiter": ";"},
}

REFUSED = {
    "agate/empty.csv": "is empty",
    "agate/test_keyed.json": "holds an object with a, 👍, b",
    "agate/test_non_string_keyed.json": "holds an object with 1, 2, None",
    "csv-detective/a_test_file.json": "holds an object with encoding, separator",
    "csvkit/empty.csv": "is empty",
    "csvkit/null_byte.csv": "NUL byte on line 2",
    "csvkit/sheetsxlsx_converted.csv": "no name for column 9 of 9",
    "csvkit/test_empty_columns.csv": "no name for columns 4, 5 of 5",
    "frictionless-py/blank-headers.csv": "no name for column 2 of 3",  # EXPECTED.json: blank-label 2
    "frictionless-py/capital-invalid.csv": '"name" in column 3 and already in column 2',
    "frictionless-py/duplicate-column.csv": '"B" in column 3 and already in column 2',
    "frictionless-py/duplicate-headers.csv": '"id" in column 3 and already in column 1, "id" in column 5',
    "frictionless-py/empty.csv": "is empty",  # EXPECTED.json: the source is empty
    "frictionless-py/invalid.csv": "no name for column 3 of 4",  # EXPECTED.json: blank-label 3
    "frictionless-py/package-invalid.zip": "of which 2 match",
}

# Rows and ragged records counted by eye, where no second reader is at hand or the second one keeps the
# quotes that stand after a blank.
COUNTED = {
    "csvkit/dummy.xls": (1, 0),
    "csvkit/mac_newlines.csv": (2, 0),  # the line end inside its quoted cell becomes a line feed, too
    "csvkit/sheets.xls": (4, 1),
    "csvkit/test.xls": (4, 1),
    "frictionless-py/cast-int-to-string-issue-1251.xls": (2, 0),
    "frictionless-py/dialect.csv": (1, 1),  # `2| -|##` is three cells, the last one empty
    "frictionless-py/escaping.csv": (2, 1),
    "frictionless-py/issue-1109.csv": (3, 0),
    "frictionless-py/sheet2.xls": (2, 0),
    "frictionless-py/table-output.ods": (2, 0),
    "frictionless-py/table-with-booleans.ods": (2, 0),
    "frictionless-py/table-with-booleans.xls": (2, 0),
    "frictionless-py/table-with-ints-floats-dates.ods": (3, 0),
    "frictionless-py/table-with-ints-floats-dates.xls": (3, 0),
    "frictionless-py/table-with-two-sheets.ods": (2, 0),
    "frictionless-py/table.ods": (2, 0),
    "frictionless-py/table.xls": (2, 0),
    # EXPECTED.json
    "csv-detective/a_test_file.csv": (404, 0),
    "frictionless-py/blank-rows.csv": (3, 0),
    "frictionless-py/blank-cells.csv": (5, 0),
    "frictionless-py/without-rows.csv": (0, 0),
}


def declared(name: str) -> dict[str, Any]:
    form: dict[str, Any] = {}
    stem, _, extension = name.rpartition(".")
    if extension in ("gz", "zip"):
        form["archive"] = extension
        if extension == "zip":
            form["member"] = "*.csv"
        extension = stem.rpartition(".")[2] if stem.endswith(("csv", "json")) else "csv"
    known = {"tsv": {"type": "csv", "delimiter": "\t"}, "txt": {"type": "csv"}}
    form |= known.get(extension, {"type": extension})
    form |= DECLARED.get(name, {})
    return {"delimiter": ",", **form} if form["type"] == "csv" else form


def content_of(path: Path, form: dict[str, Any]) -> bytes:
    if form.get("archive") == "gz":
        return gzip.decompress(path.read_bytes())
    if form.get("archive") == "zip":
        with zipfile.ZipFile(path) as archive:
            (name,) = (n for n in archive.namelist() if fnmatchcase(n, form.get("member", "*")))
            return archive.read(name)
    return path.read_bytes()


def rows_by_csv(content: bytes, form: dict[str, Any]) -> tuple[list[list[str]], int]:
    """Good rows and the number of others, by Python's reader."""
    encoding = form.get("encoding", "utf-8")
    text = io.StringIO(content.decode("utf-8-sig" if encoding == "utf-8" else encoding), newline="")
    header = form.get("header", 1)
    for _ in range(form.get("skip_top", 0) + (header - 1 if header else 0)):
        text.readline()
    reader = csv.reader(text, delimiter=form["delimiter"], quotechar=form.get("quote", '"'), strict=True)
    width = len(form["columns"] if header is None else next(reader)) - form.get("trailing_delimiter", False)
    records = [record for record in reader if record]
    good = [record[:width] for record in records if len(record) >= width and not any(record[width:])]
    return good, len(records) - len(good)


def counts_by_openpyxl(path: Path, form: dict[str, Any]) -> tuple[int, int]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    sheet = form.get("sheet", 1)
    rows = [list(row) for row in book[book.sheetnames[sheet - 1] if isinstance(sheet, int) else sheet].values]
    used = [
        max((place for place, cell in enumerate(row, 1) if cell not in (None, "")), default=0) for row in rows
    ]
    header = form.get("header", 1)
    filled = [width for width in used[header:] if width]
    ragged = sum(width > used[header - 1] for width in filled)
    return len(filled) - ragged, ragged


def records_by_json(content: bytes, form: dict[str, Any]) -> int:
    if form["type"] == "jsonl":
        return len([json.loads(line) for line in content.splitlines() if line.strip()])
    value = json.loads(content)
    path = "features" if form["type"] == "geojson" else form.get("records", "")
    for key in filter(None, path.split(".")):
        value = value[key]
    return len(value)


@pytest.fixture(scope="session")
def corpus(shared_data: Path) -> dict[str, Path]:
    folder = shared_data / "12-nasty"
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in KINDS]
    return {
        str(path.relative_to(folder)): path for path in files if path.parent.name not in ELSEWHERE
    }  # fmt: skip


def test_the_corpus_is_all_there(corpus):
    assert len(corpus) == 259
    assert {*DECLARED, *REFUSED, *COUNTED} <= set(corpus)


def test_every_file_loads_as_another_reader_reads_it_or_is_refused(corpus, read, subtests):
    for name, path in corpus.items():
        form = declared(name)
        with subtests.test(name):
            if name in REFUSED:
                with pytest.raises(SourceChanged) as refusal:
                    read(path, name=path.name, **form)
                assert REFUSED[name] in str(refusal.value)
                continue
            met = read(path, name=path.name, **form)
            counts = len(met.rows), met.ragged
            if name in COUNTED:
                assert counts == COUNTED[name]
            elif form["type"] == "csv":
                rows, ragged = rows_by_csv(content_of(path, form), form)
                assert [[cell or "" for cell in row] for row in met.rows] == rows
                assert met.ragged == ragged
            elif form["type"] == "xlsx":
                assert counts == counts_by_openpyxl(path, form)
            else:
                assert counts == (records_by_json(content_of(path, form), form), 0)
