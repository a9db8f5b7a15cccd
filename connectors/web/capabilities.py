"""What a WFS says that it can: its version, a feature type's systems, and in which formats it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element

from connectors.connector import FetchedFile
from connectors.web.features import Box
from connectors.web.markup import local, root_of, texts_at
from contracts.errors import SourceChanged
from contracts.explaining import did_you_mean
from contracts.systems import system_named

_OUTPUTS = {  # best first; what a service offers is searched for each
    "geojson": (r"geo\+?json", r"application/(vnd\.)?(geo\+)?json", r"^json$"),
    "gml": (r"gml\+xml.*3\.2|gml/3\.2|gml32", r"gml\+xml.*3\.1|gml/3\.1|gml3\b", r"gml\+xml"),
}
_PACKED = re.compile(r"zip|gz|csv|topojson", re.IGNORECASE)


@dataclass(frozen=True)
class Offer:
    """One feature type of one service."""

    version: str
    name: str  # as the service writes it
    systems: tuple[str, ...]  # the default one first; none: it has no geometry
    outputs: tuple[str, ...]
    box: Box | None  # in degrees
    pages: bool
    sorts: bool | None  # none: it does not say

    @property
    def is_2(self) -> bool:
        """Whether parameters have their names of 2.0."""
        return self.version.startswith("2")

    def output(self, wanted: Literal["geojson", "gml"], place: str) -> str:
        """The service's name for the format; empty: its own default, which is GML 3.

        Raises:
            SourceChanged: it does not offer it.
        """
        for pattern in _OUTPUTS[wanted]:
            for one in self.outputs:
                if re.search(pattern, one, re.IGNORECASE) and not _PACKED.search(one):
                    return one
        if wanted == "gml" and not self.outputs:
            return ""
        other = "gml" if wanted == "geojson" else "geojson"
        met = f"the service offers {', '.join(self.outputs[:10]) or 'no other format than GML'}"
        raise SourceChanged(place, met, promised=wanted, remedy=f"Say `format: {{type: {other}}}`.")

    def system(self, crs: str, place: str) -> str | None:
        """The service's name for the system; none where the type has no geometry.

        Raises:
            SourceChanged: it does not offer it.
        """
        if not self.systems:
            return None
        wanted = system_named(crs)
        known = [(one, named) for one in self.systems if (named := system_named(one)) is not None]
        same = [one for one in known if wanted is not None and one[1].code == wanted.code]
        for name, _ in sorted(same, key=lambda one: not one[1].formal):
            return name
        remedy = "Say `crs:` under `source:`, and the same for the geometry's field."
        met = f"{self.name} is offered in {', '.join(self.systems[:10])}"
        raise SourceChanged(place, met, promised=crs, remedy=remedy)

    def sorted_by(self, name: str, place: str) -> str:
        """The value of `sortBy`.

        Raises:
            SourceChanged: the service says that it does not sort.
        """
        if self.sorts is False:
            raise SourceChanged(place, "the service does not sort", remedy="Leave `sort_by:` out.")
        return f"{name} ASC"


def offer_in(file: FetchedFile, type_name: str, version: str | None, place: str) -> Offer:
    """What the capabilities offer of the type.

    Raises:
        SourceChanged: they are none, of another version, or without that type.
    """
    root = root_of(file, place)
    met = root.get("version", "")
    if (
        local(root) != "WFS_Capabilities"
        or not met.startswith(("2.0", "1.1"))
        or (version or met)[:3] != met[:3]
    ):
        told = f"the service answers as {local(root)} {met}".rstrip()
        raise SourceChanged(place, told, promised=f"WFS {version or '2.0.0 or 1.1.0'}")
    feature = _feature_type(root, type_name, place)
    operation = [one for one in root.iter() if local(one) == "Operation" and one.get("name") == "GetFeature"]
    own = texts_at(feature, "OutputFormats", "Format")
    return Offer(
        version="2.0.0" if met.startswith("2") else "1.1.0",
        name=next(iter(texts_at(feature, "Name"))),
        systems=tuple(
            one
            for name in ("DefaultCRS", "DefaultSRS", "OtherCRS", "OtherSRS")
            for one in texts_at(feature, name)
        ),
        outputs=tuple(own or [one for each in operation for one in _values(each, "outputFormat")]),
        box=_box(feature),
        pages=_says(root, "ImplementsResultPaging") is True,
        sorts=_says(root, "ImplementsSorting"),
    )  # fmt: skip


def _feature_type(root: Element, wanted: str, place: str) -> Element:
    """The type by its name, or by its name without prefix where only one has it."""
    types = {
        name: one for one in root.iter() if local(one) == "FeatureType" for name in texts_at(one, "Name")
    }
    if wanted in types:
        return types[wanted]
    alike = [name for name in types if name.rpartition(":")[2] == wanted.rpartition(":")[2]]
    if len(alike) == 1 and ":" not in wanted:
        return types[alike[0]]
    remedy = did_you_mean(wanted, tuple(types)) or f"It has {', '.join(sorted(types)[:20]) or 'none'}."
    raise SourceChanged(place, f"the service has no feature type {wanted!r}", remedy=remedy)


def _values(operation: Element, name: str) -> list[str]:
    """The values of a parameter, plain (OWS 1.0) or as AllowedValues (OWS 1.1)."""
    given = [one for one in operation.iter() if local(one) == "Parameter" and one.get("name") == name]
    return [
        text for one in given for text in (*texts_at(one, "Value"), *texts_at(one, "AllowedValues", "Value"))
    ]


def _says(root: Element, constraint: str) -> bool | None:
    for one in root.iter():
        if local(one) == "Constraint" and one.get("name") == constraint:
            told = [text.upper() for text in texts_at(one, "DefaultValue")]
            return told[:1] == ["TRUE"] if told else None
    return None


def _box(feature: Element) -> Box | None:
    """Longitude before latitude, whatever the type's own system (OWS Common, WGS84BoundingBox)."""
    corners = [texts_at(feature, "WGS84BoundingBox", name) for name in ("LowerCorner", "UpperCorner")]
    try:
        west, south, east, north = (float(word) for corner in corners for word in corner[0].split())
    except (ValueError, IndexError):
        return None
    return west, south, east, north
