"""The sample's contracts: sound and wholly documented; six of them true to the columns of their sources."""

import csv
import json
from fnmatch import fnmatchcase
from pathlib import Path

import openpyxl
import pytest

from contracts.dataset import Dataset
from contracts.library import library_at
from contracts.view import view_for
from sample.sources import SOURCES
from tests.sample.expected import EXPECTED

LIBRARY = library_at(Path(__file__).parents[2] / "config")


@pytest.fixture(params=sorted(LIBRARY.datasets))
def each(request: pytest.FixtureRequest) -> Dataset:
    return LIBRARY.dataset(request.param)


@pytest.fixture(params=sorted(EXPECTED))
def dataset(request: pytest.FixtureRequest) -> Dataset:
    return LIBRARY.dataset(request.param)


def test_every_contract_is_sound() -> None:
    assert {name: [str(fault) for fault in faults] for name, faults in LIBRARY.faults.items()} == {}
    assert EXPECTED.keys() <= LIBRARY.datasets.keys()


def test_every_field_has_a_french_sentence_and_an_english_label(each: Dataset) -> None:
    bare = [name for name, field in each.fields.items() if not field.about or not field.label]
    assert bare == []
    assert all(field.about.endswith((".", ")")) for field in each.fields.values() if field.about)


def test_every_hidden_field_has_its_legal_ground(each: Dataset) -> None:
    bare = [name for name, one in each.fields.items() if not (one.public or one.hidden_because)]
    assert bare == [] or each.hidden_because


def test_a_quantity_has_a_unit(dataset: Dataset) -> None:
    quantities = [
        name for name, field in dataset.fields.items()
        if (field.type in ("integer", "number") or field.decimal) and not field.unit
    ]  # fmt: skip
    assert quantities in ([], ["tour", "candidat_numero"])


def test_each_audience_has_the_expected_columns(dataset: Dataset) -> None:
    expected = EXPECTED[dataset.id]
    assert len(view_for(dataset, "public").fields) == expected.public.columns
    assert len(view_for(dataset, "restricted").fields) == expected.restricted.columns


def test_two_of_the_six_hide_columns_and_one_hides_rows() -> None:
    hiding = [
        each.id
        for each in map(LIBRARY.dataset, sorted(EXPECTED))
        if not all(field.public for field in each.fields.values())
    ]
    assert hiding == ["accessibility.places", "mobility.parkings"]
    assert [name for name in EXPECTED if LIBRARY.dataset(name).public_rows] == ["accessibility.places"]


def columns_of(dataset: Dataset) -> set[str]:
    """The columns the source sends, read without our own code."""
    folder = SOURCES / dataset.source.connection
    if dataset.id in ("mobility.parkings", "mobility.stations", "energy.power_readings"):
        text = (folder / dataset.source.options["path"]).read_text(
            getattr(dataset.format, "encoding", "utf-8")
        )
        return set(next(csv.reader(text.splitlines(), delimiter=getattr(dataset.format, "delimiter", ","))))
    if dataset.id == "elections.european_results":
        (path,) = folder.rglob("europeennes*.xlsx")
        return {str(cell.value) for cell in openpyxl.load_workbook(path).worksheets[0][1] if cell.value}
    document = json.loads((folder / dataset.source.options["path"]).read_text())
    if dataset.id == "territory.communes":
        return {"geometry", *document["features"][0]["properties"]}
    return {"model", "pk", *(f"fields.{name}" for name in document[0]["fields"])}


def test_every_source_column_is_taken_or_ignored_and_none_is_invented(dataset: Dataset) -> None:
    taken = {column for sources in dataset.source_columns.values() for column in sources}
    met = columns_of(dataset)
    assert taken - met == set()
    ignored = {column for column in met if any(fnmatchcase(column, known) for known in dataset.ignores)}
    assert met - taken - ignored == set()


def test_car_parks_have_the_national_headers_in_their_order(shared_data: Path) -> None:
    schema = json.loads(
        (shared_data / "11-schemas/etalab__schema-stationnement__0.1.5__schema.json").read_text()
    )
    national = [field["name"] for field in schema["fields"]]
    fields = LIBRARY.dataset("mobility.parkings").fields
    assert [name for name in fields if name != "id_source"] == national
    optional = {field["name"] for field in schema["fields"] if not field["constraints"]["required"]}
    assert set(national) - {name for name, field in fields.items() if field.public} <= optional


@pytest.mark.parametrize(
    ("dataset_id", "path", "column"),
    [("mobility.parkings", "02-parking/bnls_france.csv", "id"),
     ("mobility.stations", "07-mobility/idfm_emplacement_gares_idf.csv", "gares_id")],
)  # fmt: skip
def test_the_key_is_one_on_the_full_file(shared_data: Path, dataset_id: str, path: str, column: str) -> None:
    assert len(LIBRARY.dataset(dataset_id).key) == 1
    with (shared_data / path).open(encoding="utf-8", newline="") as file:
        values = [row[column] for row in csv.DictReader(file, delimiter=";")]
    assert len(values) == len(set(values))
