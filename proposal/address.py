"""`--from`: what a person types, as a kind of source, its connection and its options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from connectors.connector import Connector
from connectors.registry import connector_for, known_kinds
from contracts.connection import Connection, connection_from
from contracts.errors import ConcentratorError, ContractInvalid
from contracts.explaining import faults_of
from contracts.reading import Document

_KIND = re.compile(r"([a-z][a-z0-9_]*):(.+)", re.DOTALL)


class AddressUnclear(ConcentratorError):
    """What stands after `--from` names no source."""


@dataclass(frozen=True)
class Reached:
    """A source that can be visited; `options` are for the contract and hold no secret."""

    kind: str
    connector: Connector
    connection: Connection
    options: dict[str, Any]
    is_new: bool  # its connection is not defined yet

    @property
    def source(self) -> dict[str, Any]:
        """The contract's `source:`."""
        return {"kind": self.kind, "connection": self.connection.name, **self.options}


def reached(
    typed: str, connection: str | None, own: Mapping[str, Any], environment: Mapping[str, str]
) -> Reached:
    """The source that was typed, with options of its kind added.

    A connection that the environment defines is used, with its secrets: the one named, or the one of the name
    that the address would give. Else one is made up from the address.

    Raises:
        AddressUnclear: no kind, no file and no address; or an address outside the connection.
        UnknownKind: the kind is not installed.
        ContractInvalid: an option that the kind does not take.
        SourceUnavailable: the connection named is not defined, or cannot be read.
    """
    kind, address = _kind_of(typed)
    connector = connector_for(kind)
    try:
        pointed = connector.pointed_at(address)
        name = connection or pointed.name
        known = _known(name, environment, needed=connection is not None or not (pointed.url or pointed.root))
        options = {**(pointed.below(known) if known else pointed.options), **own}
    except ValueError as error:
        raise AddressUnclear(f"--from {kind}", str(error)) from error
    if known and pointed.secret:
        met = f"the address holds a secret, and the connection {known.name} is there to hold it"
        raise AddressUnclear(f"--from {kind}", met, remedy="Write the address without it.")
    try:
        made = connector.model_validate(options)
    except ValidationError as error:
        raise ContractInvalid(tuple(faults_of(error, connector, Document(f"--from {kind}", None)))) from error
    return Reached(kind, made, known or pointed.connection(name), options, is_new=known is None)


def _known(name: str, environment: Mapping[str, str], *, needed: bool) -> Connection | None:
    defined = bool(environment.get(f"AIRFLOW_CONN_{name.upper()}", "").strip())
    return connection_from(environment, name) if defined or needed else None


def _kind_of(typed: str) -> tuple[str, str]:
    """The kind and what follows it; a bare address is a file of the web, a bare path one that was dropped."""
    kinds = known_kinds()
    found = _KIND.fullmatch(typed)
    if found and found[1] in kinds:
        return found[1], found[2]
    if re.match(r"https?://", typed, re.IGNORECASE):
        return "http_file", typed
    if Path(typed).exists():
        return "drop_folder", typed
    if found and not urlsplit(typed).netloc and len(found[1]) > 1:
        connector_for(found[1])  # says which kinds there are
    remedy = f"Write an https address, a file that exists, or kind:address ({', '.join(kinds)})."
    raise AddressUnclear("--from", "names no file and no address", remedy=remedy)
