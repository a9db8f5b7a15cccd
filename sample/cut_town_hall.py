"""The reception desk's workbook of requests: made, for no town hall publishes one."""

from __future__ import annotations

import io
import random
from datetime import date, timedelta
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]

from sample.cutting import dateless
from sample.extracts import Cut, Extract

SEED = 92040
COUNT = 900
HEADERS = (
    "N° de demande", "Date de la demande", "Quartier", "Thème", "Canal", "Délai de réponse (jours)", "Objet",
    "Commune du demandeur",
)  # fmt: skip
# Weights are uneven on purpose: some cells of neighbourhood × month × theme are few, and are kept secret.
QUARTERS = {"Centre-ville": 8, "Val de Seine": 5, "Le Fort": 3, "Les Épinettes": 2}
THEMES = {"Voirie": 6, "Propreté": 5, "Éclairage public": 3, "Espaces verts": 2, "Bruit": 1}
CHANNELS = {"Guichet": 3, "Téléphone": 4, "Courriel": 5, "Application": 2}
TOWNS = {"Issy-les-Moulineaux": 17, "Vanves": 2, "Meudon": 1}
SUBJECTS = {
    "Voirie": "Nid-de-poule devant le numéro {}", "Propreté": "Dépôt sauvage au numéro {}",
    "Éclairage public": "Lampadaire éteint au numéro {}", "Espaces verts": "Branche cassée au numéro {}",
    "Bruit": "Bruit la nuit chez le voisin du {}",
}  # fmt: skip
FIRST, DAYS = date(2026, 7, 1), 92  # three months


def requests(data: Path) -> Cut:
    """The workbook, the same for the same seed; nothing of `data` is in it."""
    del data
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Saisie"
    sheet.append(HEADERS)
    for row in rows():
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return Cut(dateless(written.getvalue()), COUNT)


def rows() -> list[list[object]]:
    """One request each, in the order in which they came."""
    drawn = random.Random(SEED)

    def one_of(weighted: dict[str, int]) -> str:
        return drawn.choices(list(weighted), list(weighted.values()))[0]

    days = sorted(drawn.randrange(DAYS) for _ in range(COUNT))
    made: list[list[object]] = []
    for number, day in enumerate(days, 1):
        theme = one_of(THEMES)
        answered = drawn.randrange(0, 40) if drawn.random() < 0.9 else None
        made.append(
            [f"D-2026-{number:04}", FIRST + timedelta(days=day), one_of(QUARTERS), theme, one_of(CHANNELS),
             answered, SUBJECTS[theme].format(drawn.randrange(1, 200)), one_of(TOWNS)]
        )  # fmt: skip
    return made


EXTRACTS = (
    Extract(
        path="reception_desk/demandes/demandes_2026_t3.xlsx",
        original="",
        title="Demandes des habitants, troisième trimestre 2026",
        producer="made for this sample",
        origin="sample/cut_town_hall.py",
        licence="CC0 1.0",
        what=f"Made: {COUNT} requests drawn with the seed {SEED}; no person, street or request is real.",
        make=requests,
    ),
)
