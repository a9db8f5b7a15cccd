"""OGC API Features (OGC 17-069r4): the items of one collection as pages of GeoJSON, from link to link."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field as Setting
from pydantic import model_validator

from connectors.connector import Connector, Fetched, FetchedFile, Visit
from connectors.web.documents import MISSING, at, document_in, mark_of, records_at, total_at
from connectors.web.features import Box, box_in, require_as_many, require_longitude_first
from connectors.web.identities import Identities
from connectors.web.links import next_in_header, next_in_links
from connectors.web.paging import Page, pages_of
from connectors.web.queries import Below, Query, since_put, written
from connectors.web.request import Request
from connectors.web.session import Session
from connectors.web.styles import ByLink
from contracts.connection import Connection
from contracts.errors import SourceChanged
from contracts.formats import Format, GeoJsonFormat, JsonFormat
from contracts.pointed import Pointed, below_address
from contracts.systems import System, system_named

_GEOJSON = "application/geo+json"
_OWN = ("limit", "crs", "bbox", "filter", "filter-lang")

# What an address of it looks like, below the portal's.
_ADDRESS = r"collections/(?P<collection>[^/#?]+)"


class OgcFeatures(Connector):
    """What a contract says of `kind: ogc_features`.

    `{since}` in a value of `query` (`datetime: "{since}/.."`) becomes the moment from which an incremental
    load fetches; in a full load that value is left out.
    """

    increments: ClassVar[bool] = True
    word: ClassVar[str] = "collection"

    path: Below = Setting("", description="Of the landing page, below the connection's address.")
    collection: str = Setting(pattern=r"^[^/?#]+$", description="The collection's id.")
    crs: str | None = Setting(
        None,
        description="The system to ask for (`EPSG:2154`), if the collection offers it; say the same under "
        "the geometry's `crs:`. None: longitude and latitude.",
    )
    bbox: tuple[float, float, float, float] | None = Setting(
        None, description="West, south, east, north in degrees: only what touches this box."
    )
    filter: str | None = Setting(
        None, min_length=1, description="CQL2 text (`insee = '92040'`), if the source knows filters."
    )
    query: Query = Setting(default_factory=dict, description="Other parameters: `datetime`, a property.")
    limit: int = Setting(1000, ge=1, description="Features asked for on each page; the source may give less.")
    max_bytes: int = Setting(5_000_000_000, ge=1, description="More in all is refused.")
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(3600, gt=0, description="Seconds for all pages together.")

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> OgcFeatures:
        if taken := sorted(set(_OWN) & set(self.query)):
            raise ValueError(
                f"{', '.join(taken)} in `query`: say it as an option of its own, if there is one"
            )
        system = system_named(self.crs) if self.crs is not None else None
        if self.crs is not None and (system is None or _is_latitude_first(system)):
            raise ValueError(
                f"{self.crs!r} is not known by x before y; leave `crs` out for longitude, latitude"
            )
        return self

    @classmethod
    def pointed_at(cls, address: str) -> Pointed:
        """A collection, or its items."""
        return below_address(address, _ADDRESS, base="path")

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """All pages of items; `rows` is their features, `expected` what `numberMatched` tells.

        Raises:
            SourceUnavailable, SourceIncomplete, SourceChanged: as `pages_of`; a system or a filter that the
                source does not offer, a feature that came twice.
        """
        self.require_format(visit.promised, visit.place)
        identities = Identities()
        with Session(connection, replace(visit, promised=GeoJsonFormat(type="geojson"))) as session:
            about = self._about(session)
            box = None if self.crs else box_in(_first(at(about, "extent.spatial.bbox")))
            uri = self._offered(session, about)
            self._require_filters(session)
            pages = pages_of(
                session, self._first(uri, visit.since),
                lambda file: self._page(file, identities, box, visit.place), ByLink(session),
            )  # fmt: skip
        identities.require_distinct(visit.place)
        return pages.fetched()

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None for GeoJSON, and for its features as plain JSON."""
        plain = isinstance(promised, JsonFormat) and (promised.type, promised.records) == ("json", "features")
        if plain or isinstance(promised, GeoJsonFormat):
            return None
        return "`kind: ogc_features` reads pages of GeoJSON", "Say `format: {type: geojson}`."

    def _first(self, uri: str | None, since: str | None) -> Request:
        query: dict[str, Any] = {**written(since_put(self.query, since)), "limit": self.limit}
        if uri is not None:
            query["crs"] = uri
        if self.bbox is not None:
            query["bbox"] = ",".join(map(str, self.bbox))
        if self.filter is not None:
            query |= {"filter": self.filter, "filter-lang": "cql2-text"}
        return Request(
            name="", path=self._under(f"collections/{self.collection}/items"), query=query, accept=_GEOJSON,
            quiet_seconds=self.read_timeout, whole_seconds=self.time_limit, most_bytes=self.max_bytes,
        )  # fmt: skip

    def _under(self, path: str) -> str:
        return f"{self.path.strip('/')}/{path}".lstrip("/")

    def _read(self, session: Session, path: str) -> Any:
        own = {name: value for name, value in written(self.query).items() if name == "f"}
        request = Request(
            name="about.json", path=self._under(path), query=own, accept="application/json",
            quiet_seconds=self.read_timeout, most_bytes=32 << 20,
        )  # fmt: skip
        return document_in(session.read(request).file, session.visit.place)

    def _about(self, session: Session) -> Any:
        return self._read(session, f"collections/{self.collection}")

    def _offered(self, session: Session, about: Any) -> str | None:
        """The name under which the source knows the asked system (OGC 18-058r1 §6.2).

        Raises:
            SourceChanged: it does not offer it.
        """
        if self.crs is None:
            return None
        offered = _texts(at(about, "crs"))
        if "#/crs" in offered:
            offered += _texts(at(self._read(session, "collections"), "crs"))
        wanted = system_named(self.crs)
        for uri in offered:
            known = system_named(uri)
            if known is not None and wanted is not None and known.code == wanted.code:
                return uri
        met = f"the collection does not offer {self.crs}"
        promised = ", ".join(sorted(one for one in offered if one != "#/crs")[:10]) or "longitude, latitude"
        raise SourceChanged(session.visit.place, met, promised=promised, remedy="Change or drop `crs:`.")

    def _require_filters(self, session: Session) -> None:
        if self.filter is None:
            return
        classes = _texts(at(self._read(session, "conformance"), "conformsTo"))
        if not any(one.rstrip("/").endswith("/conf/features-filter") for one in classes):
            met = "the source does not say that it knows `filter` (OGC API Features Part 3)"
            remedy = "Take `bbox:` or a property under `query:` instead."
            raise SourceChanged(session.visit.place, met, remedy=remedy)

    def _page(self, file: FetchedFile, identities: Identities, box: Box | None, place: str) -> Page:
        document = document_in(file, place)
        features = records_at(document, "features", place)
        self._require_system(file, place)
        returned = at(document, "numberReturned")
        require_as_many(returned if isinstance(returned, int) else None, len(features), file.name, place)
        require_longitude_first(features, box, place)
        identities.take(one.get("id") for one in features if isinstance(one, dict))
        matched = at(document, "numberMatched")
        total = None if matched is MISSING or matched is None else total_at(document, "numberMatched", place)
        return Page(len(features), mark_of(features), total, next_in_links(document) or next_in_header(file))

    def _require_system(self, file: FetchedFile, place: str) -> None:
        """The header `Content-Crs` (OGC 18-058r1 §6.3), where there is one, names what was asked for."""
        told = file.response.get("content-crs")
        if told is None:
            return
        met, asked = system_named(told.strip().strip("<>")), system_named(self.crs or "CRS:84")
        right = asked is not None and met is not None and met.code == asked.code
        if not right or (self.crs is None and met is not None and met.formal):
            met_told = f"the source sends coordinates of {told}"
            promised = self.crs or "longitude, latitude (CRS84)"
            raise SourceChanged(place, met_told, promised=promised, remedy="Set or drop `crs:`.")


def _first(found: Any) -> Any:
    """The first box is that of all others (OGC 17-069r4 §7.13)."""
    return found[0] if isinstance(found, list) and found else None


def _texts(found: Any) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _is_latitude_first(system: System) -> bool:
    """Whether the authority puts the northing first, which this protocol then keeps (OGC 18-058r1 §6.3)."""
    from pyproj import CRS  # 0.1 s, and only a contract that asks for a system needs it
    from pyproj.exceptions import CRSError

    try:
        return bool(CRS.from_user_input(system.code).axis_info[0].direction.lower() == "north")
    except CRSError:
        return True
