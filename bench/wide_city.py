"""A made-up city of many small datasets: contracts, sources and their next editions, drawn from a seed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contracts.dataset import Dataset
from contracts.library import library_at

_VOCABULARY = Path(__file__).parent.parent / "config" / "vocabulary.yml"
_CITY = "name: Banc d'essai\ninsee: '92040'\ncontact: opendata@example.org\ntime_zone: Europe/Paris\n"
_HEADER = "id;code;nom;mesure;prix;ouvert;releve_le;lon;lat;telephone\n"
_STREETS = ("Église", "Gare", "Forêt", "Hôtel de Ville", "Île Saint-Germain", "Fêtes", "Cœur", "Épinettes")
# Log-normal, as a town hall's files are: 272 of them have 995 rows on average and 812 in the middle.
_LOG_ROWS, _SPREAD, _LEAST, _MOST = 6.6, 0.75, 100, 5000
_CHANGED = 0.05  # of the rows, from one edition of a source to the next
_CONTRACT = """\
# Jeu de données du banc d'essai, engendré.
about:
  title: {{fr: "Relevés n° {number}", en: "Readings no. {number}"}}
  description: {{fr: "Relevés du banc d'essai, engendrés par une graine."}}
  publisher: Direction du numérique
  licence: etalab-2.0
  frequency: daily
  contact: opendata@example.org

schedule: "{minute} 4 * * *"
source: {{kind: http_file, connection: bench, path: {name}.csv}}
format: {{type: csv, delimiter: ";", encoding: utf-8}}

key: [id]
fields:
  id: {{required: true, pattern: 'R\\d{{6}}', public: true, about: "Identifiant du relevé."}}
  code: {{pattern: '\\d{{5}}', public: true, about: "Code, avec ses zéros en tête."}}
  nom: {{public: true, about: "Nom du lieu."}}
  mesure: {{type: "decimal(9,3)", decimal_mark: ",", unit: kWh, min: 0, public: true, about: "Mesure."}}
  prix: {{type: "decimal(8,2)", decimal_mark: ",", unit: EUR, public: true, about: "Prix."}}
  ouvert:
    type: boolean
    words: {{"true": [oui], "false": [non]}}
    public: true
    about: "Vrai si le lieu est ouvert."
  releve_le:
    type: instant
    format: "%Y-%m-%d %H:%M:%S"
    zone: Europe/Paris
    public: true
    about: "Instant du relevé."
  x: {{from: lon, type: {longitude}, public: true, about: "Longitude (WGS 84)."}}
  y: {{from: lat, type: {latitude}, public: true, about: "Latitude (WGS 84)."}}
  telephone: {{hidden_because: "CRPA L311-6 : coordonnées personnelles.", about: "Téléphone du gardien."}}

quality:
  rows: [50, 10000]
  rejected: 0.05
  stale_after: 3 d
  expect:
    - expect_column_values_to_be_between: {{column: mesure, min_value: 0, max_value: 100000}}

audiences: [public, restricted]
"""


@dataclass(frozen=True)
class WideCity:
    """Where its contracts and its sources are, and how many datasets it has."""

    folder: Path
    datasets: int
    seed: int = 6

    @property
    def config(self) -> Path:
        """The folder of its contracts."""
        return self.folder / "config"

    @property
    def site(self) -> Path:
        """What its web server offers."""
        return self.folder / "site"

    @property
    def rows(self) -> tuple[int, ...]:
        """The rows of each dataset's source."""
        drawn = np.random.default_rng(self.seed).lognormal(_LOG_ROWS, _SPREAD, self.datasets)
        return tuple(int(count) for count in np.clip(drawn, _LEAST, _MOST))

    def founded(self) -> dict[str, Dataset]:
        """Its contracts by id, written and read; the sources come with an edition.

        Raises:
            ContractInvalid: one of them is not sound, which is a fault of this module.
        """
        folder = self.config / "datasets" / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        (self.config / "city.yml").write_text(_CITY, "utf-8")
        shutil.copyfile(_VOCABULARY, self.config / "vocabulary.yml")
        for number in range(self.datasets):
            (folder / f"{_name(number)}.yml").write_text(_contract(number), "utf-8")
        library = library_at(self.config)
        return {
            dataset_id: library.dataset(dataset_id) for dataset_id in (*library.datasets, *library.faults)
        }

    def edited(self, edition: int) -> int:
        """The bytes of all sources as they are in an edition; one row in twenty differs from any other."""
        self.site.mkdir(parents=True, exist_ok=True)
        written = 0
        for number, rows in enumerate(self.rows):
            content = _source((self.seed, number), rows, edition).encode()
            written += (self.site / f"{_name(number)}.csv").write_bytes(content)
        return written

    def connections(self, url: str) -> dict[str, str]:
        """The variable of the one connection that its contracts name."""
        return {"AIRFLOW_CONN_BENCH": json.dumps({"conn_type": "http", "host": url})}


def _name(number: int) -> str:
    return f"readings_{number:04d}"


def _contract(number: int) -> str:
    """Every second dataset has positions by name, whose releases have two map files more."""
    types = ("longitude", "latitude") if number % 2 else ("number", "number")
    return _CONTRACT.format(
        number=number, name=_name(number), minute=number % 60, longitude=types[0], latitude=types[1]
    )


def _source(seed: Sequence[int], rows: int, edition: int) -> str:
    draw = np.random.default_rng(seed)
    measured = draw.integers(0, 10**8, rows)
    again = np.random.default_rng((*seed, edition))
    measured[again.random(rows) < _CHANGED] += edition + 1
    columns = (
        [f"R{number:06d}" for number in draw.permutation(rows)],
        [f"{code:05d}" for code in draw.integers(0, 99_999, rows)],
        [f"{_STREETS[one % len(_STREETS)]} {one}" for one in draw.integers(0, 900, rows)],
        [f"{value // 1000},{value % 1000:03d}" for value in measured],
        [f"{cents // 100},{cents % 100:02d}" for cents in draw.integers(0, 99_999, rows)],
        [("oui", "non")[one] for one in draw.integers(0, 2, rows)],
        [f"2026-03-{1 + minute // 1440:02d} {minute // 60 % 24:02d}:{minute % 60:02d}:00"
         for minute in draw.integers(0, 25 * 1440, rows)],
        [f"{lon:.5f}" for lon in draw.uniform(2.20, 2.32, rows)],
        [f"{lat:.5f}" for lat in draw.uniform(48.80, 48.86, rows)],
        [f"01{digits:08d}" for digits in draw.integers(0, 10**8, rows)],
    )  # fmt: skip
    return _HEADER + "".join(";".join(row) + "\n" for row in zip(*columns, strict=True))
