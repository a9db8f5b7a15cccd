"""What `concentrator new` asks a person, or finds answered in the contract that is there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args

import typer

from commands.console import err
from contracts.dataset import About
from contracts.errors import ContractInvalid

LICENCES: tuple[str, ...] = get_args(About.model_fields["licence"].annotation)


def licence_of(licence: str | None) -> str | None:
    """The licence, if it is one that a contract may name."""
    if licence is not None and licence not in LICENCES:
        raise typer.BadParameter(f"{licence!r} is none of {', '.join(LICENCES)}")
    return licence


def kept(path: Path, given: dict[str, Any]) -> dict[str, Any]:
    """What is not given, as the contract that is there answered it."""
    from contracts.reading import document_at
    from proposal.writing import NO_LICENCE, NO_SERVICE

    try:
        there: Any = document_at(path).value
        about, audiences = there["about"], there["audiences"]
    except (ContractInvalid, KeyError, TypeError):
        return given
    service, licence = about.get("publisher"), about.get("licence")
    answered = {
        "service": None if service == NO_SERVICE else service,
        "licence": None if NO_LICENCE in path.read_text(encoding="utf-8") else licence,
        "public": "public" in audiences,
    }
    return {name: answered[name] if value is None else value for name, value in given.items()}


def asked_of(given: dict[str, Any]) -> dict[str, Any]:
    """Three questions at most, to a person at a terminal; Enter leaves one open."""
    if not (sys.stdin.isatty() and err.is_terminal):
        return given
    asked = dict(given)
    if asked["service"] is None:
        asked["service"] = (
            typer.prompt("Which service answers for the data?", default="", show_default=False, err=True)
            or None
        )
    if asked["licence"] is None:
        asked["licence"] = licence_of(
            typer.prompt(f"Its licence ({', '.join(LICENCES)})?", default="", show_default=False, err=True)
            or None
        )
    if asked["public"] is None:
        asked["public"] = typer.confirm("Propose for everyone what nobody suspects?", default=False, err=True)
    return asked
