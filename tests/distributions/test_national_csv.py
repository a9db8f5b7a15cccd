"""The public CSV of a dataset with a national schema: its headers, order, delimiter, spellings and notes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.national import schema_of


def schema(*fields: dict[str, Any], delimiter: str = ",", **more: Any) -> Any:
    import json

    return schema_of("ville/parcs@1.0", json.dumps({"fields": fields, **more}).encode(), delimiter)


def test_the_csv_has_the_schemas_headers_order_and_delimiter(release: Any) -> None:
    national = schema({"name": "nom"}, {"name": "id"}, {"name": "info"}, delimiter=";")
    made = release(
        {"id": "string", "nom": "string", "ligne": "integer"}, [("a", "x;y", 1)], national=national
    )
    assert made.file("csv").read_bytes() == b'nom;id;info\r\n"x;y";a;\r\n'
    assert made.written.notes == (
        "Colonnes de ville/parcs@1.0 sans valeur dans le CSV : info.",
        "Absentes du CSV, qui suit ville/parcs@1.0 : ligne.",
    )


def test_what_the_csv_leaves_out_still_makes_another_release(release: Any) -> None:
    types, national = {"id": "string", "ligne": "integer"}, schema({"name": "id"})
    one = release(types, [("a", 1)], national=national)
    csv = one.file("csv").read_bytes()
    other = release(types, [("a", 2)], national=national)
    assert other.file("csv").read_bytes() == csv
    assert other.written.content_sha256 != one.written.content_sha256
    assert release(types, [("a", 2)]).written.content_sha256 == other.written.content_sha256


@pytest.mark.parametrize(
    ("kind", "cell", "field", "written"),
    [
        ("boolean", True, {"type": "boolean"}, "true"),
        ("boolean", True, {"type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]}, "oui"),
        ("boolean", False, {"type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]}, "non"),
        ("boolean", None, {"type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]}, ""),
        ("date", date(2024, 2, 1), {"type": "date"}, "2024-02-01"),
        ("date", date(2024, 2, 1), {"type": "date", "format": "%d/%m/%Y"}, "01/02/2024"),
        ("decimal(8,2)", Decimal("1.5"), {"type": "number", "decimalChar": ","}, "1,50"),
        ("geometry", "POINT (2.1 48.8)", {"type": "geopoint"}, "2.1,48.8"),
        ("geometry", "POINT (2.1 48.8)", {"type": "geopoint", "format": "array"}, "[2.1,48.8]"),
        ("geometry", "POINT (2.1 48.8)", {"type": "string"}, "POINT (2.1 48.8)"),
    ],
)  # fmt: skip
def test_a_cell_is_spelled_as_the_schema_has_it(
    release: Any, kind: str, cell: Any, field: dict[str, Any], written: str
) -> None:
    national = schema({"name": "id"}, {"name": "cell", **field}, delimiter=";")
    made = release({"id": "string", "cell": kind}, [("a", cell)], national=national)
    assert made.file("csv").read_text().splitlines()[1] == f"a;{written}"
    assert made.written.notes == ()


def test_departures_are_counted_in_the_rows_that_readers_see(release: Any) -> None:
    national = schema(
        {"name": "id"},
        {"name": "n", "type": "integer", "constraints": {"required": True, "minimum": 0, "maximum": 9}},
        {"name": "code", "constraints": {"pattern": r"^\d{5}$"}},
        {"name": "mot", "constraints": {"enum": ["a", "l'un"], "maxLength": 4}},
        {"name": "autre", "constraints": {"pattern": "(?!x).*"}},  # RE2 cannot run it
        primaryKey="code",
    )
    types = {"id": "string", "n": "integer", "code": "string", "mot": "string", "autre": "string"}
    rows = [("1", None, "12345", "a", "x"), ("2", 10, "1234", "b", "y"), ("3", -1, "12345", "longue", "z")]
    assert release(types, rows, national=national).written.notes == (
        "Écarts du CSV à ville/parcs@1.0 : n vide (1), n hors des bornes (2), code hors du motif (1), "
        "mot hors de la liste (2), mot de longueur inattendue (1), code en double (1).",
    )
