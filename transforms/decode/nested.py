"""JSON records that hold a list: a row for each item of it, beside what its record says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from transforms.decode.jsonvalues import cell, flat
from transforms.decode.source import Source

PLACE = "#"  # of an item in its list, from 1: no member of an object that anybody names is called so


def rows_below(
    source: Source, number: int, record: dict[str, Any], path: str
) -> Iterator[Iterator[tuple[str, str | None]]]:
    """The columns and texts of each item of the list at `path`, one row after the other.

    Those of an item are named by its path (`spaces.id`, its place `spaces.#`; an item that is no object is
    the column `spaces`), those of the record stay as they are. No list, or an empty one, has no rows.

    Raises:
        SourceChanged: what stands at the path is no list.
    """
    *way, name = path.split(".")
    around, record = record, dict(record)
    pruned = record
    for step in way:
        inner = around.get(step)
        if inner is None:
            return
        if not isinstance(inner, dict):
            raise _no_list(source, number, path)
        pruned[step] = dict(inner)
        around, pruned = inner, pruned[step]
    items = pruned.pop(name, None)
    if items is not None and not isinstance(items, list):
        raise _no_list(source, number, path)
    for place, item in enumerate(items or (), 1):
        own = flat(item, f"{path}.") if isinstance(item, dict) else iter(((path, cell(item)),))
        yield chain(flat(record), own, ((f"{path}.{PLACE}", str(place)),))


def _no_list(source: Source, number: int, path: str) -> Exception:
    return source.changed(f"has no list at {path!r} in record {number}", promised="`each:` names one")
