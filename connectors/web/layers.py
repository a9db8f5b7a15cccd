"""What an ArcGIS layer says of itself: whether and how it may be queried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.web.documents import at
from contracts.errors import SourceChanged

_USUAL_MOST = 1000  # `maxRecordCount` of a server that was never told another one


@dataclass(frozen=True)
class Layer:
    """A layer or table that can be queried."""

    identifier: str | None  # the field of its object ids
    most: int  # features that one answer holds at most
    pages: bool  # whether `resultOffset` is understood
    output: str  # `geojson` or `json`
    unknown_zone: bool  # its dates are clock times of a zone that nobody told


def layer_in(document: Any, place: str) -> Layer:
    """The layer that the document describes (ArcGIS REST API, Layer / Table).

    Raises:
        SourceChanged: it describes none, or one that may not be queried.
    """
    kind = at(document, "type")
    if kind not in ("Feature Layer", "Table"):
        met = f"the address is of a {kind}" if isinstance(kind, str) else "the address describes no layer"
        raise SourceChanged(place, met, promised="a layer or a table", remedy="Mend `path:`.")
    allowed = at(document, "capabilities")
    if isinstance(allowed, str) and "query" not in allowed.lower():
        raise SourceChanged(place, f"the layer allows {allowed or 'nothing'}", promised="Query")
    formats = at(document, "supportedQueryFormats")
    most = at(document, "maxRecordCount")
    advanced = at(document, "advancedQueryCapabilities.supportsPagination")
    return Layer(
        identifier=_identifier(document),
        most=most if isinstance(most, int) and most > 0 else _USUAL_MOST,
        pages=True in (advanced, at(document, "supportsPagination")),
        output="geojson" if isinstance(formats, str) and "geojson" in formats.lower() else "json",
        unknown_zone=at(document, "datesInUnknownTimezone") is True,
    )


def _identifier(document: Any) -> str | None:
    """FeatureServer names it, MapServer only types it."""
    named = at(document, "objectIdField")
    if isinstance(named, str) and named:
        return named
    fields = at(document, "fields")
    found = [one for one in fields if isinstance(one, dict)] if isinstance(fields, list) else []
    typed = [one.get("name") for one in found if one.get("type") == "esriFieldTypeOID"]
    return str(typed[0]) if typed else None
