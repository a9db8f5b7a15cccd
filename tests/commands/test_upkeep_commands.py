"""Names healed and old things collected, by the command line."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from commands_town import PARKS, released
from town import SOUND

from contracts.batch import Commit
from storage.records import bytes_of

DAY = 86_400


def aged(folder: Path, days: int) -> None:
    """Every file below looks as if it had been written so long ago."""
    moment = time.time() - days * DAY
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (moment, moment))


def backdated(log: Path) -> None:
    """The commits as if they were of 2020, and still a chain."""
    previous = None
    for path in sorted(log.iterdir()):
        commit = Commit.model_validate_json(path.read_bytes())
        moment = commit.committed_at.replace(year=2020)
        path.write_bytes(
            bytes_of(commit.model_copy(update={"committed_at": moment, "previous_sha256": previous}))
        )
        previous = hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_stable_name_that_a_crash_left_behind_is_healed_and_told(town: Any, run: Any, after: Any) -> None:
    after(2)
    folder = town.folder / "public/mobility/parks"
    right = (folder / "parks.csv").read_bytes()
    (folder / "parks.csv").write_bytes(b"torn")
    code, stdout, _ = run("reconcile", PARKS)
    assert code == 0
    assert "mobility.parks: the public store shows its last commit again." in stdout
    assert "1 dataset looked at, 1 healed" in stdout
    assert (folder / "parks.csv").read_bytes() == right
    assert "0 healed" in run("reconcile", "--all")[1]


def test_a_committed_file_that_is_gone_is_one_sentence(town: Any, run: Any, after: Any) -> None:
    *_, newest = after(2)
    (town.folder / f"public/mobility/parks/releases/{newest}/parks.csv").unlink()
    code, _, stderr = run("reconcile", "--all")
    assert code == 1
    assert stderr.count("\n") == 1
    assert "parks.csv is missing from the public store" in stderr


def test_collection_looks_without_writing_when_planned(town: Any, run: Any, after: Any) -> None:
    after(2)
    for store in ("work", "public", "restricted", "handover"):
        aged(town.folder / store, 60)
    before = {store: town.published(store) for store in ("work", "public", "restricted", "handover")}
    code, stdout, _ = run("collect", "--plan")
    assert code == 0
    assert "1 staged" in stdout
    assert {store: town.published(store) for store in before} == before


def test_staging_goes_but_for_the_last_and_landing_only_where_no_kept_release_needs_it(
    town: Any, run: Any, after: Any
) -> None:
    after(2)
    town.source("id;nom;places;tel\np1;a;1;1\np1;b;2;2\n")  # refused: two rows share their key
    assert run("run", PARKS)[0] == 1
    town.source(SOUND + "p4;Lac;7;0909090909\n")
    assert run("run", PARKS)[0] == 0
    work = town.folder / "work"
    assert len(list((work / "landing/mobility/parks").glob("*/batch.json"))) == 4
    aged(work, 60)
    code, stdout, _ = run("collect", "--json")
    (cleared,) = json.loads(stdout)["cleared"]
    assert code == 0
    assert (cleared["landed"], cleared["staged"], cleared["views"], cleared["provenance"]) == (1, 3, 0, 0)
    assert len(list((work / "landing/mobility/parks").glob("*/batch.json"))) == 3
    assert len(list((work / "staging/mobility/parks").rglob("table.parquet"))) == 1
    for release in (released(run, "public")[0], released(run, "restricted")[0]):
        assert run("replay", PARKS, release)[0] == 0


def test_what_is_young_stays(town: Any, run: Any, after: Any) -> None:
    after(2)
    aged(town.folder / "work", 6)
    before = town.published("work")
    assert run("collect")[0] == 0
    assert town.published("work") == before


def test_views_that_nobody_took_and_provenance_of_no_release_go(town: Any, run: Any, after: Any) -> None:
    after(2)
    view = town.folder / "handover/mobility/parks/views/x/view.parquet"
    stray = town.folder / "restricted/provenance/mobility/parks/20200101T000000Z-0000000000000000.json"
    for path in (view, stray):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1")
        aged(path.parent, 8)
    named = len(list(stray.parent.iterdir())) - 1
    code, stdout, _ = run("collect")
    assert code == 0
    assert "1 views, 1 provenance" in stdout
    assert not view.exists()
    assert len(list(stray.parent.iterdir())) == named == 4


def test_releases_go_by_the_citys_retention_a_day_after_they_were_planned(
    town: Any, run: Any, after: Any
) -> None:
    oldest, *_ = after(3)
    city = town.folder / "config/city.yml"
    city.write_text(city.read_text() + "keep_releases: 2\nkeep_days: 7\n")
    log = town.folder / "public/mobility/parks/commits"
    assert run("collect", "--plan")[1] == "nothing is beyond its retention\n"  # all are of this week
    backdated(log)
    aged(town.folder / "public", 30)
    _, stdout, _ = run("collect", "--plan")
    assert f"public {oldest}" in stdout
    assert "may go, planned since" in stdout
    _, stdout, _ = run("collect")
    assert "deleted a day later" in stdout
    assert (town.folder / f"public/mobility/parks/releases/{oldest}/parks.csv").exists()
    plan = town.folder / "public/upkeep/collection.json"
    plan.write_text(re.sub(r'"since": "\d{4}', '"since": "2020', plan.read_text()))
    _, stdout, _ = run("collect")
    assert stdout.split()[-1] == "deleted"
    assert not list((town.folder / f"public/mobility/parks/releases/{oldest}").glob("*"))
    assert [
        json.loads(line)["release"]["state"]
        for line in run("releases", PARKS, "--audience", "public", "--json")[1].splitlines()
    ] == ["current", "kept", "collected"]


@pytest.mark.parametrize("words", [(), (PARKS, "--all")])
def test_reconcile_wants_names_or_all(run: Any, words: tuple[str, ...]) -> None:
    assert run("reconcile", *words)[0] == 2
