"""How a source writes its bytes: the declared dialect, never a guessed one."""

from __future__ import annotations

import codecs
import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, field_validator, model_validator
from pydantic import Field as Setting

from contracts.attached import ConfigFile
from contracts.gbfs import FeedName
from contracts.model import Frozen


def _codec(name: str) -> str:
    """The name, when Python knows an encoding of texts by it."""
    try:
        codecs.lookup(name)
        "a".encode(name)  # base64 and the like are codecs, but not of text
    except (LookupError, ValueError) as error:
        raise ValueError(f"{name!r} is not an encoding; write utf-8, cp1252 or utf-16") from error
    return name


Encoding = Annotated[str, AfterValidator(_codec)]
RealtimeTable = Literal["vehicle_positions", "trip_updates", "stop_time_updates", "alerts"]
DecpTable = Literal[
    "marches", "titulaires", "titulaires.actuels", "modifications", "modifications.titulaires",
    "actesSousTraitance", "modificationsActesSousTraitance", "concessions", "concessionnaires",
    "modificationsConcessions", "donneesExecution", "tarifs",
]  # fmt: skip


class Packed(Frozen):
    """What every format shares: the archive around the file."""

    archive: Literal["gz", "zip"] | None = Setting(None, description="The archive around the file.")
    member: str | None = Setting(
        None, description="Name or pattern (`*.csv`) of the one file to read inside a zip."
    )

    @model_validator(mode="after")
    def _member_needs_zip(self) -> Packed:
        if self.member is not None and self.archive != "zip":
            raise ValueError("`member` goes with `archive: zip`")
        return self


class CsvFormat(Packed):
    """Delimited text with one record a line, quoted by RFC 4180."""

    type: Literal["csv"]
    delimiter: str = Setting(",", pattern=r"^[\x00-\x7f]$")
    quote: str = Setting('"', pattern=r"^[\x00-\x7f]?$", description="Empty: nothing is ever quoted.")
    encoding: Encoding = Setting("utf-8", description="A Python codec name: utf-8, cp1252, utf-16 …")
    header: int | None = Setting(
        1, ge=1, description="Which line (after `skip_top`) holds the headers; null: there is none."
    )
    columns: tuple[str, ...] = Setting(
        (), description="The names of the columns, where the file has no header."
    )
    skip_top: int = Setting(0, ge=0, description="Lines before the header that are not data.")
    skip_bottom: int | tuple[str, ...] = Setting(
        0,
        description="Last lines that are not data: how many (blank ones not counted), or how each begins.",
    )
    trailing_delimiter: bool = Setting(
        False, description="Every data line ends with one delimiter more than the header."
    )

    @model_validator(mode="after")
    def _columns_replace_header(self) -> CsvFormat:
        if (self.header is None) != bool(self.columns):
            raise ValueError("give `columns` exactly where `header: null` says that there is none")
        return self


class SheetFormat(Packed):
    """A workbook's sheet: XLSX, XLS or ODS."""

    type: Literal["xlsx", "xls", "ods"]
    sheet: str | int | tuple[str | int, ...] = Setting(
        1,
        description="The sheet's name, or its number from 1; a list: several of one layout, as one table.",
    )
    header: int = Setting(1, ge=1, description="The sheet's row that holds the headers.")
    skip_bottom: int = Setting(0, ge=0, description="Last non-blank rows that are not data.")


class JsonFormat(Packed):
    """JSON or JSON Lines; nested values are named by path (`address.street`)."""

    type: Literal["json", "jsonl"]
    records: str = Setting(
        "", description="Path to the list of records (`data.items`); empty: the document is the list."
    )
    each: str | None = Setting(
        None, min_length=1, description="Path in a record to a list of its own: a row is an item of that."
    )
    encoding: Encoding = "utf-8"


class GeoJsonFormat(Packed):
    """A FeatureCollection; its properties are columns, its geometry the column `geometry`."""

    type: Literal["geojson"]


class ArcgisFormat(Packed):
    """What `kind: arcgis` lands: a layer's description, then pages of its features.

    Attributes are columns under their names, with their labels in the place of coded values and instants in
    the place of milliseconds; the geometry is the column `geometry`, as GeoJSON in WGS 84.
    """

    type: Literal["arcgis"]
    codes: tuple[str, ...] = Setting((), description="Fields whose coded values stay codes.")

    description: ClassVar[str] = "layer.json"  # the first file of every batch


class GmlFormat(Packed):
    """Features in GML 3 (3.1 or 3.2), as a WFS sends them.

    Properties are columns as in `xml`, the geometry is the column `geometry`, as GeoJSON with x before y in
    the source's own system, which the field's `crs:` names; the feature's id is `feature.id`.
    """

    type: Literal["gml"]
    geometry: str | None = Setting(None, description="The geometry property, where features have several.")
    axes: Literal["xy", "yx"] | None = Setting(
        None, description="The order of coordinates, where the source breaks the rule of its `srsName`."
    )
    lists: tuple[str, ...] = Setting((), description="Properties that may come several times: cells of JSON.")


class XmlFormat(Packed):
    """XML; elements and attributes are named by path without namespaces (`adresse.voie`, `adresse.@id`)."""

    type: Literal["xml"]
    records: str = Setting(
        min_length=1, description="Path to the records, from the root on (`marches.marche`)."
    )
    lists: tuple[str, ...] = Setting(
        (),
        description="Elements that may come several times (`titulaires.titulaire`): cells of JSON.",
    )


class ParquetFormat(Packed):
    """Apache Parquet; every value arrives as text and is typed by the contract."""

    type: Literal["parquet"]


class TotemFormat(Packed):
    """A French budget act (TOTEM, XML): one row for each line, in the columns of SCDL budget."""

    type: Literal["totem"]
    charts: tuple[ConfigFile, ...] = Setting(
        (),
        description="Charts of accounts (planDeCompte.xml) below `config/`; none: codes without labels.",
    )


class DecpFormat(Packed):
    """Public contracts (DECP 2.0.x, and 1.5 under the names of 2.0), in JSON or XML: one of their tables."""

    type: Literal["decp"]
    table: DecpTable = Setting("marches", description="What is a row: a contract, or what contracts hold.")
    repeated: Literal["all", "newest"] = Setting(
        "all", description="Of records with the same buyer and id: each, or the one published last."
    )
    encoding: Encoding = Setting("utf-8", description="Of JSON; XML declares its own.")


class GbfsFormat(Packed):
    """Files of one GBFS system; 2.x gives the same columns as 3.0, under the names of 3.0."""

    type: Literal["gbfs"]
    feed: FeedName = Setting(description="What a row is.")
    language: str = Setting(
        "fr", pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]+)*$", description="Else the first that is offered."
    )


class GtfsFormat(Packed):
    """One table of a GTFS feed, out of its zip; times stay text, for they pass 24:00."""

    type: Literal["gtfs"]
    table: str = Setting(pattern=r"^[a-z_]+$", description="stops, routes, trips, stop_times, shapes …")
    encoding: Encoding = Setting("utf-8", description="The standard's, unless a feed breaks it.")

    @model_validator(mode="after")
    def _is_a_zip(self) -> GtfsFormat:
        if self.archive is not None:
            raise ValueError("a feed is a zip; leave `archive` out")
        return self


class GtfsRtFormat(Packed):
    """A snapshot of GTFS Realtime (protobuf): one row for each vehicle, trip, stop of a trip, or alert."""

    type: Literal["gtfs_rt"]
    table: RealtimeTable = Setting(description="What a row is.")
    language: str = Setting("fr", min_length=2, description="Of an alert's texts, else the first.")


class SensorthingsFormat(Packed):
    """Pages of an OGC SensorThings service: JSON by path, times that may be intervals with their two ends."""

    type: Literal["sensorthings"]


class Datex2Format(Packed):
    """Parking publications of DATEX II, 2.x and 3.x, in XML: the table, with its status beside it."""

    type: Literal["datex2"]
    language: str = Setting("fr", min_length=2, description="Of texts, else the first.")
    status_id: str | None = Setting(
        None, description=r"What a status says of its record, with the id as the one group: `^(\d+)\[.*\]$`."
    )
    lists: tuple[str, ...] = Setting(
        (), description="Elements that stay lists even where each record has one: `openingTimes.period`."
    )

    @field_validator("status_id")
    @classmethod
    def _one_group(cls, pattern: str | None) -> str | None:
        try:
            groups = re.compile(pattern).groups if pattern is not None else 1
        except re.error as error:
            raise ValueError(f"{pattern!r} is no pattern ({error})") from error
        if groups != 1:
            raise ValueError("put the id, and nothing else, in (…)")
        return pattern


Format = Annotated[
    CsvFormat
    | SheetFormat
    | JsonFormat
    | GeoJsonFormat
    | XmlFormat
    | ParquetFormat
    | ArcgisFormat
    | GmlFormat
    | TotemFormat
    | DecpFormat
    | GbfsFormat
    | GtfsFormat
    | Datex2Format
    | SensorthingsFormat
    | GtfsRtFormat,
    Setting(discriminator="type"),
]
