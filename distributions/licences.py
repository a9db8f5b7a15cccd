"""The licences that a contract may name, as readers know them."""

from __future__ import annotations

NAMES = {
    "etalab-2.0": "Licence Ouverte / Open Licence version 2.0",
    "odc-odbl": "Open Data Commons Open Database License (ODbL) 1.0",
    "cc-by-4.0": "Creative Commons Attribution 4.0 International",
    "cc0-1.0": "Creative Commons CC0 1.0 Universal",
}
ADDRESSES = {
    "etalab-2.0": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    "odc-odbl": "https://opendatacommons.org/licenses/odbl/1-0/",
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
