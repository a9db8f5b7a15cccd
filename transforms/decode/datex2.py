"""DATEX II parking publications: one row for each record, its status beside it, whatever the version.

2.2 has facilities in an extension, 2.3 and 3.x have parking records (docs.datex2.eu). Namespaces are not
looked at: they differ between versions and say nothing that the names do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from contracts.errors import SourceChanged
from contracts.formats import Datex2Format
from transforms.decode.columns import ColumnTable
from transforms.decode.declared import elements_of
from transforms.decode.elements import local_name
from transforms.decode.members import Members, flattened, members_of
from transforms.decode.source import Source

_RECORDS = ("parkingRecord", "parkingFacility")
_STATUS = {
    "parkingRecordStatus": "parkingRecordReference.@id",
    "parkingFacilityStatus": "parkingFacilityReference.@id",
}
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_TABLE_COLUMNS = {  # the same quantity under one name
    "id": ("@id",),
    "version": ("@version",),
    "type": ("type",),
    "name": ("parkingName", "parkingFacilityName"),
    "latitude": (
        "parkingLocation.pointByCoordinates.pointCoordinates.latitude",
        "parkingLocation.locationForDisplay.latitude",
        "facilityLocation.locationForDisplay.latitude",
    ),
    "longitude": (
        "parkingLocation.pointByCoordinates.pointCoordinates.longitude",
        "parkingLocation.locationForDisplay.longitude",
        "facilityLocation.locationForDisplay.longitude",
    ),
    "capacity": ("parkingNumberOfSpaces", "totalParkingCapacity"),
}
_STATUS_COLUMNS = {
    "time": ("parkingStatusOriginTime", "parkingFacilityStatusTime"),
    "vacant": ("parkingOccupancy.parkingNumberOfVacantSpaces", "totalNumberOfVacantParkingSpaces"),
    "occupied": ("parkingOccupancy.parkingNumberOfOccupiedSpaces", "totalNumberOfOccupiedParkingSpaces"),
    "capacity": ("parkingOccupancy.parkingNumberOfSpacesOverride", "totalParkingCapacityOverride"),
    "occupancy": ("parkingOccupancy.parkingOccupancy", "parkingFacilityOccupancy"),
    "opening": ("parkingSiteOpeningStatus",),
    "states": ("parkingSiteStatus", "parkingFacilityStatus"),
}
_LISTS = {"parkingSiteStatus", "parkingFacilityStatus"}  # several words at once: open, spacesAvailable


@dataclass
class _Publications:
    """The records of all files by id, those that were alike once, and the paths that come twice in one."""

    form: Datex2Format
    table: dict[str, Members] = field(default_factory=dict)
    status: dict[str, Members] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    times: int = 0

    def take(self, source: Source) -> None:
        """All that one file publishes.

        Raises:
            SourceChanged: it is no publication of parkings, or one id has two records that differ.
        """
        before = self.times
        wanted = (*_RECORDS, *_STATUS, "publicationTime")
        for element in elements_of(source, *(("**", name) for name in wanted)):
            self._put(source, local_name(element.tag), element)
        if self.times == before:
            remedy = "Open its address: a SOAP fault or another document may be there."
            raise source.changed("holds no publication", promised="DATEX II", remedy=remedy)

    def _put(self, source: Source, name: str, element: Element) -> None:
        if name == "publicationTime":
            self.times += 1
            return
        members = members_of(element, self.form.language)
        kind = element.get(_TYPE)
        if kind:
            members["type"] = kind.rpartition(":")[2]
        kept, identity = (self.table, members.get("@id")) if name in _RECORDS else (self.status, None)
        if kept is self.status:
            identity = self._id_of(_at(members, _STATUS[name]))
        if not isinstance(identity, str) or not identity:
            raise source.changed(f"has a {name} without an id", promised="DATEX II")
        if kept.setdefault(identity, members) != members:
            met = f"has two {name} that differ under one id"
            raise source.changed(met, promised="each record once", remedy="Ask the source for its versions.")

    def _id_of(self, told: object) -> object:
        if self.form.status_id is None or not isinstance(told, str):
            return told
        found = re.search(self.form.status_id, told)
        return found[1] if found else told


def take_datex2(tables: ColumnTable, sources: Iterable[Source], form: Datex2Format, place: str) -> None:
    """Takes one row for each record of the table, and for each status that no record belongs to.

    Columns: `id`, `version`, `type`, `name`, `latitude`, `longitude`, `capacity` and `status.time`,
    `status.vacant`, `status.occupied`, `status.capacity`, `status.occupancy`, `status.opening`,
    `status.states` (a list) are the same in every version; all other elements by path, as in XML, those of
    the status behind `status.`; what comes twice in one record is a list of JSON in all. A line is a record's
    number. Times, also those of an unset clock (1970-01-01), are as they were sent.

    Raises:
        SourceChanged: not XML, no publication, a record without an id, two that differ under one, or bytes
            that contradict the declared encoding.
    """
    found = _Publications(form)
    for source in sources:
        found.take(source)
    if not found.table and not found.status:
        raise SourceChanged(place, "the publications hold no parkings", promised="at least one")
    lists = {*form.lists, *_LISTS}
    table, status = dict(_rows(found.table, lists)), dict(_rows(found.status, lists))
    for number, identity in enumerate([*table, *(one for one in status if one not in table)], 1):
        cells = _named(table.get(identity, {}), _TABLE_COLUMNS) | {"id": identity}
        beside = _named(status.get(identity, {}), _STATUS_COLUMNS)
        tables.add_record(number, cells | {f"status.{name}": text for name, text in beside.items()})


def _rows(records: Mapping[str, Members], lists: set[str]) -> Iterator[tuple[str, dict[str, str | None]]]:
    """The records as cells; what is a list in one of them is one in all."""
    several = lists | {path for members in records.values() for path in _several(members, "")}
    for identity, members in records.items():
        yield identity, dict(flattened(members, several))


def _several(members: Members, path: str) -> Iterator[str]:
    for name, values in members.items():
        if isinstance(values, list):
            yield path + name
        elif isinstance(values, dict):
            yield from _several(values, f"{path}{name}.")


def _named(cells: dict[str, str | None], names: Mapping[str, tuple[str, ...]]) -> dict[str, str | None]:
    """The cells, those that every version may have first and under one name."""
    left, first = dict(cells), {}
    for name, paths in names.items():
        path = next((path for path in paths if path in left), "")
        first[name] = left.pop(path, None)
    return first | left


def _at(members: Members, path: str) -> Any:
    found: Any = members
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
