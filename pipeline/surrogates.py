"""The random surrogates of identifiers: the same in every release, and traced by the city only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from contracts.errors import StorageRefused
from contracts.view import View
from pipeline.house import House
from storage import layout
from transforms.engine import engine
from transforms.surrogates import write_new_surrogates

_ROUNDS = 20  # another run may add a part at the same moment; each round reads what it added


def surrogates_of(view: View, staged: Path, house: House, folder: Path) -> Mapping[str, Sequence[Path]]:
    """Field → the parts of its table of surrogates, which cover every value of the staged table.

    Parts are only ever added, so two runs never give one value two surrogates.

    Raises:
        StorageRefused: the restricted store failed.
    """
    fields = [name for name, precision in view.precisions.items() if precision == "surrogate"]
    return {name: _complete(name, view, staged, house, folder) for name in fields}


def _complete(field: str, view: View, staged: Path, house: House, folder: Path) -> Sequence[Path]:
    for _ in range(_ROUNDS):
        known = known_parts(view.dataset_id, field, house, folder)
        part = folder / f"surrogates-{field}-{len(known) + 1}.parquet"
        with engine(folder / "surrogates") as connection:
            new = write_new_surrogates(
                connection, staged, field, known, house.random, part, conditions=view.conditions
            )
        if not new:
            return known
        house.restricted.create(layout.surrogates(view.dataset_id, field, len(known) + 1), part.read_bytes())
    raise StorageRefused(
        view.dataset_id, f"the surrogates of {field!r} do not come to rest", remedy="Run again."
    )


def known_parts(dataset_id: str, field: str, house: House, folder: Path) -> list[Path]:
    """The parts that are kept, in order."""
    parts: list[Path] = []
    while house.restricted.exists(key := layout.surrogates(dataset_id, field, len(parts) + 1)):
        parts.append(house.restricted.local(key, folder))
    return parts
