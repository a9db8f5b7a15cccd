"""The file under the decoder's hands, and the sentence that refuses it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from contracts.errors import SourceChanged

CHUNK = 4 << 20  # bytes read at once: large enough for numpy, small beside any worker's memory
MAX_RECORD = 16 << 20  # bytes; above any honest cell (a finely drawn coastline is some MB)
MAX_COLUMNS = 4_096  # read in 1.5 s by an engine of 1 GB, which 10,000 exhaust; the widest file met has 256


@dataclass(frozen=True)
class Source:
    """One file: where it lies now, what its source calls it, and where copies of it may be made."""

    path: Path
    name: str
    place: str
    scratch: Path

    def changed(self, met: str, *, promised: str = "", remedy: str = "") -> SourceChanged:
        """The refusal whose sentence starts with the file's name; `met` starts with a verb."""
        return SourceChanged(self.place, f"{self.name} {met}", promised=promised, remedy=remedy)

    def at(self, path: Path) -> Source:
        """The same file, now lying elsewhere."""
        return replace(self, path=path)

    def copy_as(self, step: str) -> Path:
        """The path of a copy in the scratch folder."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        return self.scratch / f"decoded.{step}"
