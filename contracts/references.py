"""A field whose values are keys of another dataset: a commune, a canton, a code of a nomenclature."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic import Field as Setting

from contracts.explaining import did_you_mean
from contracts.model import Frozen
from contracts.reading import Place

if TYPE_CHECKING:
    from contracts.dataset import Dataset

Finding = tuple[Place, str, str]
_ID = r"^[a-z0-9][a-z0-9_-]*\.[a-z0-9][a-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_]*)?$"


class Reference(Frozen):
    """Where the values are to be found: `territory.communes` by its key, or `territory.communes.code`."""

    to: str = Setting(pattern=_ID, description="A dataset, or a field of one: <theme>.<name>[.<field>].")
    severity: Literal["critical", "warning"] = Setting(
        "warning", description="Whether a value that is not there refuses the batch or is told."
    )

    @property
    def dataset_id(self) -> str:
        """The dataset that has them."""
        return ".".join(self.to.split(".")[:2])

    @property
    def named(self) -> str | None:
        """The field that was written, if one was."""
        return next(iter(self.to.split(".")[2:]), None)


def _by_name(given: Any) -> Any:
    return {"to": given} if isinstance(given, str) else given


Referring = Annotated[Reference, BeforeValidator(_by_name)]


def target_of(reference: Reference, dataset: Dataset) -> str | None:
    """The field that a reference means in the dataset that it names; none where its key has several."""
    return reference.named or (dataset.key[0] if len(dataset.key) == 1 else None)


def reference_findings(
    dataset: Dataset, datasets: Mapping[str, Dataset], broken: Collection[str] = ()
) -> Iterator[Finding]:
    """References to what is not there, or is of another type; a contract in `broken` costs no other."""
    for name, field in dataset.fields.items():
        reference, place = field.references, ("fields", name, "references")
        if reference is None or reference.dataset_id in broken:
            continue
        other = datasets.get(reference.dataset_id)
        if other is None:
            hint = did_you_mean(reference.dataset_id, datasets)
            yield place, f"there is no dataset {reference.dataset_id!r}", hint
            continue
        target = target_of(reference, other)
        if target is None:
            met = f"the key of {other.id} has several fields"
            yield place, met, f"Name one: {other.id}.{other.key[0]}."
        elif target not in other.fields:
            yield place, f"{target!r} is not a field of {other.id}", did_you_mean(target, other.fields)
        elif (other.fields[target].decimal or other.fields[target].type) != (field.decimal or field.type):
            met = f"is {field.type}, and {other.id}.{target} {other.fields[target].type}"
            yield place, met, "Refer like to like."
