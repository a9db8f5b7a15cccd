"""One page of features: whether it holds as many as it says, and positions that begin with the longitude."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.errors import SourceChanged, SourceIncomplete

Box = tuple[float, float, float, float]  # west, south, east, north

_MARGIN = 0.1  # degrees: a box may be rounded, or older than the data


def box_in(numbers: Any) -> Box | None:
    """Four numbers (or six, with heights) as a box; none for anything else."""
    if not isinstance(numbers, Sequence) or len(numbers) not in (4, 6):
        return None
    if not all(isinstance(one, int | float) for one in numbers):
        return None
    half = len(numbers) // 2
    return float(numbers[0]), float(numbers[1]), float(numbers[half]), float(numbers[half + 1])


def require_as_many(told: int | None, held: int, name: str, place: str) -> None:
    """Nothing, where the page holds as many features as it tells, or tells no number.

    Raises:
        SourceIncomplete: it holds others.
    """
    if told not in (None, held):
        met = f"{name} announces {told} features and holds {held}"
        raise SourceIncomplete(place, met, remedy="Try again; if it stays so, the source cuts its answers.")


def require_longitude_first(features: Sequence[Any], box: Box | None, place: str) -> None:
    """Nothing, unless the first position lies in the announced box only the other way round.

    Raises:
        SourceChanged: it does: the latitude comes first, which GeoJSON forbids (RFC 7946 §3.1.1).
    """
    first = next((found for one in features if (found := _first_position(one))), None)
    if first is None or box is None:
        return
    x, y = first
    if not _holds(box, x, y) and _holds(box, y, x):
        met = "the source writes the latitude before the longitude in GeoJSON"
        remedy = "Ask for another output (`format: {type: gml}`), or have the source mended."
        raise SourceChanged(place, met, promised="longitude, latitude", remedy=remedy)


def _holds(box: Box, x: float, y: float) -> bool:
    west, south, east, north = box
    crossing = west > east  # over the antimeridian (RFC 7946 §5.2)
    between = x >= west - _MARGIN or x <= east + _MARGIN if crossing else _between(x, west, east)
    return between and _between(y, south, north)


def _between(value: float, low: float, high: float) -> bool:
    return low - _MARGIN <= value <= high + _MARGIN


def _first_position(feature: Any) -> tuple[float, float] | None:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    found = geometry.get("coordinates") if isinstance(geometry, dict) else None
    while isinstance(found, list) and found and isinstance(found[0], list):
        found = found[0]
    if isinstance(found, list) and len(found) >= 2 and all(isinstance(one, int | float) for one in found[:2]):
        return found[0], found[1]
    return None
