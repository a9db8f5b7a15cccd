"""The contract of the benchmark's big dataset: ten fields, fifteen expectations, two audiences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bench.inputs import STATES
from contracts.dataset import Dataset
from contracts.library import dataset_at

REJECTING = ("id", "code_postal")  # key and required: a misfit there costs the row, elsewhere the cell
HIDDEN = ("montant_ht", "passages")
_GROUND = "CRPA L311-6"

# A latitude and a longitude of the vocabulary would bring a GeoJSON and a GeoPackage, which no peer writes.
FIELDS: dict[str, dict[str, Any]] = {
    "id": {"pattern": r"92040-E-\d{8}", "about": "Identifiant de l'équipement."},
    "code_postal": {"required": True, "pattern": r"\d{5}", "about": "Code postal."},
    "montant_ht": {
        "type": "decimal(12,2)", "decimal_mark": ",", "min": 0, "max": 1_000_000, "unit": "EUR",
        "about": "Montant hors taxes.",
    },
    "taux": {
        "type": "decimal(6,3)", "decimal_mark": ",", "min": 0, "max": 100, "unit": "%",
        "about": "Taux d'occupation.",
    },
    "releve_le": {
        "type": "instant", "format": "%Y-%m-%d %H:%M:%S", "zone": "Europe/Paris", "about": "Instant relevé.",
    },
    "libelle": {"max_length": 100, "about": "Nom usuel."},
    "etat": {"type": "enum", "values": list(STATES), "about": "État de service."},
    "lat": {"type": "number", "min": -90, "max": 90, "unit": "deg", "about": "Latitude (WGS 84)."},
    "lon": {"type": "number", "min": -180, "max": 180, "unit": "deg", "about": "Longitude (WGS 84)."},
    "passages": {"type": "integer", "min": 0, "max": 100_000, "unit": "1", "about": "Passages comptés."},
}  # fmt: skip
# With the twelve that the fields bring.
_EXPECT = [
    {"expect_column_proportion_of_non_null_values_to_be_between": {"column": "releve_le", "min_value": 0.9}},
    {"expect_column_mean_to_be_between": {"column": "taux", "min_value": 0, "max_value": 100}},
]
EXPECTATIONS = 15


def contract_of(fields: Mapping[str, Mapping[str, Any]] = FIELDS, expect: Sequence[Any] = _EXPECT) -> str:
    """The YAML of a contract whose source is the one file that is dropped; key is the first field."""
    contract = {
        "about": {
            "title": {"fr": "Équipements"}, "description": {"fr": "Équipements, pour la mesure."},
            "publisher": "Mesures", "frequency": "daily", "contact": "opendata@example.org",
        },
        "source": {"kind": "drop_folder", "connection": "drop", "settle": 0},
        "format": {"type": "csv", "delimiter": ";"},
        "key": [next(iter(fields))],
        "fields": {
            name: {**field, **({"hidden_because": _GROUND} if name in HIDDEN else {"public": True})}
            for name, field in fields.items()
        },
        "quality": {"rows": [1, 100_000_000], "rejected": 0.2, "expect": list(expect)},
        "audiences": ["restricted", "public"],
    }  # fmt: skip
    return yaml.safe_dump(contract, allow_unicode=True, sort_keys=False)


def dataset_in(config: Path, name: str, contract: str) -> Dataset:
    """The dataset `bench.<name>`: its contract put into a city's folder, and read as every contract is.

    No Excel file is made of it, however small it is.
    """
    folder = config / "datasets" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    city = {"name": "Villebourg", "insee": "92040", "contact": "opendata@example.org", "xlsx_up_to_rows": 0}
    (config / "city.yml").write_text(yaml.safe_dump(city), "utf-8")
    (config / "vocabulary.yml").write_text("terms: {}\n", "utf-8")
    (folder / f"{name}.yml").write_text(contract, "utf-8")
    return dataset_at(config, f"bench.{name}")
