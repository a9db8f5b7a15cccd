"""The same two parkings as DATEX II 2.2 (facilities), 2.3 and 3.x (records) write them."""

from __future__ import annotations

_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def _v2(body: str, time: str) -> str:
    return (
        f'<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0" {_XSI} modelBaseVersion="2"><exchange/>'
        f'<payloadPublication lang="fr" xsi:type="GenericPublication"><publicationTime>{time}</publicationTime>'
        f"<genericPublicationExtension>{body}</genericPublicationExtension></payloadPublication></d2LogicalModel>"
    )


def _v3(body: str, time: str) -> str:
    return (
        '<con:messageContainer xmlns:con="http://datex2.eu/schema/3/messageContainer" '
        'xmlns:com="http://datex2.eu/schema/3/common" xmlns:loc="http://datex2.eu/schema/3/locationReferencing" '
        f'xmlns:prk="http://datex2.eu/schema/3/parking" {_XSI}><con:payload xsi:type="prk:ParkingPublication">'
        f"<com:publicationTime>{time}</com:publicationTime>{body}</con:payload></con:messageContainer>"
    )


def _record(identity: str, name: str, spaces: int, position: str, p: str, c: str, pos: str) -> str:
    where = "" if not position else (
        f'<{p}parkingLocation xsi:type="PointLocation"><{pos}pointByCoordinates><{pos}pointCoordinates>'
        f"<{pos}latitude>{position.split()[0]}</{pos}latitude><{pos}longitude>{position.split()[1]}</{pos}longitude>"
        f"</{pos}pointCoordinates></{pos}pointByCoordinates></{p}parkingLocation>"
    )  # fmt: skip
    return (
        f'<{p}parkingRecord id="{identity}" version="1" xsi:type="{p}UrbanParkingSite"><{p}parkingName><{c}values>'
        f'<{c}value lang="en">Car park</{c}value><{c}value lang="fr">{name}</{c}value></{c}values></{p}parkingName>'
        f"<{p}parkingNumberOfSpaces>{spaces}</{p}parkingNumberOfSpaces>{where}</{p}parkingRecord>"
    )


def _status(identity: str, vacant: int, p: str) -> str:
    return (
        f'<{p}parkingRecordStatus xsi:type="{p}ParkingSiteStatus"><{p}parkingRecordReference id="{identity}" version="1"'
        f' targetClass="ParkingRecord"/><{p}parkingStatusOriginTime>2026-03-10T12:59:00+01:00</{p}parkingStatusOriginTime>'
        f"<{p}parkingOccupancy><{p}parkingNumberOfVacantSpaces>{vacant}</{p}parkingNumberOfVacantSpaces>"
        f"</{p}parkingOccupancy><{p}parkingSiteStatus>open</{p}parkingSiteStatus></{p}parkingRecordStatus>"
    )


def table(version: str, *, time: str = "2026-03-10T13:00:00.1234567+01:00") -> bytes:
    """The table of `p1` and `p2`."""
    if version == "2.2":
        body = "".join(
            f'<parkingFacility id="{one}" version="1"><parkingFacilityName><values><value>{name}</value></values>'
            f"</parkingFacilityName><totalParkingCapacity>{spaces}</totalParkingCapacity></parkingFacility>"
            for one, name, spaces in (("p1", "Mairie", 80), ("p2", "Gare", 120))
        )
        return _v2(
            f"<parkingFacilityTablePublication>{body}</parkingFacilityTablePublication>", time
        ).encode()
    prefixes = ("prk:", "com:", "loc:") if version == "3" else ("", "", "")
    body = _record("p1", "Mairie", 80, "48.8 2.27", *prefixes) + _record("p2", "Gare", 120, "", *prefixes)
    p = prefixes[0]
    wrapped = f"<{p}parkingTable>{body}</{p}parkingTable>"
    return (_v3(wrapped, time) if version == "3" else _v2(wrapped, time)).encode()


def status(version: str, *, only: str = "p1", time: str = "2026-03-10T13:00:00+01:00") -> bytes:
    """The status of one of them."""
    if version == "2.2":
        body = (
            f'<parkingFacilityStatus><parkingFacilityReference id="{only}" version="1"/>'
            "<parkingFacilityStatus>open</parkingFacilityStatus><parkingFacilityStatusTime>2026-03-10T12:59:00+01:00"
            "</parkingFacilityStatusTime><totalNumberOfVacantParkingSpaces>7</totalNumberOfVacantParkingSpaces>"
            "</parkingFacilityStatus>"
        )
        return _v2(
            f"<parkingFacilityTableStatusPublication>{body}</parkingFacilityTableStatusPublication>", time
        ).encode()
    body = _status(only, 7, "prk:" if version == "3" else "")
    return (_v3(body, time) if version == "3" else _v2(body, time)).encode()
