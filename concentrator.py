"""The second door: the same journey from the command line, without Airflow."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from commands.audit import audit
from commands.check import check
from commands.console import err
from commands.doctor import doctor
from commands.new import new
from commands.rejects import rejects
from commands.releases import releases, rollback
from commands.replay import replay
from commands.run import run
from commands.show import show
from commands.status import status
from commands.upkeep import collect, reconcile
from commands.withdraw import withdraw

PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Datasets": (new, check, run, show, status, rejects),
    "Releases": (releases, rollback, withdraw, replay),
    "Upkeep": (reconcile, collect, audit, doctor),
}  # fmt: skip

app = typer.Typer(
    help="One YAML contract per dataset, from its source to a public and a restricted release.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown",
)  # fmt: skip
for panel, group in PANELS.items():
    for command in group:
        app.command(rich_help_panel=panel)(command)


def main() -> None:
    """The `concentrator` command."""
    try:
        app()
    except KeyboardInterrupt:
        err.print("stopped; what was released stays")
        sys.exit(130)


if __name__ == "__main__":
    main()
