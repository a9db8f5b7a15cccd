"""`concentrator doctor`: the installation, tried out."""

from __future__ import annotations

import typer

from commands.console import AsJson, environment, err, now, out, print_json, table_of

MARKS = {"sound": "[green]✓[/green]", "note": "[yellow]–[/yellow]", "fault": "[red]✗[/red]"}


def doctor(as_json: AsJson = False) -> None:
    """Try out stores, credentials, lock, connections and the public publisher. Exit 1 on any ✗.

    A probe is written to each store for a moment, and read without credentials: only the public store may
    let that through.
    """
    from rich.markup import escape

    from pipeline.doctor import checks_of

    with err.status("trying out the installation"):
        checks = list(checks_of(environment(), now))
    if as_json:
        print_json(checks)
    else:
        table = table_of("", "", "")
        table.show_header = False
        for check in checks:
            table.add_row(MARKS[check.state], check.about, escape(check.sentence))
        out.print(table)
    if any(check.state == "fault" for check in checks):
        raise typer.Exit(1)
