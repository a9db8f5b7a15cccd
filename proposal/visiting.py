"""One visit to the source of a proposal, and its one file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from connectors.connector import Connector, FetchedFile, Visit
from contracts.errors import SourceChanged
from proposal.address import Reached

Progress = Callable[[int, int | None], None]


def fetched_from(
    reached: Reached,
    place: str,
    folder: Path,
    clock: Callable[[], datetime],
    contact: str,
    progress: Progress,
) -> FetchedFile:
    """The file as the source sends it, in `folder`.

    Raises:
        SourceUnavailable, SourceChanged, SourceIncomplete: what the connector met; or several files.
    """
    visit = Visit(place=place, folder=folder, clock=clock, contact=contact, progress=progress)
    fetched = _at_once(reached.connector).fetch(reached.connection, visit)
    fetched.require_whole(place)
    if len(fetched.files) != 1:
        met = f"the source sent {len(fetched.files)} files"
        raise SourceChanged(place, met, promised="one", remedy="Narrow it with `--option`.")
    return fetched.files[0]


def _at_once(connector: Connector) -> Connector:
    """The connector that does not wait whether a file still changes: a person has just named it."""
    return (
        connector.model_copy(update={"settle": 0}) if "settle" in type(connector).model_fields else connector
    )
