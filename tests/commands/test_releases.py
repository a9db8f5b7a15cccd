"""What readers have had, as the command line tells it, and an earlier release shown again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from commands_town import PARKS, released


def state_of(town: Any) -> tuple[dict[str, bytes], dict[str, bytes]]:
    return town.published("public"), town.published("restricted")


def test_releases_are_listed_newest_first_with_what_each_changed(run: Any, after: Any) -> None:
    oldest, newest = after(2)
    code, stdout, _ = run("releases", PARKS, "--audience", "public")
    lines = stdout.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines] == ["public", newest, oldest]
    assert "current" in lines[1]
    assert "1 row added" in lines[1]
    assert "kept" in lines[2]


def test_without_an_audience_both_are_listed_and_json_has_one_object_a_release(run: Any, after: Any) -> None:
    after(2)
    _, stdout, _ = run("releases", PARKS, "--json")
    told = [json.loads(line) for line in stdout.splitlines()]
    assert [(one["audience"], one["release"]["rows"]) for one in told] == [
        ("restricted", 3), ("restricted", 2), ("public", 3), ("public", 2),
    ]  # fmt: skip


def test_a_dataset_without_a_release_and_one_that_does_not_exist_are_told_apart(run: Any) -> None:
    code, stdout, _ = run("releases", PARKS)
    assert (code, stdout.count("nothing was released")) == (0, 2)
    code, _, stderr = run("releases", "mobility.park")
    assert code == 1
    assert "no such dataset" in stderr
    assert "mobility.parks" in stderr


def test_a_rollback_shows_the_earlier_release_of_that_audience_alone(town: Any, run: Any, after: Any) -> None:
    oldest, newest = after(2)
    restricted = town.published("restricted")
    code, stdout, _ = run("rollback", PARKS, oldest)
    assert (code, stdout) == (
        0, f"{PARKS}: the public store shows {oldest} instead of {newest}.\n"
    )  # fmt: skip
    assert len(town.csv("public").splitlines()) == 3
    assert town.published("restricted") == restricted
    assert released(run, "public")[-1] == oldest


def test_a_release_that_was_rolled_back_to_stays_while_the_source_has_nothing_new(
    town: Any, run: Any, after: Any
) -> None:
    run("rollback", PARKS, after(2)[0])
    _, stdout, _ = run("run", PARKS, "--json")
    assert json.loads(stdout)["state"] == "nothing_new"
    assert len(town.csv("public").splitlines()) == 3


def test_going_back_does_not_claim_that_anything_was_verified(town: Any, run: Any, after: Any) -> None:
    oldest, _ = after(2)
    pointer = town.folder / "public/mobility/parks/current.json"
    expires = json.loads(pointer.read_text())["expires_at"]
    run("rollback", PARKS, oldest)
    assert json.loads(pointer.read_text())["expires_at"] == expires


def test_a_planned_rollback_writes_nothing(town: Any, run: Any, after: Any) -> None:
    after(2)
    oldest, before = released(run, "restricted")[0], state_of(town)
    code, stdout, _ = run("rollback", PARKS, oldest, "--plan")
    assert code == 0
    assert f"the restricted store would show {oldest}" in stdout
    assert state_of(town) == before


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("unknown", "it has no release '20200101T000000Z-0000000000000000'"),
        ("current", "is what is shown now"),
        ("other audience", "it has no release"),
        ("spoiled", "came back changed"),
    ],
)
def test_a_rollback_that_cannot_be_is_one_sentence_and_changes_nothing(
    town: Any, run: Any, after: Any, which: str, words: str
) -> None:
    oldest, newest = after(2)
    release = {"unknown": "20200101T000000Z-0000000000000000", "current": newest}.get(which, oldest)
    if which == "spoiled":
        path = town.folder / f"public/mobility/parks/releases/{oldest}/parks.csv"
        path.write_bytes(path.read_bytes().replace(b"80", b"81"))
    before = state_of(town)
    audience = ["--audience", "restricted"] if which == "other audience" else []
    code, stdout, stderr = run("rollback", PARKS, release, *audience)
    assert (code, stdout) == (1, "")
    assert words in stderr
    assert stderr.count("\n") == 1
    assert state_of(town) == before
