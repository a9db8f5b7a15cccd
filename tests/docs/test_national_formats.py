"""The contracts that docs/adding-a-dataset.md shows for budget acts and public contracts: checked, and run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from commands_town import typed
from pyarrow import parquet
from town import Town, served

PAGE = (Path(__file__).parents[2] / "docs" / "adding-a-dataset.md").read_text(encoding="utf-8")
EXAMPLES = {
    block["format"]["type"]: block
    for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.S | re.M)
    if "format" in (block := yaml.safe_load(text))
}


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with served(tmp_path) as town:
        for name, value in town.environment.items():
            monkeypatch.setenv(name, value)
        yield town


def staged(town: Town, kind: str, source: Path, **changes: Any) -> list[dict[str, Any]]:
    """What the example's contract makes of a file that a web server sends."""
    example = EXAMPLES[kind]
    town.source(source.read_bytes(), "given")
    place = {**example["source"], "connection": "portal", "path": "given"}
    town.contract(**{**example, "source": place, "quality": {}, **changes})
    code, _, said = typed("check")
    assert code == 0, said
    code, _, said = typed("run", "mobility.parks", "--until", "standardize")
    assert code == 0, said
    (kept,) = (town.folder / "work").rglob("table*.parquet")
    rows: list[dict[str, Any]] = parquet.read_table(kept).to_pylist()
    return rows


def test_the_budget_of_the_example_is_the_acts(town: Town, shared_data: Path) -> None:
    rows = staged(town, "totem", shared_data / "04-budget/totem_crach_budget.totem.xml")
    sums = {
        way: sum(row["BGT_MTPREV"] for row in rows if row["BGT_CODRD"] == way)
        for way in ("dépense", "recette")
    }
    assert sums == {"dépense": Decimal("6815723.91"), "recette": Decimal("7077387.89")}
    assert len(rows) == 201


def test_the_contracts_of_the_example_are_the_files(town: Town, shared_data: Path) -> None:
    path = shared_data / "05-contracts/exemple_officiel_marches_concessions.json"
    rows = staged(town, "decp", path)
    assert sum(row["montant"] for row in rows) == 1_150_000
    assert sum(row["montant_actuel"] for row in rows) == Decimal("246915.74")
    assert [row["innovant"] for row in rows] == [True, True]


def test_a_chart_stands_below_the_configuration_and_is_part_of_the_contract(
    town: Town, shared_data: Path
) -> None:
    from contracts.library import dataset_at

    charts = town.folder / "config" / "charts"
    charts.mkdir()
    chart = charts / "2022_M57_A.xml"
    chart.write_bytes((shared_data / "04-budget/plan_de_comptes/2022_M57_A.xml").read_bytes())
    form = {"type": "totem", "charts": ["charts/2022_M57_A.xml"]}
    act = (shared_data / "04-budget/totem_crach_budget.totem.xml").read_bytes()
    source = town.folder / "act.xml"
    source.write_bytes(act.replace(b"M14-M14_COM_500_3500", b"M57-M57_A"))
    fields = EXAMPLES["totem"]["fields"] | {"BGT_NATURE_LABEL": {"public": True, "about": "Libellé."}}
    rows = staged(town, "totem", source, format=form, fields=fields)
    assert {row["BGT_NATURE_LABEL"] for row in rows if row["BGT_NATURE"] == "1641"} == {"Emprunts en euros"}
    before = dataset_at(town.folder / "config", "mobility.parks").contract_hash
    chart.write_bytes(chart.read_bytes().replace(b"Emprunts en euros", b"Emprunts"))
    assert dataset_at(town.folder / "config", "mobility.parks").contract_hash != before
    assert str(town.folder) not in dataset_at(town.folder / "config", "mobility.parks").model_dump_json()


@pytest.mark.parametrize(
    ("chart", "sentence"),
    [("charts/none.xml", "format.charts.0: 'charts/none.xml' cannot be read"),
     ("../site/given", "format.charts.0: '../site/given' lies outside"),
     ("city.yml", "format.charts.0: city.yml is")],
)  # fmt: skip
def test_check_says_which_chart_cannot_be_had(town: Town, chart: str, sentence: str) -> None:
    town.contract(**{**EXAMPLES["totem"], "format": {"type": "totem", "charts": [chart]}})
    code, shown, said = typed("check")
    assert code == 1
    assert sentence in " ".join((shown + said).split())


@pytest.mark.parametrize("kind", ["totem", "decp"])
def test_editors_take_the_examples(kind: str) -> None:
    schema = json.loads((Path(__file__).parents[2] / "config" / "dataset.schema.json").read_text("utf-8"))
    jsonschema.validate(EXAMPLES[kind], schema)
    charted = EXAMPLES["totem"] | {"format": {"type": "totem", "charts": ["charts/2022_M57_A.xml"]}}
    jsonschema.validate(charted, schema)
