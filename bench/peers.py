"""Who takes the big file beside the journey, and what a right answer is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.contract import EXPECTATIONS, HIDDEN, REJECTING
from bench.inputs import COLUMNS, Truth

Counts = dict[str, int]


@dataclass(frozen=True)
class Peer:
    """Who takes the file: its module in `bench`, what it does, and up to how many rows it is asked to."""

    name: str
    module: str
    what: str
    expected: Callable[[Truth], Counts]
    most_rows: int = 100_000_000


def _of_journey(truth: Truth) -> Counts:
    rejected = truth.ragged + truth.misfits(*REJECTING)
    sizes = {
        f"{audience} {what}": count
        for audience, columns in (("restricted", len(COLUMNS)), ("public", len(COLUMNS) - len(HIDDEN)))
        for what, count in (("rows", truth.rows - rejected), ("columns", columns), ("files", 2))
    }
    voided = {f"voided {name}": truth.misfits(name) for name in COLUMNS if name not in REJECTING}
    return {"read": truth.rows, "rejected": rejected, **{name: n for name, n in voided.items() if n}, **sizes}


def _of_floor(truth: Truth) -> Counts:
    return {"rows": truth.rows - truth.ragged}


def _of_usual(truth: Truth) -> Counts:
    """A record that is too short stays, its last cell empty; one without an id goes."""
    without_id, _ = truth.bad["id"]
    return {"rows": truth.rows - truth.long - without_id, "expectations": EXPECTATIONS}


def _of_streaming(truth: Truth) -> Counts:
    """A record that is too long is cut, one too short filled."""
    return {"rows": truth.rows}


def _of_validation(truth: Truth) -> Counts:
    """An hour that was skipped is a time to it; it knows no zone."""
    bad = truth.bad
    counts = {
        "primary-key": bad["id"][0],
        "constraint-error": truth.misfits("code_postal", "libelle", "etat")
        + bad["id"][1] + bad["lat"][1] + bad["lon"][0] + bad["passages"][1],
        "type-error": truth.misfits("montant_ht", "taux")
        + bad["releve_le"][1] + bad["lat"][0] + bad["lon"][1] + bad["passages"][0],
        "extra-cell": truth.long, "missing-cell": truth.short,
    }  # fmt: skip
    return {"rows": truth.rows, **{name: count for name, count in counts.items() if count}}


PEERS = {
    one.name: one
    for one in (
        Peer(
            "journey",
            "journey",
            "this concentrator: standardize, validate, publish for two audiences",
            _of_journey,
        ),
        Peer(
            "floor", "floor", "DuckDB alone: typed, sorted, Parquet and CSV twice; nothing checked", _of_floor
        ),
        Peer("usual", "usual", "pandas reads, Great Expectations judges, pandas writes twice", _of_usual),
        Peer("polars", "streaming", "Polars streaming: typed, sorted, Parquet and CSV twice", _of_streaming),
        Peer(
            "frictionless",
            "validation",
            "frictionless: `validate` alone",
            _of_validation,
            most_rows=1_000_000,
        ),
    )
}
