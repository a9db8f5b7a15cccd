"""A town of many small datasets behind a web server, whose sources can be renewed; seeded."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_FIELDS: dict[str, dict[str, Any]] = {
    "id": {"public": True, "about": "Identifiant."},
    "nom": {"public": True, "about": "Nom."},
    "places": {"type": "integer", "min": 0, "public": True, "about": "Places."},
    "jauge": {"type": "integer", "hidden_because": "CRPA L311-6", "about": "Jauge de sécurité."},
}


@dataclass(frozen=True)
class Town:
    """`config/` and `site/` in a folder, for datasets `mobility.lots_00`, `…_01` and so on."""

    folder: Path
    datasets: int
    rows: int = 40
    rows_of_first: int = 40

    @property
    def dataset_ids(self) -> list[str]:
        """All of them, sorted."""
        return [f"mobility.lots_{number:02}" for number in range(self.datasets)]

    @property
    def config(self) -> Path:
        """The contracts' folder."""
        return self.folder / "config"

    @property
    def site(self) -> Path:
        """What the source serves."""
        return self.folder / "site"

    def rows_of(self, dataset_id: str) -> int:
        """How many its source sends."""
        return self.rows_of_first if dataset_id == self.dataset_ids[0] else self.rows

    def founded(self) -> None:
        """Writes the contracts; readable by every user."""
        contracts = self.config / "datasets" / "mobility"
        contracts.mkdir(parents=True)
        self.site.mkdir()
        (self.config / "city.yml").write_text(
            "name: Villebourg\ninsee: '92040'\ncontact: opendata@example.org\n"
        )
        (self.config / "vocabulary.yml").write_text("terms: {}\n")
        for dataset_id in self.dataset_ids:
            text = yaml.safe_dump(_contract(dataset_id), allow_unicode=True, sort_keys=False)
            (contracts / f"{dataset_id.split('.')[1]}.yml").write_text(text, "utf-8")

    def renewed(self, edition: int) -> None:
        """Writes every source anew; every row of an edition has its number as `places`."""
        for dataset_id in self.dataset_ids:
            draw = random.Random(f"{dataset_id} {edition}")
            lines = [
                f"p{row:06};Parc Élysée {draw.randrange(10**6)};{edition};{draw.randrange(1000)}\n"
                for row in range(self.rows_of(dataset_id))
            ]
            arriving = self.site / f".{dataset_id}"
            arriving.write_text("id;nom;places;jauge\n" + "".join(lines), "utf-8")
            arriving.rename(self.site / f"{dataset_id}.csv")


def _contract(dataset_id: str) -> dict[str, Any]:
    return {
        "about": {
            "title": {"fr": f"Parcs, {dataset_id}"}, "description": {"fr": "Parcs de la commune."},
            "publisher": "Mobilité", "frequency": "daily", "contact": "opendata@example.org",
        },
        "source": {"kind": "http_file", "connection": "town", "path": f"{dataset_id}.csv"},
        "format": {"type": "csv", "delimiter": ";"},
        "key": ["id"],
        "fields": _FIELDS,
        "quality": {"rejected": 0.5},
        "audiences": ["restricted", "public"],
    }  # fmt: skip
