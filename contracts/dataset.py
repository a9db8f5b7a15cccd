"""The contract: what one dataset is, what it promises, and who may see which part of it."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ValidationInfo, field_validator, model_validator
from pydantic import Field as Setting
from pydantic_core import PydanticCustomError

from contracts.audience import Aggregate, Condition, Privacy
from contracts.durations import seconds_in
from contracts.field import Field
from contracts.formats import Format
from contracts.joined import KIND, Joined
from contracts.load import Load
from contracts.model import Frozen
from contracts.national import NationalSchema
from contracts.retention import Retention

Audience = Literal["public", "restricted"]
AUDIENCES: tuple[Audience, ...] = ("restricted", "public")  # the order in which they commit

NAME = r"^[a-z0-9][a-z0-9_-]{1,62}$"  # safe as a folder, an S3 key, a DAG id and a URL
Constant = str | bool | int | float | None
# Of a field: nothing of its values.
_TOLD = {"about", "label", "public", "basis", "hidden_because", "term", "references"}


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
    harvest: bool = Setting(
        True,
        description="false: a copy of what another portal publishes; no harvester may take it a second time.",
    )


class SourceSpec(Frozen):
    """Where the bytes are: a kind of connector, a connection's name, and that connector's options."""

    kind: str = Setting(pattern=r"^[a-z][a-z0-9_]*$")
    connection: str = Setting(
        "", pattern=r"^([a-z][a-z0-9_]*)?$", validate_default=True,
        description="The Airflow connection that holds host and secret; none for `kind: releases`.",
    )  # fmt: skip
    options: dict[str, Any] = Setting(
        default_factory=dict, description="What only this kind of connector understands."
    )

    @field_validator("connection")
    @classmethod
    def _where_it_is_needed(cls, given: str, told: ValidationInfo) -> str:
        if not given and told.data.get("kind", KIND) != KIND:
            raise PydanticCustomError("missing", "is missing")
        if given and told.data.get("kind") == KIND:
            raise ValueError("releases are read from the stores, through no connection")
        return given

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, given: Any) -> Any:
        """`path: x` beside `kind:` is an option of the connector."""
        if not isinstance(given, dict) or "options" in given:
            return given
        own = {key: value for key, value in given.items() if key in ("kind", "connection")}
        return {**own, "options": {key: value for key, value in given.items() if key not in own}}


class Expectation(Frozen):
    """One Great Expectations expectation by its snake_case name, with its arguments."""

    name: str
    arguments: dict[str, Any] = Setting(default_factory=dict)
    severity: Literal["critical", "warning"] = "critical"
    about: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _named_by_key(cls, given: Any) -> Any:
        """`- expect_x: {column: a, severity: warning, about: Ce qui est promis.}`."""
        if isinstance(given, dict) and len(given) == 1 and "name" not in given:
            ((name, arguments),) = given.items()
            if not isinstance(arguments, (dict, type(None))):
                return {"name": name, "arguments": arguments}
            arguments = dict(arguments or {})
            own = {key: arguments.pop(key) for key in ("severity", "about") if key in arguments}
            return {"name": name, "arguments": arguments, **own}
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
    load: Load = Load()
    reshape: str | None = Setting(
        None, pattern=r"^[a-z_]+\.[a-z_]+$", description="module.function under transforms/reshape."
    )
    key: Annotated[tuple[str, ...], Setting(min_length=1)]
    duplicates: Literal["refuse", "merge"] = Setting(
        "refuse", description="merge: rows that are equal in every declared field are one, and are counted."
    )
    model: str | None = Setting(None, description="The model of the vocabulary that its rows are of.")
    constants: dict[str, Constant] = Setting(
        default_factory=dict,
        description="Term of the vocabulary → the value that is the same on every row (null: nobody says).",
    )
    measures: tuple[str, ...] = Setting(
        (), description="model: observation, where a row has several: the fields that are each a quantity."
    )
    conforms_to: str | None = Setting(
        None,
        pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+$",
        description="The national schema of the public CSV: <producer>/<name>@<version>.",
    )
    national: NationalSchema | None = Setting(None, description="Set by the loader: what it claims.")
    fields: Annotated[dict[str, Field], Setting(min_length=1)]
    ignores: tuple[str, ...] = Setting(
        (), description="Source columns that are known and not taken; `*` stands for any text."
    )
    public_rows: tuple[Condition, ...] = Setting(
        (), description="All must hold for a row to be public; none: every row."
    )
    public_aggregate: Aggregate | None = Setting(
        None, description="The public sees counts and sums of the rows instead of the rows."
    )
    privacy: Privacy = Privacy()
    embargo: AwareDatetime | None = Setting(
        None, description="Nothing of the public release exists before this instant: 2027-03-14T20:00+01:00."
    )
    deprecated: dict[str, date] = Setting(
        default_factory=dict,
        description="Public field → the day from which it may leave or change type; readers are told before.",
    )
    retention: Retention | None = Setting(
        None, description="How long its releases are kept; without it, as `city.yml` says for all."
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
    def joined(self) -> Joined | None:
        """What it is joined of, where its source is the releases of others."""
        return Joined.model_validate(self.source.options) if self.source.kind == KIND else None

    @property
    def contract_hash(self) -> str:
        """sha256 over the contract with the vocabulary's definitions filled in."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def table_hash(self) -> str:
        """sha256 over what decides the values of the rows: another source, key, or type makes them others.

        Of options that are left out nothing enters it, so that one that is new here changes no hash.
        """
        told = {
            "source": self.source.model_dump(mode="json", exclude_defaults=True),
            "format": self.format.model_dump(mode="json", exclude_defaults=True),
            "load": {"mode": self.load.mode, "by": self.load.by},
            "reshape": self.reshape, "key": self.key,
            "fields": [
                (name, field.model_dump(mode="json", exclude_defaults=True, exclude=_TOLD))
                for name, field in self.fields.items()
            ],
        }  # fmt: skip
        if self.duplicates != "refuse":
            told["duplicates"] = self.duplicates
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @property
    def columns_that_may_lack(self) -> tuple[str, ...]:
        """The source columns that no field insists on."""
        needed = {
            column for name, field in self.fields.items() if not field.may_lack or name in self.key
            for column in field.source or (name,)
        }  # fmt: skip
        every = [column for columns in self.source_columns.values() for column in columns]
        return tuple(column for column in every if column not in needed)

    @property
    def source_columns(self) -> dict[str, tuple[str, ...]]:
        """Field → the source columns it is made of; one that is always the same has none."""
        return {
            name: (*(field.source or (name,)), *((field.minus,) if field.minus else ()))
            for name, field in self.fields.items()
            if field.fixed is None
        }
