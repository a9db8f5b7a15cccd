"""Row conditions of a contract as SQL."""

from __future__ import annotations

from contracts.audience import Condition
from contracts.sql import identifier, literal


def condition_sql(condition: Condition) -> str:
    """The condition as SQL on a table called `staged`; an empty cell never meets it."""
    field = f"staged.{identifier(condition.field)}"
    if condition.present:
        return f"{field} IS NOT NULL"
    if condition.at_least is not None:
        return f"{field} >= {_value(condition.at_least)}"
    if condition.at_most is not None:
        return f"{field} <= {_value(condition.at_most)}"
    values = condition.among if condition.among is not None else (condition.equals,)
    return f"{field} IN ({', '.join(_value(value) for value in values)})"


def _value(value: str | bool | int | float | None) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return literal(value) if isinstance(value, str) else str(value)
