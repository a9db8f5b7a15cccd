"""A small house for tests: a contract to bend, a source to spoil, stores to look into."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sample.sources import serving

ROOT = Path(__file__).parents[1]
PARKS = {
    "about": {
        "title": {"fr": "Parcs"}, "description": {"fr": "Parcs de la commune."}, "publisher": "Mobilité",
        "frequency": "daily", "contact": "opendata@example.org",
    },
    "source": {"kind": "http_file", "connection": "portal", "path": "parks.csv"},
    "format": {"type": "csv", "delimiter": ";"},
    "key": ["id"],
    "fields": {
        "id": {"public": True, "about": "Identifiant."},
        "nom": {"public": True, "about": "Nom."},
        "places": {"type": "integer", "min": 0, "public": True, "about": "Places."},
        "tel": {"hidden_because": "CRPA L311-6", "about": "Téléphone."},
    },
    "quality": {"rejected": 0.5},
    "audiences": ["restricted", "public"],
}  # fmt: skip
SOUND = "id;nom;places;tel\np2;Gare;120;0102030405\np1;Église;80;0605040302\n"


@dataclass
class Town:
    """Where a test's files are, and how its command line is run."""

    folder: Path
    url: str

    @property
    def site(self) -> Path:
        return self.folder / "site"

    def contract(self, **changes: Any) -> None:
        """Writes the contract `mobility.parks`, with whole keys replaced (None: left out)."""
        contract = {key: value for key, value in {**PARKS, **changes}.items() if value is not None}
        path = self.folder / "config" / "datasets" / "mobility" / "parks.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(contract, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def source(self, content: bytes | str, name: str = "parks.csv") -> None:
        self.site.mkdir(exist_ok=True)
        (self.site / name).write_bytes(content.encode() if isinstance(content, str) else content)

    @property
    def environment(self) -> dict[str, str]:
        connection = {"conn_type": "http", "host": self.url}
        folders = {
            name: str(self.folder / name.lower())
            for name in ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH")
        }
        return {
            "AIRFLOW_CONN_PORTAL": json.dumps(connection), "CONCENTRATOR_CONFIG": str(self.folder / "config"),
            "CONCENTRATOR_PUBLISHER": "here",  # one process is quicker; tests/pipeline/test_hand_over.py has two
            **{f"CONCENTRATOR_{name}": folder for name, folder in folders.items()},
        }  # fmt: skip

    def published(self, store: str) -> dict[str, bytes]:
        """Every object of a store, without the freshness clock."""
        root = self.folder / store
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*")) if path.is_file() and path.name != "current.json"
        }  # fmt: skip

    def csv(self, store: str) -> str:
        return (self.folder / store / "mobility" / "parks" / "parks.csv").read_text(encoding="utf-8")


def in_a_process(town: Town, *words: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, as a person runs it."""
    command = [sys.executable, "-m", "concentrator", *words]
    return subprocess.run(
        command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", **town.environment}, capture_output=True, text=True
    )


@contextmanager
def served(folder: Path) -> Iterator[Town]:
    """A town in `folder` with a sound contract and a sound source behind a real web server."""
    (folder / "site").mkdir()
    with serving(folder / "site") as url:
        town = Town(folder, url)
        config = folder / "config"
        config.mkdir()
        (config / "city.yml").write_text("name: Villebourg\ninsee: '92040'\ncontact: opendata@example.org\n")
        (config / "vocabulary.yml").write_text("terms: {}\n")
        town.contract()
        town.source(SOUND)
        yield town
