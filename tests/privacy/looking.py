"""A public view made of a few columns of text, and what the gate says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from contracts.audience import Waiver
from contracts.batch import Finding
from contracts.field import Field
from contracts.view import View
from privacy.gate import findings_of


def view_of(fields: Mapping[str, Field], waivers: Sequence[Waiver] = ()) -> View:
    return View(
        dataset_id="ville.essai", name="essai", audience="public", title="Essai", description="Essai.",
        publisher="Ville", licence="etalab-2.0", contact="opendata@example.org", fields=dict(fields),
        order=(next(iter(fields)),), waivers=tuple(waivers),
    )  # fmt: skip


def looked_at(
    connection: duckdb.DuckDBPyConnection,
    columns: Mapping[str, Sequence[Any]],
    *waivers: Waiver,
    **fields: Any,
) -> tuple[Finding, ...]:
    """The findings; a column is a public text unless `fields` says otherwise, shorter ones end in NULLs."""
    most = max(map(len, columns.values()))
    cells = {name: [*given, *[None] * (most - len(given))] for name, given in columns.items()}
    connection.register("shown", pa.table(cells))
    declared = {name: Field(**{"public": True, **fields.get(name, {})}) for name in columns}
    return findings_of(connection, "shown", view_of(declared, waivers))


def told(findings: Sequence[Finding]) -> list[tuple[str | None, str, str, int | None]]:
    """(column, rule, severity, rows) of each."""
    return [(one.field, one.rule.removeprefix("privacy."), one.severity, one.count) for one in findings]
