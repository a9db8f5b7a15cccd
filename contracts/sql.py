"""Names and texts as SQL: the only place where something from outside is put between quotes."""

from __future__ import annotations

from collections.abc import Iterable


def identifier(name: str) -> str:
    """The name as a quoted SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def ordered(names: Iterable[str]) -> str:
    """What follows ORDER BY: the columns in turn, ascending, nulls last."""
    return ", ".join(f"{identifier(name)} ASC NULLS LAST" for name in names)
