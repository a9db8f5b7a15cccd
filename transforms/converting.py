"""A number that the source writes in another unit than is published, converted exactly."""

from __future__ import annotations

from fractions import Fraction

from contracts.field import Field
from contracts.sql import literal

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_PLACES = 9  # decimals of what is converted; a metre to the nanometre
_WRITTEN = rf"[+-]?(?:\d{{1,18}}(?:\.\d{{0,{_PLACES}}}0*)?|\.\d{{0,{_PLACES}}}0*)"


def converted(field: Field, plain: str, factor: Fraction) -> tuple[str, str]:
    """SQL for the number of a text with a point, times the factor, and the reason for a text that has none.

    An integer or decimal is exact: what has more digits than its type once it is converted is a misfit, never
    rounded. A number is the nearest one.
    """
    units = f"converti de {field.written_in} en {field.unit}"
    exact = (
        f"CASE WHEN regexp_full_match({plain}, {literal(_WRITTEN)}) "
        f"THEN try_cast({plain} AS DECIMAL(28,{_PLACES})) END"
    )
    billionths = f"CAST({exact} * {10**_PLACES} AS HUGEINT)"
    if field.type == "number":
        ratio = factor / 10**_PLACES
        near = f"CAST(TRY({billionths} * {ratio.numerator}) AS DOUBLE) / {float(ratio.denominator)!r}"
        far = (
            f"CASE WHEN regexp_full_match({plain}, {literal(NUMBER)}) "
            f"THEN try_cast({plain} AS DOUBLE) * {float(factor)!r} END"
        )
        value = f"coalesce({near}, {far})"
        return f"CASE WHEN isfinite({value}) THEN {value} END", f"n'est pas un nombre, {units}"
    scale = field.decimal[1] if field.decimal else 0
    ratio = factor * 10**scale / 10**_PLACES
    product = f"TRY({billionths} * {ratio.numerator})"
    whole = f"CASE WHEN {product} % {ratio.denominator} = 0 THEN {product} // {ratio.denominator} END"
    if field.decimal is None:
        return f"try_cast({whole} AS BIGINT)", f"n'est pas un nombre entier, {units}"
    # DuckDB 2.0.1 holds digits before an exponent against a narrow type: 125e-3 is no decimal(4,3) to it.
    wide = f"try_cast(CAST({whole} AS VARCHAR) || 'e-{scale}' AS DECIMAL(38,{scale}))"
    value = f"try_cast({wide} AS {field.type})"
    return value, f"n'est pas un nombre de {scale} décimales au plus, {units}"
