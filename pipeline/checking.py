"""The check of all contracts: what the contracts room cannot know, asked of the rooms that do."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from connectors.registry import UnknownKind, connector_for
from contracts.dataset import Dataset
from contracts.errors import ContractInvalid, Fault
from contracts.explaining import faults_of
from contracts.formats import TotemFormat
from contracts.library import Library
from contracts.reading import Document, dotted
from expectations.known import faults_in
from pipeline.checking_cells import rivals_of_cells
from transforms.decode.charts import chart_fault
from transforms.engine import pattern_fault
from transforms.geometry import crs_fault
from transforms.reshape import reshape_fault


def faults_of_library(library: Library) -> dict[str, tuple[Fault, ...]]:
    """Every fault of every contract, by dataset id; empty where all is sound."""
    faults = dict(library.faults)
    for dataset_id, dataset in library.datasets.items():
        found = tuple(sorted(_faults(dataset, library.documents[dataset_id]), key=lambda fault: fault.line))
        if found:
            faults[dataset_id] = found
    for dataset_id, fault in rivals_of_cells(library):
        faults[dataset_id] = (*faults.get(dataset_id, ()), fault)
    return faults


def _faults(dataset: Dataset, document: Document) -> Iterator[Fault]:
    yield from _source_faults(dataset, document)
    yield from _chart_faults(dataset, document)
    yield from _field_faults(dataset, document)
    if dataset.reshape is not None and (met := reshape_fault(dataset.reshape)):
        yield Fault(document.file, document.line_of(("reshape",)), "reshape", met)
    for place, met, remedy in faults_in(dataset):
        yield Fault(document.file, document.line_of(place), dotted(place), met, remedy)


def require_readable(dataset: Dataset) -> None:
    """Nothing, when the engine can run what the fields declare.

    Raises:
        ContractInvalid: a reference system or a pattern that it does not know.
    """
    if faults := tuple(_field_faults(dataset, Document(dataset.id, None))):
        raise ContractInvalid(faults)


def _field_faults(dataset: Dataset, document: Document) -> Iterator[Fault]:
    for name, field in dataset.fields.items():
        found = {
            "crs": (crs_fault(field.crs) if field.type == "geometry" else None, "Write it like EPSG:2154."),
            "pattern": (pattern_fault(field.pattern) if field.pattern else None, "Write it as RE2 knows it."),
            "part": (pattern_fault(field.part) if field.part else None, "Write it as RE2 knows it."),
        }
        for option, (met, remedy) in found.items():
            if met:
                line = document.line_of(("fields", name, option))
                yield Fault(document.file, line, f"fields.{name}.{option}", met, remedy)


def _chart_faults(dataset: Dataset, document: Document) -> Iterator[Fault]:
    charts = dataset.format.charts if isinstance(dataset.format, TotemFormat) else ()
    for index, chart in enumerate(charts):
        met = chart_fault(chart.path, chart.file, dataset.id) if chart.path else "was not looked for"
        if met:
            place = ("format", "charts", index)
            remedy = "Take the planDeCompte.xml of the DGCL."
            yield Fault(document.file, document.line_of(place), dotted(place), met, remedy)


def _source_faults(dataset: Dataset, document: Document) -> Iterator[Fault]:
    if dataset.joined is not None:  # the library looks at it
        return
    try:
        connector = connector_for(dataset.source.kind)
    except UnknownKind as error:
        line = document.line_of(("source", "kind"))
        yield Fault(document.file, line, "source.kind", error.met, error.remedy)
        return
    try:
        source = connector.model_validate(dataset.source.options)
    except ValidationError as error:
        for fault in faults_of(error, connector, Document(document.file, None, _option_lines(document))):
            yield Fault(fault.file, fault.line, f"source.{fault.field}", fault.met, fault.remedy)
        return
    if dataset.load.grows and not connector.increments and not dataset.load.live:
        met = f"the kind {dataset.source.kind} cannot fetch what came since"
        line = document.line_of(("load", "mode"))
        remedy = "Remove `load:`: everything is fetched each time; or say `live: true`, if each fetch is new."
        yield Fault(document.file, line, "load.mode", met, remedy)
    if unfit := source.format_fault(dataset.format):
        yield Fault(document.file, document.line_of(("format",)), "format", *unfit)


def _option_lines(document: Document) -> dict[tuple[str | int, ...], int]:
    """The lines of the source's options, as if they stood at the top of a file of their own."""
    lines = {place[1:]: line for place, line in document.lines.items() if place[:1] == ("source",)}
    return {(): document.line_of(("source",)), **lines}
