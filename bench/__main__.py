"""`python -m bench`: what is measured is chosen, run, told and written."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench import growth
from bench.big import Run, runs_of
from bench.growth import Point
from bench.peers import PEERS
from bench.results import REPORT, kept, keys_of_growth, keys_of_runs
from commands.console import err, one_sentence

_HERE = Path(__file__).parent
_PARTS = ("big", "growth", "streams", "wide")
_OTHERS = tuple(name for name in PEERS if name != "journey")
_SIZES, _QUICK_SIZES = (1_000_000, 10_000_000), (50_000,)

Telling = Callable[[str], None]


def bench(
    quick: Annotated[
        bool,
        typer.Option("--quick", help="50,000 rows, and little growth: under a minute on two free cores."),
    ] = False,
    only: Annotated[
        str,
        typer.Option(
            help="Of big, growth, streams (huge nested files) and wide (272 datasets in Airflow: an hour)."
        ),
    ] = "big,growth",
    rows: Annotated[int | None, typer.Option(min=1, help="One size of the big file, as a trial.")] = None,
    peers: Annotated[
        str | None, typer.Option(help=f"Of {', '.join(_OTHERS)} only these, by commas, as a trial.")
    ] = None,
    memory: Annotated[
        int | None, typer.Option(help="MiB of data that each process of the big journey may hold.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the generated files.")] = 7,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Takes the results; else bench/ does, and nothing a trial's.")
    ] = None,
) -> None:
    """Measure the journey beside its peers, and how it grows; write RESULTS.md and results.json.

    A part takes the place of what it found earlier, and leaves what the others found.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the one under way is ended too
    parts, others = _among(only, _PARTS), _OTHERS if peers is None else _among(peers, _OTHERS)
    sizes = (rows,) if rows else _QUICK_SIZES if quick else _SIZES
    with one_sentence(), _scratch() as own:
        target = folder or (_HERE if rows is None and peers is None else own)
        with _line() as told:
            runs: list[Run] = []
            if "big" in parts:
                wanted = ("journey", *others)
                runs = [run for size in sizes for run in runs_of(size, wanted, seed, own, told, memory)]
                _keep(target, "big", keys_of_runs(runs))
            if "growth" in parts:
                _keep(target, "growth", keys_of_growth(_grown(quick, runs, seed, own, told)))
        for part in ("streams", "wide"):
            if part in parts:
                subprocess.run([sys.executable, "-m", f"bench.{part}"], check=True)
        Console(highlight=False).print(Markdown((target / REPORT).read_text("utf-8")))


def _among(given: str, known: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(given.split(","))
    if unknown := [one for one in chosen if one not in known]:
        raise typer.BadParameter(f"{unknown[0]!r} is not among {', '.join(known)}")
    return chosen


@contextmanager
def _scratch() -> Iterator[Path]:
    """An empty folder, gone afterwards; on the checkout's disk, for /tmp may be memory."""
    var = _HERE.parent / "var"
    var.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=var, prefix="bench-") as folder:
        yield Path(folder)


@contextmanager
def _line() -> Iterator[Telling]:
    """What is under way and since when, as one live line, or as a line each where there is no terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("")

        def told(text: str) -> None:
            progress.reset(task, description=text)
            if not err.is_terminal:
                err.print(text)

        yield told


def _keep(target: Path, part: str, found: dict[str, object]) -> None:
    ran = " ".join(("python -m bench", *sys.argv[1:]))
    kept(target, part, found, moment=datetime.now(UTC), ran=ran)


def _grown(
    quick: bool, runs: Sequence[Run], seed: int, own: Path, told: Telling
) -> dict[str, list[Point]]:  # fmt: skip
    """By what grows, its points; quickly only what needs no journey."""
    if quick:
        return {
            "contracts": list(growth.by_contracts((272,), own, told)),
            "releases": list(growth.by_releases((1, 100), own, told)),
        }
    return {
        "rows": list(growth.by_rows(growth.ROWS, runs, seed, own, told)),
        "columns": list(growth.by_columns(growth.COLUMNS, own, told)),
        "contracts": list(growth.by_contracts(growth.CONTRACTS, own, told)),
        "releases": list(growth.by_releases(growth.RELEASES, own, told)),
    }


if __name__ == "__main__":
    typer.run(bench)
