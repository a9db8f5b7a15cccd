"""What a joined table takes from its parts: their licence, what was waived on them, and its own columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from contracts.audience import Privacy, Waiver
from contracts.dataset import Dataset
from contracts.explaining import did_you_mean
from contracts.field import Field
from contracts.joined import IDENTITY, SIDE
from contracts.licences import is_as_strict, joined_licence
from contracts.reading import Place
from contracts.vocabulary import Vocabulary

Finding = tuple[Place, str, str]
TOLD = (IDENTITY, "dataset_id", "licence")  # columns that come from the part's contract, not from its rows
_SIDE = Field(
    type="enum", values={"public": "public", "restricted": "restricted"}, required=True, public=True,
    about="Public dont la version a fourni la ligne.", label="Audience",
)  # fmt: skip


def parts_of(hub: Dataset, datasets: Mapping[str, Dataset]) -> tuple[Dataset, ...]:
    """The sound contracts that declare the model, but for those left out."""
    joined = hub.joined
    if joined is None:
        return ()
    return tuple(
        one for one in datasets.values()
        if one.model == joined.model and one.id not in joined.without and one.joined is None
    )  # fmt: skip


def parts_first(datasets: Iterable[Dataset]) -> list[Dataset]:
    """The same in their order: what refers to others after those that do not, joined tables after all."""

    def place(one: Dataset) -> int:
        refers = any(field.references is not None for field in one.fields.values())
        return 2 if one.joined is not None else int(refers)

    return sorted(datasets, key=place)


def sided(hub: Dataset) -> Dataset:
    """The contract with the column that keeps the rows of its audiences apart."""
    fields = {SIDE: _SIDE, **{name: field for name, field in hub.fields.items() if name != SIDE}}
    return hub.model_copy(
        update={"fields": fields, "key": (SIDE, *(name for name in hub.key if name != SIDE))}
    )


def settled(hub: Dataset, parts: Sequence[Dataset], *, licence_given: bool) -> Dataset:
    """The contract with its parts' licence, where it names none, and with what was waived on them."""
    update: dict[str, Any] = {"privacy": Privacy(waives=(*hub.privacy.waives, *_waivers(hub, parts)))}
    licence = _licence(parts)
    if not licence_given and licence is not None:
        update["about"] = hub.about.model_copy(update={"licence": licence})
    return hub.model_copy(update=update)


def _licence(parts: Sequence[Dataset]) -> str | None:
    """Of what the public gets; where that is nothing, of all."""
    shown = [one for one in parts if "public" in one.audiences] or parts
    return joined_licence(one.about.licence for one in shown)


def _waivers(hub: Dataset, parts: Sequence[Dataset]) -> Iterator[Waiver]:
    """Of each column and rule one: its cells are those that a part shows already."""
    columns = {field.source[0] if field.source else name: name for name, field in hub.fields.items()}
    known = {(one.field, one.rule) for one in hub.privacy.waives}
    for part in parts:
        for waiver in part.privacy.waives:
            field = part.fields.get(waiver.field)
            column = columns.get(field.term) if field and field.term else None
            if column is not None and (column, waiver.rule) not in known:
                known.add((column, waiver.rule))
                because = f"{part.id} : {waiver.because}"
                yield waiver.model_copy(update={"field": column, "because": because})


def joined_findings(
    hub: Dataset, datasets: Mapping[str, Dataset], vocabulary: Vocabulary, *, licence_given: bool
) -> Iterator[Finding]:
    """What contradicts the vocabulary or the parts in a contract of a joined table."""
    joined = hub.joined
    if joined is None:
        return
    if joined.model not in vocabulary.models:
        hint = did_you_mean(joined.model, vocabulary.models)
        yield ("source", "model"), f"{joined.model!r} is not a model of the vocabulary", hint
        return
    for index, name in enumerate(joined.without):
        if name not in datasets:
            yield ("source", "without", index), f"there is no dataset {name!r}", did_you_mean(name, datasets)
    yield from _about_columns(hub, vocabulary)
    parts = parts_of(hub, datasets)
    if not parts:
        met = f"no sound contract declares `model: {joined.model}`"
        yield ("source", "model"), met, "Declare it where a dataset is one, or remove this contract."
        return
    yield from _about_licence(hub, parts, licence_given)


def _about_columns(hub: Dataset, vocabulary: Vocabulary) -> Iterator[Finding]:
    known = [*TOLD, *(term for term in vocabulary.terms if term != "geometry")]
    for name, field in hub.fields.items():
        if name == SIDE:
            continue
        column = field.source[0] if field.source else name
        if len(field.source) > 1 or column not in known:
            met = f"{column!r} is neither a term of the vocabulary nor {', '.join(TOLD)}"
            yield ("fields", name), met, did_you_mean(column, known)
    if hub.key != (SIDE, IDENTITY):
        yield ("key",), f"a joined table is told apart by {IDENTITY!r}", f"Write `key: [{IDENTITY}]`."


def _about_licence(hub: Dataset, parts: Sequence[Dataset], given: bool) -> Iterator[Finding]:
    place: Place = ("about", "licence")
    needed = _licence(parts)
    if needed is None:
        met = "its parts are under cc-by-4.0 and odc-odbl, which exclude each other"
        yield place, met, "Leave some out: `source: {without: [...]}`."
    elif given and not is_as_strict(hub.about.licence, needed):
        named = ", ".join(one.id for one in parts if one.about.licence == needed)
        met = f"{hub.about.licence} is freer than {needed}, which {named} asks for"
        yield place, met, f"Write {needed}, or leave the line out: it is worked out."
