"""The sample's files are what the script cuts out of the shared ones, and LICENCES.md speaks of each."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from sample.cut import EXTRACTS, LICENCES, cut
from sample.sources import SOURCES

PAGE = LICENCES.read_text("utf-8")


@pytest.fixture(scope="module")
def fresh(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cut")
    cut(shared_data, folder / "sources", folder / "LICENCES.md")
    return folder


def members(workbook: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(workbook) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("extract", [extract.path for extract in EXTRACTS])
def test_cutting_again_gives_the_file_in_the_repository(fresh: Path, extract: str) -> None:
    made, kept = fresh / "sources" / extract, SOURCES / extract
    if kept.suffix == ".xlsx":  # another zlib packs the same members into other bytes
        assert members(made) == members(kept)
    else:
        assert made.read_bytes() == kept.read_bytes()


def test_cutting_twice_gives_the_same_workbook(fresh: Path, shared_data: Path, tmp_path: Path) -> None:
    cut(shared_data, tmp_path / "sources", tmp_path / "LICENCES.md")
    for again in (tmp_path / "sources").rglob("*.xlsx"):
        assert (
            again.read_bytes() == (fresh / "sources" / again.relative_to(tmp_path / "sources")).read_bytes()
        )


def test_delimited_lines_stand_in_the_original_as_they_are(shared_data: Path) -> None:
    for extract in EXTRACTS[:3]:
        original = (shared_data / extract.original).read_bytes().splitlines(keepends=True)
        assert set((SOURCES / extract.path).read_bytes().splitlines(keepends=True)) <= set(original)


def test_the_whole_sample_is_small() -> None:
    assert sum(path.stat().st_size for path in SOURCES.rglob("*") if path.is_file()) < 1_500_000


@pytest.mark.parametrize(
    ("extract", "defects"),
    [
        (EXTRACTS[0].path, [b"\r\n", b";N/A;", b"66.936", b"05 49"]),
        (EXTRACTS[1].path, [b'"{""coordinates""', b";70671.0;", b";0.0;0.0;1.0;"]),
        (EXTRACTS[2].path, ["Périmètre".encode("cp1252"), b"\t\n", b"\tND\tND\t", b"Fil de l?eau", b".\n\n"]),
        (EXTRACTS[3].path, [b'"fields": {', b"\\u00c9", b"SRID=4326;POINT", b'"code_insee": ""']),
    ],
)
def test_the_defects_are_still_there(extract: str, defects: list[bytes]) -> None:
    content = (SOURCES / extract).read_bytes()
    assert [defect for defect in defects if defect not in content] == []


def test_every_file_is_on_the_licences_page_with_its_sha256() -> None:
    for path in SOURCES.rglob("*"):
        if path.is_file():
            name = path.relative_to(SOURCES.parent).as_posix()
            section = PAGE.partition(f"## `{name}`\n")[2].partition("\n## ")[0]
            assert f"- sha256: {hashlib.sha256(path.read_bytes()).hexdigest()}" in section, name
            assert "- Licence: " in section, name


def test_every_licence_is_an_open_one() -> None:
    open_ones = ("Licence Ouverte", "Open Database License", "Public domain", "CC0", "MIT")
    assert all(extract.licence.startswith(open_ones) for extract in EXTRACTS)
