"""A dataset of an Opendatasoft portal (Explore API v2.1): exported whole, counted before and after."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from pydantic import Field as Setting

from connectors.connector import Connector, Fetched, Visit
from connectors.counting.counted import countable, records_in
from connectors.web.documents import asked_of, total_at
from connectors.web.patience import reset_time_in
from connectors.web.request import Request
from connectors.web.session import Session
from contracts.connection import Connection
from contracts.errors import SourceUnavailable
from contracts.formats import CsvFormat, Format, GeoJsonFormat
from contracts.pointed import Pointed, below_address

_DELIMITERS = (",", ";", "\t", "|")  # the API's `EnumDelimiter`
_DEFAULT = CsvFormat(type="csv", delimiter=";")  # what the portal's own pages offer
_NO_EXPORT = (
    "Opendatasoft exports csv, geojson, json, jsonl and parquet, plain and in UTF-8",
    "CSV takes a `delimiter` of , ; | or a tab and no lines to skip, JSON no `records`.",
)
_REMEDIES = {
    400: "Correct `where:`, `select:` or `order_by:`: they are written in ODSQL.",
    401: "Let the connection show an API key: its extra `query: apikey`, the key as its password.",
    403: "The dataset is closed to that login: ask its portal for the right, or for an API key.",
    404: "Look for the identifier of the dataset on its page, under Informations.",
}

# What an address of it looks like, below the portal's.
_ADDRESS = (
    r"(?:api/explore/v2\.[01]/)?(?:explore/(?:embed/)?dataset|catalog/datasets)"
    r"/(?P<dataset>[^/#?]+)"
)


class Opendatasoft(Connector):
    """What a contract says of `kind: opendatasoft`; the export's form is that of its `format:`.

    The API's own limits are of `records` (100 at once, 10 000 in all); an export has none (Explore API v2.1,
    "Export a dataset"). What its defaults would decide (zone, language, labels, separators, BOM) is pinned.
    """

    increments: ClassVar[bool] = True
    word: ClassVar[str] = "dataset"

    dataset: str = Setting(
        pattern=r"^[A-Za-z0-9_-]+(@[A-Za-z0-9_.-]+)?$", description="Its identifier: `qualite-de-l-air`."
    )
    where: str | None = Setting(None, min_length=1, description='ODSQL: `code_insee = "92040"`.')
    select: str | None = Setting(None, min_length=1, description="ODSQL: the columns (default: all).")
    order_by: str | None = Setting(None, min_length=1, description="ODSQL: what fixes the order.")
    watermark: str | None = Setting(
        None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="The column that tells new and corrected rows."
    )
    timezone: str = Setting("UTC", pattern=r"^[A-Za-z_]+(/[A-Za-z_]+)*$", description="Of the instants.")
    list_separator: str = Setting(",", min_length=1, max_length=1, description="CSV: of multivalued columns.")
    max_bytes: int = Setting(5_000_000_000, ge=1, description="More is refused.")
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(3600, gt=0, description="Seconds for the export with all its attempts.")

    @classmethod
    def pointed_at(cls, address: str) -> Pointed:
        """The page of a dataset, or its address in the API."""
        return below_address(address, _ADDRESS)

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """The export as one file; `rows` are counted in it, `expected` is the API's `total_count`.

        Raises:
            SourceUnavailable: no answer, the quota is used up, or the dataset changed while it was exported.
            SourceIncomplete: the export is cut or ends in an error.
            SourceChanged: a refusal, or the contract's format is none of the exports'.
        """
        promised = visit.promised or _DEFAULT
        self.require_format(promised, visit.place)
        with Session(connection, visit) as session:
            before = self._total(session)
            download = session.read(self._export(promised, visit.since))
            after = self._total(session)
        rows = records_in(download.file, promised, visit.place)
        if before != after:
            met = f"the dataset changed while it was exported: {before} records before, {after} after"
            raise SourceUnavailable(visit.place, met, remedy="Try again when it is quiet.")
        proof = f"total_count: {after} records before and after; {download.proof}"
        return Fetched(files=(download.file,), rows=rows, expected=after, proof=proof)

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None where an export is written so."""
        dialect = not isinstance(promised, CsvFormat) or (
            promised.delimiter in _DELIMITERS and promised.quote == '"'
        )
        return None if countable(promised) and dialect else _NO_EXPORT

    def _total(self, session: Session) -> int:
        """How many records the API counts now."""
        query = {"limit": 1, **self._filter(session.visit.since)}
        name = "records.json"  # not landed: only its count is needed
        document = asked_of(session, replace(self._request("records", name), query=query))
        return total_at(document, "total_count", session.visit.place)

    def _export(self, promised: Format, since: str | None) -> Request:
        form = promised.type
        query: dict[str, object] = {"limit": -1, "timezone": self.timezone, "lang": "fr"}
        query |= self._filter(since)
        query |= {name: given for name in ("select", "order_by") if (given := getattr(self, name))}
        if isinstance(promised, CsvFormat):
            query |= {
                "delimiter": promised.delimiter, "list_separator": self.list_separator, "quote_all": "false",
                "with_bom": "false", "use_labels": "false",
            }  # fmt: skip
        elif isinstance(promised, GeoJsonFormat):
            query["epsg"] = 4326
        elif form == "parquet":
            query["parquet_compression"] = "snappy"
        name = f"{self.dataset.partition('@')[0]}.{form}"
        return replace(self._request(f"exports/{form}", name), query=query)

    def _filter(self, since: str | None) -> dict[str, object]:
        """`where`, and from `since` on; a row without a watermark belongs to every increment."""
        parts = [f"({self.where})"] if self.where else []
        if self.watermark and since is not None:
            parts.append(f"({self.watermark} >= {_literal(since)} or {self.watermark} is null)")
        return {"where": self.where if parts == [f"({self.where})"] else " and ".join(parts)} if parts else {}

    def _request(self, what: str, name: str) -> Request:
        return Request(
            name=name, path=f"api/explore/v2.1/catalog/datasets/{self.dataset}/{what}",
            back_at=reset_time_in, remedies=_REMEDIES, quiet_seconds=self.read_timeout,
            whole_seconds=self.time_limit, most_bytes=self.max_bytes,
        )  # fmt: skip


def _literal(since: str) -> str:
    """A number, or an instant, as ODSQL writes them."""
    if re.fullmatch(r"-?\d+(\.\d+)?", since):
        return since
    return f"date'{datetime.fromisoformat(since).isoformat()}'"
