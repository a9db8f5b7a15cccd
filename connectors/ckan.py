"""A resource of a CKAN portal: the records of its datastore, or its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field as Setting
from pydantic import model_validator

from connectors.catalogues.datastore import NOT_GIVEN, Datastore, is_given, parameters, result_of
from connectors.catalogues.naming import file_name, refuse_service
from connectors.connector import Connector, Fetched, Visit
from connectors.web.documents import asked_of
from connectors.web.request import Request
from connectors.web.session import Session
from connectors.web.sums import announced_by
from contracts.connection import Connection
from contracts.errors import SourceChanged, SourceIncomplete
from contracts.formats import Format, JsonFormat
from contracts.pointed import Pointed, below_address

Value = str | int | float | bool

_API = "api/3/action/"
_CLOSED = "The resource is closed: let the connection show a token (extra `header: Authorization`)."
_REMEDIES = {
    200: "Correct the options of the source by what the portal says.",
    401: _CLOSED,
    403: _CLOSED,
    404: "Look for the resource on its dataset's page: it was removed, or it is private.",
    409: "Correct `filters:` or `fields:`; the portal may also close its datastore to this login.",
}

# What an address of it looks like, below the portal's.
_ADDRESS = r"(?:(?<![^/])[a-z]{2}/)?dataset/[^/]+/resource/(?P<resource>[^/#?]+)"


class Ckan(Connector):
    """What a contract says of `kind: ckan`.

    `datastore_search` lowers a `limit` above its own without an error and tells the one it took
    (`ckan.datastore.search.rows_max`), so the next page begins after what came, whatever was asked for.
    """

    word: ClassVar[str] = "resource"

    resource: str = Setting(pattern=r"^[A-Za-z0-9_-]+$", description="Its identifier.")
    take: Literal["datastore", "file"] = Setting(
        "datastore", description="Its records in the datastore (where there are none, its file), or its file."
    )
    filters: dict[str, Value | tuple[Value, ...]] = Setting(
        default_factory=dict, description="Values that columns have: `{code_insee: '92040'}`."
    )
    fields: tuple[str, ...] = Setting((), description="The columns (default: all); `_id` always comes too.")
    page_size: int = Setting(10_000, ge=1, description="Records asked for at once; the portal may give less.")
    max_bytes: int = Setting(5_000_000_000, ge=1, description="More in all is refused.")
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(3600, gt=0, description="Seconds for all pages, or for one file.")

    @model_validator(mode="after")
    def _a_file_is_whole(self) -> Ckan:
        if self.take == "file" and (self.filters or self.fields):
            raise ValueError("`filters` and `fields` go with the datastore, not with `take: file`")
        return self

    @classmethod
    def pointed_at(cls, address: str) -> Pointed:
        """The page of a resource."""
        return below_address(address, _ADDRESS)

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """The pages of the datastore, its CSV, or the file; for a file none where it is the known one (304).

        Raises:
            SourceUnavailable: no answer, or the datastore changed while it was read.
            SourceIncomplete: fewer bytes than an uploaded file has; a page or a record twice; a cut CSV.
            SourceChanged: a refusal, a deleted or closed resource, a service, a format that is not given.
        """
        self.require_format(visit.promised, visit.place)
        with Session(connection, visit) as session:
            entry = result_of(
                asked_of(session, self._action("resource_show", {"id": self.resource})), visit.place
            )
            if entry.get("state", "active") != "active":
                met = f"the resource « {entry.get('name')} » is {entry['state']}"
                raise SourceChanged(visit.place, met, remedy=_REMEDIES[404])
            if self.take == "file":
                return self._file(session, entry, "its file")
            if entry.get("datastore_active") is True:
                return self._datastore(session).fetched(visit.promised)
            self._require_replaceable(visit, entry)
            why = "its datastore is inactive, so its file was taken"
            fetched = self._file(session, entry, why)
            return fetched.model_copy(update={"warnings": (f"« {entry.get('name')} »: {why}",)})

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None where the datastore, or the file, may be written so."""
        return None if self.take == "file" or is_given(promised) else NOT_GIVEN

    def _datastore(self, session: Session) -> Datastore:
        given = parameters(self.filters, self.fields)
        search = {"resource_id": self.resource, "sort": "_id", "include_total": "true", **given}
        dump = self._request(
            f"{self.resource}.csv",
            f"datastore/dump/{self.resource}",
            {"format": "csv", "bom": "false", **given},
        )
        return Datastore(session, self._action("datastore_search", search), dump, self.page_size)

    def _require_replaceable(self, visit: Visit, entry: Mapping[str, Any]) -> None:
        """The file may stand for the datastore only where it holds the same, in the contract's format."""
        met = f"the datastore of « {entry.get('name')} » is inactive"
        if self.filters or self.fields:
            raise SourceChanged(
                visit.place, met, promised="records to choose from", remedy="Ask its publisher."
            )
        if isinstance(visit.promised, JsonFormat):
            form = entry.get("format") or "of no stated format"
            remedy = f"Its file is {form}: say `take: file` and its `format:`, or ask its publisher."
            raise SourceChanged(visit.place, met, promised="pages of records", remedy=remedy)

    def _file(self, session: Session, entry: Mapping[str, Any], why: str) -> Fetched:
        place = session.visit.place
        refuse_service(str(entry.get("format") or ""), str(entry.get("name")), place)
        if not entry.get("url"):
            raise SourceChanged(place, f"the resource « {entry.get('name')} » has no address")
        link = session.linked(session.address(self._action("resource_show", {})), str(entry["url"]))
        download = session.download(self._request(file_name(entry), "", {}, link))
        if download is None:
            return Fetched(proof="304 Not Modified", unchanged=True)
        # An uploaded file's size is written with it; that of a remote one may be old, as every `hash`, and
        # counts only where nothing else tells the end.
        sized = entry.get("url_type") == "upload" or download.proof == "unknown"
        announced = announced_by(entry.get("size") if sized else None, "", "")
        if differs := announced.differs(download.file):
            raise SourceIncomplete(place, differs[0], promised=differs[1], remedy="Try again.")
        return Fetched(files=(download.file,), proof=f"{why}; {download.proof}")

    def _action(self, name: str, query: Mapping[str, object]) -> Request:
        request = self._request("portal.json", f"{_API}{name}", query)
        return replace(request, answer=JsonFormat(type="json"), accept="application/json")

    def _request(self, name: str, path: str, query: Mapping[str, object], link: str = "") -> Request:
        return Request(
            name=name, path=path, query=query, link=link, remedies=_REMEDIES, quiet_seconds=self.read_timeout,
            whole_seconds=self.time_limit, most_bytes=self.max_bytes,
        )  # fmt: skip
