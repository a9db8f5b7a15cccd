"""The JSON schema of a contract, for editors: completion and hints while the YAML is typed."""

from __future__ import annotations

import json
from typing import Any

from contracts.dataset import Dataset
from contracts.field import BASE_TYPES
from contracts.vocabulary import Vocabulary

MODELINE = "# yaml-language-server: $schema=../../dataset.schema.json"


def schema_text(vocabulary: Vocabulary) -> str:
    """The schema as JSON text: the contract's keys, without what is derived from its path."""
    schema: dict[str, Any] = Dataset.model_json_schema(by_alias=True)
    for derived in ("theme", "name"):
        schema["required"].remove(derived)
    for derived in ("theme", "name", "national"):
        del schema["properties"][derived]
    definitions = schema["$defs"]
    for derived in ("NationalColumn", "NationalSchema"):
        del definitions[derived]
    del definitions["Field"]["properties"]["term"]
    definitions["Field"]["properties"]["type"] = _types(vocabulary)
    for several in ("from", "empty"):
        _one_or_many(definitions["Field"]["properties"][several])
    definitions["Field"]["properties"]["fixed"]["anyOf"].append({"type": "integer"})
    definitions["Field"]["properties"]["values"]["anyOf"].append(
        {"type": "array", "items": {"type": "string"}}
    )
    definitions["Field"]["properties"]["references"]["anyOf"].append({"type": "string"})
    # Options of a connector stand beside `kind:`; only the connector knows them.
    definitions["SourceSpec"]["properties"].pop("options")
    definitions["SourceSpec"]["additionalProperties"] = True
    definitions["Expectation"] = {
        "type": "object", "minProperties": 1, "maxProperties": 1,
        "description": "One Great Expectations expectation: `expect_…: {arguments, severity, about}`.",
        "propertyNames": {"pattern": "^(expect_|unexpected_rows_expectation$)"},
    }  # fmt: skip
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _types(vocabulary: Vocabulary) -> dict[str, Any]:
    words = [*BASE_TYPES, *vocabulary.terms]
    return {
        "anyOf": [{"enum": words}, {"type": "string", "pattern": r"^decimal\(\d{1,2}, ?\d{1,2}\)$"}],
        "description": "A base type, decimal(p,s), or a term of the vocabulary.",
    }


def _one_or_many(definition: dict[str, Any]) -> None:
    """A single text stands for a list of one."""
    items = definition.pop("items")
    del definition["type"]
    definition["anyOf"] = [items, {"type": "array", "items": items}]
