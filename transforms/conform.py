"""The contract as one query: text columns in; typed columns and the reasons for every misfit out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import duckdb

from contracts.batch import Finding
from contracts.dataset import Dataset
from contracts.errors import SourceChanged
from contracts.explaining import did_you_mean
from contracts.sql import identifier, literal, opaque, ordered
from transforms.cells import Cell, cell_for
from transforms.decode.tables import Decoded
from transforms.merging import ORDINAL, Merged, merge

MISSING = "valeur obligatoire absente"
# What the query says of a row beside its fields; a field's name has no colon, so none can be one of them.
REJECTED, MISFITS = '":rejected"', '":misfits"'
_WIDE = 200  # fields
VALUE_LENGTH = 500  # characters of a misfit's text that are kept: enough to find it, not a second copy


@dataclass(frozen=True)
class Conformed:
    """What the query made of a table."""

    rows_read: int
    rows_kept: int  # of a snapshot those read and not rejected; else those of the merged table
    rows_rejected: int
    rows_with_misfits: int
    voided: dict[str, int]  # field → cells voided in the rows that were kept
    merged: Merged | None = None  # where increments are loaded
    twins: int = 0  # rows that were equal to another in every field, where `duplicates: merge`
    restored: dict[str, int] = field(default_factory=dict)  # source cells whose leading zeros came back


def conform_query(dataset: Dataset, table: str) -> str:
    """The SELECT over a table of text columns: every field typed, `:rejected` and `:misfits`.

    `:misfits` is NULL, or a list of {field, value, reason}; `:rejected` says that one of them is in a
    required or key field. A misfit's value is NULL in its typed column. Rows stay in the table's order.
    """
    cells = {name: cell_for(name, field) for name, field in dataset.fields.items()}
    needed = {name for name in cells if _is_needed(dataset, name)}
    restored = [f"{cell.restored} AS {_restored(name)}" for name, cell in cells.items() if cell.restored]
    texts = _lines([*(f"{cell.text} AS {_text(name)}" for name, cell in cells.items()), *restored])
    values = _lines(f"{cell.value} AS {identifier(name)}" for name, cell in cells.items())
    whys = _lines(f"{_why(name, cell, name in needed)} AS {_why_of(name)}" for name, cell in cells.items())
    kept = _lines(
        f"CASE WHEN {_why_of(name)} IS NULL THEN {_settled(dataset, name)} END AS {identifier(name)}"
        for name in cells
    )
    reasons = ", ".join(_why_of(name) for name in cells)
    misfits = ", ".join(
        f"CASE WHEN {_why_of(name)} IS NOT NULL THEN {{'field': {literal(name)}, "
        f"'value': left({_text(name)}, {VALUE_LENGTH}), 'reason': {_why_of(name)}}} END"
        for name in cells
    )
    rejected = " OR ".join(f"{_why_of(name)} IS NOT NULL" for name in cells if name in needed) or "FALSE"
    counted = "".join(f",\n    {_restored(name)}" for name, cell in cells.items() if cell.restored)
    return (
        f"WITH cleaned AS (SELECT {texts}\n  FROM {identifier(table)}),\n"
        f"typed AS (SELECT *,\n    {values}\n  FROM cleaned),\n"
        f"judged AS (SELECT *,\n    {whys}\n  FROM typed)\n"
        f"SELECT {kept},\n    {rejected} AS {REJECTED},\n"
        f"    CASE WHEN coalesce({reasons}) IS NOT NULL\n"
        f"      THEN list_filter([{misfits}], lambda misfit: misfit IS NOT NULL) END AS {MISFITS}{counted}\n"
        "FROM judged"
    )


def _settled(dataset: Dataset, name: str) -> str:
    """The value, or where there is none the commune around the row's point, if the contract says so."""
    point = dataset.fields[name].else_commune_of
    if point is None:
        return identifier(name)
    place = f"CASE WHEN {_why_of(point)} IS NULL THEN {identifier(point)} END"
    return f"coalesce({identifier(name)}, commune_of({place}))"


def _is_needed(dataset: Dataset, name: str) -> bool:
    return name in dataset.key or dataset.fields[name].required


def _lines(parts: Iterable[str]) -> str:
    return ",\n    ".join(parts)


def _text(name: str) -> str:
    return identifier(f"text:{name}")


def _restored(name: str) -> str:
    return identifier(f"restored:{name}")


def _why_of(name: str) -> str:
    return identifier(f"why:{name}")


def _why(name: str, cell: Cell, needed: bool) -> str:
    cases = " ".join(f"WHEN {condition} THEN {literal(reason)}" for condition, reason in cell.reasons)
    absent = literal(MISSING) if needed else "NULL"
    return f"CASE WHEN {_text(name)} IS NULL THEN {absent} {cases} END"


def column_findings(
    dataset: Dataset, columns: tuple[str, ...], *, may_lack: bool = False
) -> tuple[Finding, ...]:
    """A warning that names the source columns nobody declared, or those that no record of an increment has.

    Some records of a source that leaves out what is empty (`may_lack`) may have no cell of a column, and a
    source may leave out one that the contract says so of. That is no change, unless a column came that nobody
    knows, for then it may have been renamed.

    Raises:
        SourceChanged: a column that a field is made of is not there.
    """
    wanted = {column: name for name, sources in dataset.source_columns.items() for column in sources}
    missing = [column for column in wanted if column not in columns]
    unknown = [
        column for column in columns
        if column not in wanted and not any(fnmatchcase(column, known) for known in dataset.ignores)
    ]  # fmt: skip
    needed = [name for column in missing if _is_needed(dataset, name := wanted[column])]
    stray = [column for column in missing if column not in dataset.columns_that_may_lack]
    if missing and (needed or unknown or (stray and not may_lack)):
        raise _missing_columns(dataset, stray or missing, columns)
    if stray:
        met = f"no new record has {_quoted(stray)}, which the contract takes"
        return (Finding(rule="absent_columns", severity="warning", count=len(stray), met=met),)
    if not unknown:
        return ()
    met = f"the source also sends {_quoted(unknown)}, which the contract neither takes nor ignores"
    return (Finding(rule="undeclared_columns", severity="warning", count=len(unknown), met=met),)


def _missing_columns(dataset: Dataset, missing: list[str], columns: tuple[str, ...]) -> SourceChanged:
    hints = [hint for column in missing if (hint := did_you_mean(column, columns))]
    remedy = f"{hints[0]} Rename it in `from:`." if hints else "Rename it in `from:`, or ask the source."
    met = f"the source has no column {_quoted(missing)}; it sends {_quoted(columns)}"
    promised = ", ".join(f"fields.{name}" for name, sources in dataset.source_columns.items()
                         if set(sources) & set(missing))  # fmt: skip
    return SourceChanged(dataset.id, met, promised=promised, remedy=remedy)


def _quoted(columns: Collection[str], most: int = 12) -> str:
    """At most a dozen names; a table of 10,000 columns still makes one sentence."""
    names = [f'"{name[:60]}"' for name in columns]
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def conform(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, decoded: Decoded, kept: Path, rejects: Path,
    told: Mapping[str, str] | None = None, base: Path | None = None, oldest: str | None = None,
) -> Conformed:  # fmt: skip
    """Writes the typed rows and the misfits of what was decoded as two Parquet files.

    `kept`: one column per field in contract order, in the order of the key, nulls last; `told` is what it
    says of itself (key-value metadata), so that it may be a release's file as it is. `rejects`: file,
    line, field, value, reason, row_rejected, by file and line; the records that decode could not split have
    no field. Where the contract loads by increments, `kept` is the rows of `base` (such a table, or none)
    and the new ones, each key once (`merging.merge`); rows of the base before `oldest` are left out.

    Raises:
        SourceChanged: the text cannot be split, or not all of its records were read.
        QualityRefused: a key that may not change comes again with another content.
    """
    judged = kept.with_name("judged.parquet")
    # What this optimizer finds makes 10 fields a third faster; its search grows with the square of their
    # number: 0.4 s for 100, 5 s for 400, a minute for 1,000 (DuckDB 2.0.1).
    dear = "common_subexpressions" if len(dataset.fields) > _WIDE else ""
    connection.execute(f"SET disabled_optimizers = '{dear}'")
    tally = decoded.read(_copying(conform_query(dataset, decoded.table), judged, "lz4"))
    connection.execute("RESET disabled_optimizers")
    source = f"read_parquet({literal(str(judged))})"
    connection.execute(_copying(_rejects_query(decoded.table, source), rejects))
    merged = _merged(connection, dataset, judged, base, decoded.table, oldest) if dataset.load.grows else None
    columns = ", ".join(map(opaque, dataset.fields))
    rows_to_keep = merged.table if merged else f"{source} WHERE NOT {REJECTED}"
    once = "DISTINCT " if dataset.duplicates == "merge" else ""
    sorted_rows = f"SELECT {once}{columns} FROM {rows_to_keep} ORDER BY {ordered(dataset.key)}"
    (count,) = connection.execute(_copying(sorted_rows, kept, told=told)).fetchone() or (0,)
    (rejected, with_misfits) = connection.execute(
        f"SELECT count(*) FILTER (WHERE {REJECTED}), count({MISFITS}) FROM {source}"
    ).fetchone() or (0, 0)
    voided = connection.execute(
        f"SELECT field, count(*) FROM read_parquet({literal(str(rejects))}) "
        "WHERE NOT row_rejected GROUP BY field ORDER BY field"
    ).fetchall()
    restored = _restored_cells(connection, dataset, source)
    judged.unlink()
    rows, unread = tally
    counts = (rows + unread, int(count), rejected + unread, with_misfits + unread)
    twins = rows - rejected - int(count) if once else 0
    return Conformed(*counts, dict(voided), merged, twins, restored)


def _restored_cells(connection: duckdb.DuckDBPyConnection, dataset: Dataset, judged: str) -> dict[str, int]:
    """Field → source cells whose leading zeros came back, where there are any."""
    coded = [name for name, one in dataset.fields.items() if one.digits is not None]
    if not coded:
        return {}
    sums = ", ".join(f"CAST(coalesce(sum({_restored(name)}), 0) AS BIGINT)" for name in coded)
    counts = connection.execute(f"SELECT {sums} FROM {judged}").fetchone() or ()
    return {name: count for name, count in zip(coded, counts, strict=True) if count}


def restored_findings(dataset: Dataset, restored: Mapping[str, int]) -> tuple[Finding, ...]:
    """A warning for each field that got leading zeros back: the contract says so, the source does not."""
    return tuple(
        Finding(
            rule="leading_zeros", severity="warning", field=name, count=count,
            met=f"{count} codes of the source had lost their leading zeros, which `digits: "
            f"{dataset.fields[name].digits}` gives back",
        )
        for name, count in restored.items()
    )  # fmt: skip


def _merged(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, judged: Path, base: Path | None, table: str,
    oldest: str | None,
) -> Merged:  # fmt: skip
    fields = ", ".join(map(identifier, dataset.fields))
    placed = f"SELECT *, row_number() OVER () - 1 AS {ORDINAL} FROM read_parquet({literal(str(judged))})"
    rows = f"SELECT {fields}, {ORDINAL} FROM ({placed}) WHERE NOT {REJECTED}"
    return merge(connection, dataset, rows, base, f"{table}_lines", oldest)


def first_misfit(connection: duckdb.DuckDBPyConnection, rejects: Path) -> str:
    """`line 4, field nb_places: n'est pas …` of the first misfit, without its value; empty if none.

    Where several files have misfits, it begins with the file's name.
    """
    misfits = f"read_parquet({literal(str(rejects))})"
    row = connection.execute(
        f"SELECT line, field, reason, file, (SELECT count(DISTINCT file) FROM {misfits}) "
        f"FROM {misfits} ORDER BY file, line, field LIMIT 1"
    ).fetchone()
    if row is None:
        return ""
    file = f"{row[3]}, " if row[4] > 1 else ""
    field = f", field {row[1]}" if row[1] else ""
    return f"{file}line {row[0]}{field}: {row[2]}"


def _rejects_query(table: str, judged: str) -> str:
    """Each misfit with its line; a row's ordinal is its place in the file, whose order is the source's."""
    lines, ragged = identifier(table + "_lines"), identifier(table + "_ragged")
    placed = f"SELECT row_number() OVER () - 1 AS ordinal, {REJECTED}, {MISFITS} FROM {judged}"
    return (
        "SELECT * FROM (SELECT place.file AS file, place.line + (met.ordinal - place.first) AS line, "
        "met.misfit.field AS field, "
        "met.misfit.value AS value, met.misfit.reason AS reason, met.rejected AS row_rejected "
        f"FROM (SELECT ordinal, {REJECTED} AS rejected, unnest({MISFITS}) AS misfit "
        f"FROM ({placed}) WHERE {MISFITS} IS NOT NULL) met "
        f"ASOF JOIN {lines} place ON met.ordinal >= place.first "
        f"UNION ALL SELECT file, line, NULL, text, reason, TRUE FROM {ragged}) ORDER BY file, line, field"
    )


def _copying(query: str, path: Path, compression: str = "zstd", told: Mapping[str, str] | None = None) -> str:
    pairs = ", ".join(f"{identifier(key)}: {literal(text)}" for key, text in (told or {}).items())
    metadata = f", KV_METADATA {{{pairs}}}" if pairs else ""
    return f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION {compression}{metadata})"
