"""How time and memory grow with rows, columns, contracts and kept releases, one process for each size."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import duckdb

from bench.big import Run, runs_of
from bench.contract import contract_of
from bench.running import BenchFailed, Cost, cost_of
from contracts.sql import literal

ROWS, COLUMNS = (100_000, 1_000_000, 10_000_000), (10, 100, 1_000)
CONTRACTS, RELEASES = (10, 100, 272, 1_000), (1, 10, 100, 1_000)
_WIDE_ROWS = 10_000  # with a thousand columns as many cells as a million rows of ten
_CONFIG = Path(__file__).parents[1] / "config"
# Of these a copy would be at fault: its others have other names, or its source is counted in cells twice.
_ALONE = re.compile(r"\breferences:|\bkind: releases\b|\bpublic_aggregate:")

Telling = Callable[[str], None]


@dataclass(frozen=True)
class Point:
    """The seconds of each thing that was done at a size, and the highest memory of a process in MiB."""

    size: int
    seconds: Mapping[str, float]
    peak_rss: float


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """k of `values ~ sizes ** k`, by least squares over the logarithms: 1 is linear, 0 does not grow."""
    xs, ys = ([math.log(one) for one in some] for some in (sizes, values))
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def by_rows(
    sizes: Sequence[int], known: Sequence[Run], seed: int, folder: Path, told: Telling
) -> Iterator[Point]:
    """The journey by rows; a size that was just measured is not measured again."""
    for size in sizes:
        there = [run for run in known if run.peer == "journey" and run.rows == size]
        (run,) = there or runs_of(size, ["journey"], seed, folder, told)
        yield Point(size, {"journey": run.seconds}, run.peak_rss)


def by_columns(sizes: Sequence[int], folder: Path, told: Telling) -> Iterator[Point]:
    """The journey by columns, of decimals with a comma."""
    small, wide, out = folder / "small.csv", folder / "wide.csv", folder / "out"
    for size in sizes:
        told(f"{size} columns")
        for source, rows in ((small, 10), (wide, _WIDE_ROWS)):
            _wide(source, rows, size)
        out.mkdir()
        cost = cost_of(["bench.alone", "journey", str(small), str(wide), str(out)], f"{size} columns")
        shutil.rmtree(out)
        answer = json.loads(cost.told)
        _require(answer["counts"].get("restricted rows"), _WIDE_ROWS, f"{size} columns")
        _require(answer["counts"].get("restricted columns"), size, f"{size} columns")
        yield Point(size, {"journey": answer["seconds"]}, cost.peak_rss)


def _wide(path: Path, rows: int, columns: int) -> None:
    """A CSV of a key and decimals, and its contract beside it."""
    decimal = {"type": "decimal(9,2)", "decimal_mark": ",", "min": 0, "unit": "1", "about": "Une mesure."}
    names = [f"m{number:04}" for number in range(1, columns)]
    fields: dict[str, Mapping[str, Any]] = {
        "id": {"type": "integer", "about": "Identifiant."},
        **dict.fromkeys(names, decimal),
    }
    path.with_suffix(".yml").write_text(contract_of(fields, expect=()), "utf-8")
    cells = ", ".join(
        f"concat((range * {7 * column}) % 9973, ',5') AS {name}" for column, name in enumerate(names)
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT range AS id, {cells} FROM range({rows})) TO {literal(str(path))} "
            "(FORMAT csv, DELIMITER ';')"
        )


def by_contracts(sizes: Sequence[int], folder: Path, told: Telling) -> Iterator[Point]:
    """What Airflow parses for all of them, and what a task does for its own; copies of the sample's."""
    environment = {"AIRFLOW_HOME": str(folder / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    for size in sizes:
        told(f"{size} contracts")
        config = folder / f"config-{size}"
        one = list(copied(config, size))[-1]
        every = cost_of(["bench.parsing", str(config)], f"{size} contracts", environment)
        alone = cost_of(["bench.parsing", str(config), one], f"{size} contracts", environment)
        _require(json.loads(every.told)["dags"], size, f"{size} contracts")
        yield Point(size, {"all": _seconds(every), "one": _seconds(alone)}, every.peak_rss)


def _seconds(cost: Cost) -> float:
    return float(json.loads(cost.told)["seconds"])


def copied(config: Path, size: int) -> Iterator[str]:
    """The ids of so many contracts, the sample's in turn under new names, as far as copies are sound."""
    shutil.copytree(_CONFIG, config, ignore=shutil.ignore_patterns("datasets"))
    originals = [
        path for path in sorted(_CONFIG.glob("datasets/*/*.yml"))
        if not _ALONE.search(path.read_text("utf-8"))
    ]  # fmt: skip
    for number, original in enumerate(islice(cycle(originals), size)):
        folder = config / "datasets" / original.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(original, folder / f"{original.stem}-{number}.yml")
        yield f"{folder.name}.{original.stem}-{number}"


def by_releases(sizes: Sequence[int], folder: Path, told: Telling) -> Iterator[Point]:
    """One more publish, a reconciliation and the collector's plan in a folder store with so many releases."""
    for size in sizes:
        told(f"{size} releases kept")
        store = folder / f"releases-{size}"
        store.mkdir()
        cost = cost_of(["bench.keeping", str(store), str(size)], f"{size} releases")
        shutil.rmtree(store)
        yield Point(size, json.loads(cost.told), cost.peak_rss)


def _require(met: object, promised: object, place: str) -> None:
    if met != promised:
        raise BenchFailed(place, f"counted {met}", promised=str(promised), remedy="Its figures are void.")
