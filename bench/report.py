"""`RESULTS.md`: what `results.json` says, in tables that a person reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Issue 6's targets for two cores: key, in words, the limit, and whether it is the most or the least.
_TARGETS = (
    ("journey_over_floor_10m", "journey over floor, 10 M rows", 1.8, "most"),
    ("usual_over_journey_10m", "usual task over journey, 10 M rows", 5.0, "least"),
    ("usual_over_journey_1m", "usual task over journey, 1 M rows", 5.0, "least"),
    ("frictionless_over_journey_1m", "frictionless's validate over journey, 1 M rows", 8.0, "least"),
    ("journey_peak_rss_mib_10m", "the journey's peak memory, 10 M rows (MiB)", 1536, "most"),
    ("journey_peak_10m_over_1m", "the same over 1 M rows, above the imports' memory", 1.2, "most"),
    ("parse_272_seconds", "parsing 272 contracts after Airflow's import (s)", 1.0, "most"),
    ("parse_one_seconds", "one of 272 inside a task (s)", 0.1, "most"),
    ("wide_changed_ratio", "272 changed datasets over as many empty tasks", 2.0, "most"),
    ("wide_unchanged_ratio", "272 unchanged datasets over as many empty tasks", 1.3, "most"),
)
_TITLES = {"streams": "Huge nested files", "wide": "Many small datasets through Airflow"}


def report_of(results: Mapping[str, Any]) -> str:
    """The whole Markdown; what was not measured says why."""
    parts = (
        "# Benchmark", "Made by `make bench` from a seed; do not edit.", *_run_on(results["parts"]),
        "## Targets", *_targets(results), "## One big dataset", *_big(results),
        "## Growth", *_growth(results.get("growth") or {}), *_others(results),
    )  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Words to the left, figures to the right."""
    line = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(map(_shown, row)) + " |" for row in (head, line, *rows))


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _run_on(parts: Mapping[str, Any]) -> Iterable[str]:
    head = ("part", "command", "date", "cores", "GiB", "load before")
    yield _table(head, (
        (name, f"`{one['ran']}`", one["date"], one["cores"], one["memory_gib"], one["load"])
        for name, one in parts.items()
    ))  # fmt: skip
    last = [*parts.values()][-1]["versions"]
    yield ", ".join(f"{name} {number}" for name, number in last.items()) + "."


def _targets(results: Mapping[str, Any]) -> Iterable[str]:
    yield _table(("", "met", "target", ""), (
        (words, *_judged(results.get(key), limit, kind)) for key, words, limit, kind in _TARGETS
    ))  # fmt: skip
    for reason in dict.fromkeys(results["reasons"].values()):
        keys = [f"`{key}`" for key, why in results["reasons"].items() if why == reason]
        yield f"Not measured, for {reason}: {', '.join(keys)}."


def _judged(met: Any, limit: float, kind: str) -> tuple[Any, str, str]:
    promised = f"{'≤' if kind == 'most' else '≥'} {limit:g}"
    if met is None:
        return "–", promised, "not measured"
    return met, promised, "held" if (met <= limit if kind == "most" else met >= limit) else "missed"


def _big(results: Mapping[str, Any]) -> Iterable[str]:
    runs = results.get("runs") or ()
    for size in dict.fromkeys(run["rows"] for run in runs):
        of_size = [run for run in runs if run["rows"] == size]
        work = {run["peer"]: run["seconds"] - run["stages"].get("extract", 0) for run in of_size}
        yield f"### {size:,} rows"
        yield _table(
            ("", "× journey", "s", "CPU s", "imports s", "peak MiB", "together MiB"),
            (
                (run["peer"], work[run["peer"]] / work["journey"], work[run["peer"]],
                 run["cpu_seconds"], run["imports"], run["peak_rss"], run["peak_sum"])
                for run in of_size
            ),
        )  # fmt: skip
        stages = next(run["stages"] for run in of_size if run["peer"] == "journey")
        yield _table(("stage", "s"), stages.items())
    yield (
        "Seconds are after the imports and after a first file of 200 rows, and without the extraction. "
        "Peak is of the largest process, together the most that all processes of a peer held at one moment."
    )


def _growth(growth: Mapping[str, Any]) -> Iterable[str]:
    for name, grown in growth.items():
        done = [*grown["points"][0]["seconds"]]
        yield _table(
            (name, *(f"{one} s" for one in done), "peak MiB"),
            [
                *((f"{point['size']:,}", *(point["seconds"][one] for one in done), point["peak_rss"])
                  for point in grown["points"]),
                *([("exponent", *grown["exponents"].values())] if grown["exponents"] else []),
            ],
        )  # fmt: skip


def _others(results: Mapping[str, Any]) -> Iterable[str]:
    """The figures of each part that has no tables of its own."""
    for part, told in results["parts"].items():
        if part not in ("big", "growth"):
            figures = {
                key: results[key] for key in told["keys"] if not isinstance(results[key], (dict, list))
            }
            yield f"## {_TITLES.get(part, part)}"
            yield _table(("", "met"), figures.items())
