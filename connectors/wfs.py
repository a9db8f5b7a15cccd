"""A feature type of a WFS (2.0.0 or 1.1.0), as GeoJSON or GML: whole, by hits, page by page where it can."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field as Setting
from pydantic import model_validator

from connectors.connector import Connector, Fetched, FetchedFile, Visit
from connectors.web.capabilities import Offer, offer_in
from connectors.web.collections import Collected, collected_in, hits_in
from connectors.web.features import require_as_many, require_longitude_first
from connectors.web.identities import Identities
from connectors.web.paging import Page, pages_of
from connectors.web.queries import Below, Query, written
from connectors.web.request import Request
from connectors.web.session import Session
from connectors.web.styles import ByLink, ByOffset
from contracts.connection import Connection
from contracts.errors import SourceChanged
from contracts.formats import Format, GeoJsonFormat, GmlFormat
from contracts.pointed import Pointed, web_address
from contracts.systems import system_named

_OWN = ("service", "version", "request", "typename", "typenames", "outputformat", "srsname", "bbox", "filter",
        "sortby", "count", "maxfeatures", "startindex", "resulttype")  # fmt: skip
_PAGE = 1000
_ABOUT_BYTES = 32 << 20


class Wfs(Connector):
    """What a contract says of `kind: wfs`; its `format:` (`geojson` or `gml`) is what is asked for."""

    path: Below = Setting("", description="Of the service, below the connection's address: `geoserver/wfs`.")
    type_name: str = Setting(min_length=1, description="The feature type: `ville:arbres`.")
    version: Literal["2.0.0", "1.1.0"] | None = Setting(
        None, description="None: the newest that both sides know."
    )
    crs: str = Setting(
        "EPSG:4326",
        description="The system to ask for, which the type offers; say the same under the geometry's `crs:`.",
    )
    bbox: tuple[float, float, float, float] | None = Setting(
        None, description="West, south, east, north in degrees: only what touches this box."
    )
    filter: str | None = Setting(None, min_length=1, description="A filter in XML (FES), instead of a box.")
    query: Query = Setting(default_factory=dict, description="The server's own parameters: `cql_filter`.")
    sort_by: str | None = Setting(
        None, min_length=1, description="A property without doubles, to keep pages in one order."
    )
    page: int | None = Setting(
        None,
        ge=1,
        description="Features on a page; none: 1000 where the service says that it pages, else all.",
    )
    max_bytes: int = Setting(5_000_000_000, ge=1, description="More in all is refused.")
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(3600, gt=0, description="Seconds for all pages together.")

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> Wfs:
        if taken := sorted(name for name in self.query if name.lower() in _OWN):
            raise ValueError(
                f"{', '.join(taken)} in `query`: say it as an option of its own, if there is one"
            )
        chosen = [self.bbox is not None, self.filter is not None, "cql_filter" in map(str.lower, self.query)]
        if sum(chosen) > 1:
            raise ValueError(
                "one of `bbox`, `filter` and `cql_filter`: services refuse several, or forget one"
            )
        if system_named(self.crs) is None:
            raise ValueError(f"{self.crs!r} is not the name of a reference system; write EPSG:2154")
        return self

    @classmethod
    def pointed_at(cls, address: str) -> Pointed:
        """The service, or a request to it, whose `typeNames` is the feature type."""
        found = web_address(address)
        asked = {name.lower(): value for name, value in found.options.pop("query", {}).items()}
        named = asked.get("typenames") or asked.get("typename")
        return replace(found, options=found.options | ({"type_name": named} if named else {}))

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """All pages; `expected` is what the hits tell, unknown where they do not.

        Raises:
            SourceUnavailable, SourceIncomplete, SourceChanged: as `pages_of`; a type, a format or a system
                that the service does not offer, an exception report, a feature that came twice.
        """
        self.require_format(visit.promised, visit.place)
        output: Literal["geojson", "gml"] = "gml" if isinstance(visit.promised, GmlFormat) else "geojson"
        identities = Identities()
        with Session(connection, visit) as session:
            offer = self._offer(session)
            first = self._first(offer, offer.output(output, visit.place), visit.place)
            pages = pages_of(
                session, first, lambda file: self._page(file, offer, identities, session),
                ByOffset("startIndex") if "startIndex" in first.query else ByLink(session),
                count=lambda: self._hits(session, offer), suffix=f".{output}",
                page_bytes=self.max_bytes if output == "gml" else None,
            )  # fmt: skip
        identities.require_distinct(visit.place)
        fetched = pages.fetched()
        if pages.total is None:
            fetched = fetched.model_copy(
                update={"proof": f"{fetched.proof}; the service knows no number of hits"}
            )
        return fetched

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None for GeoJSON and GML, one of which is asked for."""
        if isinstance(promised, GeoJsonFormat | GmlFormat):
            return None
        return "`kind: wfs` reads GeoJSON or GML", "Say `format: {type: geojson}`, or `gml`."

    def _asked(self, request: str, query: dict[str, Any]) -> Request:
        return Request(
            name="about.xml", path=self.path, query={"service": "WFS", "request": request, **query},
            quiet_seconds=self.read_timeout, whole_seconds=self.time_limit, most_bytes=_ABOUT_BYTES,
        )  # fmt: skip

    def _offer(self, session: Session) -> Offer:
        versions = self.version or "2.0.0,1.1.0"
        given = {name: one for name, one in written(self.query).items() if name.lower() == "map"}  # MapServer
        asked = {"acceptVersions": versions, **({"version": self.version} if self.version else {}), **given}
        file = session.read(self._asked("GetCapabilities", asked)).file
        return offer_in(file, self.type_name, self.version, session.visit.place)

    def _chosen(self, offer: Offer) -> dict[str, Any]:
        """What says which features are meant."""
        query: dict[str, Any] = {**written(self.query), "version": offer.version}
        query["typeNames" if offer.is_2 else "typeName"] = offer.name
        if self.bbox is not None:
            west, south, east, north = self.bbox
            query["bbox"] = f"{south},{west},{north},{east},urn:ogc:def:crs:EPSG::4326"
        if self.filter is not None:
            query["filter"] = self.filter
        return query

    def _first(self, offer: Offer, output: str, place: str) -> Request:
        query = {**self._chosen(offer), **({"outputFormat": output} if output else {})}
        name = offer.system(self.crs, place)
        if name is not None:
            query["srsName"] = name
        if self.sort_by is not None:
            query["sortBy"] = offer.sorted_by(self.sort_by, place)
        size = self.page or (_PAGE if offer.pages else None)
        if size is not None:
            query |= {"count" if offer.is_2 else "maxFeatures": size, "startIndex": 0}
        return replace(self._asked("GetFeature", query), most_bytes=self.max_bytes)

    def _hits(self, session: Session, offer: Offer) -> int | None:
        query = {**self._chosen(offer), "resultType": "hits"}
        return hits_in(session.read(self._asked("GetFeature", query)).file, session.visit.place)

    def _page(self, file: FetchedFile, offer: Offer, identities: Identities, session: Session) -> Page:
        place = session.visit.place
        found = collected_in(file, place, session.access.masked)
        require_as_many(found.returned, found.records, file.name, place)
        _require_system(found, self.crs, place)
        if system_named(self.crs) == system_named("EPSG:4326"):
            require_longitude_first(found.features, offer.box, place)
        identities.take(found.identifiers)
        return Page(found.records, found.mark, found.matched, found.next)


def _require_system(found: Collected, crs: str, place: str) -> None:
    """Every system that a page names is the one that was asked for."""
    wanted = system_named(crs)
    for name in sorted(found.systems):
        met = system_named(name)
        if met is None or wanted is None or met.code != wanted.code:
            told = f"the service sends coordinates of {name}"
            raise SourceChanged(
                place, told, promised=crs, remedy="Change `crs:`, or have the service mended."
            )
