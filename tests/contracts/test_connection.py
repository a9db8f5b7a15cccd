"""A connection is read from the environment as Airflow reads it."""

import pytest

from contracts.connection import connection_from, connection_of
from contracts.errors import SourceUnavailable

PLAIN = {"host": None, "scheme": None, "port": None, "login": None, "password": None, "extra": {}}


@pytest.mark.parametrize(
    ("written", "url", "login"),
    [
        (
            '{"conn_type": "http", "host": "https://data.example.org/exports/", "login": "city"}',
            "https://data.example.org/exports",
            "city",
        ),
        (
            '{"conn_type": "http", "host": "data.example.org", "port": 8080}',
            "http://data.example.org:8080",
            None,
        ),
        (
            '{"conn_type": "http", "host": "data.example.org", "schema": "https"}',
            "https://data.example.org",
            None,
        ),
        (
            '{"conn_type": "http", "host": "http://data.example.org:81", "port": 82}',
            "http://data.example.org:81",
            None,
        ),
        ("https://city:p%40ss@data.example.org:8443/", "https://data.example.org:8443", "city"),
        ('{"conn_type": "fs", "extra": {"path": "/srv/depot"}}', "", None),
        (
            '{"conn_type": "postgres", "host": "db.example.org", "port": 5433, "schema": "rues", "login": "lecteur"}',
            "postgresql://db.example.org:5433/rues",
            "lecteur",
        ),
        ('{"conn_type": "mysql", "schema": "état civil"}', "mysql://localhost/%C3%A9tat%20civil", None),
        ('{"conn_type": "generic", "host": "mssql://db", "schema": "rh"}', "mssql://db/rh", None),
        (
            '{"conn_type": "sftp", "host": "depot.example.org", "port": 2222}',
            "sftp://depot.example.org:2222",
            None,
        ),
        ('{"conn_type": "aws", "host": "city/depot/"}', "s3://city/depot", None),
        (
            "postgresql://u:p@db.example.org:5432/rues?sslmode=require",
            "postgresql://db.example.org:5432/rues",
            "u",
        ),
        ("mariadb://u@db/rues", "mysql://db/rues", "u"),
    ],
)
def test_json_and_uri_give_address_and_login(written: str, url: str, login: str | None) -> None:
    found = connection_from({"AIRFLOW_CONN_PORTAL": written}, "portal")
    assert (found.url, found.login) == (url, login)


def test_a_password_is_decoded_and_never_shown() -> None:
    found = connection_from({"AIRFLOW_CONN_PORTAL": "https://city:p%40ss@data.example.org"}, "portal")
    assert found.password is not None
    assert found.password.get_secret_value() == "p@ss"
    assert "p@ss" not in repr(found)


def test_extra_may_be_json_inside_json_and_is_never_shown() -> None:
    found = connection_from({"AIRFLOW_CONN_PORTAL": '{"extra": "{\\"token\\": \\"t0k3n\\"}"}'}, "portal")
    assert found.extra == {"token": "t0k3n"}
    assert "t0k3n" not in repr(found)


def test_the_query_of_a_database_uri_is_its_extra() -> None:
    found = connection_from(
        {"AIRFLOW_CONN_RUES": "postgres://u@db/rues?sslmode=verify-full&ca_file=%2Fca"}, "rues"
    )
    assert found.extra == {"sslmode": "verify-full", "ca_file": "/ca"}


def test_an_address_without_a_scheme_is_https() -> None:
    assert connection_of("portal", **{**PLAIN, "host": "data.example.org"}).url == "https://data.example.org"


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "connection portal: is not defined. Set AIRFLOW_CONN_PORTAL"),
        ({"AIRFLOW_CONN_PORTAL": "  "}, "is not defined"),
        ({"AIRFLOW_CONN_PORTAL": '{"host": '}, "connection portal: cannot be read"),
        ({"AIRFLOW_CONN_PORTAL": '{"port": "eighty"}'}, "cannot be read"),
        ({"AIRFLOW_CONN_PORTAL": "http://[::1"}, "cannot be read"),
    ],
)
def test_what_cannot_be_read_says_how_to_write_it(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(SourceUnavailable) as refusal:
        connection_from(environment, "portal")
    assert sentence in str(refusal.value)
