"""`python -m bench.wide`: many small datasets through real Airflow, against DAGs of as many empty tasks."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bench.results import kept
from bench.wide_airflow import Pass, Running, airflow_of, known, passed
from bench.wide_city import WideCity
from bench.wide_empty import empty_ids
from sample.rest import Refused

Tell = Callable[[str], None]
PASSES = ("new", "empty", "changed", "unchanged", "skipping")
_HERE = Path(__file__).parent


def passes_of(running: Running, city: WideCity, names: Sequence[str], tell: Tell) -> dict[str, Pass]:
    """Each pass in turn; a dataset that is `changed` or `unchanged` needs a pass before it that released it.

    `new` and `changed` bring every dataset all the way, `unchanged` finds nothing new; `empty` and `skipping`
    are DAGs of empty tasks, all of which run, or of which the first skips the rest.

    Raises:
        Refused: Airflow refuses, a process of its own ended, or a run failed.
    """
    datasets = sorted(f"bench.{path.stem}" for path in city.config.glob("datasets/bench/*.yml"))
    empty = {kind: empty_ids(kind, city.datasets) for kind in ("empty", "skipping")}
    seconds = known(running, [*datasets, *empty["empty"], *empty["skipping"]], tell)
    tell(f"Airflow knows the DAGs after {seconds:.0f} s")
    made: dict[str, Pass] = {}
    for name in names:
        if name in ("new", "changed"):
            city.edited(edition=("new", "changed").index(name))
        made[name] = passed(running, empty.get(name, datasets), name, tell)
        if failed := made[name].runs.get("failed"):
            raise Refused(f"{failed} runs of the pass {name} failed; see the logs in {running.home.logs}.")
        tell(f"{name}: {made[name].seconds:.1f} s")
    return made


def keys_of(made: dict[str, Pass], datasets: int) -> dict[str, Any]:
    """The ratios, the seconds of a task, the shares of the CPU, and every pass as it was."""
    keys: dict[str, Any] = {"wide_datasets": datasets, "wide_passes": {n: asdict(p) for n, p in made.items()}}
    ratios = {
        "wide_changed_ratio": ("changed", "empty"), "wide_new_ratio": ("new", "empty"),
        "wide_unchanged_ratio": ("unchanged", "empty"),
        "wide_unchanged_over_skipping": ("unchanged", "skipping"),
    }  # fmt: skip
    for key, (one, other) in ratios.items():
        if one in made and other in made:
            keys[key] = round(made[one].seconds / made[other].seconds, 2)
            keys[f"{key}_cpu"] = round(made[one].cpu_seconds / made[other].cpu_seconds, 2)
    for name, each in made.items():
        keys[f"wide_{name}_seconds"] = round(each.seconds, 1)
        keys[f"wide_{name}_seconds_per_task"] = round(each.seconds / each.tasks_run, 3)
        keys[f"wide_{name}_cpu_per_task"] = round(each.cpu_seconds / each.tasks_run, 3)
        keys[f"wide_{name}_scheduler_share"] = round(each.cpu["scheduler"] / each.cpu_seconds, 3)
    return keys


def _print(made: dict[str, Pass]) -> None:
    """One column for each pass: seconds, then CPU seconds."""
    table = Table("", *made)
    table.add_row("seconds", *(f"{one.seconds:.1f}" for one in made.values()))
    table.add_row("tasks run", *(str(one.tasks_run) for one in made.values()))
    table.add_row("seconds per task", *(f"{one.seconds / one.tasks_run:.2f}" for one in made.values()))
    table.add_row("CPU s per task", *(f"{one.cpu_seconds / one.tasks_run:.2f}" for one in made.values()))
    for part in next(iter(made.values())).cpu:
        table.add_row(f"CPU s, {part}", *(f"{one.cpu[part]:.1f}" for one in made.values()))
    Console(highlight=False).print(table)


def wide(
    datasets: Annotated[int, typer.Option(help="How many; an hour for 272 on two cores.")] = 272,
    only: Annotated[str, typer.Option(help="Passes, by commas, in their order.")] = ",".join(PASSES),
    folder: Annotated[
        Path | None,
        typer.Option(help="Takes the city and Airflow's home, and is left; none: a temporary one."),
    ] = None,
    results: Annotated[Path | None, typer.Option(help="Folder of results.json; of 272 only, here.")] = None,
) -> None:
    """Measure; nothing else should run on the machine meanwhile."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that Airflow is ended too
    err = Console(stderr=True, highlight=False)
    target = results or (_HERE if datasets == 272 else None)
    with TemporaryDirectory() as own, err.status("starting") as line:
        city = WideCity(folder or Path(own), datasets)
        city.founded()
        city.edited(edition=0)
        try:
            with airflow_of(city, os.environ, line.update) as running:
                made = passes_of(running, city, only.split(","), line.update)
        except Refused as refusal:
            err.print(str(refusal), style="red", markup=False)
            raise typer.Exit(1) from None
    _print(made)
    if target is not None:
        ran = " ".join(["python -m bench.wide", *sys.argv[1:]])
        kept(target, "wide", keys_of(made, datasets), moment=datetime.now(UTC), ran=ran)


if __name__ == "__main__":
    typer.run(wide)
