"""One published column: where it comes from, what fits in it, and how much of it everyone may see."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field as Setting
from pydantic import field_validator, model_validator

from contracts.model import Frozen
from contracts.references import Referring

FIELD_NAME = r"^[A-Za-z][A-Za-z0-9_]{0,62}$"  # national schemas use capitals: Xlong, Ylat
BASE_TYPES = (
    "string", "boolean", "integer", "number", "date", "instant", "enum", "siren", "siret", "geometry",
)  # fmt: skip
DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1000}  # a format that counts from 1970 → microseconds
Precision = Literal["year", "month", "commune", "grid_1km", "surrogate"]
_NO_HASH = (
    "a hash of an identifier is undone by trying every identifier; "
    "write `public: surrogate`, a random one that only the restricted side can trace"
)


class Words(Frozen):
    """The words a source writes for true and for false; compared without regard to case."""

    true: tuple[str, ...] = Setting(("true",), min_length=1)
    false: tuple[str, ...] = Setting(("false",), min_length=1)


class Field(Frozen):
    """One published column: its source, its type, its bounds and who may see it."""

    source: tuple[str, ...] = Setting(
        (),
        alias="from",
        description=(
            "The source column (default: the field's own name). Several are joined by a space "
            "(date and time), or are [x, y] of a point."
        ),
    )
    several: Literal["joined", "first"] = Setting(
        "joined", description="Of several source columns: joined by a space, or the first that has a value."
    )
    fixed: str | None = Setting(
        None, min_length=1, description="The value of every row, where the source has no such column."
    )
    type: str = Setting("string", description="A base type, decimal(p,s), or a term of the vocabulary.")
    required: bool = Setting(False, description="An empty or unfit cell rejects the whole row.")
    empty: tuple[str, ...] = Setting((), description="Words that mean `no value`, beside the empty cell.")
    empty_as: str | None = Setting(
        None,
        min_length=1,
        description=(
            "How the CSV of a national schema writes `no value`: N/A. The words of `empty:` are then an "
            "answer that `required:` takes; an empty cell is none."
        ),
    )
    else_commune_of: str | None = Setting(
        None,
        description="Where the cell is empty: the INSEE code of the commune around the point in that field.",
    )
    may_lack: bool = Setting(
        False, description="The source may leave the column out: no row has a value then."
    )
    joined_by: str | None = Setting(
        None,
        max_length=20,
        description="What stands between several source columns, in the place of a space.",
    )
    drop_suffix: str | None = Setting(None, description="An ending cut off first: `.0`, ` €`.")
    part: str | None = Setting(
        None,
        description="A pattern of the whole text; its group is the value; other texts are none.",
    )
    minus: str | None = Setting(
        None, description="Of a number: the source column that is taken away; empty where either is."
    )
    digits: int | None = Setting(
        None,
        ge=2,
        le=20,
        description="A code of so many digits: the leading zeros that a spreadsheet lost come back.",
    )
    words: Words | None = Setting(None, description="boolean: the words for true and false.")
    values: dict[str, str] | None = Setting(
        None, description="enum, integer: the source's word → the published one (a list keeps them)."
    )
    format: str | None = Setting(None, description="date, instant: how it is written, as in strptime.")
    zone: str | None = Setting(None, description="instant: the time zone of times without an offset.")
    ambiguous: Literal["reject", "earlier", "later"] = Setting(
        "reject", description="instant: what 02:30 on the last Sunday of October means."
    )
    decimal_mark: Literal[".", ","] = "."
    thousands: str | None = Setting(
        None, pattern=r"^[^0-9A-Za-z+-]$", description="The mark between groups of three digits."
    )
    written_as: Literal["columns", "lat_lon", "wkt", "geojson"] | None = Setting(
        None, description="geometry: how the source writes it (two source columns: columns)."
    )
    crs: str = Setting("EPSG:4326", description="geometry: the source's reference system.")
    pattern: str | None = None
    min: float | int | None = None
    max: float | int | None = None
    max_length: int | None = Setting(None, ge=1)
    unit: str | None = Setting(None, description="UCUM code.")
    written_in: str | None = Setting(
        None, description="The UCUM code of the unit that the source writes, where `unit:` is another."
    )
    references: Referring | None = Setting(
        None, description="The dataset whose keys its values are: `territory.communes`, or a field of one."
    )
    about: str | None = Setting(None, description="What it is, in French, one sentence.")
    label: str | None = Setting(None, description="Its English label.")
    public: bool | Precision = Setting(
        False,
        description=(
            "Whether everyone may see it, or how much: the year or month of a date or instant, the "
            "commune or 1 km square of a point, a random surrogate of an identifier."
        ),
    )
    basis: str | None = Setting(
        None, description="The legal basis for showing a column that is personal by its name."
    )
    hidden_because: str | None = Setting(None, description="The legal ground for hiding it.")
    term: str | None = Setting(None, description="Set by the loader: the vocabulary's term behind it.")

    @field_validator("public", mode="before")
    @classmethod
    def _no_hash(cls, given: Any) -> Any:
        if isinstance(given, str) and re.fullmatch(r"hash|hashed|md5|sha\d+", given):
            raise ValueError(_NO_HASH)
        return given

    @field_validator("source", "empty", mode="before")
    @classmethod
    def _one_or_many(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @field_validator("values", mode="before")
    @classmethod
    def _list_keeps_its_words(cls, given: Any) -> Any:
        listed = isinstance(given, (list, tuple)) and all(isinstance(word, str) for word in given)
        return {word: word for word in given} if listed else given

    @field_validator("fixed", mode="before")
    @classmethod
    def _written_as_text(cls, given: Any) -> Any:
        return str(given) if isinstance(given, int) and not isinstance(given, bool) else given

    @field_validator("pattern", "part")
    @classmethod
    def _pattern_compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"the pattern does not compile: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _visible_or_grounded(self) -> Field:
        if self.public and self.hidden_because:
            raise ValueError("`public:` and `hidden_because` contradict each other")
        if self.basis and not self.public:
            raise ValueError("`basis` is for what the public sees; a hidden field has `hidden_because`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"`min` ({self.min}) is above `max` ({self.max})")
        if self.type == "enum" and not self.values:
            raise ValueError("`type: enum` needs `values`")
        if self.may_lack and self.required:
            raise ValueError("`may_lack` and `required` contradict each other")
        if self.part is not None and re.compile(self.part).groups > 1:
            raise ValueError("`part` has several groups; write those that are not the value as (?:…)")
        if self.fixed is not None and self.source:
            raise ValueError("`fixed:` and `from:` contradict each other")
        return self

    @property
    def always(self) -> bool:
        """Whether every row has a value, where `required:` does not take a word for none."""
        return self.required and self.empty_as is None

    @property
    def precision(self) -> Precision | None:
        """How much of it the public sees, where that is less than all."""
        return None if isinstance(self.public, bool) else self.public

    @property
    def decimal(self) -> tuple[int, int] | None:
        """Precision and scale of a decimal, else None."""
        match = DECIMAL.fullmatch(self.type)
        return (int(match[1]), int(match[2])) if match else None
