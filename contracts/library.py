"""All contracts of a city, read once: what is sound, and every fault of what is not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from contracts.attached import found
from contracts.checking import findings_in
from contracts.city import City
from contracts.dataset import Dataset
from contracts.errors import ContractInvalid, Fault
from contracts.explaining import did_you_mean, faults_of
from contracts.filling import filled
from contracts.formats import Format, TotemFormat
from contracts.joined import KIND, SIDE, Joined
from contracts.joining import joined_findings, parts_first, parts_of, settled, sided
from contracts.national_files import national_schema
from contracts.reading import Document, Place, document_at, document_of, dotted
from contracts.references import reference_findings
from contracts.vocabulary import Vocabulary

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Library:
    """The city's settings and contracts; a broken contract is in `faults` and in nothing else."""

    city: City
    vocabulary: Vocabulary
    datasets: dict[str, Dataset]
    faults: dict[str, tuple[Fault, ...]]
    documents: dict[str, Document] = field(repr=False)

    def dataset(self, dataset_id: str) -> Dataset:
        """The sound contract of that name.

        Raises:
            ContractInvalid: there is none, or it has faults.
        """
        if dataset_id in self.datasets:
            return self.datasets[dataset_id]
        if dataset_id in self.faults:
            raise ContractInvalid(self.faults[dataset_id])
        raise _unknown(dataset_id, [*self.datasets, *self.faults])


def library_at(config: Path) -> Library:
    """Every contract under `config`, in the order of their names.

    Raises:
        ContractInvalid: `city.yml` or `vocabulary.yml` is broken, without which no contract can be read.
    """
    city, vocabulary = city_at(config), vocabulary_at(config)
    datasets: dict[str, Dataset] = {}
    faults: dict[str, tuple[Fault, ...]] = {}
    documents: dict[str, Document] = {}
    for dataset_id, path in contract_files(config):
        try:
            documents[dataset_id] = document_at(path, _shown(config, path))
            datasets[dataset_id] = _dataset_in(documents[dataset_id], path, vocabulary)
        except ContractInvalid as error:
            faults[dataset_id] = error.faults
    faults |= _settle_together(datasets, documents, vocabulary, tuple(faults))
    return Library(city, vocabulary, datasets, faults | _strays(config), documents)


def dataset_at(config: Path, dataset_id: str) -> Dataset:
    """One contract, without reading the others, unless it is joined of them.

    Raises:
        ContractInvalid: it does not exist or has faults.
    """
    return dataset_and_parts_at(config, dataset_id)[0]


def dataset_and_parts_at(config: Path, dataset_id: str) -> tuple[Dataset, tuple[Dataset, ...]]:
    """The same, and what it is joined of.

    Raises:
        ContractInvalid: it does not exist or has faults.
    """
    files = dict(contract_files(config))
    if dataset_id not in files:
        raise _unknown(dataset_id, list(files))
    path = files[dataset_id]
    dataset = _dataset_in(document_at(path, _shown(config, path)), path, vocabulary_at(config))
    if dataset.joined is None:
        return dataset, ()
    library = library_at(config)
    dataset = library.dataset(dataset_id)
    return dataset, parts_of(dataset, library.datasets)


def contract_files(config: Path) -> Iterator[tuple[str, Path]]:
    """`<theme>.<name>` and path of every contract, by name."""
    for path in sorted((config / "datasets").glob("*/*.yml")):
        yield f"{path.parent.name}.{path.stem}", path


def _settle_together(
    datasets: dict[str, Dataset],
    documents: dict[str, Document],
    vocabulary: Vocabulary,
    broken: Collection[str],
) -> dict[str, tuple[Fault, ...]]:
    """Settles joined tables by their parts; what does not suit others leaves `datasets`, and is told."""
    faults: dict[str, tuple[Fault, ...]] = {}
    for dataset in parts_first(datasets.values()):
        document = documents[dataset.id]
        given = ("about", "licence") in document.lines
        if dataset.joined is not None:
            datasets[dataset.id] = settled(dataset, parts_of(dataset, datasets), licence_given=given)
        found = tuple(
            Fault(document.file, document.line_of(place), dotted(place), met, remedy)
            for place, met, remedy in (
                *reference_findings(dataset, datasets, broken),
                *joined_findings(dataset, datasets, vocabulary, licence_given=given),
            )
        )
        if found:
            faults[dataset.id] = tuple(sorted(found, key=lambda fault: fault.line))
            del datasets[dataset.id]
    return faults


def dataset_of(content: bytes, path: Path, vocabulary: Vocabulary) -> Dataset:
    """The contract that a text would make at `<config>/datasets/<theme>/<name>.yml`, whatever is there.

    Raises:
        ContractInvalid: it has faults.
    """
    return _dataset_in(document_of(content, path.name), path, vocabulary)


def _strays(config: Path) -> dict[str, tuple[Fault, ...]]:
    """A fault for each YAML file that looks like a contract and is none by its place or its ending."""
    read = {path for _, path in contract_files(config)}
    strays: dict[str, tuple[Fault, ...]] = {}
    for path in sorted((config / "datasets").rglob("*")):
        if path.suffix.lower() in (".yml", ".yaml") and path not in read:
            shown = _shown(config, path)
            remedy = "Name it datasets/<theme>/<name>.yml."
            strays[shown] = (Fault(shown, 1, "", "is not where a contract is looked for", remedy),)
    return strays


def city_at(config: Path) -> City:
    """`city.yml`."""
    return _validated(City, document_at(config / "city.yml", "city.yml"))


def vocabulary_at(config: Path) -> Vocabulary:
    """`vocabulary.yml`."""
    return _validated(Vocabulary, document_at(config / "vocabulary.yml", "vocabulary.yml"))


def _shown(config: Path, path: Path) -> str:
    """The path as a person at the city's checkout would type it."""
    return str(Path(config.name) / path.relative_to(config))


def _unknown(dataset_id: str, known: list[str]) -> ContractInvalid:
    hint = did_you_mean(dataset_id, known) or "`concentrator status` lists them."
    return ContractInvalid((Fault(dataset_id, 1, "", "there is no such dataset", hint),))


def _validated(model: type[Model], document: Document, **derived: str) -> Model:
    if not isinstance(document.value, dict):
        fault = Fault(document.file, 1, "", "is empty or not a mapping", "Start from another contract.")
        raise ContractInvalid((fault,))
    clash = [key for key in derived if key in document.value]
    if clash:
        line = document.line_of((clash[0],))
        fault = Fault(document.file, line, clash[0], "is derived from the file's path", "Remove it.")
        raise ContractInvalid((fault,))
    try:
        return model.model_validate({**document.value, **derived})
    except ValidationError as error:
        raise ContractInvalid(tuple(faults_of(error, model, document))) from error


def _dataset_in(document: Document, path: Path, vocabulary: Vocabulary) -> Dataset:
    written = _validated(Dataset, document, theme=path.parent.name, name=path.stem)
    if "national" in written.model_fields_set:
        met = "is what `conforms_to:` names"
        fault = Fault(document.file, document.line_of(("national",)), "national", met, "Remove it.")
        raise ContractInvalid((fault,))
    faults: list[Fault] = []
    fields = {}
    for name, given in written.fields.items():
        fields[name], contradictions = filled(name, given, vocabulary)
        line = document.line_of(("fields", name))
        faults += [Fault(document.file, line, f"fields.{name}", met) for met in contradictions]
    form, missing = _with_files(written.format, path.parents[2])
    faults += [Fault(document.file, document.line_of(place), dotted(place), met) for place, met in missing]
    claimed = national_schema(path.parents[2], written.conforms_to) if written.conforms_to else None
    dataset = written.model_copy(update={"fields": fields, "format": form, "national": claimed})
    if dataset.source.kind == KIND:
        faults += _faults_of_joined(dataset, document)
        dataset = sided(dataset)
    faults += [
        Fault(document.file, document.line_of(place), dotted(place), met, remedy)
        for place, met, remedy in findings_in(dataset, vocabulary)
    ]
    if faults:
        raise ContractInvalid(tuple(sorted(faults, key=lambda fault: fault.line)))
    return dataset


def _faults_of_joined(dataset: Dataset, document: Document) -> list[Fault]:
    """What is wrong beside `kind: releases`."""
    try:
        Joined.model_validate(dataset.source.options)
    except ValidationError as error:
        lines = {place[1:]: line for place, line in document.lines.items() if place[:1] == ("source",)}
        told = faults_of(error, Joined, Document(document.file, None, lines))
        raise ContractInvalid(tuple(replace(one, field=f"source.{one.field}") for one in told)) from error
    clash = [name for name in dataset.fields if name == SIDE]
    return [
        Fault(document.file, document.line_of(("fields", name)), f"fields.{name}", "is a joined table's own")
        for name in clash
    ]


def _with_files(form: Format, config: Path) -> tuple[Format, list[tuple[Place, str]]]:
    """The format with what its files below `config` hold, and the places of those that cannot be had."""
    if not isinstance(form, TotemFormat):
        return form, []
    charts, faults = found(config, form.charts)
    places: list[tuple[Place, str]] = [(("format", "charts", index), met) for index, met in faults]
    return form.model_copy(update={"charts": charts}), places
