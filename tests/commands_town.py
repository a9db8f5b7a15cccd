"""What the tests of the command line share: three releases of a town, and how a command is typed."""

from __future__ import annotations

import json
from typing import Any

from town import SOUND
from typer.testing import CliRunner

PARKS = "mobility.parks"
NAME = "Parc Élisabeth-Quesnel"  # a value that the second release brings, and the third still has
SOURCES = (SOUND, SOUND + f"p3;{NAME};40;0708091011\n", SOUND + f"p3;{NAME};41;0708091011\n")


def typed(*words: str) -> tuple[int, str, str]:
    """Runs the command line in this process: (exit code, standard output, standard error)."""
    from concentrator import app

    result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def released(run: Any, audience: str) -> list[str]:
    """The ids of an audience's releases, oldest first."""
    _, stdout, _ = run("releases", PARKS, "--audience", audience, "--json")
    return [json.loads(line)["release"]["release_id"] for line in reversed(stdout.splitlines())]
