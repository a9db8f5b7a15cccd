"""What each audience has of a dataset now, read from the stores themselves."""

from __future__ import annotations

from datetime import datetime

from contracts.dataset import Audience, Dataset
from contracts.model import Frozen
from pipeline.cost import Cost
from pipeline.house import House
from pipeline.record import Outcome, audiences_of, costs_of, last_outcome
from storage.publishing import current_manifest, current_of


class Part(Frozen):
    """One audience's current release."""

    release_id: str
    released_at: datetime
    checked_at: datetime
    expires_at: datetime
    rows: int
    columns: int
    files: tuple[str, ...]


class Status(Frozen):
    """A dataset's state; `stale` where an audience's data was not verified within its promise."""

    dataset_id: str
    public: Part | None = None
    restricted: Part | None = None
    stale: bool = False
    outcome: Outcome | None = None
    costs: tuple[Cost, ...] = ()

    @property
    def released_at(self) -> datetime | None:
        """When the newest release was made."""
        return max((part.released_at for part in (self.public, self.restricted) if part), default=None)

    @property
    def checked_at(self) -> datetime | None:
        """When the source was last found to agree with what readers have, for all audiences."""
        return min((part.checked_at for part in (self.public, self.restricted) if part), default=None)


def status_of(dataset: Dataset, house: House) -> Status:
    """The status of one dataset.

    Raises:
        StorageRefused: a store does not answer, or its log is damaged.
    """
    parts = {audience: _part(dataset, house, audience) for audience in audiences_of(dataset)}
    now = house.clock()
    return Status(
        dataset_id=dataset.id, public=parts.get("public"), restricted=parts.get("restricted"),
        stale=any(part is not None and part.expires_at < now for part in parts.values()),
        outcome=last_outcome(dataset, house), costs=costs_of(dataset, house),
    )  # fmt: skip


def _part(dataset: Dataset, house: House, audience: Audience) -> Part | None:
    store = house.store_of(audience)
    manifest, current = current_manifest(store, dataset.id), current_of(store, dataset.id)
    if manifest is None or current is None:
        return None
    return Part(
        release_id=manifest.release_id, released_at=manifest.created_at, checked_at=current.checked_at,
        expires_at=current.expires_at, rows=manifest.rows, columns=len(manifest.columns),
        files=tuple(file.name for file in manifest.files),
    )  # fmt: skip
