"""The schemas that a city carries: `config/schemas/<producer>/<name>@<version>.json`, and their index."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field as Setting
from pydantic import ValidationError

from contracts.errors import ContractInvalid, Fault
from contracts.explaining import did_you_mean, faults_of
from contracts.model import Frozen
from contracts.national import NationalSchema, schema_of
from contracts.reading import document_at

INDEX = "schemas/index.yml"


class Carried(Frozen):
    """Where a schema comes from, and what its standard says beside its JSON."""

    origin: str = Setting(description="Whose file it is, and where it was taken from.")
    licence: str
    delimiter: str = Setting(",", min_length=1, max_length=1, description="Of the CSV, by the standard.")


class Index(Frozen):
    """Every schema that is carried, by the name that contracts use."""

    schemas: dict[str, Carried]


def national_schema(config: Path, schema_id: str) -> NationalSchema | None:
    """The schema of that name; None where it is not carried, or is not one of a table.

    Raises:
        ContractInvalid: the index, or the schema's file, cannot be read.
    """
    carried = _index(config).schemas.get(schema_id)
    if carried is None:
        return None
    shown = f"schemas/{schema_id}.json"
    try:
        return schema_of(schema_id, (config / shown).read_bytes(), carried.delimiter)
    except OSError as error:
        met = f"cannot be read ({error.strerror})"
        raise ContractInvalid((Fault(shown, 1, "", met, f"Put it there, or mend {INDEX}."),)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        met = f"is no table schema ({type(error).__name__})"
        raise ContractInvalid((Fault(shown, 1, "", met, "Take it from schema.data.gouv.fr."),)) from error


def how_to_carry(config: Path, schema_id: str) -> tuple[str, str]:
    """Of a claim that nothing can be held against: what is met, and the remedy."""
    known = _index(config).schemas
    if schema_id in known:
        return f"{schema_id} is not a schema of tables", "Its own validator judges the published file."
    hint = did_you_mean(schema_id, known) or f"Put its JSON at config/schemas/{schema_id}.json and name it "
    hint += "" if hint.endswith("?") else f"in config/{INDEX}."
    return f"{schema_id} is not among the schemas that are carried", hint


def _index(config: Path) -> Index:
    path = config / INDEX
    if not path.exists():
        return Index(schemas={})
    document = document_at(path, INDEX)
    try:
        return Index.model_validate(document.value)
    except ValidationError as error:
        raise ContractInvalid(tuple(faults_of(error, Index, document))) from error
