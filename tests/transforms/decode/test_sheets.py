import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from contracts.errors import SourceChanged
from transforms.decode import packing, sheets


def workbook(*rows: list[object], title: str = "Données", **others: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name, contents in others.items():
        for row in contents or [[]]:
            other = book[name] if name in book.sheetnames else book.create_sheet(name)
            other.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def test_cells_become_the_text_a_person_sees(read):
    values = [81883, 2.0, 0.1, -0.0, True, "07001", dt.date(2019, 5, 26), dt.datetime(2019, 5, 26, 13, 5, 7),
              dt.datetime(2019, 5, 26), dt.time(8, 30), dt.timedelta(hours=30, minutes=5), 1e300, " x ", None]  # fmt: skip
    names = [f"c{index}" for index in range(len(values))]
    met = read(workbook(names, values, [None] * 13 + ["z"]), type="xlsx")
    assert met.rows[0] == (
        "81883", "2", "0.1", "0", "true", "07001", "2019-05-26", "2019-05-26 13:05:07",
        "2019-05-26", "08:30:00", "30:05:00", "1e+300", " x ", None,
    )  # fmt: skip


def test_lines_are_the_rows_of_the_sheet(read):
    met = read(workbook(["Titre"], [], ["a", "b"], [1, 2], [], [None, " "], [3, 4], ["Source"]),
               type="xlsx", header=3, skip_bottom=1)  # fmt: skip
    assert (met.rows, met.lines) == ([("1", "2"), ("3", "4")], [4, 7])


def test_cells_beyond_the_header_are_ragged(read):
    met = read(workbook(["a", "b"], [1], [1, 2, None, "note"], [3, 4]), type="xlsx")
    assert met.rows == [("1", None), ("3", "4")]
    assert met.misfits == [(3, "4 cellules au lieu de 2", "1;2;;note")]


def test_a_sheet_is_taken_by_name_or_number(read):
    book = workbook(["a"], [1], été=[["b"], [2]])
    assert read(book, type="xlsx", sheet="été").rows == [("2",)]
    assert read(book, type="xlsx", sheet=2).rows == [("2",)]
    for sheet in ("hiver", 3, 0):
        with pytest.raises(SourceChanged, match='has no sheet .*, but "Données", "été"'):
            read(book, type="xlsx", sheet=sheet)


def test_a_merged_range_has_its_value_in_the_first_cell(read):
    book = openpyxl.Workbook()
    book.active.append(["a", "b", "c"])
    book.active["A2"] = "x"
    book.active.merge_cells("A2:B2")
    book.active["C2"] = "y"
    packed = io.BytesIO()
    book.save(packed)
    assert read(packed.getvalue(), type="xlsx").rows == [("x", None, "y")]


def test_headers_that_name_no_columns_are_refused(read):
    with pytest.raises(SourceChanged, match="no name for column 2 of 3 on row 1"):
        read(workbook(["a", None, "c"], [1, 2, 3]), type="xlsx")
    with pytest.raises(SourceChanged, match='"a" in column 2 and already in column 1 on row 1'):
        read(workbook(["a", "a"], [1, 2]), type="xlsx")
    with pytest.raises(SourceChanged, match="nothing in row 2"):
        read(workbook(["a"], [], [1]), type="xlsx", header=2)
    with pytest.raises(SourceChanged, match="has 1 rows in the sheet 1"):
        read(workbook(["a"]), type="xlsx", header=5)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"a\tb\n1\t2\n", "no workbook but a text.*Declare `type: csv`"),
        (b"<html>", "is a web page"),
        (b"PK\x03\x04broken", "cut short"),
        (b"\xd0\xcf\x11\xe0broken", "no workbook that can be read"),
    ],
)
def test_what_is_no_workbook_is_named(read, content, sentence):
    with pytest.raises(SourceChanged, match=sentence):
        read(content, name="export.xls", type="xls")


def test_a_truncated_workbook_is_refused(read):
    with pytest.raises(SourceChanged, match="cut short"):
        read(workbook(["a"], *([index] for index in range(500)))[:-200], type="xlsx")


def test_a_zip_that_is_no_workbook_is_refused(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "a;b")
    with pytest.raises(SourceChanged, match="no workbook that can be read"):
        read(packed.getvalue(), type="xlsx")


def test_a_workbook_with_a_password_is_refused(read, tmp_path: Path):
    with pytest.raises(SourceChanged, match="protected by a password"):
        read(encrypted_package(), type="xlsx")


def test_a_workbook_that_unpacks_beyond_measure_is_refused(read, monkeypatch):
    monkeypatch.setattr(packing, "SMALL", 1000)
    with pytest.raises(SourceChanged, match="unpacks from"):
        read(workbook(["a"], *(["x" * 30_000 for _ in range(3)] for _ in range(60))), type="xlsx")
    monkeypatch.setattr(sheets, "MAX_WORKBOOK", 1000)
    with pytest.raises(SourceChanged, match="is a workbook of 0 MB"):
        read(workbook(["a"]), type="xlsx")


def encrypted_package() -> bytes:
    """The least compound file (MS-CFB) with an `EncryptedPackage` stream, as Office writes a locked .xlsx."""

    def entry(
        name: str, kind: int, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF, start: int = 0xFFFFFFFE
    ) -> bytes:
        text = name.encode("utf-16-le")
        head = text.ljust(64, b"\0") + (len(text) + 2 if name else 0).to_bytes(2, "little") + bytes([kind, 1])
        links = b"".join(n.to_bytes(4, "little") for n in (0xFFFFFFFF, right, child))
        return head + links + bytes(36) + start.to_bytes(4, "little") + bytes(8)

    def words(*values: int) -> bytes:
        return b"".join(value.to_bytes(4, "little") for value in values)

    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + bytes.fromhex("3e000300feff09000600") + bytes(6)
    )
    header += words(0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0) + b"\xff" * (109 * 4 - 4)
    fat = words(0xFFFFFFFD, 0xFFFFFFFE) + b"\xff" * (512 - 8)
    directory = (
        entry("Root Entry", 5, child=1) + entry("EncryptionInfo", 2, right=2) + entry("EncryptedPackage", 2)
    )
    return header.ljust(512, b"\xff") + fat + directory + entry("", 0)
