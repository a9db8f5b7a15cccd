"""The reference systems met in French files, told apart by where their coordinates lie."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """A reference system and the box of metropolitan France in it, in its own units."""

    crs: str
    x: tuple[float, float]
    y: tuple[float, float]

    def holds(self, x: float, y: float) -> bool:
        """Whether a position lies in the box."""
        return self.x[0] <= x <= self.x[1] and self.y[0] <= y <= self.y[1]


# The boxes are those of the EPSG registry's areas of use, with a margin of some 30 km. The nine conical zones
# 42 to 50: false easting 1,700,000 m, false northing (zone - 41) million + 200,000 m, one degree each way.
SYSTEMS = (
    System("EPSG:2154", (60_000, 1_280_000), (6_000_000, 7_150_000)),  # RGF93 v1 / Lambert-93
    *(
        System(f"EPSG:{3900 + zone}", (1_000_000, 2_400_000),
               ((zone - 41) * 1_000_000 + 60_000, (zone - 41) * 1_000_000 + 340_000))
        for zone in range(42, 51)
    ),
    System("EPSG:27572", (10_000, 1_230_000), (1_600_000, 2_720_000)),  # NTF (Paris) / Lambert zone II
    System("EPSG:25832", (200_000, 900_000), (4_500_000, 5_999_999)),  # ETRS89 / UTM 32N: Alsace, Germany
    System("EPSG:25831", (160_000, 840_000), (4_500_000, 5_700_000)),  # ETRS89 / UTM 31N
    System("EPSG:25830", (300_000, 900_000), (4_700_000, 5_500_000)),  # ETRS89 / UTM 30N: the west
    System("EPSG:3857", (-620_000, 1_100_000), (5_000_000, 6_700_000)),  # web maps
)  # fmt: skip


def systems_for(points: Sequence[tuple[float, float]]) -> list[str]:
    """The systems whose box holds all of the points (quantiles of x and y), the likelier first; WGS 84 alone
    where the numbers are degrees.
    """
    if not points:
        return []
    if all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in points):
        # In France longitudes go from -6 to 10 and latitudes from 41 to 52: these are the other way round.
        swapped = all(41 <= x <= 52 and -6 <= y <= 10.5 for x, y in points)
        return [] if swapped else ["EPSG:4326"]
    return [system.crs for system in SYSTEMS if all(system.holds(x, y) for x, y in points)]


def middle(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The median of the points, axis by axis."""
    return statistics.median(x for x, _ in points), statistics.median(y for _, y in points)
