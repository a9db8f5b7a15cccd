"""Cuts the sample city's six sources out of the shared real files: `python -m sample.cut ../shared/data`."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sample import cutting
from sample.cutting import COMMUNES, Cut
from sample.sources import SOURCES

LICENCES = Path(__file__).parent / "LICENCES.md"


@dataclass(frozen=True)
class Extract:
    """Where an extract comes from, who may use it how, and what makes it."""

    path: str
    original: str
    title: str
    producer: str
    origin: str
    licence: str
    what: str
    make: Callable[[Path], Cut]


EXTRACTS = (
    Extract(
        path="national_portal/bnls.csv",
        original="02-parking/bnls_france.csv",
        title="Base nationale des lieux de stationnement (BNLS)",
        producer="transport.data.gouv.fr, from the cities and operators who declare their car parks",
        origin="volcanomakingkit/ressources.tipe:bnls.csv @2791ad6f",
        licence="Licence Ouverte 2.0 (etalab-2.0)",
        what="Lines of the departments 92, 75, 94 and 86, and 69123-P-009; their bytes are unchanged.",
        make=cutting.parkings,
    ),
    Extract(
        path="transport_authority/emplacement-des-gares-idf.csv",
        original="07-mobility/idfm_emplacement_gares_idf.csv",
        title="Gares et stations du réseau ferré d'Île-de-France",
        producer="Île-de-France Mobilités",
        origin="l-eg116/StatA2S4-MetroVeloAuto:emplacement-des-gares-idf.csv @18b85565",
        licence="Open Database License 1.0 (ODbL)",
        what="Lines of the stations inside Hauts-de-Seine or named after Issy; their bytes are unchanged.",
        make=cutting.stations,
    ),
    Extract(
        path="grid_operator/eCO2mix_RTE_En-cours-TR.xls",
        original="06-iot-energy/rte_eco2mix_en_cours_tr_2016.xls.tsv",
        title="éCO2mix, données temps réel de juin 2016",
        producer="RTE (Réseau de transport d'électricité)",
        origin="Vomain/dubonjus:eCO2mix_RTE_En-cours-TR.xls @0a099e5a",
        licence="Licence Ouverte (RTE éCO2mix)",
        what="1, 12, 25 and 26 June, the legal notice and the blank line after it; bytes are unchanged.",
        make=cutting.power_readings,
    ),
    Extract(
        path="accessibility_platform/erp.json",
        original="08-accessibility/acceslibre_erp_92_courbevoie_rueil.json",
        title="Établissements recevant du public (acceslibre)",
        producer="Ministère de la Transition écologique, acceslibre and its contributors",
        origin="MTES-MCT/acceslibre:erp/fixtures/erp.json @b496a951",
        licence="Licence Ouverte (acceslibre data); the repository that carries the file is MIT",
        what="Lorient whole, the first 150 of Courbevoie and of Rueil-Malmaison, and every record with an "
        "activity; each record as the original writes it.",
        make=cutting.places,
    ),
    Extract(
        path="elections_office/elections/europeennes2019_par_circonscription.xlsx",
        original="03-elections/europeennes2019_par_circonscription.xlsx",
        title="Élections européennes de 2019, résultats définitifs par circonscription législative",
        producer="Ministère de l'Intérieur",
        origin="jboussard/legislatives:resultats-definitifs-par-circonscription-europ2019.xlsx @f2b969da",
        licence="Licence Ouverte (data.gouv.fr)",
        what="25 constituencies: 92, 2A, 2B, ZA, ZW and ZX whole, 01-01 and ZZ-11. The workbook was written "
        "anew (cells keep their values and types, not their formatting).",
        make=cutting.european_results,
    ),
    Extract(
        path="geographic_institute/communes-92-hauts-de-seine.geojson",
        original=COMMUNES,
        title="Contours des communes des Hauts-de-Seine, millésime 2018",
        producer="IGN (outlines) and INSEE (codes and names), simplified by France GeoJSON",
        origin="gregoiredavid/france-geojson:departements/92-hauts-de-seine/"
        "communes-92-hauts-de-seine.geojson @5d34ee6d",
        licence="Licence Ouverte (IGN and INSEE)",
        what="The whole file, bytes unchanged. Vintage 2018: later merges and names are not in it.",
        make=cutting.communes,
    ),
)


def licences(cuts: dict[str, Cut]) -> str:
    """The page that tells, for each file, whose it is and under which licence."""
    parts = [
        "# Where the sample city's files come from",
        "Written by `python -m sample.cut`. Real open data, cut small; defects are kept on purpose.",
    ]
    for extract in EXTRACTS:
        cut = cuts[extract.path]
        facts = {
            "Title": extract.title, "Producer": extract.producer, "Origin": extract.origin,
            "Licence": extract.licence, "Cut": extract.what, "Rows": str(cut.rows),
            "Bytes": str(len(cut.content)), "sha256": hashlib.sha256(cut.content).hexdigest(),
        }  # fmt: skip
        lines = "\n".join(f"- {name}: {fact}" for name, fact in facts.items())
        parts.append(f"## `sources/{extract.path}`\n\n{lines}")
    return "\n\n".join(parts) + "\n"


def cut(data: Path, sources: Path, licences_page: Path) -> None:
    """Writes every extract under `sources`, and the page of licences."""
    cuts = {extract.path: extract.make(data) for extract in EXTRACTS}
    for path, made in cuts.items():
        (sources / path).parent.mkdir(parents=True, exist_ok=True)
        (sources / path).write_bytes(made.content)
    licences_page.write_text(licences(cuts), "utf-8")


if __name__ == "__main__":
    cut(Path(sys.argv[1]), SOURCES, LICENCES)
