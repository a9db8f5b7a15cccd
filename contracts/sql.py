"""Names and texts as SQL: the only place where something from outside is put between quotes."""

from __future__ import annotations


def identifier(name: str) -> str:
    """The name as a quoted SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
