"""Every example of docs/connectors.md is a contract that `concentrator check` takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from town import Town, served
from typer.testing import CliRunner

from concentrator import app
from connectors.registry import known_kinds

PAGE = (Path(__file__).parents[2] / "docs" / "connectors.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.S | re.M)]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with served(tmp_path) as town:
        monkeypatch.setenv("CONCENTRATOR_CONFIG", town.environment["CONCENTRATOR_CONFIG"])
        yield town


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["source"]["kind"])
def test_an_example_is_a_sound_contract(town: Town, example: dict[str, Any]) -> None:
    town.contract(**example)
    checked = CliRunner().invoke(app, ["check"])
    assert checked.exit_code == 0, checked.output


def test_the_example_of_a_load_by_increments_is_a_sound_contract(town: Town) -> None:
    page = (Path(__file__).parents[2] / "docs" / "adding-a-dataset.md").read_text(encoding="utf-8")
    blocks = map(yaml.safe_load, re.findall(r"^```yaml\n(.*?)^```", page, re.S | re.M))
    (example,) = (block for block in blocks if "load" in block)
    town.contract(**{"quality": {}, **example})
    checked = CliRunner().invoke(app, ["check"])
    assert checked.exit_code == 0, checked.output


def test_an_example_with_a_fault_would_be_found(town: Town) -> None:
    town.contract(source={"kind": "rest", "connection": "portal", "pagination": {}})
    checked = CliRunner().invoke(app, ["check"])
    assert checked.exit_code != 0
    assert "pagination" in checked.output


@pytest.mark.parametrize("kind", known_kinds())
def test_every_kind_has_its_section(kind: str) -> None:
    assert re.search(rf"^## .*`{kind}`", PAGE, re.M), f"docs/connectors.md has no section for {kind}"
