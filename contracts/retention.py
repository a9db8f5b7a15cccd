"""How long releases are kept, where a dataset needs another time than the city's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pydantic import Field as Setting

from contracts.model import Frozen


class Retention(Frozen):
    """The newest releases, every one of some days, and then the last of each day.

    What was written within a week stays in any case (`storage.collection`).
    """

    releases: int = Setting(20, ge=1, description="The newest releases are kept, whatever their age.")
    days: int = Setting(400, ge=0, description="Every release is kept for so long.")
    last_of_day: int = Setting(
        0, ge=0, description="The last release of each day (UTC) is kept for so many days."
    )

    def kept(self, commits: Sequence[tuple[str | None, datetime]], now: datetime) -> set[str | None]:
        """The releases of a log (newest first: release, committed at) that there is a reason to keep."""
        kept: set[str | None] = set()
        days = set()
        for index, (release_id, committed_at) in enumerate(commits):
            age, day = now - committed_at, committed_at.astimezone(UTC).date()
            last = day not in days and age <= timedelta(days=self.last_of_day)
            if index < self.releases or age <= timedelta(days=self.days) or last:
                kept.add(release_id)
            days.add(day)
        return kept
