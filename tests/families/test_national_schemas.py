"""Every dataset that claims a national schema, released: its public CSV against that schema's own JSON."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from commands_town import typed
from frictionless import Dialect, Resource, Schema, formats
from released import Released

from contracts.library import library_at

ROOT = Path(__file__).parents[2]
LIBRARY = library_at(ROOT / "config")
CLAIMING = sorted(name for name, dataset in LIBRARY.datasets.items() if dataset.national is not None)
SHARED = {  # the schema → the file of the shared folder that is its author's
    "etalab/schema-stationnement@0.1.5": "etalab__schema-stationnement__0.1.5__schema.json",
    "scdl/budget@0.8.3": "scdl__budget__0.8.3__schema.json",
    "MTES-MCT/acceslibre-erp-base@0.0.20": "MTES-MCT__acceslibre-erp-base__latest__schema.json",
}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """One run of all that claim a schema."""
    return Released(tmp_path_factory.mktemp("national"), CLAIMING)


def csv_of(released: Released, dataset_id: str, audience: str = "public") -> Path:
    theme, name = dataset_id.split(".")
    return released.folder / audience / theme / name / f"{name}.csv"


def manifest(released: Released, dataset_id: str) -> Any:
    path = next(csv_of(released, dataset_id).parent.glob("releases/*/manifest.json"))
    return json.loads(path.read_bytes())


@pytest.mark.parametrize("dataset_id", CLAIMING)
def test_a_public_csv_is_valid_by_its_schemas_own_json(released: Released, dataset_id: str) -> None:
    claimed = LIBRARY.datasets[dataset_id].national
    assert claimed is not None
    dialect = Dialect(controls=[formats.CsvControl(delimiter=claimed.delimiter)])
    schema = Schema.from_descriptor(json.loads((ROOT / "config/schemas" / f"{claimed.id}.json").read_bytes()))
    path = csv_of(released, dataset_id)
    resource = Resource(path=path.name, basepath=str(path.parent), schema=schema, dialect=dialect)
    report = resource.validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])[:10]
    with path.open(encoding="utf-8", newline="") as lines:
        header = next(csv.reader(lines, delimiter=claimed.delimiter))
    assert header == [field.name for field in schema.fields]
    assert report.stats["errors"] == 0
    notes = manifest(released, dataset_id)["notes"]
    assert not [note for note in notes if note.startswith("Écarts du CSV")]


@pytest.mark.parametrize("schema_id", sorted(SHARED))
def test_a_carried_schema_is_its_authors(shared_data: Path, schema_id: str) -> None:
    carried = ROOT / "config" / "schemas" / f"{schema_id}.json"
    assert carried.read_bytes() == (shared_data / "11-schemas" / SHARED[schema_id]).read_bytes()


def test_check_finds_no_departure_and_says_what_is_left_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCENTRATOR_CONFIG", str(ROOT / "config"))
    code, stdout, stderr = typed("check", "mobility.parkings", "--schema")
    assert code == 0, stdout + stderr
    assert "conforms_to: its CSV leaves empty 'info'." in stdout
    assert "1 contract with a national schema, 0 departures" in stdout


def test_car_parks_say_what_they_leave_empty_and_write_the_schemas_words(released: Released) -> None:
    told = manifest(released, "mobility.parkings")
    assert told["conforms_to"] == "etalab/schema-stationnement@0.1.5"
    assert "Colonnes de etalab/schema-stationnement@0.1.5 sans valeur dans le CSV : info." in told["notes"]
    with csv_of(released, "mobility.parkings").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert sum(row["hauteur_max"] == "N/A" for row in rows) == 21  # as in the source
    assert {row["info"] for row in rows} == {""}
    with csv_of(released, "mobility.parkings", "restricted").open(encoding="utf-8", newline="") as lines:
        agents = list(csv.DictReader(lines))
    assert "id_source" in agents[0]
    assert any(row["info"] for row in agents)


@pytest.mark.parametrize("dataset_id", CLAIMING)
def test_a_release_is_made_again_byte_for_byte(
    released: Released, monkeypatch: pytest.MonkeyPatch, dataset_id: str
) -> None:
    for name in ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH"):
        monkeypatch.setenv(f"CONCENTRATOR_{name}", str(released.folder / name.lower()))
    monkeypatch.setenv("CONCENTRATOR_CONFIG", str(ROOT / "config"))
    code, stdout, stderr = typed("replay", dataset_id, manifest(released, dataset_id)["release_id"])
    assert code == 0, stdout + stderr


def test_a_chart_of_accounts_that_is_another_by_now_refuses_the_replay(
    released: Released, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    chart = tmp_path / "config/charts/sample_2022_M43_D.xml"
    chart.write_bytes(chart.read_bytes().replace(b"Mobilier", b"Meubles"))
    for name in ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH"):
        monkeypatch.setenv(f"CONCENTRATOR_{name}", str(released.folder / name.lower()))
    monkeypatch.setenv("CONCENTRATOR_CONFIG", str(tmp_path / "config"))
    code, _, stderr = typed("replay", "finance.budget", manifest(released, "finance.budget")["release_id"])
    assert code == 1
    assert "'charts/sample_2022_M43_D.xml' is no longer what it was then" in stderr
