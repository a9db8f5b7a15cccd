"""Names and texts as SQL: the only place where something from outside is put between quotes."""

from __future__ import annotations

from collections.abc import Iterable


def identifier(name: str) -> str:
    """The name as a quoted SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def opaque(name: str) -> str:
    """The column under its name, hidden from the optimizer's statistics.

    DuckDB writes a column as REQUIRED where it can prove that there is no null, and it proves that from the
    table under a view: the file would tell whether a hidden row has a null (met with DuckDB 2.0.1).
    """
    column = identifier(name)
    return f"CASE WHEN {column} IS NULL THEN NULL ELSE {column} END AS {column}"


def ordered(names: Iterable[str]) -> str:
    """What follows ORDER BY: the columns in turn, ascending, nulls last."""
    return ", ".join(f"{identifier(name)} ASC NULLS LAST" for name in names)
