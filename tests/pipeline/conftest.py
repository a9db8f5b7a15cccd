"""A town with a real web server in front of a folder, and its command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from town import SOUND, Town

from sample.sources import serving


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A town with a sound contract and a sound source, nothing run yet."""
    (tmp_path / "site").mkdir()
    with serving(tmp_path / "site") as url:
        town = Town(tmp_path, url)
        config = tmp_path / "config"
        config.mkdir()
        (config / "city.yml").write_text("name: Villebourg\ninsee: '92040'\ncontact: opendata@example.org\n")
        (config / "vocabulary.yml").write_text("terms: {}\n")
        town.contract()
        town.source(SOUND)
        yield town


@pytest.fixture
def run(town: Town, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command line in this process: (exit code, standard output, standard error)."""
    from typer.testing import CliRunner

    from concentrator import app

    for name, value in town.environment.items():
        monkeypatch.setenv(name, value)

    def typed(*words: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, list(words))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return typed
