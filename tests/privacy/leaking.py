"""How a leak is described, and the register of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

KINDS: dict[str, Kind] = {}


class Kind(NamedTuple):
    """How a leak is planted, of what value, and how it must be found: encoding, part of the place."""

    plant: Callable[[Path, str], None]
    value: str
    encoding: str
    place: str

    def in_store(self, folder: Path, kind: str, value: str | None = None) -> None:
        """Planted in a folder of its own, with another value if one is given."""
        target = folder / kind.replace(" ", "_")
        target.mkdir(parents=True)
        self.plant(target, value or self.value)


def leak(
    kind: str, encoding: str, place: str, value: str | None = None
) -> Callable[[Callable[[Path, str], None]], None]:
    """Registers the planting under `kind`; without a value of its own it gets a person's name."""

    def registered(plant: Callable[[Path, str], None]) -> None:
        text = value or f"N° {1875 + len(KINDS)}, Adélaïde Kerguelen"
        KINDS[kind] = Kind(plant, text, encoding, place)

    return registered
