"""Each cell has one documented outcome: a typed value, or a reason in French."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import shapely

Conformed = Callable[..., tuple[list[Any], dict[int, str]]]
EURO = {"type": "decimal(12,2)", "decimal_mark": ",", "thousands": " ", "drop_suffix": "€"}
PARIS = {"type": "instant", "zone": "Europe/Paris"}


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ({}, "  Mairie d’Issy\u00a0", "Mairie d’Issy"),
        ({}, "07001", "07001"),
        ({}, "NA", "NA"),
        ({}, "\u202f \t", None),
        ({}, "a\nb", "a\nb"),
        ({"empty": ["N/A", "ND"]}, "N/A", None),
        ({"empty": ["N/A"]}, "N/A.", "N/A."),
        ({"drop_suffix": ".0"}, "73604.0", "73604"),
        ({"drop_suffix": ".0"}, "73604", "73604"),
        ({"digits": 2}, "1", "01"),
        ({"digits": 2, "drop_suffix": ".0"}, "1.0", "01"),
        ({"digits": 5, "pattern": r"\d{5}"}, "1001", "01001"),
        ({"digits": 2}, "2A", "2A"),
        ({"digits": 2}, "123", "123"),
        ({"digits": 2, "type": "enum", "values": {"01": "Ain"}}, "1", "Ain"),
        ({"type": "integer", "values": {"MACRON": "1", "LE PEN": "2"}}, "LE PEN", 2),
        ({"fixed": "européennes"}, "7", "européennes"),
        ({"fixed": 2, "type": "integer"}, "7", 2),
        ({"fixed": "2019-05-26", "type": "date"}, None, date(2019, 5, 26)),
        ({"type": "integer"}, "007", 7),
        ({"type": "integer"}, "-5", -5),
        ({"type": "integer"}, "9223372036854775807", 9223372036854775807),
        ({"type": "integer", "thousands": " "}, "1\u202f234\u00a0567", 1234567),
        ({"type": "number"}, "12.5", 12.5),
        ({"type": "number"}, ".5", 0.5),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "number", "decimal_mark": ","}, "12,5", 12.5),
        (EURO, "1 234,50 €", Decimal("1234.50")),
        (EURO, "1\u202f234,50\u00a0€", Decimal("1234.50")),
        (EURO, "3,5000", Decimal("3.50")),
        (EURO, "-0,05", Decimal("-0.05")),
        ({**EURO, "thousands": "."}, "1.234.567,5", Decimal("1234567.50")),
        ({"type": "boolean"}, "TRUE", True),
        ({"type": "boolean", "words": {"true": ["1"], "false": ["0"]}}, "0", False),
        ({"type": "enum", "values": ["a", "b"]}, "b", "b"),
        ({"type": "enum", "values": {"v": "verre"}}, "v", "verre"),
        ({"type": "date"}, "2024-02-29", date(2024, 2, 29)),
        ({"type": "date", "format": "%d/%m/%Y"}, "1/2/2024", date(2024, 2, 1)),
        ({"type": "date", "format": "%d/%m/%Y"}, "31/12/1899", date(1899, 12, 31)),
        ({"type": "instant"}, "2020-02-06T16:46:56.213Z", datetime(2020, 2, 6, 16, 46, 56, 213000, UTC)),
        ({"type": "instant"}, "2020-02-06T16:46:56+02:00", datetime(2020, 2, 6, 14, 46, 56, 0, UTC)),
        (PARIS, "2024-06-01 12:00", datetime(2024, 6, 1, 10, 0, tzinfo=UTC)),
        (PARIS, "2024-12-01T12:00:30", datetime(2024, 12, 1, 11, 0, 30, tzinfo=UTC)),
        (PARIS | {"ambiguous": "earlier"}, "2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (PARIS | {"ambiguous": "later"}, "2026-10-25 02:30", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        (PARIS, "2026-10-25 01:59", datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
        (PARIS, "2026-10-25 03:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
        ({"type": "instant", "format": "epoch_ms"}, "1700000000123", datetime(2023, 11, 14, 22, 13, 20, 123000, UTC)),
        ({"type": "siren"}, "732 829 320", "732829320"),
        ({"type": "siret"}, "73282932000074", "73282932000074"),
        ({"type": "siret"}, "35600000049837", "35600000049837"),  # La Poste: digits add up to 45, a multiple of 5
        ({"pattern": r"([013-9]\d|2[AB1-9])\d{3}"}, "2A004", "2A004"),
        ({"max_length": 3}, "été", "été"),
        ({"type": "integer", "min": 1, "max": 3}, "3", 3),
    ],
)  # fmt: skip
def test_a_cell_that_fits_has_one_value(
    conformed: Conformed, field: dict[str, Any], cell: str, value: Any
) -> None:
    values, reasons = conformed(field, cell)
    assert (values, reasons) == ([value], {})


@pytest.mark.parametrize(
    ("field", "cell", "reason"),
    [
        ({"type": "number"}, "inf", "n'est pas un nombre"),
        ({"type": "number"}, "NaN", "n'est pas un nombre"),
        ({"type": "number"}, "1e400", "n'est pas un nombre"),
        ({"type": "number"}, "1 234,50 €", "n'est pas un nombre"),
        ({"type": "number"}, "0x1F", "n'est pas un nombre"),
        ({"type": "number", "decimal_mark": ","}, "1.234,5", "n'est pas un nombre"),
        ({"type": "integer"}, "9" * 300, "n'est pas un nombre entier"),
        ({"type": "integer"}, "9223372036854775808", "n'est pas un nombre entier"),
        ({"type": "integer"}, "3.0", "n'est pas un nombre entier"),
        ({"type": "integer"}, "1e3", "n'est pas un nombre entier"),
        ({"type": "integer", "thousands": " "}, "12 34", "n'est pas un nombre entier"),
        (EURO, "1234,567", "10 chiffres et 2 décimales au plus"),
        (EURO, "1.234", "10 chiffres et 2 décimales au plus"),
        (EURO, "12345678901,00", "10 chiffres et 2 décimales au plus"),
        ({"type": "boolean"}, "vrai", "ni vrai (true) ni faux (false)"),
        ({"type": "enum", "values": ["a", "b"]}, "A", "valeur hors de la liste : a, b"),
        ({"type": "date"}, "0000-00-00", "n'est pas une date (attendu : aaaa-mm-jj)"),
        ({"type": "date"}, "2023-02-29", "n'est pas une date"),
        ({"type": "date", "format": "%d/%m/%Y"}, "31/02/2024", "n'est pas une date (attendu : jj/mm/aaaa)"),
        ({"type": "date", "format": "%d/%m/%Y"}, "01/02/24", "n'est pas une date"),
        ({"type": "date", "format": "%d/%m/%Y"}, "01/02/2024 10:00", "n'est pas une date"),
        ({"type": "instant"}, "2020-02-06 16:46:56", "n'est pas un instant"),
        (PARIS, "2026-03-29 02:30", "n'est pas un instant qui existe une seule fois"),
        (PARIS, "2026-10-25 02:30", "n'est pas un instant qui existe une seule fois"),
        ({"type": "siren"}, "732829321", "n'est pas un SIREN"),
        ({"type": "siret"}, "7328293200007", "n'est pas un SIRET"),
        ({"type": "siret"}, "73282932000075", "n'est pas un SIRET"),
        ({"pattern": "a+"}, "ba", "n'a pas la forme attendue"),
        ({"pattern": "a+"}, "ab", "n'a pas la forme attendue"),
        ({"max_length": 3}, "étés", "dépasse 3 caractères"),
        ({"type": "integer", "min": 1}, "0", "est inférieur à 1"),
        ({"type": "decimal(4,1)", "max": 10}, "10.1", "est supérieur à 10"),
    ],
)  # fmt: skip
def test_a_cell_that_does_not_fit_is_voided_with_its_line_and_reason(
    conformed: Conformed, field: dict[str, Any], cell: str, reason: str
) -> None:
    values, reasons = conformed(field, cell)
    assert values == [None]
    assert reason in reasons[2]


@pytest.mark.parametrize(
    ("field", "cell", "longitude", "latitude"),
    [
        # Mairie d'Issy, worked out with two independent tools (domain.md, Mobility)
        ({"from": ["x", "y"], "crs": "EPSG:2154"}, ("646627.825", "6858472.747"), 2.2730415, 48.8241050),
        ({"from": ["x", "y"], "crs": "EPSG:25832"}, ("522499.344", "5398863.330"), 9.3060346, 48.7423811),
        ({"from": ["x", "y"], "decimal_mark": ","}, ("2,25", "48,8"), 2.25, 48.8),
        ({"written_as": "lat_lon"}, "48.8, 2.25", 2.25, 48.8),
        ({"written_as": "wkt"}, "SRID=4326;POINT (2.25 48.8)", 2.25, 48.8),
        ({"written_as": "wkt"}, "POINT Z (2.25 48.8 35)", 2.25, 48.8),
        ({"written_as": "geojson"}, '{"type": "Point", "coordinates": [2.25, 48.8]}', 2.25, 48.8),
    ],
)
def test_a_position_ends_as_longitude_and_latitude(
    conformed: Conformed, field: dict[str, Any], cell: Any, longitude: float, latitude: float
) -> None:
    values, reasons = conformed({"type": "geometry", **field}, cell)
    point = shapely.from_wkb(values[0])
    assert reasons == {}
    assert (point.x, point.y) == (pytest.approx(longitude, abs=5e-8), pytest.approx(latitude, abs=5e-8))


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ({"from": ["x", "y"], "crs": "EPSG:2154"}, ("6858472.747", "646627.825")),  # swapped
        ({"from": ["x", "y"], "crs": "EPSG:2154"}, ("2.27", "48.82")),  # already degrees
        ({"from": ["x", "y"]}, ("2.27", None)),
        ({"from": ["x", "y"]}, ("inf", "48")),
        ({"written_as": "lat_lon"}, "91,2"),
        ({"written_as": "lat_lon"}, "48.8"),
        ({"written_as": "lat_lon"}, "48,8,2,2"),
        ({"written_as": "wkt"}, "SRID=2154;POINT (2.25 48.8)"),
        ({"written_as": "wkt"}, "POINT EMPTY"),
        ({"written_as": "wkt"}, "POINT (2.25"),
        ({"written_as": "geojson"}, '{"type": "Nothing"}'),
        ({"written_as": "geojson"}, "{"),
    ],
)
def test_what_is_no_position_is_a_misfit(conformed: Conformed, field: dict[str, Any], cell: Any) -> None:
    values, reasons = conformed({"type": "geometry", **field}, cell)
    assert values == [None]
    assert list(reasons) == [2]


def test_a_polygon_is_reprojected_vertex_by_vertex(conformed: Conformed) -> None:
    square = "POLYGON ((646627.825 6858472.747, 646727.825 6858472.747, 646727.825 6858572.747, 646627.825 6858472.747))"
    values, _ = conformed({"type": "geometry", "written_as": "wkt", "crs": "EPSG:2154"}, square)
    assert shapely.from_wkb(values[0]).exterior.coords[0] == pytest.approx((2.2730415, 48.8241050), abs=5e-8)


def test_date_and_time_in_two_columns_make_one_instant(conformed: Conformed) -> None:
    field = {
        "type": "instant",
        "from": ["Date", "Heures"],
        "zone": "Europe/Paris",
        "format": "%Y-%m-%d %H:%M",
    }
    values, _ = conformed(field, ("2016-06-01", "00:15"))
    assert values == [datetime(2016, 5, 31, 22, 15, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ({"type": "integer", "thousands": "."}, "1.234.56"),
        ({"type": "number", "thousands": ".", "decimal_mark": ","}, "1.234.5"),
        ({"type": "number", "thousands": ","}, "1,234.5,6"),
        ({"type": "date"}, "0000-01-01"),
        ({"type": "date", "format": "%Y%m%d"}, "2024112"),
        ({"type": "instant"}, "2024-01-01T00:00:00+25:00"),
        ({"type": "instant"}, "2024-01-01T00:00:00+02:99"),
        (PARIS, "0001-01-01T00:00"),
        ({"type": "instant", "format": "epoch_s"}, "99999999999999"),
        ({"type": "instant", "format": "epoch_ms"}, "-99999999999999"),
        ({"type": "geometry", "written_as": "wkt"}, "CIRCULARSTRING(0 40, 1 41, 2 40)"),
        ({"type": "geometry", "written_as": "wkt"}, "GEOMETRYCOLLECTION(COMPOUNDCURVE((0 40, 1 41)))"),
        ({"type": "geometry", "written_as": "wkt"}, "LINESTRING(0 40, NaN 41)"),
        ({"type": "geometry", "from": ["x", "y"]}, ("2 3", "48")),
        ({"type": "geometry", "from": ["x", "y"]}, ("2 3", None)),
        ({"type": "geometry", "from": ["x", "y"]}, (None, "2 3")),
    ],
)
def test_what_could_be_read_in_two_ways_or_not_be_held_is_a_misfit(
    conformed: Conformed, field: dict[str, Any], cell: Any
) -> None:
    values, reasons = conformed(field, cell)
    assert values == [None]
    assert 2 in reasons


def test_an_empty_cell_among_joined_ones_takes_no_other_along(conformed: Conformed) -> None:
    assert conformed({"from": ["no", "street"]}, (None, "Rue A"), ("3", "Rue B"), (None, " ")) == (
        ["Rue A", "3 Rue B", None], {},
    )  # fmt: skip


def test_codes_of_two_columns_are_joined_by_the_declared_mark(conformed: Conformed) -> None:
    canton = {"from": ["dep", "canton"], "joined_by": "-", "digits": 2}
    values, reasons = conformed(canton, ("1", "7"), ("2A", "07"), ("ZA", "12"))
    assert (values, reasons) == (["01-07", "2A-07", "ZA-12"], {})
    values, _ = conformed({"from": ["dep", "commune"], "joined_by": ""}, ("06", "004"))
    assert values == ["06004"]


def test_a_word_that_stands_for_no_declared_number_is_a_misfit(conformed: Conformed) -> None:
    values, reasons = conformed({"type": "integer", "values": {"MACRON": "1"}}, "MACRON", "HAMON", "1")
    assert values == [1, None, None]
    assert reasons == dict.fromkeys((3, 4), "valeur hors de la liste : MACRON")


def test_a_date_without_its_clock_is_a_misfit_and_not_an_absence(conformed: Conformed) -> None:
    clock = {**PARIS, "format": "%d/%m/%Y %H:%M", "from": ["day", "hour"]}
    values, reasons = conformed(clock, ("01/02/2024", None), ("01/02/2024", "10:00"))
    assert values == [None, datetime(2024, 2, 1, 9, tzinfo=UTC)]
    assert list(reasons) == [2]


def test_an_offset_may_be_written_z(conformed: Conformed) -> None:
    field = {"type": "instant", "format": "%Y-%m-%dT%H:%M:%S%z"}
    values, _ = conformed(field, "2024-01-01T00:00:00Z", "2024-01-01T00:00:00+02:00")
    assert values == [datetime(2024, 1, 1, tzinfo=UTC), datetime(2023, 12, 31, 22, tzinfo=UTC)]


def test_a_system_without_an_area_is_none_that_positions_can_be_held_against() -> None:
    from transforms.geometry import crs_fault

    assert [crs_fault(crs) for crs in ("EPSG:2154", "EPSG:3949", "IGNF:LAMB93", "OGC:CRS84")] == [None] * 4
    for crs in ("EPSG:4978", "EPSG:5720", "EPSG:2154+5720", "EPSG:99999"):
        assert crs_fault(crs)
