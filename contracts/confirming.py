"""What a contract's comments and texts leave « à confirmer », as `concentrator new` writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

TO_CONFIRM = "à confirmer"  # its blank may be one that does not break
_MARK = re.compile(TO_CONFIRM.replace(" ", "[ \u00a0]"), re.IGNORECASE)


@dataclass(frozen=True)
class OpenPoint:
    """One line of a contract that waits for a person."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def open_points(text: str, file: str) -> list[OpenPoint]:
    """Every line that says « à confirmer », without the sign of a comment."""
    return [
        OpenPoint(file, number, line.strip().removeprefix("#").strip())
        for number, line in enumerate(text.splitlines(), 1)
        if _MARK.search(line)
    ]
