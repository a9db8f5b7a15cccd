"""Joined tables: what each audience's releases of three datasets become in one schema, and what never does."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
from town import PARKS, ROOT, Town, served

from contracts.connection import connection_from
from contracts.dataset import Dataset
from contracts.errors import ContractInvalid, SourceUnavailable
from contracts.library import dataset_at, library_at
from pipeline import joining
from pipeline.auditing import audited
from pipeline.extract import extract
from pipeline.house import House, house_from
from pipeline.journey import Trip, travel
from pipeline.publisher import publish_handed, publisher_from
from pipeline.search import searched
from pipeline.withdrawing import Wish, withdrawn

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
OUTLINE = "POLYGON ((2.2700 48.8200, 2.2712 48.8200, 2.2712 48.8208, 2.2706 48.8203, 2.2700 48.8208, 2.2700 48.8200))"
HALLS = (
    f"code;nom;etat;contour\nh:1;Halle;ouvert;{OUTLINE}\nh%2;Chaix clos;ferme;POINT (2.2811111 48.8222222)\n"
)
DEPOTS = "code;nom;x;y\nd1;Réserve Obélisque;2.2633333;48.8133333\n"
FIELD: dict[str, Any] = {"public": True}


def part(name: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    about = {**PARKS["about"], "title": {"fr": name}}
    return {
        **PARKS, "about": about, "source": {**PARKS["source"], "path": f"{name}.csv"}, "model": "place",
        "key": ["id_local"], "fields": fields, **more,
    }  # fmt: skip


PARTS = {
    "mobility.parks": part(
        "parks",
        {"id_local": {"from": "id", **FIELD}, "nom": FIELD, "capacite": {"from": "places", **FIELD},
         "telephone": {"from": "tel", "hidden_because": "CRPA L311-6"}, "longitude": {"from": "x", **FIELD},
         "latitude": {"from": "y", **FIELD}},
        constants={"categorie": "Parc", "insee_commune": "92040", "date_maj": None, "gratuit": True},
    ),
    "culture.halls": part(
        "halls",
        {"id_local": {"from": "code", **FIELD}, "nom": FIELD,
         "etat": {**FIELD, "about": "État."}, "geometry": {"from": "contour", "written_as": "wkt", "public": "grid_1km"}},
        constants={"categorie": "Halle", "insee_commune": "92040", "date_maj": "2026-01-02"},
        public_rows=[{"field": "etat", "equals": "ouvert"}],
    ),
    "security.depots": part(
        "depots",
        {"id_local": {"from": "code"}, "nom": {}, "longitude": {"from": "x"}, "latitude": {"from": "y"}},
        constants={"categorie": "Entrepôt Mystère", "insee_commune": "92040", "date_maj": None},
        audiences=["restricted"], hidden_because="CRPA L311-5",
    ),
}  # fmt: skip
HUB = {
    "about": {**PARKS["about"], "title": {"fr": "Lieux"}}, "source": {"kind": "releases", "model": "place"},
    "format": {"type": "parquet"}, "key": ["id"], "quality": {"shrink": 1},
    "fields": {
        "id": {**FIELD, "about": "Identifiant stable."}, "dataset_id": FIELD, "licence": FIELD, "nom": FIELD,
        "categorie": FIELD, "capacite": FIELD, "gratuit": FIELD, "date_maj": FIELD, "longitude": FIELD,
        "latitude": FIELD, "telephone": {**FIELD, "basis": "Téléphones d'accueil."},
    },
    "audiences": ["restricted", "public"],
}  # fmt: skip
# Values that the public may see nowhere: a hidden column, a hidden row, a position that is shown to 1 km, and
# all of a dataset for agents.
HIDDEN = {
    "tel": "0102030405", "row": "Chaix clos", "row's position": "48.8222222", "corner": "48.8203",
    "depot": "Réserve Obélisque", "depot's position": "48.8133333", "constant": "Entrepôt Mystère",
}  # fmt: skip


def written(town: Town, dataset_id: str, contract: dict[str, Any]) -> None:
    theme, name = dataset_id.split(".")
    path = town.folder / "config" / "datasets" / theme / f"{name}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(contract, ensure_ascii=False, indent=1), encoding="utf-8")  # YAML too


def city_in(town: Town) -> None:
    shutil.copyfile(ROOT / "config" / "vocabulary.yml", town.folder / "config" / "vocabulary.yml")
    for dataset_id, contract in {**PARTS, "hub.places": HUB}.items():
        written(town, dataset_id, contract)
    town.source("id;nom;places;tel;x;y\np1;Gare;120;0102030405;2.26;48.82\np2;Église;80;;2.27;48.83\n")
    town.source(HALLS, "halls.csv")
    town.source(DEPOTS, "depots.csv")


def house_of(town: Town) -> House:
    variables = town.environment
    return house_from(variables, connection=lambda of: connection_from(variables, of), clock=lambda: NOW)


def ran(town: Town, dataset_id: str, attempt: str, **trip: Any) -> str:
    publisher = publisher_from(town.environment, clock=lambda: NOW)
    ended = travel(
        dataset_at(town.folder / "config", dataset_id), house_of(town), Trip(batch_id=attempt, **trip),
        lambda of, handed: publish_handed(publisher, of, handed),
    )  # fmt: skip
    assert ended.state != "refused", ended.sentence
    return ended.state


def rows(town: Town, store: str, name: str = "places") -> dict[str, dict[str, str]]:
    path = town.folder / store / "hub" / name / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Three datasets and the table that is joined of them, all released."""
    with served(tmp_path_factory.mktemp("joined")) as town:
        city_in(town)
        with pytest.raises(SourceUnavailable, match="no dataset that it is joined of has a release"):
            extract(dataset_at(town.folder / "config", "hub.places"), house_of(town), batch_id="zero")
        for dataset_id in (*PARTS, "hub.places"):
            assert ran(town, dataset_id, "one") == "released"
        yield town


def test_each_audience_has_the_places_of_its_own_releases(city: Town) -> None:
    parks = {"mobility.parks:p1", "mobility.parks:p2"}
    assert rows(city, "public").keys() == parks | {"culture.halls:h%3A1"}
    assert rows(city, "restricted").keys() == (
        parks | {"culture.halls:h%3A1", "culture.halls:h%252", "security.depots:d1"}
    )


def test_columns_come_by_term_constants_fill_the_rest_and_a_hidden_one_is_empty(city: Town) -> None:
    shown = rows(city, "public")["mobility.parks:p1"]
    assert {name: shown[name] for name in ("nom", "categorie", "capacite", "gratuit", "date_maj", "telephone")} == {
        "nom": "Gare", "categorie": "Parc", "capacite": "120", "gratuit": "true", "date_maj": "", "telephone": "",
    }  # fmt: skip
    assert (shown["dataset_id"], shown["licence"]) == ("mobility.parks", "etalab-2.0")
    assert rows(city, "restricted")["mobility.parks:p1"]["telephone"] == "0102030405"
    assert rows(city, "public")["culture.halls:h%3A1"]["date_maj"] == "2026-01-02"


def test_a_shape_is_a_point_on_it_and_one_that_the_public_sees_to_1_km_is_that_square(city: Town) -> None:
    whole = rows(city, "restricted")["culture.halls:h%3A1"]
    place = shapely.Point(float(whole["longitude"]), float(whole["latitude"]))
    assert shapely.from_wkt(OUTLINE).covers(place)
    coarse = rows(city, "public")["culture.halls:h%3A1"]
    assert (coarse["longitude"], coarse["latitude"]) != (whole["longitude"], whole["latitude"])


def test_what_a_part_hides_or_coarsens_is_in_no_byte_of_the_public_store(city: Town) -> None:
    house = house_of(city)
    found = searched(house.public, HIDDEN, house.scratch, lambda done, total, at: None)
    assert (found.leaks, found.unread) == ((), ())
    assert any("hub/places" in path for path in city.published("public"))
    known = searched(house.restricted, HIDDEN, house.scratch, lambda done, total, at: None, prefix="hub/")
    assert {leak.needle for leak in known.leaks} >= HIDDEN.keys() - {"corner"}


def test_the_column_that_keeps_the_sides_apart_is_in_neither_release(city: Town) -> None:
    for store in ("public", "restricted"):
        assert "audience" not in next(iter(rows(city, store).values()))


def test_the_same_releases_are_nothing_new_and_give_the_same_bytes(city: Town) -> None:
    before = city.published("public")
    assert ran(city, "hub.places", "again") == "nothing_new"
    assert city.published("public") == before
    assert ran(city, "hub.places", "forced", force=True) == "unchanged"


def test_a_part_that_was_withdrawn_leaves_the_public_table_at_the_next_run(city: Town) -> None:
    house = house_of(city)
    pointer = json.loads((city.folder / "public" / "mobility" / "parks" / "current.json").read_text())
    wish = Wish(
        dataset_id="mobility.parks", release_id=pointer["release_id"], reason="Essai.", audience="public",
        leave_nothing=True,
    )  # fmt: skip
    withdrawn(house, wish)
    assert ran(city, "hub.places", "after") == "released"
    assert rows(city, "public").keys() == {"culture.halls:h%3A1"}
    assert len(rows(city, "restricted")) == 5


def hub_faults(town: Town, changes: dict[str, Any]) -> str:
    written(town, "hub.places", {**HUB, **changes})
    try:
        dataset_at(town.folder / "config", "hub.places")
    except ContractInvalid as error:
        return str(error)
    return ""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with served(tmp_path) as town:
        city_in(town)
        yield town


def test_the_audit_tells_what_a_joined_table_would_show_of_a_part(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the one line spoilt that keeps the sides apart, so that it is known that the audit would see it."""
    honest = joining._shown

    def spoilt(part: Dataset, house: House) -> Iterator[Any]:
        for _, one, manifest in honest(part, house):
            if manifest.audience == "restricted":
                yield "public", one, manifest
                yield "restricted", one, manifest

    for dataset_id in ("mobility.parks", "culture.halls"):
        ran(town, dataset_id, "one")
    library = library_at(town.folder / "config")
    parks = [library.dataset("mobility.parks")]
    ran(town, "hub.places", "one")
    assert audited(house_of(town), parks).leaks == ()
    monkeypatch.setattr(joining, "_shown", spoilt)
    ran(town, "hub.places", "two", force=True)
    leaks = audited(house_of(town), parks).leaks
    assert {(leak.dataset_id, leak.field) for leak in leaks} == {("mobility.parks", "telephone")}
    assert all("hub/places" in leak.place for leak in leaks)


def test_the_licence_is_the_strictest_of_the_parts_that_the_public_gets(town: Town) -> None:
    halls = PARTS["culture.halls"]
    written(town, "culture.halls", {**halls, "about": {**halls["about"], "licence": "odc-odbl"}})
    assert dataset_at(town.folder / "config", "hub.places").about.licence == "odc-odbl"
    told = hub_faults(town, {"about": {**HUB["about"], "licence": "etalab-2.0"}})
    assert (
        "about.licence: etalab-2.0 is freer than odc-odbl, which culture.halls asks for. Write odc-odbl"
        in told
    )
    parks = PARTS["mobility.parks"]
    written(town, "mobility.parks", {**parks, "about": {**parks["about"], "licence": "cc-by-4.0"}})
    assert "cc-by-4.0 and odc-odbl, which exclude each other" in hub_faults(town, {})
    without = {"kind": "releases", "model": "place", "without": ["culture.halls"]}
    assert hub_faults(town, {"source": without}) == ""
    assert dataset_at(town.folder / "config", "hub.places").about.licence == "cc-by-4.0"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"source": {"kind": "releases", "model": "plaice"}}, "source.model: 'plaice' is not a model of the vocabulary. Did you mean \"place\"?"),
        ({"source": {"kind": "releases", "model": "ledger"}}, "no sound contract declares `model: ledger`"),
        ({"source": {"kind": "releases", "modle": "place"}}, 'source.modle: is not a key of this place. Did you mean "model"?'),
        ({"source": {"kind": "releases", "model": "place", "connection": "portal"}}, "source.connection: releases are read from the stores"),
        ({"source": {"kind": "releases", "model": "place", "without": ["culture.hall"]}}, 'there is no dataset \'culture.hall\'. Did you mean "culture.halls"?'),
        ({"fields": {**HUB["fields"], "numero_interne": {**FIELD, "about": "x"}}}, "'numero_interne' is neither a term of the vocabulary nor id, dataset_id, licence"),
        ({"fields": {**HUB["fields"], "audience": {**FIELD, "about": "x"}}}, "fields.audience: is a joined table's own"),
        ({"key": ["nom"]}, "a joined table is told apart by 'id'"),
    ],
)  # fmt: skip
def test_a_contract_that_cannot_be_joined_is_told(town: Town, changes: dict[str, Any], sentence: str) -> None:
    assert sentence in hub_faults(town, changes)


def test_a_source_of_another_kind_still_needs_its_connection(town: Town) -> None:
    written(
        town, "mobility.parks", {**PARTS["mobility.parks"], "source": {"kind": "http_file", "path": "p.csv"}}
    )
    (fault,) = library_at(town.folder / "config").faults["mobility.parks"]
    assert str(fault).endswith("source.connection: is missing. Add it.")


def test_what_was_waived_on_a_part_is_waived_on_its_column_of_the_joined_table(town: Town) -> None:
    waiver = {
        "field": "nom",
        "rule": "person_name",
        "because": "Noms de commerces publics.",
        "approved_by": "DPO",
    }
    written(town, "mobility.parks", {**PARTS["mobility.parks"], "privacy": {"waives": [waiver]}})
    (found,) = dataset_at(town.folder / "config", "hub.places").privacy.waives
    assert (found.field, found.rule, found.approved_by) == ("nom", "person_name", "DPO")
    assert found.because == "mobility.parks : Noms de commerces publics."
