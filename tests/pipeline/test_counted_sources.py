"""A source that counts its records: as many as it says are landed, any other number is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from town import Town

PARKS = [
    {"id": "p2", "nom": "Gare", "places": 120, "tel": "0102030405"},
    {"id": "p1", "nom": "Église", "places": 80, "tel": "0605040302"},
]
REST = {
    "source": {"kind": "rest", "connection": "portal", "path": "parks.json", "count": "total"},
    "format": {"type": "json", "records": "items"},
}


def batches(town: Town) -> list[dict[str, Any]]:
    """Every raw batch that was kept."""
    found = (town.folder / "work").rglob("*.json")
    return [kept for path in found if "files" in (kept := json.loads(path.read_bytes()))]


def test_a_count_that_agrees_is_kept_with_the_batch(town: Town, run: Any) -> None:
    town.contract(**REST)
    town.source(json.dumps({"total": 2, "items": PARKS}), "parks.json")
    code, _, _ = run("run", "mobility.parks", "--until", "extract")
    assert code == 0
    kept = batches(town)
    assert {(one["rows"], one["expected"]) for one in kept} == {(2, 2)}
    assert {one["proof"] for one in kept} == {"count: 2 records on 1 page, as announced"}


@pytest.mark.parametrize("total", [1, 3])
def test_another_count_blocks_before_anything_is_landed(town: Town, run: Any, total: int) -> None:
    town.contract(**REST)
    town.source(json.dumps({"total": total, "items": PARKS}), "parks.json")
    code, _, told = run("run", "mobility.parks")
    assert code != 0
    assert f"2 records were received; promised was {total}" in " ".join(told.split())
    assert batches(town) == []
    assert not list((town.folder / "work").rglob("page-*"))
    assert not (town.folder / "public").exists() or not list((town.folder / "public").rglob("*.parquet"))
