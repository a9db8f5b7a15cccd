"""A batch of many files: one release of all their records, or one sentence; never a short release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from paged import install, put_pages
from town import Town

PAGED = {
    "source": {"kind": "pages", "connection": "pages"}, "format": {"type": "json", "records": "results"},
    "quality": {"rejected": 0.5, "shrink": 1},
}  # fmt: skip


@pytest.fixture
def pages(town: Town, monkeypatch: pytest.MonkeyPatch) -> Path:
    town.contract(**PAGED)
    return install(monkeypatch, town)


def park(number: int, **others: Any) -> dict[str, Any]:
    return {"id": f"p{number}", "nom": "Gare", "places": number, "tel": None, **others}


def three_pages() -> dict[str, Any]:
    return {
        "1.json": {"results": [park(1), park(2)]}, "2.json": {"results": []},
        "3.json": {"results": [{"id": "p3"}]},
    }  # fmt: skip


def test_all_pages_are_one_release_and_the_same_pages_nothing_new(town: Town, pages: Path, run: Any) -> None:
    put_pages(pages, three_pages(), 3, 3)
    code, _, stderr = run("run", "mobility.parks")
    assert (code, stderr) == (0, "mobility.parks: released\n")
    assert town.csv("public") == "id,nom,places\np1,Gare,1\np2,Gare,2\np3,,\n"
    assert "nothing new" in run("run", "mobility.parks")[2]


@pytest.mark.parametrize("counted", [2, 4])
def test_other_records_than_were_counted_block(town: Town, pages: Path, run: Any, counted: int) -> None:
    put_pages(pages, three_pages(), counted, None)
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "3 records were read in what the source sent (3 files)" in stderr
    assert f"promised was the {counted} that were received" in stderr
    assert not (town.folder / "public").exists()


def test_a_misfit_is_placed_in_its_file(town: Town, pages: Path, run: Any) -> None:
    bad = three_pages() | {"4.json": {"results": [park(4), park(5, places="x")]}}
    bad["1.json"]["results"][1]["places"] = "-1"
    put_pages(pages, bad, 5, 5)
    town.contract(**PAGED | {"quality": {"rejected": 0.1}})
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "2 of 5 rows (40.0%) do not fit, first 1.json, line 2, field places: " in stderr
    (rejects,) = (town.folder / "work").rglob("rejects.parquet")
    placed = duckdb.sql(f"SELECT file, line, field, value, row_rejected FROM '{rejects}'").fetchall()
    assert placed == [("1.json", 2, "places", "-1", False), ("4.json", 2, "places", "x", False)]


def test_a_source_that_says_that_it_has_none_empties_the_release(town: Town, pages: Path, run: Any) -> None:
    put_pages(pages, three_pages(), 3, 3)
    run("run", "mobility.parks")
    put_pages(pages, {"1.json": {"results": []}}, 0, 0)
    code, _, stderr = run("run", "mobility.parks")
    assert (code, stderr) == (0, "mobility.parks: released\n")
    assert town.csv("public") == "id,nom,places\n"


@pytest.mark.parametrize(("rows", "expected"), [(0, None), (None, None)])
def test_no_records_without_a_word_of_the_source_is_refused(
    town: Town, pages: Path, run: Any, rows: int | None, expected: int | None
) -> None:
    put_pages(pages, {"1.json": {"results": []}}, rows, expected)
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "1.json holds no records; promised was at least their names." in stderr


def test_none_of_many_pages_is_lost_on_the_way(town: Town, pages: Path, run: Any) -> None:
    put_pages(pages, {f"{n:04}.json": {"results": [park(n)]} for n in range(120)}, 120, 120)
    assert run("run", "mobility.parks")[0] == 0
    assert town.csv("public").count("\n") == 121
    landed = json.loads((town.folder / "work/landing/mobility/parks/latest.json").read_text())
    assert len(landed["files"]) == 120
    released = json.loads((town.folder / "public/mobility/parks/current.json").read_text())
    code, stdout, _ = run("replay", "mobility.parks", released["release_id"], "--json")
    assert code == 0
    assert all(file["released"] == file["replayed"] for file in json.loads(stdout)["files"])
