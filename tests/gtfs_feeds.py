"""A small GTFS feed as a zip, to be spoilt by tests."""

from __future__ import annotations

import io
import zipfile

FILES = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nA,Régie,https://example.org,Europe/Paris\n",
    "stops.txt": "\ufeffstop_id,stop_name,stop_lat,stop_lon\r\nS1,\"Mairie, place\",48.8241050,2.2730415\r\nS2,Gare,48.82,2.26\r\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_type\nR1,A,12,3\n",
    "trips.txt": "route_id,service_id,trip_id\nR1,W,T1\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nT1,23:59:00,24:00:00,S1,1\nT1,25:35:00,25:35:00,S2,2\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\nW,1,1,1,1,1,0,0,20260101,20261231\n",
    "calendar_dates.txt": "service_id,date,exception_type\nW,20260501,2\n",
    "shapes.txt": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\nP,48.8,2.2,1\n",
}  # fmt: skip


def feed(folder: str = "", also: dict[str, str] | None = None, **changed: str | None) -> bytes:
    """The feed in a folder of its zip; `shapes=None` leaves a file out, `shapes="…"` replaces it."""
    packed = io.BytesIO()
    files = {**FILES, **{f"{name}.txt": text for name, text in changed.items()}}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            if text is not None:
                archive.writestr(folder + name, text)
        for name, text in (also or {}).items():
            archive.writestr(name, text)
    return packed.getvalue()
