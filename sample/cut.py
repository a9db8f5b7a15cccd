"""Cuts the sample city's sources out of the shared real files: `python -m sample.cut ../shared/data`."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from sample import (
    cut_addresses,
    cut_budget,
    cut_contracts,
    cut_elections,
    cut_energy,
    cut_mobility,
    cut_parking,
    cut_region,
    cut_territory,
    cut_town_hall,
    cut_waste,
    cutting,
)
from sample.extracts import Cut
from sample.sources import SOURCES

LICENCES = Path(__file__).parent / "LICENCES.md"
EXTRACTS = (
    *cutting.EXTRACTS,
    *cut_addresses.EXTRACTS,
    *cut_budget.EXTRACTS,
    *cut_contracts.EXTRACTS,
    *cut_parking.EXTRACTS,
    *cut_territory.EXTRACTS,
    *cut_waste.EXTRACTS,
    *cut_mobility.EXTRACTS,
    *cut_energy.EXTRACTS,
    *cut_elections.EXTRACTS,
    *cut_town_hall.EXTRACTS,
    *cut_region.EXTRACTS,
)


def licences(cuts: dict[str, Cut]) -> str:
    """The page that tells, for each file, whose it is and under which licence."""
    parts = [
        "# Where the sample city's files come from",
        "Written by `python -m sample.cut`. Real open data, cut small; defects are kept on purpose. What\n"
        "was made for the sample says so.",
    ]
    for extract in EXTRACTS:
        cut = cuts[extract.path]
        facts = {
            "Title": extract.title, "Producer": extract.producer, "Origin": extract.origin,
            "Licence": extract.licence, "Cut": extract.what, "Rows": str(cut.rows),
            "Bytes": str(len(cut.content)), "sha256": hashlib.sha256(cut.content).hexdigest(),
        }  # fmt: skip
        lines = "\n".join(f"- {name}: {fact}" for name, fact in facts.items())
        parts.append(f"## `sources/{extract.path}`\n\n{lines}")
    return "\n\n".join(parts) + "\n"


def cut(data: Path, sources: Path, licences_page: Path) -> None:
    """Writes every extract under `sources`, and the page of licences."""
    cuts = {extract.path: extract.make(data) for extract in EXTRACTS}
    for path, made in cuts.items():
        (sources / path).parent.mkdir(parents=True, exist_ok=True)
        (sources / path).write_bytes(made.content)
    licences_page.write_text(licences(cuts), "utf-8")


if __name__ == "__main__":
    cut(Path(sys.argv[1]), SOURCES, LICENCES)
