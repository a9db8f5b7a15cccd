"""Numbers in another unit than is published: exact, never rounded, and only within one quantity."""

from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest

from contracts.field import Field
from contracts.units import factor_between, unit_fault
from transforms.cells import cell_for
from transforms.engine import MACROS


def read(text: str, **field: object) -> object:
    """What a cell becomes under a field."""
    cell = cell_for("x", Field.model_validate(field))
    connection = duckdb.connect()
    for macro in MACROS:
        connection.execute(macro)
    query = f'SELECT {cell.value} FROM (SELECT {cell.text} AS "text:x" FROM (SELECT ? AS x))'
    row = connection.execute(query, [text]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("1.9", {"type": "integer", "written_in": "m", "unit": "cm"}, 190),
        ("1,9", {"type": "decimal(6,1)", "decimal_mark": ",", "written_in": "m", "unit": "cm"}, Decimal("190.0")),
        ("1.905", {"type": "integer", "written_in": "m", "unit": "cm"}, None),  # half a centimetre
        ("190", {"type": "decimal(5,2)", "written_in": "cm", "unit": "m"}, Decimal("1.90")),
        ("195", {"type": "decimal(5,1)", "written_in": "cm", "unit": "m"}, None),
        ("-0.5", {"type": "integer", "written_in": "kW", "unit": "W"}, -500),
        ("56223", {"type": "decimal(8,3)", "written_in": "MW", "unit": "GW"}, Decimal("56.223")),
        ("1 234,5", {"type": "integer", "decimal_mark": ",", "thousands": " ", "written_in": "kWh", "unit": "W.h"}, 1_234_500),
        ("2.5", {"type": "integer", "written_in": "t", "unit": "kg"}, 2_500),
        ("1.5", {"type": "integer", "written_in": "h", "unit": "min"}, 90),
        ("90", {"type": "decimal(4,2)", "written_in": "min", "unit": "h"}, Decimal("1.50")),
        ("20", {"type": "decimal(9,2)", "written_in": "min", "unit": "h"}, None),  # a third has no end
        ("12.5", {"type": "decimal(4,3)", "written_in": "%", "unit": "1"}, Decimal("0.125")),
        ("1.1", {"type": "number", "written_in": "m", "unit": "cm"}, 110.0),  # 1.1 * 100 is 110.00000000000001
        ("20", {"type": "number", "written_in": "min", "unit": "h"}, 20 / 60),
        ("1e3", {"type": "number", "written_in": "m", "unit": "km"}, 1.0),
        ("1e400", {"type": "number", "written_in": "m", "unit": "km"}, None),
        ("inf", {"type": "number", "written_in": "m", "unit": "km"}, None),
        ("999999999999999999", {"type": "integer", "written_in": "km", "unit": "mm"}, None),  # beyond 64 bits
        ("douze", {"type": "integer", "written_in": "m", "unit": "cm"}, None),
        ("7", {"type": "integer", "written_in": "cm", "unit": "cm"}, 7),
    ],
)  # fmt: skip
def test_a_number_is_converted_exactly_or_not_at_all(
    text: str, field: dict[str, object], value: object
) -> None:
    assert read(text, **field) == value


def test_bounds_hold_after_the_conversion() -> None:
    cell = cell_for("x", Field(type="integer", written_in="m", unit="cm", min=100, max=1000))
    assert [condition for condition, _ in cell.reasons[1:]] == ['"x" < 100', '"x" > 1000']


@pytest.mark.parametrize(
    ("written", "wanted", "factor"),
    [
        ("m", "cm", 100),
        ("kg", "t", Fraction(1, 1000)),
        ("h", "s", 3600),
        ("MWh", "kW.h", 1000),
        ("ha", "m2", 10_000),
    ],
)
def test_factors_are_those_of_the_definitions(written: str, wanted: str, factor: Fraction) -> None:
    assert factor_between(written, wanted) == factor


def test_power_is_no_energy_and_an_unknown_unit_is_told() -> None:
    met, remedy = unit_fault("MW", "MWh") or ("", "")
    assert met == "MW is a power and MWh an energy: no factor makes one of the other"
    assert remedy.startswith("Power integrates over time")
    assert unit_fault("m", "kg") == (
        "m is a length and kg a mass: no factor makes one of the other",
        "Correct one of the two units.",
    )
    assert (unit_fault("parsec", "m") or ("",))[0] == "nothing is known of the unit 'parsec'"
    assert unit_fault("m", "cm") is None
