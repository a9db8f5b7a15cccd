"""The contract: what one dataset is, what it promises, and who may see which part of it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any, Literal

from pydantic import Field as Setting
from pydantic import field_validator, model_validator

from contracts.formats import Format
from contracts.model import Frozen

Audience = Literal["public", "restricted"]
AUDIENCES: tuple[Audience, ...] = ("restricted", "public")  # the order in which they commit

NAME = r"^[a-z0-9][a-z0-9_-]{1,62}$"  # safe as a folder, an S3 key, a DAG id and a URL
FIELD_NAME = r"^[A-Za-z][A-Za-z0-9_]{0,62}$"  # national schemas use capitals: Xlong, Ylat
BASE_TYPES = (
    "string", "boolean", "integer", "number", "date", "instant", "enum", "siren", "siret", "geometry",
)  # fmt: skip
DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1000}  # a format that counts from 1970 → microseconds
_DURATION = re.compile(r"(\d+)\s*(min|h|d)")
_SECONDS = {"min": 60, "h": 3600, "d": 86400}


def seconds_in(duration: str) -> int:
    """Seconds in `90 min`, `6 h` or `3 d`.

    Raises:
        ValueError: it is written otherwise.
    """
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not a duration; write 90 min, 6 h or 3 d")
    return int(match[1]) * _SECONDS[match[2]]


class Text(Frozen):
    """A text in French, and in English where there is one."""

    fr: str = Setting(min_length=1)
    en: str | None = None


class About(Frozen):
    """What a reader is told about the dataset."""

    title: Text
    description: Text
    publisher: str = Setting(description="The service that answers for the data.")
    licence: Literal["etalab-2.0", "odc-odbl", "cc-by-4.0", "cc0-1.0"] = "etalab-2.0"
    frequency: Literal[
        "continuous", "hourly", "daily", "weekly", "monthly", "quarterly", "annual", "irregular", "never"
    ]
    contact: str = Setting(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description="An e-mail address.")
    source: str | None = Setting(None, description="Where the data comes from, as readers should cite it.")
    vintage: str | None = Setting(None, description="The state of the world the data describes: 2018.")


class SourceSpec(Frozen):
    """Where the bytes are: a kind of connector, a connection's name, and that connector's options."""

    kind: str = Setting(pattern=r"^[a-z][a-z0-9_]*$")
    connection: str = Setting(
        pattern=r"^[a-z][a-z0-9_]*$", description="The Airflow connection that holds host and secret."
    )
    options: dict[str, Any] = Setting(
        default_factory=dict, description="What only this kind of connector understands."
    )

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, given: Any) -> Any:
        """`path: x` beside `kind:` is an option of the connector."""
        if not isinstance(given, dict) or "options" in given:
            return given
        own = {key: value for key, value in given.items() if key in ("kind", "connection")}
        return {**own, "options": {key: value for key, value in given.items() if key not in own}}


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
    type: str = Setting("string", description="A base type, decimal(p,s), or a term of the vocabulary.")
    required: bool = Setting(False, description="An empty or unfit cell rejects the whole row.")
    empty: tuple[str, ...] = Setting((), description="Words that mean `no value`, beside the empty cell.")
    drop_suffix: str | None = Setting(None, description="An ending cut off first: `.0`, ` €`.")
    words: Words | None = Setting(None, description="boolean: the words for true and false.")
    values: dict[str, str] | None = Setting(
        None, description="enum: the source's word → the published one (a list keeps them)."
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
    about: str | None = Setting(None, description="What it is, in French, one sentence.")
    label: str | None = Setting(None, description="Its English label.")
    public: bool = Setting(False, description="Whether everyone may see it.")
    hidden_because: str | None = Setting(None, description="The legal ground for hiding it.")
    term: str | None = Setting(None, description="Set by the loader: the vocabulary's term behind it.")

    @field_validator("source", "empty", mode="before")
    @classmethod
    def _one_or_many(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @field_validator("values", mode="before")
    @classmethod
    def _list_keeps_its_words(cls, given: Any) -> Any:
        listed = isinstance(given, (list, tuple)) and all(isinstance(word, str) for word in given)
        return {word: word for word in given} if listed else given

    @field_validator("pattern")
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
            raise ValueError("`public: true` and `hidden_because` contradict each other")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"`min` ({self.min}) is above `max` ({self.max})")
        if self.type == "enum" and not self.values:
            raise ValueError("`type: enum` needs `values`")
        return self

    @property
    def decimal(self) -> tuple[int, int] | None:
        """Precision and scale of a decimal, else None."""
        match = DECIMAL.fullmatch(self.type)
        return (int(match[1]), int(match[2])) if match else None


class Condition(Frozen):
    """A row condition on one field; an empty cell never meets it, so a doubtful row stays hidden."""

    field: str
    equals: str | bool | int | float | None = None
    among: tuple[str | int, ...] | None = Setting(None, min_length=1, description="One of these values.")
    at_least: float | int | None = None
    at_most: float | int | None = None
    present: Literal[True] | None = None

    @model_validator(mode="after")
    def _exactly_one_test(self) -> Condition:
        tests = (self.equals, self.among, self.at_least, self.at_most, self.present)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("give exactly one of equals, among, at_least, at_most, present")
        return self


class Expectation(Frozen):
    """One Great Expectations expectation by its snake_case name, with its arguments."""

    name: str
    arguments: dict[str, Any] = Setting(default_factory=dict)
    severity: Literal["critical", "warning"] = "critical"

    @model_validator(mode="before")
    @classmethod
    def _named_by_key(cls, given: Any) -> Any:
        """`- expect_x: {column: a, severity: warning}`."""
        if isinstance(given, dict) and len(given) == 1 and "name" not in given:
            ((name, arguments),) = given.items()
            if not isinstance(arguments, (dict, type(None))):
                return {"name": name, "arguments": arguments}
            arguments = dict(arguments or {})
            severity = arguments.pop("severity", "critical")
            return {"name": name, "arguments": arguments, "severity": severity}
        return given


class Freshness(Frozen):
    """The newest value of a date or instant field may be at most this old."""

    field: str
    within: str = Setting(description="3 d, 6 h, 90 min.")
    severity: Literal["critical", "warning"] = "warning"

    @field_validator("within")
    @classmethod
    def _duration(cls, given: str) -> str:
        seconds_in(given)
        return given


class Quality(Frozen):
    """What the batch must keep to be released."""

    rows: tuple[int, int] | None = Setting(None, description="Least and most rows.")
    shrink: float = Setting(0.2, ge=0, le=1, description="Largest share of rows that may vanish.")
    rejected: float = Setting(0.05, ge=0, le=1, description="Largest share of rows with a misfit.")
    stale_after: str | None = Setting(None, description="Age at which readers are warned: 3 d, 6 h.")
    misfits: Literal["discard", "freeze"] = Setting(
        "discard", description="discard: void the cell or drop the row, and say so; freeze: refuse the batch."
    )
    freshness: Freshness | None = None
    expect: tuple[Expectation, ...] = ()

    @field_validator("stale_after")
    @classmethod
    def _duration(cls, given: str | None) -> str | None:
        if given is not None:
            seconds_in(given)
        return given


class Dataset(Frozen):
    """One contract; theme and name come from its path."""

    theme: str = Setting(pattern=NAME)
    name: str = Setting(pattern=NAME)
    about: About
    schedule: str | None = Setting(None, description="Cron, in the city's time zone; none: by hand.")
    source: SourceSpec
    format: Format
    reshape: str | None = Setting(
        None, pattern=r"^[a-z_]+\.[a-z_]+$", description="module.function under transforms/reshape."
    )
    key: Annotated[tuple[str, ...], Setting(min_length=1)]
    model: str | None = None
    conforms_to: str | None = None
    fields: Annotated[dict[str, Field], Setting(min_length=1)]
    ignores: tuple[str, ...] = Setting(
        (), description="Source columns that are known and not taken; `*` stands for any text."
    )
    public_rows: tuple[Condition, ...] = Setting(
        (), description="All must hold for a row to be public; none: every row."
    )
    quality: Quality = Quality()
    audiences: Annotated[tuple[Audience, ...], Setting(min_length=1)] = ("restricted",)
    hidden_because: str | None = Setting(
        None, description="The legal ground, where the whole dataset is restricted."
    )

    @property
    def id(self) -> str:
        """`<theme>.<name>`: DAG id, suite name, catalogue identifier."""
        return f"{self.theme}.{self.name}"

    @property
    def contract_hash(self) -> str:
        """sha256 over the contract with the vocabulary's definitions filled in."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def source_columns(self) -> dict[str, tuple[str, ...]]:
        """Field → the source columns it is made of."""
        return {name: field.source or (name,) for name, field in self.fields.items()}
