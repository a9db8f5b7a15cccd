"""Charts of accounts as the DGCL publishes them (planDeCompte.xml): what the codes of a budget act mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from contracts.attached import Attached
from contracts.errors import SourceChanged
from transforms.decode.elements import elements_at
from transforms.decode.source import Source

# Attribute of an account that names its chapter, by direction (CodRD) and kind of operation: real, between
# the sections (TypOpBudg 2: 040 and 042), inside one of them (TypOpBudg 1: 041 and 043).
_FLOWS = {"real": "R", "between": "OES", "inside": "OIS"}


@dataclass(frozen=True)
class Chart:
    """Labels by code of one nomenclature (`M57-M57_A`) in one year, and the chapters of its accounts."""

    accounts: dict[str, str]
    functions: dict[str, str]
    chapters: dict[str, tuple[str, str]]  # label and section (F or I)
    flows: dict[tuple[str, str], str]  # account, and DR, DOES, DOIS, RR, ROES or ROIS → chapter

    def chapter_of(self, account: str, direction: str, kind: str) -> str | None:
        """The chapter of an account for D or R, and `real`, `between` or `inside`; None where it has none."""
        return self.flows.get((account, direction + _FLOWS[kind]))

    def section_of(self, chapter: str) -> str | None:
        """F or I."""
        return self.chapters.get(chapter, ("", ""))[1] or None

    def label_of(self, chapter: str) -> str | None:
        """The chapter's label."""
        return self.chapters.get(chapter, ("", ""))[0] or None


Charts = dict[tuple[str, str], Chart]


def charts_in(files: Sequence[Attached], source: Source) -> Charts:
    """The charts by nomenclature and year.

    Raises:
        SourceChanged: a file is no chart of accounts, or the same one as another.
    """
    charts: Charts = {}
    for one in files:
        if one.path is None:
            raise SourceChanged(source.place, f"the chart {one.file!r} was not looked for below `config/`")
        name, chart = _chart(Source(one.path, one.file, source.place, source.scratch))
        if name in charts:
            met = f"{one.file} is a second chart of {name[0]} for {name[1]}"
            raise SourceChanged(source.place, met, promised="one", remedy="Remove one of them.")
        charts[name] = chart
    return charts


def chart_fault(path: Path, name: str, place: str) -> str | None:
    """Why the file is no chart of accounts; None where it is one."""
    try:
        _chart(Source(path, name, place, path.parent))
    except SourceChanged as error:
        return error.met
    return None


def _chart(file: Source) -> tuple[tuple[str, str], Chart]:
    with file.path.open("rb") as stream:
        for root in elements_at(file, stream, ["Nomenclature"]):
            head = [root.get(key, "") for key in ("Norme", "Declinaison", "Exer")]
            nature = root.find("Nature")
            if all(head) and nature is not None:
                return (f"{head[0]}-{head[1]}", head[2]), _read(nature, root.find("Fonction"))
    promised = "a `Nomenclature` with Norme, Declinaison and Exer"
    raise file.changed("is no chart of accounts", promised=promised,
                       remedy="Take the planDeCompte.xml of the DGCL.")  # fmt: skip


def _read(nature: Element, function: Element | None) -> Chart:
    accounts = list(nature.iter("Compte"))
    directed = [direction + kind for direction in "DR" for kind in _FLOWS.values()]
    return Chart(
        accounts=_labels(accounts),
        functions=_labels(function.iter("RefFonc")) if function is not None else {},
        chapters={
            one.get("Code", ""): (one.get("Libelle", ""), one.get("Section", ""))
            for one in nature.iter("Chapitre")
        },
        flows={
            (one.get("Code", ""), flow): chapter
            for one in accounts
            for flow in directed
            if (chapter := one.get(flow))
        },
    )  # fmt: skip


def _labels(elements: Iterable[Element]) -> dict[str, str]:
    return {one.get("Code", ""): one.get("Libelle", "") for one in elements}
