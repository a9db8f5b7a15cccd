"""One entry of a catalogue's many, by its title."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

from contracts.errors import SourceChanged

By = Literal["title", "created_at", "last_modified"]
Entry = Mapping[str, Any]

_SHOWN = 8


def chosen(entries: Sequence[Entry], title: str, by: By | None, place: str) -> Entry:
    """The only entry whose title fits the pattern, or the last of them by `by`; titles sort `2` before `10`.

    Raises:
        SourceChanged: none fits, several do and nothing says which, or two of them are the last.
    """
    fitting = [one for one in entries if fnmatchcase(str(one.get("title")), title)]
    if not fitting:
        met = f"no resource has a title like {title!r}; there are {_titles(entries)}"
        raise SourceChanged(place, met, promised="one", remedy="Correct `title:`.")
    if by is None and len(fitting) > 1:
        remedy = "Narrow `title:`, or say by what the last one is known: `latest_by:`."
        raise SourceChanged(
            place, f"{len(fitting)} resources fit: {_titles(fitting)}", promised="one", remedy=remedy
        )
    keys = [_key(one, by, place) for one in fitting]
    last = [one for one, key in zip(fitting, keys, strict=True) if key == max(keys)]
    if len(last) > 1:
        met = f"{len(last)} resources are the last by `{by}`: {_titles(last)}"
        raise SourceChanged(
            place, met, promised="one", remedy="Narrow `title:`, or give another `latest_by:`."
        )
    return last[0]


def _key(entry: Entry, by: By | None, place: str) -> list[tuple[int, str]] | datetime:
    told = str(entry.get(by or "title"))
    if by in (None, "title"):
        return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", told)]
    try:
        moment = datetime.fromisoformat(told)
    except ValueError as error:
        met = f"the resource « {entry.get('title')} » has no date at {by!r}"
        raise SourceChanged(place, met, remedy="Give another `latest_by:`.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _titles(entries: Sequence[Entry]) -> str:
    names = [f"« {one.get('title')} »" for one in entries]
    more = f" and {len(names) - _SHOWN} others" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more if names else "none"
