"""TOTEM, the XML of French budget acts, as the lines of SCDL budget 0.8.3."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from contracts.formats import TotemFormat
from transforms.decode.charts import Chart, Charts, charts_in
from transforms.decode.columns import ColumnTable
from transforms.decode.declared import elements_of
from transforms.decode.elements import local_name
from transforms.decode.markup import refuse_stranger
from transforms.decode.source import Source

COLUMNS = (
    "BGT_NATDEC", "BGT_ANNEE", "BGT_SIRET", "BGT_NOM", "BGT_CONTNAT", "BGT_CONTNAT_LABEL", "BGT_NATURE",
    "BGT_NATURE_LABEL", "BGT_FONCTION", "BGT_FONCTION_LABEL", "BGT_OPERATION", "BGT_SECTION", "BGT_OPBUDG",
    "BGT_CODRD", "BGT_MTREAL", "BGT_MTBUDGPREC", "BGT_MTRARPREC", "BGT_MTPROPNOUV", "BGT_MTPREV",
    "BGT_CREDOUV", "BGT_MTRAR3112", "BGT_ARTSPE",
    "acte", "ligne", "DteDec", "Nomenclature", "LibelleEtab", "CodTypBud", "ProjetBudget",
)  # fmt: skip

# An act by itself, or the ordonnateur's part of a compte financier unique.
_ROOTS = (("DocumentBudgetaire",), ("CompteFinancierUnique", "DocumentBudgetaire"))
_PARTS = (
    ("EnTeteDocBudgetaire",), ("Budget", "EnTeteBudget"), ("Budget", "BlocBudget"), ("Budget", "LigneBudget"),
)  # fmt: skip
# The words are SCDL's; it has none for a CFU, which takes the place of the compte administratif.
_STAGES = {
    "01": "budget primitif", "02": "décision modificative", "03": "budget supplémentaire",
    "09": "compte administratif", "10": "compte financier unique",
}  # fmt: skip
# Of the DGCL's charts of accounts from 2019 to 2025; a chart that the contract names adds its own.
_NOMENCLATURES = frozenset(
    f"{norm}-{variant}"
    for norm, variants in {
        "M14": "M14_CCAS_INF3500 M14_CCAS_SUP3500 M14_CE M14_COM_500_3500 M14_COM_INF500 M14_COM_SUP3500",
        "M4": "M4 M41 M42 M43 M43_A M43_D M44 M49_A M49_D", "M52": "M52", "M57": "M57 M57_A M57_D M57_P",
        "M61": "M61", "M71": "M71",
    }.items()
    for variant in variants.split()
)  # fmt: skip
_DIRECTIONS = {"D": "dépense", "R": "recette"}
_SECTIONS = {"F": "fonctionnement", "I": "investissement"}
_ORDERS = {"0": "réel", "false": "réel", "1": "ordre", "true": "ordre"}
_KINDS = {"1": "inside", "2": "between"}
_SPECIAL = {"0": "non spécialisé", "false": "non spécialisé", "1": "spécialisé", "true": "spécialisé"}
_AS_WRITTEN = {
    "Nature": "BGT_NATURE", "Fonction": "BGT_FONCTION", "Operation": "BGT_OPERATION", "MtReal": "BGT_MTREAL",
    "MtBudgPrec": "BGT_MTBUDGPREC", "MtRARPrec": "BGT_MTRARPREC", "MtPropNouv": "BGT_MTPROPNOUV",
    "MtPrev": "BGT_MTPREV", "CredOuv": "BGT_CREDOUV", "MtRAR3112": "BGT_MTRAR3112",
}  # fmt: skip
_TAKEN = {*_AS_WRITTEN, "ContNat", "CodRD", "OpBudg", "ArtSpe", "CaracSup.Section"}


class TotemActs:
    """Takes the acts of one batch; its charts of accounts are read once, with the first of them."""

    def __init__(self, form: TotemFormat) -> None:
        self._form = form
        self._charts: Charts | None = None

    def __call__(self, tables: ColumnTable, source: Source) -> None:
        """Takes the budget lines of an act; a line is its number in the act from 1, also the column `ligne`.

        `acte` is the stage's code and, where a year has several, the decision's number (`02-2`).

        The columns are SCDL's (codes and amounts as written), then what tells acts and lines apart, then what
        else the lines hold under TOTEM's names (`MtSup.RARPrec`). The annexes, where people are named, are
        not read, nor are lines that say of themselves to be calculated: totals of others. Without charts
        there are no labels, and sections and chapters only where the act writes them.

        Raises:
            SourceChanged: no act, a head that does not say what the lines are, an unknown code, a chart that
                is not among those promised, or bytes that are not the declared encoding.
        """
        refuse_stranger(source)
        if self._charts is None:
            self._charts = charts_in(self._form.charts, source)
        tables.lay_out(COLUMNS)
        _take_lines(tables, source, self._charts)


def _take_lines(tables: ColumnTable, source: Source, charts: Charts) -> None:
    heads: dict[str, dict[str, str]] = {}
    budget: _Budget | None = None
    number = 0
    paths = [(*root, *part) for root in _ROOTS for part in _PARTS]
    for element in elements_of(source, *paths):
        name = local_name(element.tag)
        if name != "LigneBudget":
            if name == "EnTeteBudget":  # of the next budget in the document
                heads.pop("BlocBudget", None)
            heads[name] = {local_name(child.tag): child.get("V", "") for child in element}
            budget = None
            continue
        if element.get("calculated") == "true":  # a total that the ministry's tool put among the lines
            continue
        number += 1
        budget = budget or _budget(source, ChainMap(*heads.values()), charts)
        tables.add_record(number, budget.cells(source, number, element))
    if not number:
        raise source.changed("holds no line of a budget", promised="a budget act (TOTEM)",
                             remedy="Ask for the XML that was sent to the prefecture.")  # fmt: skip


def _budget(source: Source, head: Mapping[str, str], charts: Charts) -> _Budget:
    """What all lines of a budget share.

    Raises:
        SourceChanged: the head lacks one of its parts, or says what no act can say.
    """
    year = _of_form(source, head, "Exer", "(19|20)[0-9]{2}", "a year")
    siret = _of_form(source, head, "IdEtab", "[0-9]{14}", "a SIRET")
    known = _NOMENCLATURES | {name for name, _ in charts}
    nomenclature = head.get("Nomenclature", "")
    if nomenclature not in known:
        raise source.changed(f"has the unknown Nomenclature {nomenclature!r}", promised="one of the DGCL",
                             remedy="If it is new, add its chart of accounts to `charts:`.")  # fmt: skip
    if charts and (nomenclature, year) not in charts:
        given = ", ".join(f"{name} {of}" for name, of in sorted(charts))
        remedy = "Add that year's chart to `charts:`; labels are not borrowed from another."
        raise source.changed(f"is kept by {nomenclature} {year}", promised=f"one of the charts {given}",
                             remedy=remedy)  # fmt: skip
    code, number = head.get("NatDec", "").zfill(2), head.get("NumDec")
    stage = _word(source, _STAGES, "NatDec", code, "its head")
    shared = {
        "BGT_NATDEC": stage, "BGT_ANNEE": year, "BGT_SIRET": siret, "BGT_NOM": head.get("LibelleColl"),
        "acte": f"{code}-{number}" if number else code, "DteDec": head.get("DteDec"),
        "Nomenclature": nomenclature, "LibelleEtab": head.get("LibelleEtab"),
        "CodTypBud": head.get("CodTypBud"), "ProjetBudget": head.get("ProjetBudget"),
    }  # fmt: skip
    return _Budget(shared, charts.get((nomenclature, year)))


def _of_form(source: Source, head: Mapping[str, str], name: str, pattern: str, promised: str) -> str:
    met = head.get(name, "")
    if not re.fullmatch(pattern, met):
        raise source.changed(f"has {met!r} as {name} in its head", promised=promised,
                             remedy="Have the act mended: all its lines depend on it.")  # fmt: skip
    return met


@dataclass(frozen=True)
class _Budget:
    """What the lines of one budget share, and the chart that explains their codes."""

    shared: Mapping[str, str | None]
    chart: Chart | None

    def cells(self, source: Source, number: int, element: Element) -> dict[str, str | None]:
        """One line; see `TotemActs`."""
        where = f"line {number}"
        line = _values(source, element, where)
        cells: dict[str, str | None] = {**dict.fromkeys(COLUMNS), **self.shared}
        cells |= {column: line.get(name) for name, column in _AS_WRITTEN.items()}
        direction = line.get("CodRD", "")
        order = _word(source, _ORDERS, "OpBudg", line.get("OpBudg", ""), where)
        cells |= {
            "ligne": str(number), "BGT_OPBUDG": order,
            "BGT_CODRD": _word(source, _DIRECTIONS, "CodRD", direction, where),
        }  # fmt: skip
        if "ArtSpe" in line:
            cells["BGT_ARTSPE"] = _word(source, _SPECIAL, "ArtSpe", line["ArtSpe"], where)
        section = line.get("CaracSup.Section")
        kind = "real" if order == "réel" else _KINDS.get(line.get("TypOpBudg", ""))
        cells |= self._explained(line, direction, kind)
        if section is not None:
            cells["BGT_SECTION"] = _word(source, _SECTIONS, "CaracSup.Section", section, where)
        return cells | {name: value for name, value in line.items() if name not in _TAKEN}

    def _explained(self, line: Mapping[str, str], direction: str, kind: str | None) -> dict[str, str | None]:
        """Labels, the chapter where the act leaves it out, and the section: as the chart has them."""
        chapter = line.get("ContNat")
        if self.chart is None:
            return {"BGT_CONTNAT": chapter}
        nature = line.get("Nature", "")
        chapter = chapter or (self.chart.chapter_of(nature, direction, kind) if kind else None)
        # The chapter of an operation for third parties ends in the operation's number: 4581 and 001.
        known = chapter or ""
        if self.chart.label_of(known) is None:
            known = known.removesuffix(line.get("OpeCpteTiers", ""))
        return {
            "BGT_CONTNAT": chapter, "BGT_CONTNAT_LABEL": self.chart.label_of(known),
            "BGT_NATURE_LABEL": self.chart.accounts.get(nature),
            "BGT_FONCTION_LABEL": self.chart.functions.get(line.get("Fonction", "")),
            "BGT_SECTION": _SECTIONS.get(self.chart.section_of(known) or ""),
        }  # fmt: skip


def _values(source: Source, element: Element, where: str) -> dict[str, str]:
    """The values of a line by name (`MtSup.RARPrec` where a code says which); empty ones are none.

    Raises:
        SourceChanged: a name comes twice, or a child is more than a value.
    """
    values: dict[str, str] = {}
    for child in element:
        code = child.get("Code")
        name = local_name(child.tag) + (f".{code}" if code else "")
        if len(child) or (child.text or "").strip():
            raise source.changed(f"has in {where} a {name!r} that is no single value", promised='V="…"')
        if name in values:
            raise source.changed(f"names {name!r} twice in {where}", promised="each value once")
        if value := child.get("V"):
            values[name] = value
    return values


def _word(source: Source, words: Mapping[str, str], name: str, met: str, where: str) -> str:
    if met not in words:
        remedy = "Look at the act; if the code is new, the format must learn it."
        raise source.changed(f"has {met!r} as {name} in {where}", promised=f"one of {', '.join(words)}",
                             remedy=remedy)  # fmt: skip
    return words[met]
