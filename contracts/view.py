"""What one audience sees of a dataset: a pure function of the contract; all that is published follows."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from pydantic import Field as Setting

from contracts.audience import Aggregate, Condition, Waiver
from contracts.batch import Column
from contracts.dataset import Audience, Dataset
from contracts.field import Field, Precision
from contracts.joined import SIDE
from contracts.model import Frozen
from contracts.national import NationalSchema


class View(Frozen):
    """The columns, the rows and the order of one audience's release.

    `fields` are as the audience sees them: a date shown as its year is an integer. `precisions` says which
    of them are made coarser than the staged table has them, and `aggregate` that the rows are cells.
    """

    dataset_id: str
    name: str
    audience: Audience
    title: str
    title_en: str | None = None
    description: str
    publisher: str
    licence: str
    contact: str
    attribution: str | None = None
    vintage: str | None = None
    harvest: bool = True
    fields: dict[str, Field]
    precisions: dict[str, Precision] = Setting(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    aggregate: Aggregate | None = None
    secret: str | None = Setting(None, description="The column that says that a cell is kept secret.")
    order: tuple[str, ...]
    waivers: tuple[Waiver, ...] = ()
    deprecated: dict[str, date] = Setting(default_factory=dict)
    national: NationalSchema | None = Setting(None, description="The schema whose form the CSV has.")

    @property
    def columns(self) -> tuple[Column, ...]:
        """The dictionary of the view."""
        return tuple(
            Column(
                name=name, type=field.type, unit=field.unit, about=field.about,
                label=field.label, required=field.always, deprecated=self.deprecated.get(name),
            )
            for name, field in self.fields.items()
        )  # fmt: skip

    @property
    def digest(self) -> str:
        """sha256 over what readers are shown of the view; equal content of equal views is one release."""
        # What no other file shows enters only with a schema, and `harvest` only if it is false: any
        # other view is what it always was.
        unsaid: dict[str, Any] = {"harvest": True} if self.harvest else {}
        if self.national is None:
            unsaid |= {"national": True, "fields": {"__all__": {"empty_as"}}}
        return hashlib.sha256(self.shown.model_dump_json(exclude=unsaid or None).encode()).hexdigest()

    @property
    def shown(self) -> View:
        """The view without how its rows were chosen and its cells were read: all that leaves the house."""
        told = {name: _told(field) for name, field in self.fields.items()}
        chosen: dict[str, object] = {"conditions": (), "precisions": {}, "aggregate": None, "waivers": ()}
        return self.model_copy(update={"fields": told, **chosen})

    @property
    def geometry(self) -> str | None:
        """The name of its first geometry field, if it has one."""
        return next((name for name, field in self.fields.items() if field.type == "geometry"), None)

    @property
    def position(self) -> tuple[str, str] | None:
        """Its longitude and latitude fields, where a national schema leaves no column for a geometry."""
        by_term = {field.term: name for name, field in reversed(self.fields.items())}
        if self.geometry or not {"longitude", "latitude"} <= by_term.keys():
            return None
        return by_term["longitude"], by_term["latitude"]


def _told(field: Field) -> Field:
    """What a reader is told of a field; nothing of the source's columns, words and formats."""
    kept = ("type", "unit", "about", "label", "required", "term", "public", "max_length", "empty_as")
    words = {word: word for word in sorted(set(field.values.values()))} if field.values else None
    return Field.model_validate({**{key: getattr(field, key) for key in kept}, "values": words})


def view_for(dataset: Dataset, audience: Audience) -> View:
    """The view of an audience: restricted sees every field and row, public what the contract shows.

    Of a joined table each audience sees the rows that come from its own releases, and none of the other's.

    The order is the key, all of it visible to both (`contracts.checking` refuses a hidden one), so that
    the order of the rows tells nothing that the rows do not.
    """
    about = dataset.about
    fields, key, own = dataset.fields, dataset.key, dataset.joined is not None
    if own:
        fields = {name: field for name, field in fields.items() if name != SIDE}
        key = tuple(name for name in key if name != SIDE)
    view = View(
        dataset_id=dataset.id, name=dataset.name, audience=audience,
        title=about.title.fr, title_en=about.title.en, description=about.description.fr,
        publisher=about.publisher, licence=about.licence, contact=about.contact, attribution=about.source,
        vintage=about.vintage, harvest=about.harvest, fields=fields, order=key,
        conditions=(Condition(field=SIDE, equals=audience),) if own else (),
    )  # fmt: skip
    return view if audience == "restricted" else view.model_copy(update=_public_part(dataset, view))


def whole_table(dataset: Dataset) -> View:
    """The view that shows the staged table as it stands; of a joined one, the rows of both audiences."""
    whole = view_for(dataset, "restricted")
    return whole.model_copy(update={"fields": dataset.fields, "order": dataset.key, "conditions": ()})


def _public_part(dataset: Dataset, whole: View) -> dict[str, object]:
    shown = {name: field for name, field in whole.fields.items() if field.public}
    part: dict[str, object] = {
        "fields": {name: _coarse(field) for name, field in shown.items()},
        "precisions": {name: field.precision for name, field in shown.items() if field.precision},
        "conditions": (*whole.conditions, *dataset.public_rows),
        "waivers": dataset.privacy.waives,
        "deprecated": dataset.deprecated,
        "national": dataset.national,
    }
    if dataset.national is not None:
        first = [column.name for column in dataset.national.columns if column.name in shown]
        part["fields"] = {name: _coarse(shown[name]) for name in dict.fromkeys([*first, *shown])}
    cells = dataset.public_aggregate
    if cells is not None:
        by = {name: _coarse(dataset.fields[name]) for name in cells.by}
        part |= {"fields": by | _measures(dataset, cells), "aggregate": cells, "secret": cells.secret}
        part["precisions"] = {name: field.precision for name, field in by.items() if field.precision}
        part["order"] = cells.by
    return part


def _coarse(field: Field) -> Field:
    """The field as it looks after it was made coarser: its type, and no bound of the finer one."""
    types = {"year": "integer", "month": "string", "commune": "string", "surrogate": "string"}
    if field.precision is None:
        return field
    loose = {"pattern": None, "min": None, "max": None, "max_length": None, "unit": None, "term": None}
    if field.precision == "grid_1km":
        return field.model_copy(update=loose)
    return field.model_copy(update={**loose, "type": types[field.precision], "values": None})


def _measures(dataset: Dataset, cells: Aggregate) -> dict[str, Field]:
    """The columns beside those that make the cells; empty (null) where a cell is kept secret."""
    count = Field(type="integer", public=True, about="Effectif de la cellule.", label="Count")
    secret = Field(
        type="boolean", required=True, public=True, label="Kept secret",
        about="Vrai si la cellule est couverte par le secret statistique.",
    )  # fmt: skip
    sums = {
        name: Field(
            type=_sum_type(dataset.fields[one.of]), unit=dataset.fields[one.of].unit, public=True,
            about=one.about, label=one.label,
        )
        for name, one in cells.sums.items()
    }  # fmt: skip
    return {cells.count: count, **sums, cells.secret: secret}


def _sum_type(field: Field) -> str:
    """A sum of decimals keeps their scale and has room for any number of rows."""
    return f"decimal(38,{field.decimal[1]})" if field.decimal else field.type
