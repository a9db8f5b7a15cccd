"""Readings of delivery points and single-space sensors, made for the sample: no real ones are open."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sample.extracts import Cut, Extract

MONTHS = ("2026-01", "2026-02", "2026-03")
# Sector → IRIS (made, of Issy's form) → delivery points. Few, and one that dominates, on purpose.
POINTS = {
    "résidentiel": {"920400101": 34, "920400102": 28, "920400103": 21, "920400104": 13},
    "tertiaire": {"920400101": 16, "920400102": 13, "920400103": 8, "920400104": 6},
    "industrie": {"920400101": 12, "920400102": 13, "920400103": 11, "920400104": 9},
}
MONTHLY_KWH = {"résidentiel": (90, 600), "tertiaire": (300, 4000), "industrie": (2000, 9000)}
DOMINANT = ("industrie", "920400103", 355_000.0)  # its first point takes that much a month
OCCUPIED, SILENT = 9, 3


def readings(data: Path) -> Cut:
    """By month and point; the same points each month but one, which begins in February."""
    draw, lines, number = Random(196), ["num_pdl;secteur;iris;mois;energie"], 0
    for sector, zones in POINTS.items():
        for iris, count in zones.items():
            for place in range(count):
                number += 1
                low, high = MONTHLY_KWH[sector]
                usual = draw.uniform(low, high)
                for month in MONTHS[1 if number == 5 else 0 :]:
                    energy = usual * draw.uniform(0.8, 1.2)
                    if (sector, iris) == DOMINANT[:2] and not place:
                        energy = DOMINANT[2] * draw.uniform(0.9, 1.1)
                    lines.append(
                        f"{99_000_000_000_000 + number};{sector};{iris};{month};{energy:.1f}".replace(
                            ".", ","
                        )
                    )
    return Cut("".join(f"{line}\r\n" for line in lines).encode(), len(lines) - 1)


def spots(data: Path) -> Cut:
    """24 sensors: nine see a car, three have been silent for days."""
    draw, last = Random(24), datetime(2026, 4, 10, 7, 30, tzinfo=UTC)
    taken = set(draw.sample(range(24), OCCUPIED))
    silent = set(draw.sample(range(24), SILENT))
    made = []
    for number in range(24):
        ago = (
            timedelta(days=draw.randint(2, 120))
            if number in silent
            else timedelta(minutes=draw.randint(0, 1200))
        )
        told = (last - ago).replace(microsecond=draw.randrange(1000) * 1000)
        made.append({
            "id": f"place-{'ab'[number % 2]}-{number + 1:03}",
            "timestamp": told.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "location": "", "occupied": number in taken,
            "packettype": draw.choice(["Status", "Heartbeat"]), "parkingtype": "NORMAL",
            "resetreason": "Unknown",
        })  # fmt: skip
    return Cut(json.dumps(made, indent=1).encode() + b"\n", len(made))


EXTRACTS = (
    Extract(
        path="grid_distributor/soutirages.csv",
        original="",
        title="Soutirages mensuels par point de livraison",
        producer="Made for this sample; no real delivery point",
        origin="sample/cut_energy.py",
        licence="CC0 1.0",
        what="Made from a fixed seed: 184 points in three sectors and four IRIS, three months; a few small "
        "cells, and one where a single point dominates.",
        make=readings,
    ),
    Extract(
        path="sensor_network/spots.json",
        original="",
        title="Derniers messages des capteurs de places",
        producer="Made for this sample, in the shape of a LoRaWAN network of parking sensors",
        origin="sample/cut_energy.py",
        licence="CC0 1.0",
        what="Made from a fixed seed: 24 sensors, nine of which see a car; three have been silent for days.",
        make=spots,
    ),
)
