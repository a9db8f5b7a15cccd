"""What travels between the stages: names, counts and hashes, never rows."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Literal

from pydantic import Field as Setting

from contracts.dataset import Audience
from contracts.load import Base, Grown
from contracts.model import Frozen

Severity = Literal["critical", "warning"]


class RawFile(Frozen):
    """One file as the source sent it, kept in the work store."""

    key: str = Setting(description="Its key in the work store.")
    name: str = Setting(description="Its file name at the source.")
    origin: str = Setting(description="URL or path it came from, secrets out.")
    media_type: str | None = None
    sha256: str
    bytes: int
    fetched_at: datetime = Setting(description="UTC.")
    request: dict[str, str] = Setting(default_factory=dict, description="Request headers, secrets out.")
    response: dict[str, str] = Setting(
        default_factory=dict, description="Response headers, lower-case names."
    )
    fresh_until: datetime | None = Setting(
        None, description="UTC; before it the source has nothing newer, as it says itself."
    )


class RawBatch(Frozen):
    """All that one extraction brought."""

    dataset_id: str
    batch_id: str
    files: tuple[RawFile, ...]
    rows: int | None = Setting(None, description="Records in all files, where the connector counted them.")
    expected: int | None = Setting(None, description="Records that the source announced; equal to `rows`.")
    proof: str = Setting(description="How completeness is known, or `unknown`.")
    warnings: tuple[str, ...] = Setting((), description="What looked odd at the source, one clause each.")
    base: Base | None = Setting(
        None, description="What an increment goes on from; none: all is in the files."
    )
    heads: dict[Audience, int] = Setting(
        default_factory=dict,
        description="Audience → sequence of its log when the extraction began (0: empty); a publish commits "
        "only right after it, so that a run that was overtaken cannot put older data over newer.",
    )

    @property
    def digest(self) -> str:
        """sha256 over the files' names and sha256, and the base's: equal exactly when the bytes are."""
        lines = sorted(f"{file.name} {file.sha256}" for file in self.files)
        if self.base is not None:
            lines.append(f"base {self.base.sha256}")
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class Finding(Frozen):
    """One promise looked at and not kept; no cell's value, but for `examples`, is in it."""

    rule: str
    severity: Severity
    field: str | None = None
    count: int | None = Setting(None, description="Rows concerned, where they can be counted.")
    met: str = Setting(description="One clause: what was met, and what was promised.")
    examples: tuple[str, ...] = Setting(
        (), description="A few codes that a reference table lacks; on the restricted side alone."
    )


class StagedBatch(Frozen):
    """A conformed table and its misfits, as Parquet in the work store."""

    dataset_id: str
    batch_id: str
    table_key: str = Setting(description="Parquet: one column per field, in contract order.")
    rejects_key: str = Setting(
        description="Parquet: file (text, its name at the source), line in it (bigint), field, value, reason "
        "(text), row_rejected (boolean); by file and line."
    )
    raw_digest: str
    recipe: str = Setting(description="Contract and version that made it.")
    rows_read: int = Setting(description="Records of the raw batch.")
    rows_kept: int = Setting(description="Rows of the table.")
    rows_rejected: int = Setting(
        description="Records left out; of a snapshot without merged copies, rows_read = rows_kept + these."
    )
    voided: dict[str, int] = Setting(
        default_factory=dict, description="Field → cells voided in the rows that were kept."
    )
    findings: tuple[Finding, ...] = ()
    grown: Grown | None = Setting(None, description="Of a contract that loads by increments.")
    heads: dict[Audience, int] = Setting(default_factory=dict, description="As in its raw batch.")

    @property
    def cells_voided(self) -> int:
        """Cells of kept rows that did not fit and are empty now."""
        return sum(self.voided.values())


class Verdict(Frozen):
    """What Great Expectations said of a staged table."""

    dataset_id: str
    batch_id: str
    evaluated: int = Setting(description="Expectations run.")
    findings: tuple[Finding, ...] = ()
    public_findings: tuple[Finding, ...] = Setting(
        (), description="Of the public view, judged apart: the only ones a public manifest may carry."
    )

    @property
    def refused(self) -> bool:
        """Whether a critical promise was broken."""
        return any(finding.severity == "critical" for finding in self.findings)


class Column(Frozen):
    """One published column, as the dictionary shows it."""

    name: str
    type: str
    unit: str | None = None
    about: str | None = None
    label: str | None = None
    required: bool = False
    deprecated: date | None = Setting(None, description="From that day on it may leave or change type.")


class FileEntry(Frozen):
    """One file of a release."""

    name: str
    media_type: str
    bytes: int
    sha256: str


class Changes(Frozen):
    """What one release changed against the one before it, counted from that audience's views alone."""

    dataset_id: str
    release_id: str
    previous_release_id: str
    rows_before: int
    rows_after: int
    added: int = Setting(description="Rows whose key is new.")
    removed: int = Setting(description="Rows whose key is gone.")
    changed: int = Setting(description="Rows of the same key with another value in a column of both.")
    cells: int = Setting(description="Values that differ in those rows.")
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns_retyped: tuple[str, ...] = ()
    breaking: bool = Setting(description="A column left or changed type, or the key is another.")
    sentence: dict[str, str] = Setting(description="`fr` and `en`: one sentence.")
    files: tuple[FileEntry, ...] = Setting((), description="The differences by row.")


class Manifest(Frozen):
    """What one release of one audience holds; nothing in it is derived from another audience's view."""

    dataset_id: str
    audience: Audience
    release_id: str
    created_at: datetime
    title: str
    publisher: str
    licence: str
    attribution: str | None = None
    harvest: bool = Setting(True, description="Whether another catalogue may harvest it; false for a copy.")
    rows: int
    columns: tuple[Column, ...]
    files: tuple[FileEntry, ...]
    key: tuple[str, ...] = Setting((), description="The columns that tell rows apart, in the files' order.")
    conforms_to: str | None = Setting(None, description="The CSV's national schema; departures: `notes`.")
    contract_hash: str = Setting(description="sha256 of what this audience is shown of the contract.")
    content_sha256: str = Setting(description="Of the rows and the columns' types, not of the wrapping.")
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = Setting((), description="What was left out, and why (no XLSX above …).")


class Commit(Frozen):
    """One entry of an audience's log; kept for ever."""

    sequence: int = Setting(ge=1)
    release_id: str | None = Setting(description="None: nothing is left to show (withdraw).")
    manifest_sha256: str | None
    previous_sha256: str | None = Setting(description="sha256 of the previous commit's bytes.")
    attempt_id: str
    action: Literal["publish", "rollback", "withdraw"] = "publish"
    committed_at: datetime


class Tombstone(Frozen):
    """A release that was withdrawn; kept for ever beside the log, so its reason holds no personal data."""

    release_id: str
    withdrawn_at: datetime
    reason: str


class Withdrawn(Frozen):
    """A content that may not be published again; on the restricted side only."""

    dataset_id: str
    audience: Audience
    release_id: str
    content_sha256: str
    withdrawn_at: datetime
    reason: str


class Current(Frozen):
    """The pointer: which release readers should take now (`current.json`)."""

    sequence: int
    release_id: str | None = Setting(description="None: the dataset was withdrawn.")
    checked_at: datetime
    expires_at: datetime = Setting(description="In the past: nobody has verified the data since.")
