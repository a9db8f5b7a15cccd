"""The feeds: one entry for each event, no numbers of what was withdrawn, and never a row's value."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from xml.etree import ElementTree

import pytest
from breaking import ID, PLACE, Breaking

from contracts.batch import Changes, Manifest
from contracts.errors import StorageRefused
from storage import feed
from storage.atom import Entry, document, entries_in
from storage.publishing import publish, put_changes, reconcile
from storage.rollback import rollback
from storage.store import Store, store_at
from storage.withdrawal import withdraw

Release = Callable[..., tuple[Manifest, Path]]
Times = Callable[[int], dict[str, Any]]
FEED = PLACE + "changes.atom"
ATOM = {"": "http://www.w3.org/2005/Atom"}
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.fixture
def told(
    folder_store: Store, release: Release, times: Times, changes: Callable[..., tuple[Changes, Path]]
) -> Store:
    """A store where all that can be told has happened."""
    publish(folder_store, *release(1), **times(1))
    for number in (2, 3):
        put_changes(folder_store, *changes(number, number - 1, "+ 31415"))
        publish(folder_store, *release(number), **times(number))
    rollback(folder_store, ID, "r1", **times(4))
    withdraw(folder_store, ID, "r2", reason="erreur de colonne", remembered_in=None, **times(5))
    return folder_store


def sentences(store: Store, key: str = FEED) -> list[tuple[str, str, str]]:
    return [(entry.title.partition(" : ")[2], entry.fr, entry.en) for entry in entries_in(store.read(key))]


def test_each_commit_is_an_entry_told_in_french_and_english_the_newest_first(told: Store) -> None:
    assert sentences(told) == [
        (
            "retrait d’une version", "Une version a été retirée ; les données montrées sont celles de r1.",
            "A release was withdrawn; the data shown is that of r1.",
        ),
        (
            "retour à une version antérieure", "Les données montrées sont de nouveau celles de r1.",
            "The data shown is that of r1 again.",
        ),
        ("nouvelle version", "Lignes : 1.", "Rows: 1."),  # its differences quoted r2
        (
            "version retirée", "Cette version a été retirée. Motif : erreur de colonne",
            "This release was withdrawn. Reason: erreur de colonne",
        ),
        ("nouvelle version", "Lignes : 1.", "Rows: 1."),
    ]  # fmt: skip


def test_a_release_is_told_by_the_sentence_of_what_it_changed(
    folder_store: Store, release: Release, times: Times, changes: Callable[..., tuple[Changes, Path]]
) -> None:
    publish(folder_store, *release(1), **times(1))
    put_changes(folder_store, *changes(2, 1))
    publish(folder_store, *release(2), **times(2))
    assert sentences(folder_store)[0] == ("nouvelle version", "2 lignes ajoutées.", "2 rows added.")


def test_a_sentence_that_compares_with_another_release_than_the_one_before_is_not_told(
    folder_store: Store, release: Release, times: Times, changes: Callable[..., tuple[Changes, Path]]
) -> None:
    for number in (1, 2):
        publish(folder_store, *release(number), **times(number))
    put_changes(folder_store, *changes(3, 1))
    publish(folder_store, *release(3), **times(3))
    assert sentences(folder_store)[0] == ("nouvelle version", "Lignes : 1.", "Rows: 1.")


def test_where_nothing_is_left_the_feed_says_so(folder_store: Store, release: Release, times: Times) -> None:
    publish(folder_store, *release(1), **times(1))
    withdraw(folder_store, ID, "r1", reason="erreur", remembered_in=None, leave_nothing=True, **times(2))
    assert [title for title, _, _ in sentences(folder_store)] == ["données retirées", "version retirée"]
    assert b"<title>mobility.parkings</title>" in folder_store.read(FEED)


def test_a_feed_is_an_atom_document_with_stable_ids_and_the_times_of_the_commits(told: Store) -> None:
    root = ElementTree.fromstring(told.read(FEED))
    assert (root.tag, root.get(LANGUAGE)) == ("{http://www.w3.org/2005/Atom}feed", "fr")
    assert root.findtext("id", "", ATOM) == "urn:concentrator:mobility.parkings"
    assert root.findtext("updated", "", ATOM) == "2026-10-30T12:00:00Z"
    entries = root.findall("entry", ATOM)
    assert [entry.findtext("id", "", ATOM) for entry in entries] == [
        f"urn:concentrator:mobility.parkings:{sequence:010d}" for sequence in (5, 4, 3, 2, 1)
    ]
    assert [entry.findtext("published", "", ATOM)[8:10] for entry in entries] == [
        "30",
        "29",
        "28",
        "27",
        "26",
    ]
    assert [entry.findtext("updated", "", ATOM)[8:10] for entry in entries] == ["30", "29", "28", "30", "26"]
    assert {entry.findtext("author/name", "", ATOM) for entry in entries} == {"Ville"}
    assert {entry.find("content", ATOM).get(LANGUAGE) for entry in entries} == {"en"}  # type: ignore[union-attr]


def test_entries_lead_to_what_is_kept(told: Store) -> None:
    hrefs = [entry.href for entry in entries_in(told.read(FEED))]
    assert hrefs == [f"releases/{one}/manifest.json" if one else None for one in ("r1", "r1", "r3", "", "r1")]
    newest = entries_in(told.read("changes.atom"))[0]
    assert newest.href == PLACE + "releases/r1/manifest.json"
    assert told.exists(PLACE + "releases/r1/manifest.json")


def test_equal_stores_have_equal_feeds(told: Store) -> None:
    before = {key: told.read(key) for key in (FEED, "changes.atom")}
    for key in before:
        told.delete(key)
    assert reconcile(told, ID)
    assert {key: told.read(key) for key in before} == before


def test_no_value_of_a_row_enters_a_feed(told: Store) -> None:
    for key in (FEED, "changes.atom"):
        assert b"31415" not in told.read(key)


def test_a_withdrawn_release_leaves_no_numbers(
    folder_store: Store, release: Release, times: Times, changes: Callable[..., tuple[Changes, Path]]
) -> None:
    publish(folder_store, *release(1), **times(1))
    put_changes(folder_store, *changes(777, 1))
    publish(folder_store, *release(777, rows=888), **times(2))
    assert b"777 lignes" in folder_store.read("changes.atom")
    withdraw(folder_store, ID, "r777", reason="erreur", remembered_in=None, **times(3))
    for key in (FEED, "changes.atom"):
        assert b"777" not in folder_store.read(key).replace(b"r777", b"")
        assert b"888" not in folder_store.read(key)


def test_a_feed_holds_the_newest_entries(
    folder_store: Store, release: Release, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_NEWEST", 3)
    for number in range(1, 6):
        publish(folder_store, *release(number), **times(number))
    for key in (FEED, "changes.atom"):
        assert [entry.id[-1] for entry in entries_in(folder_store.read(key))] == ["5", "4", "3"]


@pytest.mark.parametrize("damage", [b"", b"<feed", b"<!DOCTYPE x><feed/>", None])
@pytest.mark.parametrize("key", [FEED, "changes.atom"])
def test_a_damaged_or_lost_feed_heals(
    folder_store: Store, release: Release, times: Times, key: str, damage: bytes | None
) -> None:
    publish(folder_store, *release(1), **times(1))
    before = folder_store.read(key)
    folder_store.delete(key) if damage is None else folder_store.put_bytes(key, damage)
    assert reconcile(folder_store, ID)
    assert folder_store.read(key) == before
    assert not reconcile(folder_store, ID)


def test_a_thorough_pass_rewrites_an_edited_feed(folder_store: Store, release: Release, times: Times) -> None:
    publish(folder_store, *release(1), **times(1))
    before = folder_store.read(FEED)
    folder_store.put_bytes(FEED, before.replace(b"Lignes", b"Colonnes"))
    assert reconcile(folder_store, ID, thorough=True)
    assert folder_store.read(FEED) == before


def test_the_feed_of_a_store_merges_those_of_its_datasets(
    store: Store, release: Release, times: Times
) -> None:
    for number, dataset_id in ((1, ID), (2, "mobility.trams"), (3, ID), (4, "mobility.park")):
        publish(store, *release(number, dataset_id=dataset_id, title=dataset_id), **times(number))
    titles = [entry.title.partition(" ")[0] for entry in entries_in(store.read("changes.atom"))]
    assert titles == ["mobility.park", ID, "mobility.trams", ID]


def test_writers_of_several_datasets_lose_no_entry_of_each_other(
    folder_store: Store, tmp_path: Path, release: Release, times: Times
) -> None:
    ids = [f"mobility.line-{number}" for number in range(6)]
    runs = [(*release(number, dataset_id=dataset_id), times(number)) for number, dataset_id in enumerate(ids)]
    together = Barrier(len(runs))

    def run(manifest: Manifest, folder: Path, given: dict[str, Any]) -> None:
        def waiting(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
            if operation == "create":
                together.wait()
            return carry_out()

        own = store_at(str(tmp_path / "store"), "public store")
        publish(Breaking(own, waiting), manifest, folder, **given)

    threads = [Thread(target=run, args=given) for given in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {entry.id.split(":")[2] for entry in entries_in(folder_store.read("changes.atom"))}
    assert told == set(ids)


def test_a_feed_that_others_keep_moving_is_reported(
    folder_store: Store, release: Release, times: Times
) -> None:
    moved: list[int] = []

    def moving(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        if operation == "swap" and folder_store.exists("changes.atom"):
            moved.append(number)
            folder_store.put_bytes("changes.atom", document(f"urn:{len(moved)}", "", ()))
        return carry_out()

    publish(folder_store, *release(1), **times(1))
    with pytest.raises(StorageRefused, match="changes.atom: overtaken by another run"):
        publish(Breaking(folder_store, moving), *release(2, dataset_id="mobility.trams"), **times(2))
    assert reconcile(folder_store, "mobility.trams")


def test_what_xml_cannot_hold_becomes_a_space() -> None:
    entry = Entry("urn:1", "a\x0bb <&> \ud800", "", "", "", "é", "e", None)
    assert entries_in(document("urn:", "t\0", [entry]))[0].title == "a b <&>  "


def test_publishing_moves_no_feed_when_nothing_is_new(
    folder_store: Store, release: Release, times: Times
) -> None:
    manifest, folder = release(1)
    publish(folder_store, manifest, folder, **times(1))
    before = folder_store.read(FEED), folder_store.read("changes.atom")
    later = times(2) | {"moment": times(2)["moment"] + timedelta(days=1)}
    publish(folder_store, manifest.model_copy(update={"release_id": "r2"}), folder, **later)
    assert (folder_store.read(FEED), folder_store.read("changes.atom")) == before
