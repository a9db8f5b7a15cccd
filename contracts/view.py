"""What one audience sees of a dataset: a pure function of the contract; all that is published follows."""

from __future__ import annotations

from contracts.batch import Column
from contracts.dataset import Audience, Condition, Dataset, Field
from contracts.model import Frozen


class View(Frozen):
    """The columns, the row conditions and the order of one audience's release."""

    dataset_id: str
    name: str
    audience: Audience
    title: str
    description: str
    publisher: str
    licence: str
    contact: str
    attribution: str | None = None
    vintage: str | None = None
    fields: dict[str, Field]
    conditions: tuple[Condition, ...] = ()
    order: tuple[str, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The dictionary of the view."""
        return tuple(
            Column(
                name=name, type=field.type, unit=field.unit, about=field.about,
                label=field.label, required=field.required,
            )
            for name, field in self.fields.items()
        )  # fmt: skip

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


def view_for(dataset: Dataset, audience: Audience) -> View:
    """The view of an audience: restricted sees every field and row, public what the contract shows.

    The order is the key, all of it visible to both (`contracts.checking` refuses a hidden one), so that
    the order of the rows tells nothing that the rows do not.
    """
    everything = audience == "restricted"
    fields = {name: field for name, field in dataset.fields.items() if everything or field.public}
    about = dataset.about
    return View(
        dataset_id=dataset.id, name=dataset.name, audience=audience,
        title=about.title.fr, description=about.description.fr, publisher=about.publisher,
        licence=about.licence, contact=about.contact, attribution=about.source,
        vintage=about.vintage, fields=fields,
        conditions=() if everything else dataset.public_rows, order=dataset.key,
    )  # fmt: skip
