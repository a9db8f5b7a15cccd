"""A town with a real web server in front of a folder, up to three releases of it, and its command line."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from commands_town import PARKS, SOURCES, released, typed
from town import Town, served

STORES = ("work", "public", "restricted", "handover")


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four stores after one, two and three releases: every test begins from a copy."""
    folder, kept = tmp_path_factory.mktemp("releases"), tmp_path_factory.mktemp("snapshots")
    with served(folder) as town, pytest.MonkeyPatch.context() as patch:
        for name, value in town.environment.items():
            patch.setenv(name, value)
        for number, source in enumerate(SOURCES, 1):
            town.source(source)
            code, _, stderr = typed("run", PARKS)
            assert code == 0, stderr
            for store in STORES:
                shutil.copytree(folder / store, kept / str(number) / store)
    return kept


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A town with a sound contract and a sound source, nothing run yet."""
    with served(tmp_path) as town:
        yield town


@pytest.fixture
def run(town: Town, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command line on the town in this process: (exit code, standard output, standard error)."""
    for name, value in town.environment.items():
        monkeypatch.setenv(name, value)
    return typed


@pytest.fixture
def after(town: Town, run: Any, snapshots: Path) -> Callable[[int], list[str]]:
    """The town after so many releases; answers with the public ones' ids, oldest first."""

    def past(count: int) -> list[str]:
        for store in STORES:
            shutil.copytree(snapshots / str(count) / store, town.folder / store)
        town.source(SOURCES[count - 1])
        return released(run, "public")

    return past
