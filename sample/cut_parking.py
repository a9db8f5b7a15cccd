"""The sample's parking sources, written by hand in the shape of three operators' and two surveys' files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sample.extracts import Cut, Extract, made

# id, name, capacity, vacant, occupied, time, latitude, longitude; no count: the operator does not know
_NOON = "2026-03-10T12:00:05.000+01:00"
_PARKS = (
    ("1001", "Parking Mairie exemple", 120, 48, 72, _NOON, 48.8241, 2.27304),
    ("1002", "Parking Gare exemple", 300, 310, 0, _NOON, 48.8208, 2.2571),  # more free than there is
    ("1003", "Parking du Marché exemple", 80, 12, 68, "2026-02-01T08:00:00.000+01:00", 48.8223, 2.2702),
    ("1004", "Parking des Arches exemple", 60, 0, 0, "1970-01-01T01:00:00.000+01:00", 48.8279, 2.2651),
    ("1005", "Parking relais exemple", 250, None, None, _NOON, 48.8172, 2.2604),
    ("1006", "Parking Centre exemple", 95, 0, 95, _NOON, 48.8230, 2.2745),
)
_D2 = (
    '<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" modelBaseVersion="2"><exchange/>'
    '<payloadPublication lang="fr" xsi:type="GenericPublication">'
    "<publicationTime>2026-03-10T12:00:10.000+01:00</publicationTime><genericPublicationExtension>{body}"
    "</genericPublicationExtension></payloadPublication></d2LogicalModel>\n"
)
# id, name, free, total
_PORTAL = (
    ("mairie", "Parking Mairie", 86, 170), ("gare", "Parking Gare", 244, 526),
    ("val", "Parking du Val", 0, 142),
    ("anfos", "Parking Anfos exemple", 167, 162), ("arches", "Parking des Arches", 71, 72),
    ("lac", "Parking du Lac", 33, 90), ("stade", "Parking du Stade", 200, 200),
    ("halles", "Parking des Halles", 5, 48),
    ("pont", "Parking du Pont", 61, 110), ("ecole", "Parking de l'École", 19, 35),
)  # fmt: skip
_PORTAL_TYPES = {
    "title": "text", "published": "datetime", "free": "int", "total": "int", "anteil_frei": "double",
    "auslastung": "double", "auslastung_prozent": "double", "link": "text", "geo_point_2d": "geo_point_2d",
    "description": "text", "name": "text", "id2": "text",
}  # fmt: skip
# name, state, capacity, occupied, milliseconds since 1970
_METERS = (
    ("Parking du Théâtre", "Geöffnet", 106, 81, 1773140467085),
    ("Parking Hôtel de Ville", "Geöffnet", 56, 31, 1773140340359),
    ("Parking des Écoles", "Geschlossen", 71, 42, 1773140467085),
    ("Parking plein", "Geöffnet", 32, 32, 1773140405000),
    ("parc virtuel exemple", "Geöffnet", 100, 0, 1772247600000),  # a test's park, ten days old
)


def _records(_: Path) -> Cut:
    body = "".join(
        f'<parkingRecord id="{one}" version="1" xsi:type="UrbanParkingSite"><parkingName><values>'
        f'<value lang="fr">{name}</value></values></parkingName>'
        f"<parkingNumberOfSpaces>{spaces}</parkingNumberOfSpaces>"
        '<parkingLocation xsi:type="PointLocation"><pointByCoordinates><pointCoordinates>'
        f"<latitude>{latitude}</latitude><longitude>{longitude}</longitude>"
        "</pointCoordinates></pointByCoordinates></parkingLocation></parkingRecord>"
        for one, name, spaces, _vacant, _occupied, _time, latitude, longitude in _PARKS
    )
    wrapped = f"<parkingTablePublication><parkingTable>{body}</parkingTable></parkingTablePublication>"
    return Cut(_D2.format(body=wrapped).encode(), len(_PARKS))


def _status(_: Path) -> Cut:
    body = ""
    for one, name, _spaces, vacant, occupied, time, *_position in _PARKS:
        counts = "" if vacant is None else (
            f"<parkingOccupancy><parkingNumberOfVacantSpaces>{vacant}</parkingNumberOfVacantSpaces>"
            f"<parkingNumberOfOccupiedSpaces>{occupied}</parkingNumberOfOccupiedSpaces></parkingOccupancy>"
        )  # fmt: skip
        body += (
            f'<parkingRecordStatus xsi:type="ParkingSiteStatus"><parkingRecordReference id="{one}[{name}]" '
            'targetClass="ParkingRecord" version="1"/>'
            f"<parkingStatusOriginTime>{time}</parkingStatusOriginTime>"
            f"{counts}</parkingRecordStatus>"
        )
    wrapped = f"<parkingStatusPublication>{body}</parkingStatusPublication>"
    return Cut(_D2.format(body=wrapped).encode(), len(_PARKS))


def _portal(_: Path) -> Cut:
    rows: list[dict[str, Any]] = [
        {
            "title": title, "published": "2026-03-10T11:06:00+00:00", "free": free, "total": total,
            "anteil_frei": free / total, "auslastung": 1 - free / total,
            "auslastung_prozent": 100 * (1 - free / total), "link": f"https://parkings.example.org/{one}",
            "geo_point_2d": f"{48.82 + index / 1000},{2.26 + index / 500}",
            "description": f"Places libres : {free}", "name": title, "id2": one,
        }
        for index, (one, title, free, total) in enumerate(_PORTAL)
    ]  # fmt: skip
    nobody = {"title": "Zur Zeit haben wir keine aktuellen Parkhausdaten erhalten"}
    text = io.StringIO()
    writer = csv.DictWriter(text, list(_PORTAL_TYPES), delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows([*rows[:3], nobody, *rows[3:]])
    return Cut(text.getvalue().encode(), len(rows) + 1)


def _catalogue(_: Path) -> Cut:
    about = {
        "title": "Places libres des parcs", "publisher": "Partenaire exemple", "license": "CC0",
        "modified": "2026-03-10T11:06:00+00:00", "federated": False, "source_domain_address": None,
    }  # fmt: skip
    entry = {"dataset_id": "parkhaeuser", "has_records": True, "types": _PORTAL_TYPES, "default": about}
    return Cut((json.dumps([entry], ensure_ascii=False, indent=1) + "\n").encode(), 1)


def _meters(_: Path) -> Cut:
    lines = ['"Name";"OpeningState";"Capacity";"OccupiedSites";"Timestamp"']
    lines += [f'"{name}";"{state}";{size};{taken};{time}' for name, state, size, taken, time in _METERS]
    return Cut("".join(f"{line}\r\n" for line in lines).encode("cp1252"), len(_METERS))


def _rectangle(x: float, y: float, width: float, height: float) -> dict[str, Any]:
    ring = [[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def _street(_: Path) -> Cut:
    kinds = (
        ("Bewohner-Parkplatz", 4, "längs"), ("Behinderten-Parkplatz allgemein", 1, "quer"),
        ("Parkplatz für die Öffentlichkeit mit Parkschein", 6, "schräg"), (None, None, None),
        ("Motorrad-Parkplatz", 8, "quer"),
    )  # fmt: skip
    features = [
        {
            "type": "Feature",
            "properties": {
                "fid": index + 1, "Parkplatz-Typ": kind, "Anzahl der Stellplätze": spaces,
                "Ausrichtung": side, "Frei für Parkausweis-Nr": None,
                "Parkscheibe erforderlich": None, "Beschränkung sonstig": None,
                "Parkschein erforderlich": "Mo-Sa 9-19 Uhr" if index == 2 else None,
                "Parkerlaubnis zeitlich": None, "Bemerkungen": None, "Überprüfungsdatum": "2026-02-03",
                "Fläche": 12.5 * (spaces or 1),
            },
            "geometry": _rectangle(646627.825 + 30 * index, 6858472.747, 2.5 * (spaces or 1), 5),
        }
        for index, (kind, spaces, side) in enumerate(kinds)
    ]  # fmt: skip
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    return _collection(features, name="voirie", crs=crs)


def _reserved(_: Path) -> Cut:
    places = (
        ("Rue exemple", "1", "1", "devant la mairie"), ("Rue exemple", "12", "1 von 2", ""),
        ("Rue exemple", "12", "2 von 2", ""), ("Avenue exemple", "", "3", "Parkplatz"),
        ("Place exemple", "4", "1von 2", ""), ("Place exemple", "4", "2 von 2", ""),
    )  # fmt: skip
    features = [
        {
            "type": "Feature",
            "properties": {"fid": str(100 + index), "strasse": street, "hausnummer": number,
                           "anzahl": count, "hinweis": hint, "stadtteil": "Centre"},
            "geometry": _rectangle(2.27 + index / 10000, 48.823, 0.00003, 0.00005),
        }
        for index, (street, number, count, hint) in enumerate(places)
    ]  # fmt: skip
    return _collection(features, name="pmr")


def _collection(features: list[Any], **others: Any) -> Cut:
    document = {"type": "FeatureCollection", **others, "features": features}
    return Cut((json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode(), len(features))


def _made(path: str, title: str, what: str, make: Callable[[Path], Cut]) -> Extract:
    return made(path, title, f"Written by hand, {what}", make, "sample/cut_parking.py")


EXTRACTS = (
    _made(
        "parking_operator/static.xml", "Parcs de stationnement (DATEX II 2.3, table)",
        "six car parks as an operator's DATEX II table has them.", _records,
    ),
    _made(
        "parking_operator/realtime.xml", "Parcs de stationnement (DATEX II 2.3, état)",
        "with an unset clock, a stale meter, more free than there is, a park without count, decorated ids.",
        _status,
    ),
    _made(
        "parking_portal/catalogue.json", "Places libres (portail Opendatasoft), catalogue",
        "one dataset with the columns of Basel's.", _catalogue,
    ),
    _made(
        "parking_portal/parkhaeuser.csv", "Places libres (portail Opendatasoft), enregistrements",
        "in the columns of Basel's export, with its row of no park and more free than there is.", _portal,
    ),
    _made(
        "parking_meters/parkplaetze.csv", "Places occupées (CSV, cp1252)",
        "in the columns of Bietigheim's file, with a virtual park ten days old.", _meters,
    ),
    _made(
        "parking_survey/voirie.geojson", "Stationnement sur voirie (polygones, Lambert-93)",
        "in the columns of Esslingen's survey.", _street,
    ),
    _made(
        "parking_survey/pmr.geojson", "Stationnement réservé aux personnes à mobilité réduite (polygones)",
        "in the columns of Freiburg's survey, with groups of polygons.", _reserved,
    ),
)  # fmt: skip
