"""The decoded scan finds every kind of leak, each by its own reason, and nothing where there is none."""

import gzip
import io
import os
import zipfile
from collections.abc import Mapping
from datetime import date
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.errors import PrivacyRefused
from privacy.scan import units
from privacy.scan.hunting import Leak, hunt
from privacy.scan.parts import Unit
from privacy.scan.units import units_in
from tests.privacy.leaks import KINDS

INNOCENT = {  # of the same form as what is planted, kind by kind
    "69.3012345": "99.3012345", "69.3112345": "99.3112345", "69.3212345": "99.3212345",
    "-49.3512345": "-79.3512345", "187503078912": "187503078913",
}  # fmt: skip


def scanned(folder: Path, needles: Mapping[str, str]) -> tuple[Leak, ...]:
    """What of the needles stands anywhere in a store's folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hunt(chain.from_iterable(units_in(path, str(path.relative_to(folder))) for path in files), needles)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Leak, ...]:
    """All kinds planted in one store, then looked for together."""
    store = tmp_path_factory.mktemp("public")
    for name, kind in KINDS.items():
        kind.in_store(store, name)
    return scanned(store, {name: kind.value for name, kind in KINDS.items()})


def test_there_are_more_than_25_kinds() -> None:
    assert len(KINDS) >= 25


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_leak_is_found_by_its_own_reason(found: tuple[Leak, ...], name: str) -> None:
    kind = KINDS[name]
    mine = [leak for leak in found if leak.needle == name]
    assert [leak for leak in mine if leak.encoding == kind.encoding and kind.place in leak.place], mine


def test_every_leak_is_found_where_it_was_planted(found: tuple[Leak, ...]) -> None:
    for leak in found:
        assert leak.place.startswith((leak.needle.replace(" ", "_"), "the name of a file")), leak


def test_no_report_holds_a_value(found: tuple[Leak, ...]) -> None:
    told = "\n".join(leak.place + leak.encoding for leak in found)
    assert not [kind.value for kind in KINDS.values() if kind.value in told]


def test_nothing_planted_nothing_found(tmp_path: Path) -> None:
    for name, kind in KINDS.items():
        fixed = name in ("a bbox in GeoJSON", "a coordinate cut short", "a telephone in groups",
                         "a date written otherwise", "an instant as a number")  # fmt: skip
        if not fixed:
            kind.in_store(tmp_path, name, INNOCENT.get(kind.value, "N° 2026, Béatrice Courbevoie"))
    assert scanned(tmp_path, {name: kind.value for name, kind in KINDS.items()}) == ()


def of_bytes(tmp_path: Path, content: bytes, value: str, name: str = "a.bin") -> tuple[Leak, ...]:
    (tmp_path / name).write_bytes(content)
    return hunt(units_in(tmp_path / name, name), {"it": value})


def test_a_value_across_two_windows_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "WINDOW", 1000)
    monkeypatch.setattr(units, "OVERLAP", 64)
    assert of_bytes(tmp_path, b"-" * 990 + b"Adelaide Kerguelen" + b"-" * 990, "Adelaide Kerguelen")


@pytest.mark.parametrize("compression", ["snappy", "gzip", "brotli", "zstd", "lz4", "none"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_pages_of_every_codec_and_version_are_opened(tmp_path: Path, compression: str, version: str) -> None:
    names = ["Gare", None, "Mairie", "Gare", "Adelaide Kerguelen"] * 999
    table = pa.table({"nom": pa.array(names).dictionary_encode()})
    shown = table.filter(pa.array([True, True, True, True, False] * 999))
    pq.write_table(shown, tmp_path / "a.parquet", compression=compression, data_page_version=version)
    leaks = hunt(units_in(tmp_path / "a.parquet", "a.parquet"), {"it": "Adelaide Kerguelen"})
    assert "a.parquet > column nom > dictionary" in {leak.place for leak in leaks}


@pytest.mark.parametrize(
    ("values", "kind", "needle"),
    [
        ([69301234], pa.int32(), "69301234"), ([187503078912], pa.int64(), "187503078912"),
        ([69.3012345], pa.float64(), "69.3012345"), ([date(1875, 3, 7)], pa.date32(), "1875-03-07"),
        ([1772882553123456], pa.timestamp("us", "UTC"), "2026-03-07T11:22:33.123456Z"),
        (["69301.25"], pa.decimal128(9, 2), "69301.25"), (["123456789012345678.25"], pa.decimal128(20, 2), "123456789012345678.25"),
    ],
)  # fmt: skip
def test_a_dictionary_of_numbers_is_read_as_its_column(
    tmp_path: Path, values: list[object], kind: pa.DataType, needle: str
) -> None:
    column = pa.array(values).cast(kind)
    pq.write_table(pa.table({"a": column}), tmp_path / "a.parquet", store_decimal_as_integer=True)
    leaks = hunt(units_in(tmp_path / "a.parquet", "a.parquet"), {"it": needle})
    places = {leak.place for leak in leaks}
    assert {"a.parquet > column a > dictionary", "a.parquet > column a > rows"} <= places


def zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def nested(depth: int) -> bytes:
    content = b"nom"
    for _ in range(depth):
        content = zipped({"a.zip": content})
    return content


def encrypted() -> bytes:
    content = bytearray(zipped({"a.csv": b"nom"}))
    content[6] |= 1  # the flag in the local header, then in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (nested(8), "is nested more than 6 deep"),
        (gzip.compress(b"\0" * 300_000_000, 9), "decompresses to more than 300 times its size"),
        (gzip.compress(os.urandom(2000))[:-900], "cannot be unpacked"),
        (zipped({"a.csv": b"nom"})[:-30], "cannot be opened"),
        (encrypted(), "cannot be opened"),
        (b"PAR1" + b"\0" * 40 + b"PAR1", "cannot be read through"),
        (b"SQLite format 3\0" + b"\1" * 4000, "cannot be read through"),
    ],
    ids=["nested", "bomb", "cut gzip", "cut zip", "encrypted", "no Parquet", "no database"],
)  # fmt: skip
def test_what_cannot_be_looked_into_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, sentence: str
) -> None:
    monkeypatch.setattr("privacy.scan.parts.LEAST_ALLOWANCE", 1 << 20)
    with pytest.raises(PrivacyRefused, match=sentence):
        of_bytes(tmp_path, content, "Adelaide")


@pytest.mark.parametrize(
    ("content", "met"),
    [
        (b"id;12345678;x", True), (b"a12345678b", False), (b"112345678", False), (b"0.12345678", False),
        (b"12345678.5", False), (b"12345678.", True), (b"12345678,5", True),
    ],
)  # fmt: skip
def test_a_short_number_is_met_only_as_a_number_of_its_own(content: bytes, met: bool) -> None:
    assert bool(hunt([Unit("a", content)], {"it": "12345678"})) is met


def test_a_thousand_needles_are_told_apart() -> None:
    needles = {f"n{number}": f"Personne {number:04}" for number in range(1000)}
    leaks = hunt([Unit("a", b"personne 0007; PERSONNE 0421")], needles)
    assert {leak.needle for leak in leaks} == {"n7", "n421"}


def test_a_name_without_its_accents_is_found_where_it_has_them() -> None:
    assert hunt([Unit("a", "Mme ADÉLAÏDE KERGUELEN".encode())], {"it": "Adelaide Kerguelen"})


def test_two_cells_are_not_read_as_one(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([1234, 5678])})
    pq.write_table(table, tmp_path / "a.parquet")
    assert hunt(units_in(tmp_path / "a.parquet", "a.parquet"), {"it": "12345678"}) == ()


def test_a_place_that_tells_a_value_is_masked() -> None:
    (leak,) = hunt([Unit("courriers > Adélaïde.csv", "x Adélaïde y".encode())], {"it": "Adélaïde"})
    assert leak.place == "***" or "Ad" not in leak.place
