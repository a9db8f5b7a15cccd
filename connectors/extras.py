"""The extra of a connection, held to what its kind of source knows."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from contracts.connection import Connection
from contracts.errors import SourceUnavailable
from contracts.model import Frozen

Extra = TypeVar("Extra", bound=Frozen)


def understood(connection: Connection, kind: type[Extra], sort: str) -> Extra:
    """The extra as `kind` describes it; `sort` names such connections in the remedy ("a web connection").

    Raises:
        SourceUnavailable: it holds something else; its values are never shown.
    """
    try:
        return kind.model_validate(connection.extra)
    except ValidationError as error:
        names = ", ".join(sorted({".".join(map(str, one["loc"])) for one in error.errors()}))
        remedy = f"{sort[0].upper()}{sort[1:]} knows {', '.join(kind.model_fields)}."
        failure = unusable(connection, f"has an extra that is not understood ({names})", remedy)
    raise failure  # outside the handler: pydantic's text shows the values


def unusable(connection: Connection, met: str, remedy: str) -> SourceUnavailable:
    """The complaint about a connection."""
    return SourceUnavailable(f"connection {connection.name}", met, remedy=remedy)
