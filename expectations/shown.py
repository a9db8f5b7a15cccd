"""What the public sees of a table, to be judged once more."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.dataset import Dataset


@dataclass(frozen=True)
class Shown:
    """What is judged once more as the public sees it: its promises, on that SELECT (None: all rows)."""

    dataset: Dataset
    part: str | None
