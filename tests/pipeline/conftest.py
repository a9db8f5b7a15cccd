"""A town with a real web server in front of a folder, and its command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from town import Town, served


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A town with a sound contract and a sound source, nothing run yet."""
    with served(tmp_path) as town:
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
