"""What must hold so that the public sees what was meant, and nothing can be worked out from it."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.audience import Aggregate, Condition
from contracts.dataset import Dataset
from contracts.explaining import did_you_mean
from contracts.field import Field, Precision
from contracts.personal import kind_of
from contracts.reading import Place

Finding = tuple[Place, str, str]
_SUITED: dict[Precision, set[str]] = {
    "year": {"date", "instant"}, "month": {"date", "instant"}, "commune": {"geometry"},
    "grid_1km": {"geometry"}, "surrogate": {"string", "integer", "siren", "siret"},
}  # fmt: skip
_COARSE_KEY = (
    "is shown to the public as its {precision}, which makes no key",
    "Show it whole or as a surrogate, or choose another key.",
)


def audience_findings(dataset: Dataset) -> Iterator[Finding]:
    """Everything in the contract that would show too much, or hides without saying why."""
    if "public" not in dataset.audiences:
        yield from _about_restricted(dataset)
        return
    if not any(field.public for field in dataset.fields.values()):
        yield ("audiences",), "has a public audience but no public field", "Set `public: true` on some."
    for name, field in dataset.fields.items():
        yield from _about_visibility(name, field)
    yield from _about_twins(dataset)
    if dataset.public_aggregate is None:
        yield from _about_key(dataset)
    else:
        yield from _about_aggregate(dataset, dataset.public_aggregate)
    yield from _about_rows(dataset)
    yield from _about_waivers(dataset)


def _about_restricted(dataset: Dataset) -> Iterator[Finding]:
    if not dataset.hidden_because:
        met = "a dataset without a public audience states its legal ground"
        yield ("audiences",), met, "Add `hidden_because:` (CRPA L311-5, L311-6 …)."
    for key in ("public_rows", "public_aggregate", "embargo"):
        if getattr(dataset, key):
            yield (key,), "means nothing without a public audience", "Remove it, or add `public`."


def _about_visibility(name: str, field: Field) -> Iterator[Finding]:
    place: Place = ("fields", name)
    if not field.public and not field.hidden_because:
        met = "is hidden from the public without a legal ground"
        yield place, met, "Add `public: true`, or `hidden_because:` with the ground."
    if not field.public and field.required:
        met = "is hidden and required: a cell of it that does not fit would take its row from the public"
        remedy = "Drop `required:` and promise it under `quality.expect` (…_values_to_not_be_null)."
        yield (*place, "required"), met, remedy
    base = "decimal" if field.decimal else field.type
    if field.precision and base not in _SUITED[field.precision]:
        met = f"a {base} has no {field.precision.replace('_', ' ')} to show"
        yield (*place, "public"), met, f"That is for {', '.join(sorted(_SUITED[field.precision]))}."
    kind = kind_of(name, field)
    if field.public and kind and not field.basis and field.precision is None:
        met = f"looks personal by its name ({kind.replace('_', ' ')}) and is public"
        yield place, met, "Add `basis:` with the law that publishes it, or hide it."


def _about_twins(dataset: Dataset) -> Iterator[Finding]:
    """One source column shown twice: the finer of the two undoes the coarser."""
    shown: dict[str, tuple[str, Field]] = {}
    for name, field in dataset.fields.items():
        for column in field.source or (name,):
            if not field.public or field.fixed is not None:
                continue
            twin, other = shown.setdefault(column, (name, field))
            if other.public != field.public:
                met = f"shows the source column {column!r} in another precision than {twin!r} does"
                yield ("fields", name, "public"), met, "Show it once, or twice alike."


def _about_key(dataset: Dataset) -> Iterator[Finding]:
    for index, name in enumerate(dataset.key):
        field = dataset.fields.get(name)
        if field is not None and not field.public:
            met = f"{name!r} is hidden, so public rows would have no key of their own"
            yield ("key", index), met, "Choose a key of public fields."
        elif field is not None and field.precision not in (None, "surrogate"):
            met, remedy = _COARSE_KEY
            yield ("key", index), f"{name!r} {met.format(precision=field.precision)}", remedy


def _about_aggregate(dataset: Dataset, cells: Aggregate) -> Iterator[Finding]:
    place: Place = ("public_aggregate",)
    for index, name in enumerate(cells.by):
        field = dataset.fields.get(name)
        if field is None:
            yield (*place, "by", index), f"{name!r} is not a field", did_you_mean(name, dataset.fields)
        elif not field.public:
            yield (*place, "by", index), f"{name!r} is hidden", "Show it, or leave it out of the cells."
        elif field.type == "geometry" and field.precision is None:
            yield (*place, "by", index), f"{name!r} is a geometry", "Show its commune or its 1 km square."
    if cells.contributor is not None and cells.contributor not in dataset.fields:
        hint = did_you_mean(cells.contributor, dataset.fields)
        yield (*place, "contributor"), f"{cells.contributor!r} is not a field", hint
    for name, one in cells.sums.items():
        field = dataset.fields.get(one.of)
        if field is None:
            hint = did_you_mean(one.of, dataset.fields)
            yield (*place, "sums", name), f"{one.of!r} is not a field", hint
        elif not (field.decimal or field.type in ("integer", "number")):
            yield (*place, "sums", name), f"{one.of!r} is no number", "Sum an integer, number or decimal."
    columns = [*cells.by, cells.count, *cells.sums, cells.secret]
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        yield place, f"publishes two columns called {name!r}", "Rename one of them."


def _about_rows(dataset: Dataset) -> Iterator[Finding]:
    for index, condition in enumerate(dataset.public_rows):
        place: Place = ("public_rows", index)
        field = dataset.fields.get(condition.field)
        if field is None:
            hint = did_you_mean(condition.field, dataset.fields)
            yield (*place, "field"), f"{condition.field!r} is not a field", hint
        elif not _comparable(condition, field):
            met = f"the condition does not suit a field of type {field.type}"
            yield place, met, "Compare like with like."


def _comparable(condition: Condition, field: Field) -> bool:
    numeric = field.type in ("integer", "number") or field.decimal is not None
    if condition.present:
        return True
    if condition.at_least is not None or condition.at_most is not None:
        return numeric
    for value in condition.among or (condition.equals,):
        if isinstance(value, bool) != (field.type == "boolean"):
            return False
        if not isinstance(value, bool) and isinstance(value, (int, float)) != numeric:
            return False
    return field.type not in ("geometry", "date", "instant")


def _about_waivers(dataset: Dataset) -> Iterator[Finding]:
    for index, waiver in enumerate(dataset.privacy.waives):
        if waiver.field not in dataset.fields:
            place: Place = ("privacy", "waives", index, "field")
            yield place, f"{waiver.field!r} is not a field", did_you_mean(waiver.field, dataset.fields)
