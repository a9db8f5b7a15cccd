"""Whether a source is fetched whole each time, or from where the last release ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from pydantic import Field as Setting
from pydantic import field_validator, model_validator

from contracts.durations import seconds_in
from contracts.model import Frozen

_DAY = 86_400


class Load(Frozen):
    """snapshot: everything, each time. append, upsert: what came since, merged into the last release."""

    mode: Literal["snapshot", "append", "upsert"] = Setting(
        "snapshot",
        description="append: a record never changes; upsert: of two with the same key the newest counts.",
    )
    by: str | None = Setting(
        None, description="The field (instant, date, integer) that grows with each new or corrected record."
    )
    overlap: str | int | None = Setting(
        None, description="How far before the last record to begin again: 6 h, 3 d, or a number."
    )
    full_every: str | None = Setting(
        None, description="Fetch everything when the last time is so long ago: 7 d."
    )
    live: bool = Setting(
        False, description="The source tells only what is now: each fetch is added, whatever the kind."
    )
    keep: str | None = Setting(
        None, description="Rows that are so much older than the last release's newest leave the table: 2 d."
    )

    @field_validator("overlap", "full_every", "keep")
    @classmethod
    def _duration(cls, given: str | int | None) -> str | int | None:
        if isinstance(given, str):
            seconds_in(given)
        elif given is not None and given < 0:
            raise ValueError(f"{given} would begin after the last record")
        return given

    @model_validator(mode="after")
    def _by_where_there_are_increments(self) -> Load:
        given = self.by or self.overlap is not None or self.full_every or self.live or self.keep
        if self.mode == "snapshot" and given:
            names = "`by`, `overlap`, `full_every`, `live` and `keep`"
            raise ValueError(f"{names} are for `mode: append` and `mode: upsert`")
        if self.live and (self.overlap is not None or self.full_every):
            raise ValueError("`overlap` and `full_every` ask a source for its past, which a live one forgets")
        if self.mode != "snapshot" and self.by is None:
            raise ValueError(f"`mode: {self.mode}` needs `by:`, the field that grows")
        return self

    @property
    def grows(self) -> bool:
        """Whether releases are made of the one before and of what came since."""
        return self.mode != "snapshot"

    def oldest(self, watermark: str) -> str | None:
        """The earliest `by` that stays in the table, written like the watermark; None: all stay."""
        return (
            None
            if self.keep is None
            else Load(mode=self.mode, by=self.by, overlap=self.keep).since(watermark)
        )

    def since(self, watermark: str) -> str:
        """From where to fetch: the watermark less the overlap, written alike.

        An instant or a date (ISO 8601) stays in the years that a source can read; a number is any integer.
        """
        if watermark.lstrip("-").isdecimal():
            return str(int(watermark) - (self.overlap if isinstance(self.overlap, int) else 0))
        seconds = seconds_in(self.overlap) if isinstance(self.overlap, str) else 0
        if "T" not in watermark:
            first = date.fromisoformat(watermark).toordinal() - seconds // _DAY
            return date.fromordinal(max(first, 1)).isoformat()
        moment, earliest = datetime.fromisoformat(watermark), datetime.min.replace(tzinfo=UTC)
        span = min(timedelta(seconds=seconds), moment - earliest)
        return instant_text(moment - span)


def instant_text(moment: datetime) -> str:
    """`2026-03-01T12:00:00Z`, with microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def watermark_of(greatest: str, fetched_at: datetime) -> str:
    """The greatest value of `by`, but never later than it was fetched.

    One record that is dated 2099 by mistake would otherwise be the last that is ever fetched.
    """
    if "T" in greatest:
        return instant_text(min(datetime.fromisoformat(greatest), fetched_at))
    if "-" in greatest[1:]:
        return min(greatest, fetched_at.astimezone(UTC).date().isoformat())
    return greatest


class Base(Frozen):
    """The staged table that an increment is merged into: that of the last release, named once and for all."""

    batch_id: str
    table_key: str
    sha256: str = Setting(description="Of the table's file.")
    table_hash: str = Setting(description="Of the contract that made it (`Dataset.table_hash`).")
    watermark: str = Setting(description="ISO 8601 in UTC, or a number: see `Grown`.")
    since: str = Setting(description="From where on the source was asked: the watermark less the overlap.")
    full_at: datetime = Setting(description="When everything was fetched for the last time.")


class Grown(Frozen):
    """A staged table that increments are merged into: what became of the last one, and what the next asks."""

    sha256: str = Setting(description="Of the table's file.")
    table_hash: str = Setting(description="`Dataset.table_hash` of the contract that made it.")
    watermark: str | None = Setting(
        description="The greatest `load.by`, never later than it was fetched; ISO 8601 in UTC, or a number."
    )
    full_at: datetime = Setting(description="When everything was fetched for the last time.")
    added: int = Setting(description="Records whose key is new.")
    replaced: int = Setting(description="Records that took the place of one with their key.")
    known: int = Setting(description="Records that changed nothing: there already, or older.")
