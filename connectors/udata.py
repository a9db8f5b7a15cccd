"""A resource of a udata catalogue (data.gouv.fr): its newest file, held to its size and checksum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field as Setting
from pydantic import model_validator

from connectors.catalogues.choosing import By, chosen
from connectors.catalogues.naming import file_name, refuse_service
from connectors.connector import Connector, Fetched, FetchedFile, Visit
from connectors.web.documents import asked_of, at, document_in, mark_of, records_at, total_at
from connectors.web.links import next_at
from connectors.web.paging import Page, pages_of
from connectors.web.request import Request
from connectors.web.session import Session
from connectors.web.styles import ByLink
from connectors.web.sums import Announced, announced_by
from contracts.connection import Connection
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import JsonFormat
from contracts.pointed import Pointed, below_address

Entry = Mapping[str, Any]

_PAGE = 100  # asked for; the portal may give less
_NO_DATA = {"api": "an API", "code": "a code repository", "documentation": "a documentation"}
_DATASET = {
    404: "Look for the dataset's page; it may have been made private.",
    410: "Its publisher deleted the dataset: look for the one that replaces it.",
}
_RESOURCE = {404: "Its publisher removed the resource: look for its new one on the dataset's page."}

# What an address of it looks like, below the portal's.
_ADDRESS = (
    r"(?:(?<![^/])[a-z]{2}/)?(?:api/1/)?datasets/(?P<dataset>[^/#?]+)"
    r"(?:/?#/?(?:resources/|resource-)?(?P<resource>[0-9a-f-]{36}))?"
)


class Udata(Connector):
    """What a contract says of `kind: udata`.

    Types of resources, `filetype` and the kinds of checksums are those of udata/core/dataset/constants.py.
    """

    word: ClassVar[str] = "dataset"

    dataset: str = Setting(pattern=r"^[A-Za-z0-9-]+$", description="Its identifier or its slug.")
    resource: str | None = Setting(
        None, pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="The resource's identifier."
    )
    title: str | None = Setting(None, min_length=1, description="Or its title: `Budget *.csv`.")
    latest_by: By | None = Setting(None, description="Where several titles fit: the last one by this.")
    verify: bool = Setting(True, description="False: the publisher's size and checksum are out of date.")
    max_bytes: int = Setting(5_000_000_000, ge=1, description="More is refused.")
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(3600, gt=0, description="Seconds for the file with all attempts.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Udata:
        if (self.resource is None) == (self.title is None):
            raise ValueError("give either `resource` or `title`")
        if self.latest_by is not None and self.title is None:
            raise ValueError("`latest_by` goes with `title`")
        return self

    @classmethod
    def pointed_at(cls, address: str) -> Pointed:
        """The page of a dataset; with `#/resources/<id>`, of one of its files."""
        return below_address(address, _ADDRESS)

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """The one file, or none where it is still the known one (304).

        Raises:
            SourceUnavailable: no answer, or the resource was replaced while it was fetched.
            SourceIncomplete: another size or checksum than the catalogue's, at a second look too.
            SourceChanged: the dataset or the resource is gone, moved, ambiguous, or no file.
        """
        with Session(connection, visit) as session:
            dataset = self._asked(session, f"{self.dataset}/", _DATASET)
            resource = self._resource(session, str(at(dataset, "id")))
            self._require_file(resource, visit.place)
            download = session.download(self._file(session, resource))
            if download is None:
                return Fetched(proof="304 Not Modified", unchanged=True)
            announced = self._announced(resource, download.proof)
            if differs := announced.differs(download.file):
                raise self._differs(session, resource, announced, *differs)
        sums = (
            f"{announced.algorithm} as the catalogue says" if announced.checkable else "no checksum to check"
        )
        proof = f"{download.proof}; {sums}; « {resource.get('title')} »"
        return Fetched(files=(download.file,), proof=proof, warnings=_warnings(dataset))

    def _resource(self, session: Session, dataset: str) -> Entry:
        """The catalogue's entry of the file to take."""
        if self.title is not None:
            entries = [one for one in self._listed(session) if one.get("type") not in _NO_DATA]
            return chosen(entries, self.title, self.latest_by, session.visit.place)
        found = self._asked(session, f"resources/{self.resource}/", _RESOURCE)
        home, resource = at(found, "dataset_id"), at(found, "resource")
        if not isinstance(resource, dict):
            met = "the catalogue describes no resource"
            raise SourceChanged(session.visit.place, met, promised=f"resource {self.resource}")
        if str(home) != dataset:
            met = f"resource {self.resource} belongs to {f'dataset {home}' if home else 'no dataset'} now"
            raise SourceChanged(
                session.visit.place,
                met,
                promised=f"dataset {dataset}",
                remedy="Change `dataset:` if that is right.",
            )
        return resource

    def _listed(self, session: Session) -> list[Entry]:
        """Every resource of the dataset, however few the portal gives at once."""
        entries: list[Entry] = []
        place = session.visit.place

        def look(file: FetchedFile) -> Page:
            document = document_in(file, place)
            records = records_at(document, "data", place)
            entries.extend(one for one in records if isinstance(one, dict))
            total = total_at(document, "total", place)
            return Page(len(records), mark_of(records), total, next_at(document, "next_page", place))

        first = replace(
            self._api(f"{self.dataset}/resources/", _DATASET), query={"page": 1, "page_size": _PAGE}
        )
        pages_of(session, first, look, ByLink(session)).fetched().require_whole(place)
        return entries

    def _require_file(self, resource: Entry, place: str) -> None:
        what = _NO_DATA.get(str(resource.get("type")))
        if what is not None:
            met = f"the resource « {resource.get('title')} » is {what}"
            raise SourceChanged(place, met, promised="a file", remedy="Take the dataset's main file.")
        refuse_service(str(resource.get("format") or ""), str(resource.get("title")), place)
        if not resource.get("latest") and not resource.get("url"):
            raise SourceChanged(place, f"the resource « {resource.get('title')} » has no address")

    def _file(self, session: Session, resource: Entry) -> Request:
        """Asks for the address that always leads to the newest file."""
        link = str(resource.get("latest") or resource["url"])
        return Request(
            name=file_name(resource), link=session.linked(session.address(self._api("", {})), link),
            quiet_seconds=self.read_timeout, whole_seconds=self.time_limit, most_bytes=self.max_bytes,
            remedies={404: "The catalogue's link is dead: tell the publisher of the dataset."},
        )  # fmt: skip

    def _announced(self, resource: Entry, proof: str) -> Announced:
        """What the file is held to: a remote one to its size only where nothing else tells its end."""
        if not self.verify:
            return Announced()
        checksum = resource.get("checksum")
        told = checksum if isinstance(checksum, dict) else {}
        known = resource.get("filetype") == "file" or proof == "unknown"
        return announced_by(resource.get("filesize") if known else None, told.get("type"), told.get("value"))

    def _asked(self, session: Session, path: str, remedies: Mapping[int, str]) -> Entry:
        found = asked_of(session, self._api(path, remedies))
        if not isinstance(found, dict):
            raise SourceChanged(
                session.visit.place, "the catalogue answers with no entry", promised="a dataset"
            )
        return found

    def _api(self, path: str, remedies: Mapping[int, str]) -> Request:
        return Request(
            name="catalogue.json", path=f"api/2/datasets/{path}", answer=JsonFormat(type="json"),
            accept="application/json", remedies=remedies, quiet_seconds=self.read_timeout,
            whole_seconds=self.time_limit,
        )  # fmt: skip

    def _differs(
        self, session: Session, resource: Entry, announced: Announced, met: str, promised: str
    ) -> SourceIncomplete | SourceUnavailable:
        """Looks again: a resource that was replaced meanwhile is worth a retry."""
        found = self._asked(session, f"resources/{resource.get('id')}/", _RESOURCE)
        again = at(found, "resource")
        if isinstance(again, dict) and self._announced(again, "unknown") != self._announced(
            resource, "unknown"
        ):
            return SourceUnavailable(session.visit.place, "the resource was replaced while it was fetched")
        remedy = "Tell its publisher; `verify: false` takes it as it is."
        return SourceIncomplete(session.visit.place, met, promised=promised, remedy=remedy)


def _warnings(dataset: Entry) -> tuple[str, ...]:
    archived = dataset.get("archived")
    return (f"the dataset is archived since {str(archived)[:10]}",) if archived else ()
