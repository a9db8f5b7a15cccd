"""An aggregate and another public table of one source: refused by the check, unless a person answers for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contracts.library import library_at
from pipeline.checking import faults_of_library

CONFIG = Path(__file__).parents[2] / "config"
WAIVER = """
privacy:
  waives:
    - {field: mois, rule: differencing, because: "Mêmes cellules, l'une par an.", approved_by: "DPO, 2026-11-02"}
"""


def second(folder: Path, name: str, *changes: tuple[str, str], added: str = "") -> dict[str, list[str]]:
    """What the check says where another contract of the source of the consumption stands beside it."""
    for one in ("city.yml", "vocabulary.yml"):
        shutil.copy(CONFIG / one, folder / one)
    target = folder / "datasets" / "energy"
    target.mkdir(parents=True)
    text = (CONFIG / "datasets/energy/consumption.yml").read_text("utf-8")
    (target / "consumption.yml").write_text(text, "utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (target / f"{name}.yml").write_text(text + added, "utf-8")
    found = faults_of_library(library_at(folder))
    return {dataset_id: [fault.met for fault in faults] for dataset_id, faults in found.items()}


def test_two_ways_of_counting_one_source_are_refused(tmp_path: Path) -> None:
    met = second(tmp_path, "by_sector", ("by: [mois, secteur, iris]", "by: [mois, secteur]"))
    assert met == {
        "energy.consumption": ["counts cells of a source that energy.by_sector shows to the public too"],
        "energy.by_sector": ["counts cells of a source that energy.consumption shows to the public too"],
    }


@pytest.mark.parametrize(
    "change",
    [("path: soutirages.csv", "path: autres.csv"), ("type: csv, delimiter: \";\", encoding: utf-8", "type: xlsx, sheet: 2"),
     ("audiences: [public, restricted]", "audiences: [restricted]\nhidden_because: CRPA L311-6")],
    ids=["another source", "another sheet", "for agents alone"],
)  # fmt: skip
def test_other_sources_and_restricted_tables_are_no_rivals(tmp_path: Path, change: tuple[str, str]) -> None:
    met = second(tmp_path, "others", change)
    assert not any("counts cells" in one for faults in met.values() for one in faults)


def test_a_waiver_lets_its_own_aggregate_pass(tmp_path: Path) -> None:
    met = second(tmp_path, "by_sector", ("by: [mois, secteur, iris]", "by: [mois, secteur]"), added=WAIVER)
    assert list(met) == ["energy.consumption"]
