"""The buyer's profile: the official example of the national format, with contracts and concessions."""

from __future__ import annotations

import json
from pathlib import Path

from sample.extracts import Cut, Extract

DECP = "05-contracts/exemple_officiel_marches_concessions.json"


def public_contracts(data: Path) -> Cut:
    """The whole file; a row is a contract or a concession."""
    content = (data / DECP).read_bytes()
    return Cut(content, sum(map(len, json.loads(content)["marches"].values())))


EXTRACTS = (
    Extract(
        path="buyer_profile/decp.json",
        original=DECP,
        title="Données essentielles de la commande publique, exemple officiel de marchés et de concessions",
        producer="Ministère de l'Économie (139bercy), with identifiers that it made up",
        origin="139bercy/format-commande-publique:exemples/json/marches_concessions.json @79fed6c8",
        licence="Public domain (Unlicense)",
        what="The whole file, bytes unchanged. Its SIRETs fail their keys or their length on purpose or by "
        "mistake; its modifications are older than their contracts.",
        make=public_contracts,
    ),
)
