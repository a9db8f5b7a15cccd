"""The sample city with canaries in all that is hidden: none of them reaches the public, in any encoding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest

from contracts.dataset import Dataset
from contracts.library import library_at
from privacy.canaries import canaries_for
from privacy.scan.hunting import Leak, hunt
from privacy.scan.parts import Unit
from privacy.scan.units import units_in
from sample.sources import connections
from tests.privacy.planting import serving, sources_with
from tests.sample.expected import EXPECTED

ROOT = Path(__file__).parents[2]
# One of each format that the sample has; planting is by format.
DATASETS: dict[str, Dataset] = {
    name: one for name, one in library_at(ROOT / "config").datasets.items() if name in EXPECTED
}
HIDING = [name for name, one in DATASETS.items() if not all(field.public for field in one.fields.values())]
STORES = ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH")
HEADERS = {
    "X-Origin-File": "kerguelen-69301.csv",
    "Content-Language": "kerguelen-69302",
}


def everything_in(folder: Path) -> Iterator[Unit]:
    """Equal files, as stable names and releases are, are looked into once; their names each."""
    files = {path.read_bytes(): path for path in sorted(folder.rglob("*")) if path.is_file()}.values()
    names = "\n".join(str(path.relative_to(folder)) for path in folder.rglob("*"))
    yield Unit("names", names.encode())
    yield from chain.from_iterable(units_in(path, str(path.relative_to(folder))) for path in files)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The stores after two runs, each with canaries of its own, and all needles by dataset.

    The second run, of the datasets that hide something, makes differences between releases.
    """
    folder = tmp_path_factory.mktemp("city")
    city = SimpleNamespace(folder=folder, needles={}, told=[])
    stores = {f"CONCENTRATOR_{name}": str(folder / name.lower()) for name in STORES}
    for seed, names in ((1, list(DATASETS)), (2, HIDING)):
        plantings = {name: canaries_for(DATASETS[name], seed) for name in names}
        for name, planting in plantings.items():
            new = {f"{name}: {what} ({seed})": value for what, value in planting.needles.items()}
            city.needles.setdefault(name, {}).update(new)
        sources_with(plantings, DATASETS, folder / "sources")
        with serving(folder / "sources", HEADERS) as url:
            environment = {
                **os.environ,
                **connections(url, folder / "sources"),
                **stores,
            }
            command = [sys.executable, "-m", "concentrator", "run", *names, "--json"]
            ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        city.told.append(ended.stdout + ended.stderr)
    city.all = {name: value for needles in city.needles.values() for name, value in needles.items()}
    city.all |= {"a header": "kerguelen-69301", "another header": "kerguelen-69302"}
    return city


@pytest.fixture(scope="module")
def landed(city: SimpleNamespace) -> set[str]:
    """The needles that reached the work store."""
    return {leak.needle for leak in hunt(everything_in(city.folder / "work" / "landing"), city.all)}


def test_all_six_datasets_are_planted() -> None:
    assert len(DATASETS) == 6


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_each_dataset_bears_forty_canaries_and_all_arrive(
    city: SimpleNamespace, landed: set[str], dataset_id: str
) -> None:
    needles = set(city.needles[dataset_id])
    assert len({name for name in needles & landed if name.endswith("(1)")}) >= 40
    assert needles - landed == {name for name in needles if cannot_be_written(dataset_id, name)}


def cannot_be_written(dataset_id: str, name: str) -> bool:
    """What the sample's formats have no place for: texts beside the rows of a CSV."""
    return ": beside " in name and DATASETS[dataset_id].format.type == "csv"


def test_headers_arrive_too(landed: set[str]) -> None:
    assert {"a header", "another header"} <= landed


def test_no_canary_is_on_the_public_side(city: SimpleNamespace) -> None:
    assert hunt(everything_in(city.folder / "public"), city.all) == ()


def test_no_canary_is_in_the_hand_over(city: SimpleNamespace) -> None:
    if (city.folder / "handover").exists():
        assert hunt(everything_in(city.folder / "handover"), city.all) == ()


def test_agents_see_every_canary_of_hidden_columns_and_rows(city: SimpleNamespace) -> None:
    expected = {name for name in city.all if ": hidden " in name}
    assert {name.partition(":")[0] for name in expected} == set(HIDING)
    leaks: tuple[Leak, ...] = hunt(everything_in(city.folder / "restricted"), city.all)
    assert expected <= {leak.needle for leak in leaks}


def test_the_second_run_made_another_release(city: SimpleNamespace) -> None:
    told = [json.loads(line) for line in city.told[1].splitlines() if line.startswith("{")]
    assert {one["dataset_id"]: one["state"] for one in told} == dict.fromkeys(HIDING, "released")


def test_nothing_that_a_run_tells_holds_a_canary(city: SimpleNamespace) -> None:
    told = "\n".join(city.told).encode()
    values = {name: value for name, value in city.all.items() if "undeclared column" not in name}
    assert hunt([Unit("what the runs told", told)], values) == ()
