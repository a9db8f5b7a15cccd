"""The header row: the names of the columns, each once and none blank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transforms.decode.source import MAX_COLUMNS, Source

_SHOWN = 5


def columns_from(source: Source, names: Sequence[str | None], where: str) -> tuple[str, ...]:
    """The names exactly as the source writes them.

    Raises:
        SourceChanged: there are none, too many, blank ones, or two that a table cannot tell apart.
    """
    if len(names) > MAX_COLUMNS:
        met = f"has {len(names)} columns on {where}"
        raise source.changed(met, promised=f"at most {MAX_COLUMNS}", remedy="Check the delimiter.")
    blank = [position for position, name in enumerate(names, 1) if not (name or "").strip()]
    if blank:
        met = f"has no name for {'column' if len(blank) == 1 else 'columns'} {_listed(blank)} of {len(names)}"
        remedy = "Have every column named; `trailing_delimiter: true` is for lines that end with one more."
        raise source.changed(f"{met} on {where}", promised="one name for each", remedy=remedy)
    columns = tuple(name or "" for name in names)
    if twins := list(_twins(columns)):
        raise source.changed(f"names {_listed(twins)} on {where}", promised="each column once",
                             remedy="Have one of them renamed.")  # fmt: skip
    return columns


def _twins(columns: Sequence[str]) -> Iterator[str]:
    """DuckDB, like SQL, does not tell capitals apart in a column's name."""
    first: dict[str, tuple[int, str]] = {}
    for position, name in enumerate(columns, 1):
        before, twin = first.setdefault(name.lower(), (position, name))
        if before != position:
            also = "" if twin == name else f' (as "{twin}")'
            yield f'"{name}" in column {position} and already in column {before}{also}'


def _listed(items: Sequence[object]) -> str:
    shown = ", ".join(str(item) for item in items[:_SHOWN])
    more = len(items) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
