"""The right values of the six extracts, worked out with csv, json, openpyxl and pyproj; none by our own code.

`test_expected.py` works them out again from the bytes, so that a new cut cannot leave them behind.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Side:
    """One audience's release: rows, columns, sums of columns, how many cells of a column are filled."""

    rows: int
    columns: int
    sums: dict[str, int | Decimal] = field(default_factory=dict)
    filled: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Expected:
    """One dataset: what was read and refused, both releases, and cells that a person looked up by hand.

    `cells`: key column → value, then column → value, true of both releases. `positions`: key value →
    longitude and latitude, to 7 decimals. `restricted_cells`: of the restricted release alone.
    """

    read: int
    rejected: int
    voided: int
    public: Side
    restricted: Side
    cells: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = ()
    restricted_cells: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = ()
    positions: dict[str, tuple[float, float]] = field(default_factory=dict)


_PARKING_SUMS: dict[str, int | Decimal] = {
    "nb_places": 75_511, "nb_pmr": 1_166, "nb_voitures_electriques": 399, "nb_velo": 1_523,
    "hauteur_max": 31_920, "tarif_1h": Decimal("381.25"), "tarif_24h": Decimal("3355.00"),
    # without the 66.936 € of 69123-P-009, which is no price in cents
    "abo_resident": Decimal("12513.12"), "abo_non_resident": Decimal("28022.56"),
}  # fmt: skip
PARKINGS = Expected(
    read=185,
    rejected=0,
    voided=2,
    public=Side(185, 29, _PARKING_SUMS, {"hauteur_max": 164, "url": 162}),
    restricted=Side(185, 31, _PARKING_SUMS, {"info": 107, "id_source": 8}),
    cells=(
        ({"id": "69123-P-009"}, {"type_usagers": "abonnés", "abo_resident": None, "abo_non_resident": None}),
        (
            {"id": "92040-P-045"},
            {"nom": "Parking Val de Seine", "adresse": "7 RUE ROUGET DE L'ISLE, 92130, ISSY-LES-MOULINEAUX",
             "nb_places": 290, "nb_pmr": 4, "hauteur_max": 190, "gratuit": False, "nb_pr": None,
             "num_siret": "37888823401562", "Xlong": 2.262723971, "Ylat": 48.82951779},
        ),
        ({"id": "86194-P-005"}, {"tarif_1h": Decimal("2.00"), "tarif_24h": Decimal("22.00"), "nb_2_rm": 12}),
    ),
    restricted_cells=(({"id": "86194-P-005"}, {"id_source": "F4604__1948"}),),
)  # fmt: skip
ISSY_PARKINGS = Side(5, 29, {"nb_places": 1_143, "nb_pmr": 23, "nb_voitures_electriques": 11})

_STATIONS = Side(119, 24, filled={"terminus_metro": 8, "terminus_tramway": 2, "terminus_rer": 1,
                                  "terminus_train": 1, "nom_complement": 11, "pictogramme": 118,
                                  "ligne_id": 119, "geometry": 119})  # fmt: skip
STATIONS = Expected(
    read=119,
    rejected=0,
    voided=0,
    public=_STATIONS,
    restricted=_STATIONS,
    cells=(
        (
            {"id_local": "495"},
            {"nom": "Mairie d'Issy", "lda_id": "70671", "zdl_id": "44050", "mode": "METRO", "fer": False,
             "ligne": "METRO 12", "exploitant": "RATP", "terminus_metro": "METRO 12",
             "terminus_tramway": None, "gare_principale": False},
        ),
        ({"id_local": "366"}, {"nom": "Issy", "fer": True, "ligne": "RER C", "exploitant": "SNCF"}),
    ),
    positions={
        "495": (2.2730415, 48.8241050), "366": (2.2587598, 48.8196745), "210": (2.2794117, 48.8270854),
        "462": (2.2513362, 48.8215175), "368": (2.2631786, 48.8298902), "367": (2.2636896, 48.8301196),
        "371": (2.2605399, 48.8247670), "1009": (2.2814704, 48.8316966),
    },
)  # fmt: skip
STATION_MODES = {"TRAM": 43, "TRAIN": 31, "METRO": 24, "RER": 20, "VAL": 1}
STATION_ZONES = 102

_POWER = Side(
    384,
    35,
    {"consommation": 9_828_883, "prevision_j1": 12_244_850, "prevision_j": 12_211_700, "nucleaire": 9_078_611,
     "pompage": -270_158, "echanges_angleterre": -267_976, "taux_co2": 6_408},
    {"consommation": 232, "prevision_j1": 289, "prevision_j": 288, "echanges_angleterre": 144},
)  # fmt: skip
POWER_READINGS = Expected(
    read=384,
    rejected=0,
    voided=0,
    public=_POWER,
    restricted=_POWER,
    cells=(
        # 00:00 in Paris in June
        (
            {"observed_at": datetime(2016, 5, 31, 22, 0, tzinfo=UTC)},
            {"consommation": 48_635, "perimetre": "France"},
        ),
        ({"observed_at": datetime(2016, 6, 1, 10, 45, tzinfo=UTC)}, {"consommation": 56_223}),
        ({"observed_at": datetime(2016, 6, 12, 4, 30, tzinfo=UTC)}, {"consommation": 30_810}),
        (
            {"observed_at": datetime(2016, 6, 26, 21, 45, tzinfo=UTC)},
            {"consommation": None, "prevision_j": None},
        ),
    ),
)

PLACES = Expected(
    read=316,
    rejected=0,
    voided=0,
    # nine codes are the source's, 291 the outlines'; of Lorient's sixteen places, out of them, one has a code
    public=Side(300, 15, filled={"numero": 284, "activite": 9, "code_insee": 300, "telephone": 0}),
    restricted=Side(316, 18, filled={"numero": 296, "activite": 10, "code_insee": 301, "siret": 0}),
    cells=(
        (
            {"id": "8918"},
            {"name": "Agence LCL - COURBEVOIE VICTOR HUGO", "activite": "21", "numero": "2",
             "voie": "Rue Victor Hugo", "lieu_dit": None, "postal_code": "92400", "commune": "Courbevoie",
             "code_insee": "92026", "longitude": 2.253958, "latitude": 48.892299,
             "date_maj": date(2020, 2, 6)},
        ),
    ),
    restricted_cells=(
        (
            {"id": "8917"},
            {"commune": "Lorient", "cree_le": datetime(2020, 2, 6, 16, 46, 56, 213_000, tzinfo=UTC)},
        ),
    ),
    positions={"8918": (2.253958, 48.892299)},
)  # fmt: skip
PUBLIC_TOWNS = {"Courbevoie": 150, "Rueil-Malmaison": 150}
RESTRICTED_TOWNS = {**PUBLIC_TOWNS, "Lorient": 16}

_RESULTS = Side(
    850,
    22,
    # the counts of a constituency stand on each of its 34 lists
    {"voix": 719_960, "inscrits": 34 * 1_727_641, "votants": 34 * 745_168, "blancs": 34 * 14_465,
     "nuls": 34 * 10_743, "exprimes": 34 * 719_960},
    {"departement_insee": 782},
)  # fmt: skip
EUROPEAN_RESULTS = Expected(
    read=850,
    rejected=0,
    voided=0,
    public=_RESULTS,
    restricted=_RESULTS,
    cells=(
        (
            {"zone_code": "92-10", "candidat_numero": 5},
            {"scrutin_type": "européennes", "scrutin_date": date(2019, 5, 26), "tour": 1,
             "zone_niveau": "circonscription", "zone_nom": "10ème circonscription", "candidat_libelle": "RENAISSANCE", "tete_de_liste": "LOISEAU Nathalie", "voix": 14_441,
             "inscrits": 78_686, "departement_insee": "92", "departement_nom": "Hauts-de-Seine"},
        ),
        (
            {"departement_ministere": "01", "code_circonscription": "01", "candidat_numero": 23},
            {"voix": 9_701, "departement_insee": "01"},
        ),
        (
            {"departement_ministere": "ZA", "code_circonscription": "01", "candidat_numero": 1},
            {"voix": 1_137, "departement_insee": "971"},
        ),
        (
            {"departement_ministere": "ZX", "code_circonscription": "01", "candidat_numero": 23},
            {"voix": 889, "departement_insee": None},
        ),
    ),
)  # fmt: skip
VOTES_OF_LISTS = {1: 36_184, 5: 216_172, 23: 95_927, 30: 115_531}

_COMMUNES = Side(36, 3, filled={"geometry": 36})
COMMUNES = Expected(
    read=36,
    rejected=0,
    voided=0,
    public=_COMMUNES,
    restricted=_COMMUNES,
    cells=(({"insee_commune": "92040"}, {"commune_nom": "Issy-les-Moulineaux"}),),
)
ISSY_BOUNDS = (2.23611, 48.81331, 2.2894, 48.83466)
OUTLINE_POINTS = 1_073

EXPECTED = {
    "accessibility.places": PLACES,
    "elections.european_results": EUROPEAN_RESULTS,
    "energy.power_readings": POWER_READINGS,
    "mobility.parkings": PARKINGS,
    "mobility.stations": STATIONS,
    "territory.communes": COMMUNES,
}
