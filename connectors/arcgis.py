"""A layer of an ArcGIS FeatureServer or MapServer: the features whose object ids it names, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field as Setting

from connectors.connector import Connector, Fetched, FetchedFile, Visit
from connectors.web.documents import at, document_in, mark_of, records_at, total_at
from connectors.web.identities import Identities
from connectors.web.layers import Layer, layer_in
from connectors.web.paging import Page, Style, pages_of
from connectors.web.queries import Below
from connectors.web.request import Request
from connectors.web.session import Session
from connectors.web.styles import ByOffset, InTurn
from contracts.connection import Connection
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import ArcgisFormat, Format, JsonFormat
from contracts.systems import system_named

_CHUNK = 500  # object ids in one question: databases behind a service stop at 1,000 in one list (Oracle)
_ABOUT_BYTES = 256 << 20  # of a description, or of all object ids (a million take 8 MB)


class Arcgis(Connector):
    """What a contract says of `kind: arcgis`; its `format:` is `arcgis`."""

    form: ClassVar[str] = "arcgis"

    path: Below = Setting(
        pattern=r"(^|/)(FeatureServer|MapServer)/\d+/?$",
        description="Of the layer, below the connection's address: `rest/services/Arbres/FeatureServer/0`.",
    )
    where: str = Setting(
        "1=1", min_length=1, description="SQL that chooses features: `code_insee = '92040'`."
    )
    fields: tuple[str, ...] = Setting((), description="Attributes to ask for; none named: all.")
    bbox: tuple[float, float, float, float] | None = Setting(
        None, description="West, south, east, north in degrees: only what touches this box."
    )
    page: int | None = Setting(None, ge=1, description="Features on a page, if less than the layer allows.")
    max_bytes: int = Setting(5_000_000_000, ge=1, description="More in all is refused.")
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(3600, gt=0, description="Seconds for all pages together.")

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """The layer's description, then its pages; `expected` is the layer's own count.

        Raises:
            SourceUnavailable, SourceIncomplete, SourceChanged: as `pages_of`; no layer that may be queried,
                a feature that is missing, came twice, or was not announced, another reference system.
        """
        self.require_format(visit.promised, visit.place)
        identities = Identities()
        with Session(connection, replace(visit, promised=JsonFormat(type="json"))) as session:
            described = self._read(session, ArcgisFormat.description, self._whole({"f": "json"}))
            layer = layer_in(document_in(described, visit.place), visit.place)
            identifiers = self._identifiers(session, layer)
            first, style = self._questions(layer, identifiers)
            pages = pages_of(
                session, first, lambda file: _page(file, layer, identities, visit.place), style,
                count=lambda: self._count(session, layer), suffix=f".{layer.output}",
            )  # fmt: skip
            if identifiers is not None:
                self._require_exactly(session, layer, identifiers, identities)
        fetched = pages.fetched()
        proof = f"{fetched.proof}; {_HOW[identifiers is None]}"
        return fetched.model_copy(update={"files": (described, *fetched.files), "proof": proof})

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None for the pages of a layer."""
        if isinstance(promised, ArcgisFormat):
            return None
        remedy = "Say `format: {type: arcgis}`: it decodes coded values, dates and geometries."
        return "`kind: arcgis` lands pages of a layer", remedy

    def _whole(self, query: dict[str, Any], path: str = "") -> Request:
        return Request(
            name="", path=self.path.rstrip("/") + path, query=query, accept="application/json",
            quiet_seconds=self.read_timeout, whole_seconds=self.time_limit, most_bytes=self.max_bytes,
        )  # fmt: skip

    def _read(self, session: Session, name: str, request: Request) -> FetchedFile:
        return session.read(replace(request, name=name, most_bytes=_ABOUT_BYTES)).file

    def _chosen(self, layer: Layer) -> dict[str, Any]:
        """What says which features are meant."""
        query: dict[str, Any] = {"where": self.where}
        if self.bbox is not None:
            query |= {
                "geometry": ",".join(map(str, self.bbox)), "geometryType": "esriGeometryEnvelope",
                "inSR": 4326, "spatialRel": "esriSpatialRelIntersects",
            }  # fmt: skip
        if layer.unknown_zone:
            query["timeReferenceUnknownClient"] = "true"
        return query

    def _count(self, session: Session, layer: Layer) -> int:
        query = {**self._chosen(layer), "returnCountOnly": "true", "f": "json"}
        file = self._read(session, "count.json", self._whole(query, "/query"))
        return total_at(document_in(file, session.visit.place), "count", session.visit.place)

    def _identifiers(self, session: Session, layer: Layer) -> list[int] | None:
        """All object ids, in ascending order; none where the layer has no such field.

        Raises:
            SourceIncomplete: they are cut off, or doubled.
        """
        if layer.identifier is None:
            return None
        place = session.visit.place
        query = {**self._chosen(layer), "returnIdsOnly": "true", "f": "json"}
        document = document_in(self._read(session, "ids.json", self._whole(query, "/query")), place)
        found = [] if at(document, "objectIds") is None else records_at(document, "objectIds", place)
        if at(document, "exceededTransferLimit") is True or len(set(found)) < len(found):
            raise SourceIncomplete(place, "the layer names some of its object ids only, or one twice")
        return sorted(found)

    def _require_exactly(
        self, session: Session, layer: Layer, identifiers: list[int], identities: Identities
    ) -> None:
        try:
            identities.require_exactly(identifiers, session.visit.place)
        except SourceIncomplete as error:
            if self._identifiers(session, layer) == identifiers:
                raise
            met, remedy = "the layer changed while it was read", "Try again when it is quiet."
            raise SourceUnavailable(session.visit.place, met, remedy=remedy) from error

    def _questions(self, layer: Layer, identifiers: Sequence[int] | None) -> tuple[Request, Style]:
        """The first page, and how the others are asked for."""
        size = min(self.page or layer.most, layer.most)
        query = {
            **self._chosen(layer), "outFields": self._fields(layer), "returnGeometry": "true", "outSR": 4326,
            "f": layer.output, "returnTrueCurves": "false",
        }  # fmt: skip
        if identifiers is not None and layer.pages:
            query |= {"orderByFields": layer.identifier, "resultOffset": 0, "resultRecordCount": size}
            return self._whole(query, "/query"), ByOffset("resultOffset")
        if not identifiers:
            return self._whole(query, "/query"), InTurn(())
        size = min(size, _CHUNK)
        asked = self._whole({}, "/query")
        chunks = [
            replace(asked, form={**query, "objectIds": ",".join(map(str, identifiers[start : start + size]))})
            for start in range(0, len(identifiers), size)
        ]
        return chunks[0], InTurn(chunks[1:])

    def _fields(self, layer: Layer) -> str:
        if not self.fields:
            return "*"
        return ",".join(dict.fromkeys((*self.fields, *([layer.identifier] if layer.identifier else []))))


_HOW = {
    False: "every object id that the layer names came once, and no other",
    True: "the layer has no object ids, so a double is not seen",
}


def _page(file: FetchedFile, layer: Layer, identities: Identities, place: str) -> Page:
    document = document_in(file, place)
    features = records_at(document, "features", place)
    _require_degrees(document, place)
    if layer.identifier is not None:
        identities.take(_identifier(one, layer.identifier) for one in features)
    more = True in (at(document, "exceededTransferLimit"), at(document, "properties.exceededTransferLimit"))
    return Page(len(features), mark_of(features), more=more or None)  # its absence says nothing


def _identifier(feature: Any, name: str) -> object:
    if not isinstance(feature, dict):
        return None
    values = feature.get("attributes") or feature.get("properties") or {}
    return values.get(name, feature.get("id"))


def _require_degrees(document: Any, place: str) -> None:
    """Where a page names its reference system, it is the one that was asked for."""
    system = at(document, "spatialReference")
    name = at(document, "crs.properties.name")
    codes = {system.get("wkid"), system.get("latestWkid")} if isinstance(system, dict) else {4326}
    named = system_named(name) if isinstance(name, str) else None
    if (4326 not in codes and codes != {None}) or (named is not None and named.code != "EPSG:4326"):
        met = "the layer sends coordinates of another reference system than it was asked for"
        raise SourceChanged(place, met, promised="WGS 84 (`outSR=4326`)")
