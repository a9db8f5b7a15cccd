"""What must hold so that a dataset is what its model says: a field or a constant for each term."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from contracts.constants import constant_fault
from contracts.dataset import Dataset
from contracts.explaining import did_you_mean
from contracts.reading import Place
from contracts.vocabulary import Either, Vocabulary

Finding = tuple[Place, str, str]
DERIVED = ("dataset_id",)  # the path of the contract says it
MEASURED = ("grandeur", "valeur", "unite")  # a field under `measures:` says all three
_REMEDY = (
    "Add a field of that name, or of that `type:`, or under `constants:` the value that all rows have "
    "(null: nobody says)."
)


def model_findings(dataset: Dataset, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Everything that the model still needs, and every constant that is none of its term."""
    yield from _about_constants(dataset, vocabulary)
    yield from _about_measures(dataset)
    if dataset.model is None:
        return
    if dataset.model not in vocabulary.models:
        hint = did_you_mean(dataset.model, vocabulary.models)
        yield ("model",), f"{dataset.model!r} is not a model of the vocabulary", hint
        return
    had = terms_of(dataset)
    missing = [need for need in vocabulary.models[dataset.model] if not _is_met(need, had)]
    if missing:
        told = ", ".join(_written(need) for need in missing)
        hints = " ".join(dict.fromkeys(filter(None, (_hint(need, dataset) for need in missing))))
        yield ("model",), f"the model {dataset.model} also needs {told}", f"{hints} {_REMEDY}".strip()


def terms_of(dataset: Dataset) -> dict[str, str | None]:
    """Term → the field that has it, or None where all rows have the same value.

    Of two fields of one term the one of that name counts, else the first.
    """
    measured = MEASURED if dataset.measures else ()
    told: dict[str, str | None] = dict.fromkeys((*DERIVED, *dataset.constants, *measured))
    for name, field in dataset.fields.items():
        if field.term is not None and (told.get(field.term) is None or name == field.term):
            told[field.term] = name
    return told


def _is_met(need: str | Either, had: Collection[str]) -> bool:
    if isinstance(need, str):
        return need in had
    return any(all(term in had for term in terms) for terms in need.either)


def _written(need: str | Either) -> str:
    if isinstance(need, str):
        return need
    alternatives = [" + ".join(terms) for terms in need.either]
    return f"{', '.join(alternatives[:-1])} or {alternatives[-1]}"


def _hint(need: str | Either, dataset: Dataset) -> str:
    """The field that may be meant: one whose name is, or is like, that of the term."""
    wanted = [need] if isinstance(need, str) else [term for terms in need.either for term in terms]
    untermed = [name for name, field in dataset.fields.items() if field.term is None]
    for term in wanted:
        if term in untermed:
            return f"If the field {term} is meant, write `type: {term}` on it."
        if near := did_you_mean(term, untermed):
            return f"{near} Then write `type: {term}` on it."
    return ""


def _about_constants(dataset: Dataset, vocabulary: Vocabulary) -> Iterator[Finding]:
    columns = {field.term or name: name for name, field in dataset.fields.items()}
    for name, value in dataset.constants.items():
        place: Place = ("constants", name)
        if name in DERIVED:
            yield place, "is derived from the contract's path", "Remove it."
        elif name not in vocabulary.terms:
            yield place, "is not a term of the vocabulary", did_you_mean(name, vocabulary.terms)
        elif name in columns or name in dataset.fields:
            met = f"is the field {columns.get(name, name)!r} too, which says it row by row"
            yield place, met, "Keep one of them."
        elif met := constant_fault(value, vocabulary.terms[name]):
            yield place, met, ""


def _about_measures(dataset: Dataset) -> Iterator[Finding]:
    if dataset.measures and dataset.model != "observation":
        yield ("measures",), "is for `model: observation`", "Declare the model, or remove it."
    for index, name in enumerate(dataset.measures):
        place: Place = ("measures", index)
        field = dataset.fields.get(name)
        if field is None:
            yield place, f"{name!r} is not a field", did_you_mean(name, dataset.fields)
        elif not (field.decimal or field.type in ("integer", "number")) or field.unit is None:
            yield place, f"{name!r} is no number with a unit", 'Give its `unit:` ("1" where it has none).'
    clash = [name for name, field in dataset.fields.items() if dataset.measures and field.term in MEASURED]
    for name in clash:
        yield ("fields", name), "says what `measures:` says of each field", "Keep one of them."
