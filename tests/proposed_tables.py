"""Small tables for the tests of proposals."""

from __future__ import annotations

from collections.abc import Sequence


def column(header: str, values: Sequence[str], mark: str = ";") -> str:
    """A table of one column beside the row's number, which is its key."""
    rows = "".join(f"{number}{mark}{value}\n" for number, value in enumerate(values, 1))
    return f"rang{mark}{header}\n{rows}"
