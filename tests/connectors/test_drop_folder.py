"""A drop folder: what is new there, whole and unambiguous, and everything that people leave beside it."""

import hashlib
import os
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from connectors.drop_folder import DropFolder
from contracts.connection import Connection
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
OPTIONS = DropFolder(folder="elections", pattern="*.xlsx")


@pytest.fixture
def depot(tmp_path):
    folder = tmp_path / "depot" / "elections"
    folder.mkdir(parents=True)
    return folder


def drop(depot, name, content=b"PK rows", hours_old=1.0):
    path = depot / name
    path.write_bytes(content)
    moment = (NOON - timedelta(hours=hours_old)).timestamp()
    os.utime(path, (moment, moment))
    return path


def fetch(depot, visit, known=None, options=OPTIONS):
    files = tuple(file.landed(f"landing/{file.name}") for file in known.files) if known else ()
    connection = Connection(name="elections_office", extra={"path": str(depot.parent)})
    return options.fetch(connection, replace(visit, known=files))


def test_a_dropped_file_is_copied_and_stays_where_it_was(depot, visit, naps):
    path = drop(depot, "resultats.xlsx")
    fetched = fetch(depot, visit)
    (file,) = fetched.files
    assert file.path.parent == visit.folder
    assert file.path.read_bytes() == path.read_bytes() == b"PK rows"
    assert (file.sha256, file.bytes) == (hashlib.sha256(b"PK rows").hexdigest(), 7)
    assert (file.name, file.origin) == ("resultats.xlsx", str(path))
    assert fetched.proof == "the same at two looks, 5 s apart"
    assert naps == [5.0]


def test_what_people_and_their_programs_leave_is_no_drop(depot, visit):
    for name in ("~$resultats.xlsx", ".~lock.resultats.xlsx", "._resultats.xlsx", "notes.txt", "a.xlsx.part"):
        drop(depot, name)
    (depot / "archive.xlsx").mkdir()
    (depot / "link.xlsx").symlink_to(drop(depot.parent, "elsewhere.xlsx"))
    drop(depot, "resultats.xlsx")
    assert [file.name for file in fetch(depot, visit).files] == ["resultats.xlsx"]


@pytest.mark.parametrize("name", ["RESULTATS.XLSX", unicodedata.normalize("NFD", "Résultats.xlsx")])
def test_capitals_and_the_accents_of_a_mac_match(depot, visit, name):
    drop(depot, name)
    options = DropFolder(folder="elections", pattern="r?sultats.xlsx")
    assert fetch(depot, visit, options=options).files[0].name == unicodedata.normalize("NFC", name)


def test_the_known_file_is_unchanged_without_waiting(depot, visit, naps):
    drop(depot, "resultats.xlsx")
    first = fetch(depot, visit)
    naps.clear()
    again = fetch(depot, visit, first)
    assert again.unchanged
    assert again.files == ()
    assert naps == []


def test_the_same_bytes_under_a_new_date_are_unchanged(depot, visit):
    drop(depot, "resultats.xlsx", hours_old=5)
    first = fetch(depot, visit)
    drop(depot, "resultats.xlsx", hours_old=1)
    assert fetch(depot, visit, first).unchanged


@pytest.mark.parametrize("name", ["resultats.xlsx", "resultats-v2.xlsx"])
def test_a_newer_file_is_taken_beside_the_known_one_or_in_its_place(depot, visit, name):
    drop(depot, "resultats.xlsx", hours_old=5)
    first = fetch(depot, visit)
    drop(depot, name, b"PK more rows", hours_old=1)
    assert [file.name for file in fetch(depot, visit, first).files] == [name]


def test_consumed_files_pile_up_without_harm(depot, visit):
    known = None
    for month in range(3):
        drop(depot, f"{month}.xlsx", f"PK {month}".encode(), hours_old=9 - month)
        known = fetch(depot, visit, known)
        assert [file.name for file in known.files] == [f"{month}.xlsx"]
    assert fetch(depot, visit, known).unchanged


def test_the_touched_known_file_does_not_rival_a_new_one(depot, visit):
    drop(depot, "old.xlsx", hours_old=5)
    first = fetch(depot, visit)
    drop(depot, "old.xlsx", hours_old=2)
    drop(depot, "new.xlsx", b"PK new", hours_old=1)
    assert [file.name for file in fetch(depot, visit, first).files] == ["new.xlsx"]


def test_two_new_files_are_refused_by_name(depot, visit):
    drop(depot, "resultats.xlsx")
    drop(depot, "resultats (1).xlsx")
    with pytest.raises(SourceChanged, match=r"« resultats \(1\).xlsx », « resultats.xlsx » are all new"):
        fetch(depot, visit)


@pytest.mark.parametrize("name", ["resultats.xlsx", "resultats-v0.xlsx"])
def test_an_older_file_than_the_consumed_one_is_reported(depot, visit, name):
    drop(depot, "resultats.xlsx", hours_old=1)
    first = fetch(depot, visit)
    drop(depot, name, b"PK older", hours_old=48)
    with pytest.raises(SourceChanged, match=f"« {name} » is older than resultats.xlsx, consumed last"):
        fetch(depot, visit, first)


def test_a_file_of_this_very_moment_waits_for_the_next_look(depot, visit):
    drop(depot, "resultats.xlsx", hours_old=1 / 3600)
    with pytest.raises(SourceUnavailable, match=r"« resultats.xlsx » is still being written"):
        fetch(depot, visit)


def test_a_file_that_changes_between_two_looks_waits(depot, visit):
    path = drop(depot, "resultats.xlsx")

    def write_on(seconds):
        path.write_bytes(b"PK cols")
        os.utime(path, (path.stat().st_mtime - 7200,) * 2)

    with pytest.raises(SourceUnavailable, match="still being written"):
        fetch(depot, replace(visit, sleep=write_on))


def test_a_half_written_file_does_not_hold_up_a_finished_one(depot, visit):
    drop(depot, "finished.xlsx")
    drop(depot, "growing.xlsx", hours_old=0)
    assert [file.name for file in fetch(depot, visit).files] == ["finished.xlsx"]


def test_a_share_whose_clock_runs_ahead_is_read(depot, visit):
    drop(depot, "resultats.xlsx", hours_old=-0.1)
    assert fetch(depot, visit).files


def test_an_empty_folder_says_what_to_drop(depot, visit):
    with pytest.raises(
        SourceUnavailable, match=r"nothing new lies in .*elections. Drop a file named like '\*"
    ):
        fetch(depot, visit)


def test_a_consumed_file_that_is_gone_is_not_called_unchanged(depot, visit):
    path = drop(depot, "resultats.xlsx")
    first = fetch(depot, visit)
    path.unlink()
    with pytest.raises(SourceUnavailable, match=r"resultats.xlsx, consumed last, is gone"):
        fetch(depot, visit, first)


def test_a_share_that_is_not_mounted_is_unavailable(depot, visit):
    with pytest.raises(SourceUnavailable, match=r"cannot be read.*mounted"):
        fetch(depot, visit, options=DropFolder(folder="budget"))


def test_an_empty_file_is_incomplete(depot, visit):
    drop(depot, "resultats.xlsx", b"")
    with pytest.raises(SourceIncomplete, match=r"« resultats.xlsx » is empty"):
        fetch(depot, visit)


def test_the_files_of_another_source_are_not_its_past(depot, visit):
    drop(depot, "resultats.xlsx")
    first = fetch(depot, visit)
    (depot.parent / "other").mkdir()
    drop(depot.parent / "other", "older.xlsx", hours_old=99)
    options = DropFolder(folder="other", pattern="*.xlsx")
    assert [file.name for file in fetch(depot, visit, first, options).files] == ["older.xlsx"]


@pytest.mark.parametrize("extra", [{}, {"path": "relative/depot"}, {"path": 7}, {"path": None}])
def test_a_connection_without_a_folder_is_named(visit, extra):
    with pytest.raises(SourceUnavailable, match="connection elections_office: names no folder"):
        OPTIONS.fetch(Connection(name="elections_office", extra=extra), visit)


@pytest.mark.parametrize(
    "options",
    [{"folder": "../other"}, {"folder": "/etc"}, {"folder": "a/../.."}, {"folder": "a\\b"}, {"pattern": ""},
     {"settle": -1}, {"patern": "*"}],
)  # fmt: skip
def test_options_that_leave_the_root_or_mean_nothing_are_refused(options):
    with pytest.raises(ValidationError):
        DropFolder.model_validate(options)


def test_every_file_of_a_folder_is_taken_again_when_one_is_new_other_or_gone(depot, visit):
    options = DropFolder(folder="elections", every=True)
    drop(depot, "a.xml", b"<a/>", hours_old=5)
    drop(depot, "b.xml", b"<b/>", hours_old=5)
    first = fetch(depot, visit, options=options)
    assert [file.name for file in first.files] == ["a.xml", "b.xml"]
    assert fetch(depot, visit, first, options=options).unchanged
    drop(depot, "0.xml", b"<c/>", hours_old=9)  # older than what was taken: added all the same
    second = fetch(depot, visit, first, options=options)
    assert [file.name for file in second.files] == ["0.xml", "a.xml", "b.xml"]
    drop(depot, "b.xml", b"<B/>", hours_old=1)
    third = fetch(depot, visit, second, options=options)
    assert [file.sha256 for file in third.files] != [file.sha256 for file in second.files]
    (depot / "a.xml").unlink()
    assert [file.name for file in fetch(depot, visit, third, options=options).files] == ["0.xml", "b.xml"]


def test_a_folder_of_which_one_file_is_still_written_waits(depot, visit):
    options = DropFolder(folder="elections", every=True)
    drop(depot, "a.xml", b"<a/>", hours_old=5)
    drop(depot, "b.xml", b"<b/>", hours_old=0)
    with pytest.raises(SourceUnavailable, match="« b.xml » is still being written"):
        fetch(depot, visit, options=options)
    with pytest.raises(SourceUnavailable, match="nothing lies in"):
        fetch(depot, visit, options=DropFolder(folder="elections", pattern="*.csv", every=True))
