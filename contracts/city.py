"""The city that runs this hub (`config/city.yml`)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pydantic import Field as Setting
from pydantic import field_validator

from contracts.model import Frozen
from contracts.zones import is_time_zone


class City(Frozen):
    """Who publishes, in which time zone, and at what size Excel files end."""

    name: str
    insee: str = Setting(pattern=r"^([013-9]\d|2[AB1-9])\d{3}$", description="Commune code (INSEE).")
    time_zone: str = "Europe/Paris"
    contact: str = Setting(description="The address that readers of the data may write to.")
    xlsx_up_to_rows: int = Setting(
        100_000, ge=0, le=1_048_575, description="Above this no XLSX is written (Excel ends at 1,048,576)."
    )

    communes: str | None = Setting(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*\.geojson$",
        description="Outlines with `code` (INSEE), in the config folder: for points shown as their commune.",
    )
    keep_releases: int = Setting(20, ge=2, description="The newest releases are kept, whatever their age.")
    keep_days: int = Setting(400, ge=7, description="Every release is kept for so long.")

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        if not is_time_zone(zone):
            raise ValueError(f"{zone!r} is not a time zone; write it like Europe/Paris")
        return zone

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone, in which schedules are read."""
        return ZoneInfo(self.time_zone)
