"""What a peer answers once its work is done, and how the work is asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Answer:
    """What was counted, for the comparison with the truth, and the seconds of each part of the work."""

    counts: dict[str, int]
    stages: dict[str, float] = field(default_factory=dict)


Work = Callable[[Path], Answer]  # of a CSV
Opening = Callable[[Path], AbstractContextManager[Work]]  # of the folder that takes what is written
