"""Every command in the docs is run, and the contract that they teach works from its file to its release."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sample.sources import serving

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs").glob("families/*.md")),
]
SOURCE = (
    "Identifiant;Nom du site;Date de pose;Accès;Prix;X;Y;Commentaire;Photo 1\r\n"
    "D1;Mairie;31/01/2024;libre;1 234,50 €;646627.825;6858472.747;;a.jpg\r\n"
    "D2;Médiathèque;31/02/2024;Restreint;990,00 €;645574.686;6857989.877;à revoir;\r\n"
    "D3;Stade;01/06/2023;libre;;6857989.877;645574.686;;\r\n"
) + "".join(
    f"D{number};Site {number};01/06/2023;libre;10,00 €;645574.686;6857989.877;;\r\n"
    for number in range(4, 50)
)


def blocks(language: str) -> Iterator[str]:
    for page in PAGES:
        yield from re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M)


def commands() -> list[str]:
    lines = [line.strip() for block in blocks("sh") for line in block.splitlines()]
    inline = [
        line
        for page in PAGES
        for line in re.findall(r"`((?:concentrator|make) [^`]+)`", page.read_text("utf-8"))
    ]
    return sorted({line for line in [*lines, *inline] if line and "<" not in line})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A copy of the city's contracts with the one that the docs teach, its source served."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "config", folder / "config")
    contract = folder / "config" / "datasets" / "health" / "defibrillators.yml"
    contract.parent.mkdir()
    contract.write_text(
        next(block for block in blocks("yaml") if "Défibrillateurs" in block), encoding="utf-8"
    )
    (folder / "site").mkdir()
    (folder / "site" / "defibrillateurs.csv").write_bytes(SOURCE.encode("cp1252"))
    with serving(folder / "site") as url:
        stores = {
            f"CONCENTRATOR_{name}": str(folder / name.lower())
            for name in ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH")
        }
        yield folder, {
            **stores, "CONCENTRATOR_CONFIG": str(folder / "config"), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT),
            "AIRFLOW_CONN_HEALTH_SERVICE": json.dumps({"conn_type": "http", "host": url}),
        }  # fmt: skip


def ran(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    program = [sys.executable, "-m", "concentrator", *command.split()[1:]]
    return subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True)


def typed(command: str, environment: dict[str, str]) -> tuple[int, str]:
    """The command in this process, which imports Great Expectations once for all: (exit code, what it said)."""
    from concentrator import app

    before, folder = dict(os.environ), Path.cwd()
    try:
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(ROOT)
        result = CliRunner().invoke(app, command.split()[1:])
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)
    return result.exit_code, f"{result.output}{result.exception or ''}"


@pytest.mark.timeout(900)
def test_every_command_of_the_docs_works(place: tuple[Path, dict[str, str]]) -> None:
    _, environment = place
    ours = [command for command in commands() if command.startswith("concentrator")]
    assert len(ours) >= 8
    # A run comes before what looks at it; --from goes on from what an earlier one left.
    for command in sorted(ours, key=lambda one: (" run " not in one, "--from" in one, one)):
        code, said = typed(command, environment)
        assert code == 0, f"{command}\n{said}"


def test_every_make_target_of_the_docs_exists() -> None:
    targets = [command.split()[1] for command in commands() if command.startswith("make ")]
    assert {"run", "test", "up", "down", "help", "check"} <= set(targets)
    for target in targets:
        assert subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True).returncode == 0, target


def test_the_contract_that_the_docs_teach_publishes_what_they_say(place: tuple[Path, dict[str, str]]) -> None:
    folder, environment = place
    ended = ran("concentrator run health.defibrillators --json --force", environment)
    told = json.loads(ended.stdout)
    # D2's date does not exist: the cell is void. D3's axes are swapped, in a required field: the row is out.
    assert (told["rows_read"], told["rows_rejected"], told["cells_voided"]) == (49, 1, 1)
    public = (folder / "public/health/defibrillators/defibrillators.csv").read_text("utf-8").splitlines()
    restricted = (
        (folder / "restricted/health/defibrillators/defibrillators.csv").read_text("utf-8").splitlines()
    )
    assert public[0] == "id_local,nom,mise_en_service,acces_libre,geometry"
    assert public[1].startswith("D1,Mairie,2024-01-31,true,POINT (2.2730415 48.82410")
    assert public[-1].startswith("D9,")
    assert next(line for line in restricted if line.startswith("D2,")).split(",")[2:5] == [
        "",
        "false",
        "990.00",
    ]
    assert len(public) == len(restricted) == 49


def test_the_schema_for_editors_is_the_models() -> None:
    from contracts.library import vocabulary_at
    from contracts.schema import schema_text

    schema = (ROOT / "config" / "dataset.schema.json").read_text("utf-8")
    assert schema == schema_text(vocabulary_at(ROOT / "config")), "run `concentrator check --editor`"


def test_every_sample_contract_is_valid_by_the_schema_for_editors() -> None:
    import jsonschema

    from contracts.reading import document_at

    schema = json.loads((ROOT / "config" / "dataset.schema.json").read_text("utf-8"))
    for path in sorted((ROOT / "config" / "datasets").glob("*/*.yml")):
        jsonschema.validate(document_at(path).value, schema)


def test_editors_take_every_expectation_that_can_be_run() -> None:
    import jsonschema

    from expectations.known import SIGNATURES

    schema = json.loads((ROOT / "config" / "dataset.schema.json").read_text("utf-8"))
    each = schema["$defs"]["Expectation"]
    for name in SIGNATURES:
        jsonschema.validate({name: {}}, each)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"unexpected_rows": {}}, each)
