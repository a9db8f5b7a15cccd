"""Names of objects, and names that others chose made safe."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.errors import StorageRefused
from storage import layout

ID = "mobility.parkings"


def test_the_names_that_readers_know_are_those_of_the_protocol() -> None:
    assert layout.stable(ID, "parkings.csv") == "mobility/parkings/parkings.csv"
    assert layout.stable_manifest(ID) == "mobility/parkings/manifest.json"
    assert layout.pointer(ID) == "mobility/parkings/current.json"
    assert layout.release_file(ID, "r1", "parkings.csv") == "mobility/parkings/releases/r1/parkings.csv"
    assert layout.release_manifest(ID, "r1") == "mobility/parkings/releases/r1/manifest.json"
    assert layout.commit(ID, 12) == "mobility/parkings/commits/0000000012.json"
    assert layout.provenance(ID, "r1") == "provenance/mobility/parkings/r1.json"


def test_the_names_in_the_work_store_hold_batch_and_attempt() -> None:
    assert layout.landed(ID, "b1", "parcs.csv") == "landing/mobility/parkings/b1/raw/parcs.csv"
    assert layout.batch(ID, "b1") == "landing/mobility/parkings/b1/batch.json"
    assert layout.latest(ID) == "landing/mobility/parkings/latest.json"
    assert layout.staged_table(ID, "b1", "t2") == "staging/mobility/parkings/b1/t2/table.parquet"
    assert layout.staged_rejects(ID, "b1", "t2") == "staging/mobility/parkings/b1/t2/rejects.parquet"
    assert layout.staged(ID, "b1", "t2") == "staging/mobility/parkings/b1/t2/staged.json"
    assert layout.verdict(ID, "b1", "t2") == "staging/mobility/parkings/b1/t2/verdict.json"
    assert layout.done(ID, "public") == "done/mobility/parkings/public.json"


def test_the_stable_prefix_holds_stable_names_only() -> None:
    prefix = layout.stable_prefix(ID)
    assert layout.stable(ID, "parkings.csv").startswith(prefix)
    others = (layout.pointer(ID), layout.stable_manifest(ID), layout.commit(ID, 1),
              layout.pointer("mobility.parkings-old"))  # fmt: skip
    assert not any(name.startswith(prefix) for name in others)


@pytest.mark.parametrize("name", ["parcs.csv", "parkings", "parkings./../x", "../parkings.csv"])
def test_a_file_of_another_name_has_no_stable_name(name: str) -> None:
    with pytest.raises(StorageRefused, match="is no file of it"):
        layout.stable(ID, name)


def test_a_dataset_cannot_take_the_protocols_own_names() -> None:
    with pytest.raises(StorageRefused, match="is no file of it"):
        layout.stable("city.current", "current.json")
    assert layout.stable("city.current", "current.csv") == "city/current/current.csv"


@pytest.mark.parametrize(
    "dataset_id", ["", "parkings", "a.b.c", "mobility.../x", "../x.yy", "Mobility.parkings"]
)
def test_what_is_no_dataset_id_has_no_place(dataset_id: str) -> None:
    with pytest.raises(StorageRefused, match="is no dataset id"):
        layout.pointer(dataset_id)


@pytest.mark.parametrize("name", ["parcs.csv", "EXPORT_2026-01-01.tar.gz", "a"])
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert layout.safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("données été.csv", r"donnees_ete-[0-9a-f]{8}\.csv"),
        ("../../etc/passwd", r"_.._etc_passwd-[0-9a-f]{8}"),
        ("a\\b\0c\n.csv", r"a_b_c_-[0-9a-f]{8}\.csv"),
        ("", r"file-[0-9a-f]{8}"),
        ("...", r"file-[0-9a-f]{8}"),
        (".env", r"file-[0-9a-f]{8}\.env"),
        ("数据.csv", r"file-[0-9a-f]{8}\.csv"),
        ("manual__2026-01-01T00:00:00+00:00", r"manual__2026-01-01T00_00_00_00_00-[0-9a-f]{8}"),
        ("x" * 300 + ".parquet", r"x{103}-[0-9a-f]{8}\.parquet"),
    ],
)
def test_an_unsafe_name_keeps_its_shape_and_its_extension(name: str, shape: str) -> None:
    assert re.fullmatch(shape, layout.safe_name(name)), layout.safe_name(name)


@given(st.text())
@example("\ud800")
@example("." * 300)
def test_every_name_becomes_one_plain_part_and_stays_so(name: str) -> None:
    safe = layout.safe_name(name)
    assert layout.parts_of(safe) == (safe,)
    assert safe.isascii()
    assert len(safe) <= 120
    assert layout.safe_name(safe) == safe


def test_two_names_that_look_alike_when_made_safe_stay_two() -> None:
    assert len({layout.safe_name(name) for name in ("a/b.csv", "a:b.csv", "a_b.csv", "à_b.csv")}) == 4
