"""A release taken from its readers by the command line, and the look for what it brought."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands_town import NAME, PARKS, released

from storage import layout


def files_with(folder: Path, text: str) -> list[str]:
    return [str(path) for path in folder.rglob("*.csv") if text in path.read_text("utf-8")]


def test_readers_get_the_release_before_and_nothing_of_what_was_withdrawn_is_left(
    town: Any, run: Any, after: Any
) -> None:
    first, second = after(2)
    code, stdout, stderr = run("withdraw", PARKS, second, "--reason", "nom d'une personne")
    assert (code, stderr) == (0, "")
    assert stdout.startswith(f"{PARKS}: the public store lost {second}; readers see {first}.\n")
    assert "1 value that it brought" in stdout
    assert "none is left" in stdout
    assert files_with(town.folder / "public", NAME) == []
    assert len(files_with(town.folder / "restricted", NAME)) >= 2
    assert len(town.csv("public").splitlines()) == 3


def test_the_stable_addresses_to_purge_are_told(town: Any, run: Any, after: Any) -> None:
    _, second = after(2)
    _, stdout, _ = run("withdraw", PARKS, second, "--reason", "erreur")
    told = [line.strip() for line in stdout.splitlines() if line.startswith("  ")]
    assert {"mobility/parks/parks.csv", "mobility/parks/current.json", "mobility/parks/changes.atom"} <= set(
        told
    )


def test_a_later_release_that_holds_the_same_cells_is_named(town: Any, run: Any, after: Any) -> None:
    _, second, third = after(3)
    code, stdout, stderr = run("withdraw", PARKS, second, "--reason", "erreur")
    assert code == 1
    assert "some are left" in stdout
    assert stderr == f"public store, release {third}: 1 (nom) of them. Withdraw it too.\n"
    assert NAME not in stdout + stderr
    code, stdout, _ = run("withdraw", PARKS, third, "--reason", "erreur")
    assert code == 0
    assert files_with(town.folder / "public", NAME) == []


def test_a_value_in_an_object_of_no_release_is_found_in_whatever_encoding(
    town: Any, run: Any, after: Any
) -> None:
    _, second = after(2)
    (town.folder / "public" / "notes.json").write_text(json.dumps({"from": NAME}))  # \u00c9lisabeth
    code, _, stderr = run("withdraw", PARKS, second, "--reason", "erreur")
    assert code == 1
    assert "public store, notes.json: 1 (nom) of them. Look at it." in stderr


def test_what_was_withdrawn_is_not_published_again_and_not_rolled_back_to(
    town: Any, run: Any, after: Any
) -> None:
    _, second = after(2)
    run("withdraw", PARKS, second, "--reason", "erreur")
    before = town.published("public")
    code, _, stderr = run("rollback", PARKS, second)
    assert code == 1
    assert f"{second} was withdrawn and may not come back" in stderr
    code, _, stderr = run("run", PARKS, "--force")
    assert code == 1
    assert "withdrawn" in stderr
    assert stderr.strip().count("\n") <= 1
    assert run("replay", PARKS, second)[0] == 1
    assert town.published("public") == before


def test_views_that_wait_for_the_publisher_go_too(town: Any, run: Any, after: Any) -> None:
    _, second = after(2)
    waiting = town.folder / "handover" / layout.handed_view(PARKS, "stuck")
    waiting.parent.mkdir(parents=True)
    waiting.write_bytes(b"1")
    run("withdraw", PARKS, second, "--reason", "erreur")
    assert not waiting.exists()


def test_a_planned_withdrawal_writes_nothing(town: Any, run: Any, after: Any) -> None:
    first, second = after(2)
    before = town.published("public"), town.published("restricted"), town.published("handover")
    code, stdout, _ = run("withdraw", PARKS, second, "--reason", "erreur", "--plan")
    assert code == 0
    assert f"would lose {second}; readers would see {first}." in stdout
    assert (town.published("public"), town.published("restricted"), town.published("handover")) == before


@pytest.mark.parametrize(
    ("which", "reason", "words"),
    [
        ("last", "erreur", "is the last release that can be shown"),
        ("unknown", "erreur", "it has no release '2020'"),
        ("last", " ", "a withdrawal needs a reason"),
    ],
)
def test_a_withdrawal_that_cannot_be_is_one_sentence_and_changes_nothing(
    town: Any, run: Any, after: Any, which: str, reason: str, words: str
) -> None:
    (only,) = after(1)
    before = town.published("public"), town.published("restricted")
    release = only if which == "last" else "2020"
    code, stdout, stderr = run("withdraw", PARKS, release, "--reason", reason)
    assert (code, stdout, stderr.count("\n")) == (1, "", 1)
    assert words in stderr
    assert (town.published("public"), town.published("restricted")) == before


@pytest.mark.parametrize("urgent", [(), ("--urgent",)])
def test_the_last_release_goes_where_that_is_said(
    town: Any, run: Any, after: Any, urgent: tuple[str, ...]
) -> None:
    (only,) = after(1)
    code, stdout, _ = run("withdraw", PARKS, only, "--reason", "erreur", "--leave-nothing", *urgent)
    assert code == 0
    assert "readers see nothing (404)" in stdout
    assert files_with(town.folder / "public", NAME) == []
    assert not (town.folder / "public/mobility/parks/parks.csv").exists()


def test_a_withdrawal_from_the_agents_names_the_public_release_of_the_same_rows(
    town: Any, run: Any, after: Any
) -> None:
    after(2)
    restricted = released(run, "restricted")[-1]
    code, _, stderr = run("withdraw", PARKS, restricted, "--reason", "erreur")
    assert code == 1
    assert "public store, release " in stderr
