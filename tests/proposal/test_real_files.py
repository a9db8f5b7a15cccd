"""The real files of a city: each gives a contract that reads all of it, or one clear sentence why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import SourceChanged

FAMILIES = (
    "01-waste",
    "02-parking",
    "03-elections",
    "06-iot-energy",
    "07-mobility",
    "08-accessibility",
    "09-territory",
)
TWINS = ("1.4__", "acceslibre_exemple_", "acceslibre_schema_heb", "without-", "locales")  # as others here
BLOCKS = "needs a `reshape:`|already in column"  # results with a block of columns for each candidate
REFUSED = {
    "europeennes2019_par_circonscription.xlsx": BLOCKS, "legislatives2022_t1_cirlg.xlsx": BLOCKS,
    "presidentielle2017_t2.xls": BLOCKS, "presidentielle2022_bureaux_vote_06_44.xlsx": BLOCKS,
}  # fmt: skip
KEYS = {
    "bnls_france.csv": ("id",), "idfm_emplacement_gares_idf.csv": ("gares_id",),
    "rte_eco2mix_en_cours_tr_2016.xls.tsv": ("date", "heures"), "paris_compteurs_velo_totaux_2021.csv": ("compteur",),
    "offstreet_bielefeld_wkt.csv": ("gid",),
}  # fmt: skip


def test_every_csv_and_workbook_gives_a_contract_or_a_sentence(shared_data: Path, proposed):
    files = [
        path for family in FAMILIES for path in sorted((shared_data / family).rglob("*"))
        if path.suffix in (".csv", ".tsv", ".xlsx", ".xls") and not path.name.startswith(TWINS)
    ]  # fmt: skip
    assert len(files) > 15
    for path in files:
        if path.name in REFUSED:
            with pytest.raises(SourceChanged, match=REFUSED[path.name]):
                proposed(path)
            continue
        made = proposed(path)
        if path.name not in KEYS:
            continue
        counts = made.run()
        assert (counts.rows_rejected, counts.rows_with_misfits) == (0, 0), path.name
        assert made.dataset.key == KEYS[path.name]


def test_the_car_parks_are_read_as_the_national_schema_says(shared_data: Path, proposed):
    made = proposed(shared_data / "02-parking" / "bnls_france.csv", public=True)
    assert "30 champs sur 30 de etalab/schema-stationnement@0.1.5" in made.text
    kinds = {name: (field.term or field.type) for name, field in made.dataset.fields.items()}
    assert kinds | {
        "insee": "insee_commune", "num_siret": "siret", "hauteur_max": "hauteur_max_cm", "Xlong": "longitude",
        "Ylat": "latitude", "gratuit": "gratuit", "tarif_1h": "decimal(14,2)", "type_usagers": "enum",
    } == kinds  # fmt: skip
    assert made.field("hauteur_max").empty == ("N/A",)
    assert made.field("info").hidden_because  # an operator's telephone in one of 388 remarks
    assert made.run().rows_kept == 799


def test_the_grid_operator_s_file_has_all_its_habits_declared(shared_data: Path, proposed):
    form = proposed(shared_data / "06-iot-energy" / "rte_eco2mix_en_cours_tr_2016.xls.tsv").dataset.format
    assert (form.delimiter, form.encoding, form.trailing_delimiter) == ("\t", "cp1252", True)
    assert form.skip_bottom[0].startswith("RTE ne pourra")


def test_the_waste_containers_have_no_key_and_that_is_said(shared_data: Path, proposed):
    made = proposed(shared_data / "01-waste" / "nantes_conteneurs_pav.json")
    assert made.proposal.rows == 2278
    assert made.proposal.twins >= 686  # rows that are exact copies of another
    assert "Pas de clé" in made.text


def test_stations_are_placed_by_their_own_system(shared_data: Path, proposed):
    made = proposed(shared_data / "07-mobility" / "idfm_emplacement_gares_idf.csv")
    assert made.field("geo_point").written_as == "lat_lon"
    assert "EPSG:2154" in made.comments("x")
    assert made.field("gares_id").drop_suffix == ".0"


def test_polygons_in_a_german_system(shared_data: Path, proposed):
    made = proposed(shared_data / "02-parking" / "onstreet_esslingen_epsg25832.geojson")
    assert made.field("geometry").crs == "EPSG:25832"
    assert "244/250 valeurs" in made.comments("geometry")
    assert made.run().rows_with_misfits == 6  # polygons without coordinates
