"""The sample's mobility sources: Paris' bicycle counters; a network, shared bikes and trips that are made."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sample.extracts import Cut, Extract, made

_COUNTERS = "07-mobility/paris_compteurs_velo_totaux_2021.csv"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold
_STOPS = (
    ("S1", "Mairie exemple", 48.8241, 2.27304), ("S2", "Marché exemple", 48.8223, 2.2702),
    ("S3", "Gare exemple", 48.8208, 2.2571), ("S4", "Stade exemple", 48.8172, 2.2604),
    ("S5", "Parc exemple", 48.8279, 2.2651),
)  # fmt: skip
# trip, line, headsign, direction, first departure in minutes of the service day
_TRIPS = (
    ("T1", "L1", "Gare exemple", 0, 7 * 60), ("T2", "L1", "Mairie exemple", 1, 18 * 60 + 30),
    ("T3", "N1", "Stade exemple", 0, 23 * 60 + 50), ("T4", "N1", "Stade exemple", 0, 25 * 60 + 10),
)  # fmt: skip
# id, name, docks, bikes, free docks
_STATIONS = (
    ("b1", "Mairie exemple", 20, 7, 12),
    ("b2", "Gare exemple", 30, 0, 30),
    ("b3", "Parc exemple", 15, 14, 3),
)
_UPDATED = 1_773_140_467  # 10 March 2026, 12:01:07 in Paris
_DISTRICTS = ("Centre", "Val de Seine", "Hauteurs", "Corentin")
_TRIPS_MADE = 900


def counters(data: Path) -> Cut:
    """The whole file."""
    content = (data / _COUNTERS).read_bytes()
    return Cut(content, len(content.splitlines()) - 1)


def timetable(_: Path) -> Cut:
    """A feed of two lines; one runs after midnight of its service day."""
    times = [
        f"{trip},{_clock(first + 6 * rank)},{_clock(first + 6 * rank)},{stop},{rank + 1}"
        for trip, _line, _sign, direction, first in _TRIPS
        for rank, (stop, *_rest) in enumerate(_STOPS[:: -1 if direction else 1])
    ]
    tables = {
        "agency": ["agency_id,agency_name,agency_url,agency_timezone",
                   "A,Réseau exemple,https://reseau.example.org,Europe/Paris"],
        "calendar": ["service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
                     "start_date,end_date",
                     "TOUS,1,1,1,1,1,1,1,20260101,20301231"],
        "routes": ["route_id,agency_id,route_short_name,route_long_name,route_type",
                   "L1,A,1,Mairie - Parc,3", "N1,A,N1,Noctambus exemple,3"],
        "stops": ["stop_id,stop_name,stop_lat,stop_lon,zone_id,location_type,parent_station",
                  *(f"{one},{name},{north},{east},1,0," for one, name, north, east in _STOPS)],
        "trips": ["route_id,service_id,trip_id,trip_headsign,direction_id",
                  *(f"{line},TOUS,{trip},{sign},{way}" for trip, line, sign, way, _first in _TRIPS)],
        "stop_times": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence", *times],
    }  # fmt: skip
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for name, lines in tables.items():
            content = "".join(f"{line}\r\n" for line in lines)
            target.writestr(zipfile.ZipInfo(f"{name}.txt", _ZIP_EPOCH), content)
    return Cut(written.getvalue(), len(times))


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}:00"


def discovery(_: Path) -> Cut:
    """The feeds, by addresses beside its own, for the sample's server has another port each time."""
    names = ("system_information", "station_information", "station_status")
    feeds = [{"name": name, "url": f"{name}.json"} for name in names]
    return _feed({"fr": {"feeds": feeds}}, len(feeds))


def system(_: Path) -> Cut:
    """Whose system it is."""
    data = {
        "system_id": "velo_exemple",
        "language": "fr",
        "name": "Vélos exemple",
        "timezone": "Europe/Paris",
    }
    return _feed(data, 1)


def stations(_: Path) -> Cut:
    """Three stations and where they are."""
    rows = [
        {"station_id": one, "name": name, "capacity": docks, "lat": stop[2], "lon": stop[3]}
        for (one, name, docks, *_rest), stop in zip(_STATIONS, _STOPS, strict=False)
    ]
    return _feed({"stations": rows}, len(rows))


def status(_: Path) -> Cut:
    """What each of them has; one tells of more than its docks hold."""
    rows = [
        {"station_id": one, "num_bikes_available": bikes, "num_docks_available": free, "is_installed": True,
         "is_renting": True, "is_returning": True, "last_reported": _UPDATED - 60 * index}
        for index, (one, _name, _docks, bikes, free) in enumerate(_STATIONS)
    ]  # fmt: skip
    return _feed({"stations": rows}, len(rows))


def _feed(data: dict[str, Any], rows: int) -> Cut:
    document = {"last_updated": _UPDATED, "ttl": 0, "version": "2.3", "data": data}
    return Cut((json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode(), rows)


def trips(_: Path) -> Cut:
    """Trips of 400 accounts between four districts on one morning; some pairs are rare."""
    drawn = random.Random(7)
    lines = ["trip;account;started_at;origin;destination;metres"]
    for number in range(_TRIPS_MADE):
        start, end = drawn.choices(_DISTRICTS, weights=(8, 5, 3, 1), k=2)
        at = datetime(2026, 3, 10, 7) + timedelta(minutes=drawn.randrange(120))
        account, metres = f"c{drawn.randrange(400):03}", drawn.randrange(300, 5000)
        lines.append(f"{number + 1};{account};{at:%Y-%m-%dT%H:%M};{start};{end};{metres}")
    return Cut(("\n".join(lines) + "\n").encode(), _TRIPS_MADE)


def _made(path: str, title: str, what: str, make: Callable[[Path], Cut]) -> Extract:
    return made(path, title, what, make, "sample/cut_mobility.py")


_GBFS = "Written by hand: a system of three stations, GBFS 2.3."
EXTRACTS = (
    Extract(
        path="bike_counters/compteurs.csv",
        original=_COUNTERS,
        title="Comptage vélo, totaux de 2021 par compteur",
        producer="Ville de Paris",
        origin="l-eg116/StatA2S4-MetroVeloAuto:comptage-velo-donnees-compteurs.csv @18b85565",
        licence="Open Database License 1.0 (ODbL)",
        what="The whole file, bytes unchanged. Another city's: it stands in for the sample city's own.",
        make=counters,
    ),
    _made(
        "transit_operator/gtfs.zip", "Horaire GTFS d'un réseau de bus",
        "Written by hand: five stops, two lines, four trips, of which two pass midnight; its rows are the "
        "stop times.",
        timetable,
    ),
    _made("bike_operator/gbfs.json", "Vélos en libre-service (GBFS), découverte", _GBFS, discovery),
    _made("bike_operator/system_information.json", "Vélos en libre-service (GBFS), système", _GBFS, system),
    _made(
        "bike_operator/station_information.json", "Vélos en libre-service (GBFS), stations", _GBFS, stations,
    ),
    _made("bike_operator/station_status.json", "Vélos en libre-service (GBFS), état", _GBFS, status),
    _made(
        "mobility_partner/trajets.csv", "Trajets d'un partenaire de mobilité",
        "Drawn from a fixed seed: 900 trips of 400 accounts between four districts, of which one is rare.",
        trips,
    ),
)  # fmt: skip
