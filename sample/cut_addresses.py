"""A small Base Adresse Locale, made: streets that do not exist, at positions in Issy-les-Moulineaux."""

from __future__ import annotations

import random
import uuid
from pathlib import Path

from pyproj import Transformer

from sample.extracts import Cut, Extract

_COLUMNS = (
    "cle_interop", "id_ban_commune", "id_ban_toponyme", "id_ban_adresse", "voie_nom",
    "lieudit_complement_nom", "numero", "suffixe", "certification_commune", "commune_insee", "commune_nom",
    "position", "long", "lat", "x", "y", "cad_parcelles", "source", "date_der_maj",
)  # fmt: skip
_STREETS = (
    "Rue du Modèle", "Avenue de l’Exemple", "Allée des Essais", "Place du Gabarit", "Impasse de la Maquette",
)  # fmt: skip
_TOWN = ("92040", "Issy-les-Moulineaux")
_TOLD = ("Ville d’exemple", "2026-03-02")
_CENTRE = (2.2730, 48.8241)  # the town hall's metro station
_EACH = 12  # addresses in a street


def addresses(_: Path) -> Cut:
    """As a tool of the BAN writes it: `;`, LF, one row an address, and a square that has no number."""
    chance = random.Random(92040)
    commune = _id(chance)
    lambert = Transformer.from_crs(4326, 2154, always_xy=True)
    rows = []
    for street, name in enumerate(_STREETS, 1):
        toponym = _id(chance)
        for number in range(1, _EACH + 1):
            suffix = "bis" if number == _EACH else ""
            number = number - 1 if suffix else number
            longitude, latitude = (round(each + chance.uniform(-0.004, 0.004), 6) for each in _CENTRE)
            x, y = (round(each, 2) for each in lambert.transform(longitude, latitude))
            key = f"92040_{9000 + street}_{number:05}" + (f"_{suffix}" if suffix else "")
            parcel = f"92040000AB{street:02}{number:02}"
            rows.append(
                (key, commune, toponym, _id(chance), name, "", number, suffix, number % 2, *_TOWN, "entrée",
                 longitude, latitude, x, y, parcel, *_TOLD)
            )  # fmt: skip
    square = (commune, _id(chance), "", "Square de l’Échantillon", "", 99999, "", 1)
    rows.append(("92040_9006_99999", *square, *_TOWN, "segment", *_CENTRE, "", "", "", *_TOLD))
    lines = [";".join(map(str, row)) for row in (_COLUMNS, *rows)]
    return Cut(("\n".join(lines) + "\n").encode(), len(rows))


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


EXTRACTS = (
    Extract(
        path="address_office/bal-92040.csv",
        original="",
        title="Base Adresse Locale d'exemple",
        producer="made for this sample",
        origin="written by `python -m sample.cut` from a fixed seed",
        licence="CC0 1.0",
        what="Five streets that do not exist, of twelve addresses each, and a square; positions by chance "
        "around the town hall of Issy-les-Moulineaux.",
        make=addresses,
    ),
)
