"""Whether another public table of the same source gives away what an aggregate keeps secret."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from contracts.dataset import Dataset
from contracts.errors import Fault
from contracts.library import Library


def rivals_of_cells(library: Library) -> Iterator[tuple[str, Fault]]:
    """A fault for each aggregate whose source also feeds another public table, by the id of its contract.

    Secrecy knows the totals of one table. Rows of that source, or cells along other dimensions, are totals
    that it does not know: half the small cells of a sparse matrix follow from them, whatever else is hidden.
    A person may let it pass, by a waiver of the rule `differencing`. Another sheet, or another table of the
    file, is another source.
    """
    public = [each for each in library.datasets.values() if "public" in each.audiences]
    sources: dict[str, list[Dataset]] = defaultdict(list)
    for dataset in public:
        if dataset.joined is None:
            told = [part.model_dump(mode="json") for part in (dataset.source, dataset.format)]
            sources[json.dumps(told, sort_keys=True)].append(dataset)
    for several in sources.values():
        for dataset in several:
            others = [one.id for one in several if one is not dataset]
            waived = any(waiver.rule == "differencing" for waiver in dataset.privacy.waives)
            if dataset.public_aggregate is None or not others or waived:
                continue
            document = library.documents[dataset.id]
            met = f"counts cells of a source that {', '.join(others)} shows to the public too"
            remedy = "Publish one of them, or have a waiver of `rule: differencing` approved."
            place = ("public_aggregate",)
            yield dataset.id, Fault(document.file, document.line_of(place), place[0], met, remedy)
