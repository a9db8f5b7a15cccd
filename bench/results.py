"""What was measured, as keys in `results.json`: each part of the benchmark replaces its own alone."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import psutil

from bench.big import Run
from bench.growth import Point, exponent
from bench.report import report_of

FILE, REPORT = "results.json", "RESULTS.md"
_PACKAGES = (
    "apache-airflow", "duckdb", "frictionless", "great-expectations", "pandas", "polars", "pyarrow",
)  # fmt: skip
# Present in every results.json, null with a reason where they were not measured.
PROMISED = (
    "journey_over_floor_1m", "journey_over_floor_10m", "usual_over_journey_1m", "usual_over_journey_10m",
    "frictionless_over_journey_1m", "polars_over_journey_10m", "journey_peak_rss_mib_1m",
    "journey_peak_rss_mib_10m", "journey_peak_10m_over_1m", "parse_272_seconds", "parse_one_seconds",
    "stages",
)  # fmt: skip


def kept(folder: Path, part: str, found: Mapping[str, Any], *, moment: datetime, ran: str) -> None:
    """Writes `results.json` and `RESULTS.md` with what a part found, in place of what it found before.

    `found` are JSON values by key, `ran` the command that was given. The keys of other parts stay.
    """
    path = folder / FILE
    known = json.loads(path.read_text("utf-8")) if path.exists() else {"parts": {}}
    parts = known["parts"]
    old = {*parts.get(part, {}).get("keys", ()), "parts", "reasons"}
    values = {key: value for key, value in known.items() if key not in old} | dict(found)
    parts[part] = {**circumstances(moment), "ran": ran, "keys": sorted(found)}
    results = {
        **{key: values.get(key) for key in (*PROMISED, *sorted(values.keys() - set(PROMISED)))},
        "reasons": {key: _reason(key, parts) for key in PROMISED if values.get(key) is None},
        "parts": parts,
    }
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")
    (folder / REPORT).write_text(report_of(results), "utf-8")


def _reason(key: str, parts: Mapping[str, Any]) -> str:
    part = "growth" if key.startswith("parse_") else "big"
    return (
        f"`{parts[part]['ran']}` does not measure it" if part in parts else f"the part `{part}` was not run"
    )


def circumstances(moment: datetime) -> dict[str, Any]:
    """When and on what: cores, memory in GiB, how busy the machine was already, versions."""
    return {
        "date": f"{moment:%Y-%m-%d %H:%M} UTC",
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / (1 << 30), 1),
        "load": round(os.getloadavg()[0], 1),
        "versions": {"Python": python_version(), **{name: version(name) for name in _PACKAGES}},
    }


def keys_of_runs(runs: Sequence[Run]) -> dict[str, Any]:
    """Ratios and memory by size (`…_1m`), the stages' seconds by size, and every run as it was."""
    keys: dict[str, Any] = {"stages": {}, "runs": [_rounded(asdict(run)) for run in runs]}
    for size in dict.fromkeys(run.rows for run in runs):
        by_peer = {run.peer: run for run in runs if run.rows == size}
        journey = by_peer.pop("journey")
        keys["stages"][label(size)] = _rounded(journey.stages)
        keys[f"journey_peak_rss_mib_{label(size)}"] = round(journey.peak_rss)
        keys[f"journey_peak_sum_mib_{label(size)}"] = round(journey.peak_sum)
        for name, run in by_peer.items():
            key, ratio = _ratio(name, run.work, journey.work)
            keys[f"{key}_{label(size)}"] = round(ratio, 2)
    return keys | _memory_growth([run for run in runs if run.peer == "journey"])


def label(rows: int) -> str:
    """10m of 10,000,000, 100k of 100,000."""
    for factor, letter in ((1_000_000, "m"), (1_000, "k")):
        if rows % factor == 0:
            return f"{rows // factor}{letter}"
    return str(rows)


def _ratio(name: str, peer: float, journey: float) -> tuple[str, float]:
    """Of what does less than the journey how many times it the journey takes, else how many times faster."""
    return (
        ("journey_over_floor", journey / peer)
        if name == "floor"
        else (f"{name}_over_journey", peer / journey)
    )


def _memory_growth(runs: Sequence[Run]) -> dict[str, float]:
    """Peak memory of the greatest size over that of the next smaller one, both above what imports take."""
    *_, smaller, greatest = [None, None, *sorted(runs, key=lambda run: run.rows)]
    if smaller is None or greatest is None:
        return {}
    above = [run.peak_rss - run.base_rss for run in (greatest, smaller)]
    return {f"journey_peak_{label(greatest.rows)}_over_{label(smaller.rows)}": round(above[0] / above[1], 2)}


def keys_of_growth(growth: Mapping[str, Sequence[Point]]) -> dict[str, Any]:
    """`growth`: by what grows, the points, and the exponents of each time and of the memory."""
    keys: dict[str, Any] = {"growth": {name: _grown(points) for name, points in growth.items()}}
    for point in growth.get("contracts", ()):
        if point.size == 272:
            keys |= {"parse_272_seconds": round(point.seconds["all"], 3)}
            keys |= {"parse_one_seconds": round(point.seconds["one"], 3)}
    return keys


def _grown(points: Sequence[Point]) -> dict[str, Any]:
    sizes = [point.size for point in points]
    seconds = {name: [point.seconds[name] for point in points] for name in points[0].seconds}
    columns = {**seconds, "peak_mib": [point.peak_rss for point in points]}
    return {
        "points": [_rounded(asdict(point)) for point in points],
        "exponents": {
            name: round(exponent(sizes, values), 2) for name, values in columns.items() if len(sizes) > 1
        },
    }


def _rounded(value: Any) -> Any:
    """Milliseconds, thousandths of a MiB: no figure here is finer."""
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    return round(value, 3) if isinstance(value, float) else value
