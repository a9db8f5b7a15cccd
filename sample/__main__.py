"""`python -m sample`: the sample city through real Airflow, in one command, or kept open to explore."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from contracts.connection import connection_from
from contracts.errors import ConcentratorError
from contracts.library import Library, library_at
from pipeline.house import house_from
from sample.airflow import USER, require_alive
from sample.city import City, alone, closed, opened
from sample.drive import Ride, awaited, followed, import_errors, trigger
from sample.ending import GOOD, Ending, endings, print_endings
from sample.processes import remembered
from sample.progress import Board
from sample.rest import Refused

app = typer.Typer(
    help="The sample city: sixty datasets, their sources on loopback, and Airflow to run them.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
console = Console(highlight=False, soft_wrap=True)
if not console.is_terminal:
    console.width = 120  # a log has no edge
ROOT = Path(__file__).resolve().parent.parent
TASKS_BEFORE_PUBLISH = 3
TASKS_OF = {"restricted": 1, "public": 2}  # the public's view is handed over before it is published
Force = Annotated[bool, typer.Option("--force", help="Go all the way even if the sources have nothing new.")]
Within = Annotated[float, typer.Option(help="Seconds after which the runs are given up.")]
Var = Annotated[Path, typer.Option(help="Folder of all that is made: stores, Airflow's home, logs.")]


class Stopped(Exception):
    """Somebody asked us to end."""


@app.command()
def run(force: Force = False, within: Within = 600.0, var: Var = ROOT / "var") -> None:
    """Start everything, run every dataset once, print what came of it, stop everything.

    Exit 0 only if every dataset ended as its contract says. A city that is up is used and left up.
    """
    city = City(ROOT, var.resolve())
    with _told_in_one_sentence(), alone(city):
        with nullcontext() if city.is_up else _open_meanwhile(city):
            rows = _driven(city, force, within)
        _print_places(city)
        if any(row.state not in GOOD for row in rows):
            raise typer.Exit(1)


@app.command()
def up(var: Var = ROOT / "var") -> None:
    """Start sources and Airflow, and leave them running for a browser."""
    city = City(ROOT, var.resolve())
    with _told_in_one_sentence(), alone(city):
        if city.is_up:
            console.print("The sample city is up already.")
        else:
            with console.status("starting") as line:
                opened(city, os.environ, line.update)
            city.kept.touch()
        _print_sign_in(city)


@app.command()
def down(var: Var = ROOT / "var") -> None:
    """End what `up` or a killed `run` left running, and nothing else."""
    count = closed(City(ROOT, var.resolve()))
    console.print(f"{count} processes ended." if count else "Nothing was running.")


@app.command()
def status(var: Var = ROOT / "var") -> None:
    """What of the sample city runs now, and where."""
    city = City(ROOT, var.resolve())
    with _told_in_one_sentence():
        for process in city.processes:
            console.print(f"{process.name:<14} process {process.pid}")
        if not city.processes:
            console.print("Nothing is running.")
        elif city.is_up:
            _print_sign_in(city)


@contextmanager
def _told_in_one_sentence() -> Iterator[None]:
    """Refusals as text and exit code 1, a stop as 130; TERM and HUP end us as Ctrl-C does."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        yield
    except (Refused, ConcentratorError) as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None
    except Stopped:
        console.print("Stopped; what was released stays.")
        raise typer.Exit(130) from None


def _stop(number: int, frame: FrameType | None) -> None:
    """The first signal unwinds the stack once; what ends our processes must not be interrupted."""
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)
    raise Stopped


@contextmanager
def _open_meanwhile(city: City) -> Iterator[None]:
    with console.status("starting") as line:
        processes = opened(city, os.environ, line.update)
    try:
        yield
    finally:
        with console.status("stopping Airflow and the sources"):
            closed(city, processes)


def _driven(city: City, force: bool, within: float) -> list[Ending]:
    """How every dataset ended."""
    stores = city.stores(os.environ)
    library = library_at(Path(stores["CONCENTRATOR_CONFIG"]))
    house = house_from(stores, connection=lambda name: connection_from(stores, name))
    since = datetime.now(UTC)
    with console.status("waiting for the DAGs") as line:
        awaited(city.api, library.datasets, 120, line.update)
    for error in import_errors(city.api):
        console.print(error, style="yellow", markup=False)
    rides = _ridden(city, library, f"sample-{since:%Y%m%dT%H%M%SZ}", force, within)
    rows = endings(library, house, rides, since)
    print_endings(console, rows)
    return rows


def _ridden(city: City, library: Library, run_id: str, force: bool, within: float) -> list[Ride]:
    """Every dataset's run, over."""
    api, processes = city.api, remembered(city.home.pids)
    tasks = {
        dataset_id: TASKS_BEFORE_PUBLISH + sum(TASKS_OF[audience] for audience in dataset.audiences)
        for dataset_id, dataset in library.datasets.items()
    }
    with Board(console, tasks) as board:
        rides = [Ride(dataset_id, run_id, force) for dataset_id in tasks]
        joined = [ride for ride in rides if library.datasets[ride.dataset_id].joined]
        for stage in (
            [ride for ride in rides if ride not in joined],
            joined,
        ):  # parts before what is made of them
            for ride in stage:
                trigger(api, ride)
            if stage:
                followed(api, stage, within, changed=board.show, alive=lambda: require_alive(processes))
    return rides


def _print_places(city: City) -> None:
    stores = city.stores(os.environ)
    console.print(
        f"\nPublic files:      {stores['CONCENTRATOR_PUBLIC']}\n"
        f"Restricted files:  {stores['CONCENTRATOR_RESTRICTED']}\n"
        "Next:  make up (Airflow's pages) · .venv/bin/concentrator status · make help",
        markup=False,
    )


def _print_sign_in(city: City) -> None:
    api = city.api
    console.print(f"Airflow:   {api.address}\nUser:      {USER}\nPassword:  {api.password}", markup=False)
    console.print("`make down` ends it.", markup=False)


if __name__ == "__main__":
    app(prog_name="python -m sample")
