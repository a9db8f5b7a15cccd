"""What stands after `--from`: kinds, addresses and files; no secret ever among the options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.registry import UnknownKind
from contracts.errors import ContractInvalid, SourceUnavailable
from proposal.address import AddressUnclear, reached


def test_a_web_address_alone_is_a_file_of_the_web():
    found = reached("https://data.example.org:8443/exports/parcs.csv?annee=2024&mois=1&mois=2", None, {}, {})
    assert found.source == {
        "kind": "http_file", "connection": "data_example_org_8443", "path": "exports/parcs.csv",
        "query": {"annee": "2024", "mois": ["1", "2"]},
    }  # fmt: skip
    assert found.connection.url == "https://data.example.org:8443"
    assert found.is_new


def test_a_path_alone_is_a_file_that_was_dropped(tmp_path: Path):
    (tmp_path / "Parcs [2024].csv").write_text("id\n1\n")
    found = reached(str(tmp_path / "Parcs [2024].csv"), None, {}, {})
    assert found.kind == "drop_folder"
    assert found.options == {"pattern": "Parcs [[]2024].csv"}
    assert found.connection.extra == {"path": str(tmp_path)}


@pytest.mark.parametrize(
    ("address", "query", "login"),
    [
        ("https://u:s3cret@x.org/a.csv", None, "u"), ("https://x.org/a.csv?apikey=s3cret&n=1", "apikey", None),
        ("https://x.org/a.csv?access_token=s3cret", "access_token", None),
    ],
)  # fmt: skip
def test_a_secret_goes_to_the_connection_and_is_never_told(
    address: str, query: str | None, login: str | None
):
    found = reached(address, None, {}, {})
    assert found.connection.password is not None
    assert found.connection.password.get_secret_value() == "s3cret"
    assert (found.connection.extra.get("query"), found.connection.login) == (query, login)
    assert "s3cret" not in f"{found} {found.source}"


def test_a_connection_that_is_defined_is_used_with_its_base_path_and_its_secret():
    variables = {
        "AIRFLOW_CONN_PORTAL": json.dumps({"conn_type": "http", "host": "https://x.org/api", "password": "p"})
    }
    found = reached("https://x.org/api/parcs.csv", "portal", {}, variables)
    assert found.source == {"kind": "http_file", "connection": "portal", "path": "parcs.csv"}
    assert not found.is_new
    assert reached("http_file:parcs.csv", "portal", {}, variables).options == {"path": "parcs.csv"}
    with pytest.raises(AddressUnclear, match="not below that of the connection portal"):
        reached("https://x.org.evil.net/api/parcs.csv", "portal", {}, variables)
    with pytest.raises(AddressUnclear, match="holds a secret"):
        reached("https://x.org/api/parcs.csv?token=abc", "portal", {}, variables)


def test_a_file_below_a_known_folder(tmp_path: Path):
    (tmp_path / "mairie" / "parcs").mkdir(parents=True)
    (tmp_path / "mairie" / "parcs" / "a.csv").write_text("id\n1\n")
    variables = {"AIRFLOW_CONN_DEPOT": json.dumps({"conn_type": "fs", "extra": {"path": str(tmp_path)}})}
    found = reached(str(tmp_path / "mairie" / "parcs" / "a.csv"), "depot", {}, variables)
    assert found.options == {"pattern": "a.csv", "folder": "mairie/parcs"}


def test_options_of_the_kind_are_added_and_checked():
    assert reached("https://x.org/a", None, {"accept": "text/csv"}, {}).options["accept"] == "text/csv"
    with pytest.raises(ContractInvalid, match="acept"):
        reached("https://x.org/a", None, {"acept": "text/csv"}, {})


@pytest.mark.parametrize(
    ("typed", "error", "met"),
    [
        ("parcs.csv", AddressUnclear, "names no file"), ("htp_file:https://x.org", UnknownKind, "http_file"),
        ("drop_folder:/nowhere/at/all.csv", AddressUnclear, "no file"),
        ("http_file:ftp://x.org/a.csv", AddressUnclear, "no http or https"),
        ("https://u:a@x.org/?token=b", AddressUnclear, "more than one secret"),
    ],
)  # fmt: skip
def test_what_names_no_source_is_answered_in_one_sentence(typed: str, error: type[Exception], met: str):
    with pytest.raises(error, match=met):
        reached(typed, None, {}, {})


def test_a_connection_that_is_not_defined_is_missed():
    with pytest.raises(SourceUnavailable, match="connection portal: is not defined"):
        reached("https://x.org/a.csv", "portal", {}, {})


@pytest.mark.parametrize(
    ("typed", "url", "options"),
    [
        ("opendatasoft:https://data.ville.fr/explore/dataset/arbres/table/?sort=id", "https://data.ville.fr", {"dataset": "arbres"}),
        ("opendatasoft:https://data.ville.fr/api/explore/v2.1/catalog/datasets/arbres/records", "https://data.ville.fr",
         {"dataset": "arbres"}),
        ("udata:https://www.data.gouv.fr/datasets/parcs/#/resources/0123abcd-0123-4567-89ab-0123456789ab",
         "https://www.data.gouv.fr", {"dataset": "parcs", "resource": "0123abcd-0123-4567-89ab-0123456789ab"}),
        ("ckan:https://ckan.org/portail/dataset/parcs/resource/abc-1", "https://ckan.org/portail", {"resource": "abc-1"}),
        ("arcgis:https://sig.ville.fr/arcgis/rest/services/A/FeatureServer/0?f=json", "https://sig.ville.fr",
         {"path": "arcgis/rest/services/A/FeatureServer/0"}),
        ("wfs:https://sig.fr/geoserver/wfs?service=WFS&request=GetFeature&typeNames=ville:arbres", "https://sig.fr",
         {"path": "geoserver/wfs", "type_name": "ville:arbres"}),
        ("ogc_features:https://sig.fr/api/collections/arbres/items?limit=10", "https://sig.fr",
         {"path": "api", "collection": "arbres"}),
        ("gtfs:https://t.fr/gtfs.zip", "https://t.fr", {"path": "gtfs.zip"}),
        ("gbfs:https://v.fr/gbfs/gbfs.json", "https://v.fr", {"path": "gbfs/gbfs.json"}),
    ],
)  # fmt: skip
def test_each_kind_knows_the_addresses_that_people_copy(typed: str, url: str, options: dict[str, str]):
    found = reached(typed, None, {}, {})
    assert (found.connection.url, found.options) == (url, options)


def test_a_word_alone_is_what_the_kind_is_asked_for():
    variables = {"AIRFLOW_CONN_RH": json.dumps({"conn_type": "postgres", "host": "db", "schema": "rh"})}
    assert reached("sql:voirie.rues", "rh", {}, variables).options == {"table": "voirie.rues"}
    with pytest.raises(SourceUnavailable, match="connection source: is not defined"):
        reached("sql:voirie.rues", None, {}, {})


def test_a_dataset_of_the_national_portal_alone_is_not_one_file():
    with pytest.raises(ContractInvalid, match="give either `resource` or `title`"):
        reached("udata:https://www.data.gouv.fr/fr/datasets/parcs-de-la-ville/", None, {}, {})
    found = reached("udata:https://www.data.gouv.fr/fr/datasets/parcs/", None, {"title": "*.csv"}, {})
    assert found.options == {"dataset": "parcs", "title": "*.csv"}
