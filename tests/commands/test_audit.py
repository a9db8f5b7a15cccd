"""The hunt for restricted values in the public store, by the command line."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from town import PARKS

PHONE = "0605040302"  # of the hidden column `tel`


def test_a_sound_pair_of_stores_has_no_leak_and_what_was_looked_for_is_counted(run: Any, after: Any) -> None:
    after(2)
    code, stdout, stderr = run("audit", "--json")
    told = json.loads(stdout)
    assert (code, stderr, told["leaks"], told["unread"]) == (0, "", [], [])
    assert told["datasets"] == [{"dataset_id": "mobility.parks", "distinctive": 3, "looked_for": 3}]
    assert told["objects"] >= 20


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mobility/parks/log.txt", f"read {PHONE}".encode()),
        ("mobility/parks/readme.html.gz", gzip.compress(f"<p>{PHONE}</p>".encode(), mtime=0)),
        ("index.json", json.dumps({"x": base64.b64encode(f"a{PHONE}b".encode()).decode()}).encode()),
        (
            "deep/er/table.csv",
            f"id;tel\n1;{PHONE[:2]} {PHONE[2:4]} {PHONE[4:6]} {PHONE[6:8]} {PHONE[8:]}\n".encode(),
        ),
    ],
)
def test_a_leak_is_told_by_place_column_and_encoding_never_by_value(
    town: Any, run: Any, after: Any, name: str, content: bytes
) -> None:
    after(2)
    path: Path = town.folder / "public" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    code, stdout, stderr = run("audit")
    assert code == 1
    assert "1 leak" in stdout or "2 leaks" in stdout
    assert "mobility.parks: 1 value of tel (" in stderr
    assert name in stderr
    assert PHONE not in stdout + stderr


def test_a_column_that_is_hidden_now_is_found_in_the_release_that_showed_it(
    town: Any, run: Any, after: Any
) -> None:
    (first,) = after(1)
    fields = {
        **PARKS["fields"], "tel": {"public": True, "basis": "Par erreur.", "about": "Téléphone."},
    }  # fmt: skip
    town.contract(fields=fields, deprecated={"tel": "2020-01-01"})
    assert run("run", "mobility.parks")[0] == 0
    assert run("rollback", "mobility.parks", first)[0] == 0
    town.contract()
    code, _, stderr = run("audit", "mobility.parks")
    assert code == 1
    assert "2 values of tel (utf-8) in mobility/parks/releases/" in stderr


def test_what_another_dataset_shows_to_everyone_is_no_leak(town: Any, run: Any) -> None:
    other = town.folder / "config/datasets/mobility/phones.yml"
    town.contract(source={"kind": "http_file", "connection": "portal", "path": "phones.csv"}, fields={
        "id": PARKS["fields"]["id"], "tel": {"public": True, "basis": "De service.", "about": "Téléphone."}},
        ignores=["nom", "places"], quality=None)  # fmt: skip
    (town.folder / "config/datasets/mobility/parks.yml").rename(other)
    town.contract()
    town.source((town.site / "parks.csv").read_bytes(), "phones.csv")
    code, _, stderr = run("run", "--all")
    assert code == 0, stderr
    code, stdout, stderr = run("audit")
    assert (code, stderr) == (0, "")
    assert "2 of the values are public cells of other datasets" in stdout


def test_a_word_that_a_contract_tells_its_readers_is_no_leak(town: Any, run: Any) -> None:
    hidden = {"nom": {"hidden_because": "CRPA L311-6", "about": "Nom."}}
    other = town.folder / "config/datasets/mobility/stops.yml"
    town.contract(about={**PARKS["about"], "description": {"fr": "Arrêts, dont celui de la place normale."}})
    (town.folder / "config/datasets/mobility/parks.yml").rename(other)
    town.contract(fields={**PARKS["fields"], **hidden})
    town.source("id;nom;places;tel\np1;NORMALE;80;0605040302\np2;Kerguelen-7;81;0605040303\n")
    stops = town.folder / "config/datasets/mobility/stops.yml"
    stops.write_text(stops.read_text("utf-8").replace("parks.csv", "stops.csv"), "utf-8")
    town.source("id;nom;places;tel\ns1;Mairie;1;0605040305\n", "stops.csv")
    assert run("run", "--all")[0] == 0
    code, stdout, stderr = run("audit")
    assert (code, stderr) == (0, "")
    looked_for = next(line.split()[1:3] for line in stdout.splitlines() if line.startswith("mobility.parks"))
    assert looked_for == ["3", "4"], "all but the word: the other name and two telephones"


def test_a_file_that_cannot_be_looked_into_is_no_proof(town: Any, run: Any, after: Any) -> None:
    after(2)
    (town.folder / "public" / "broken.parquet").write_bytes(b"PAR1 and no more PAR1")
    code, _, stderr = run("audit")
    assert code == 1
    assert "broken.parquet" in stderr
