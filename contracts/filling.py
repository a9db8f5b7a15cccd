"""A field takes its vocabulary's definition, and may only tighten it."""

from __future__ import annotations

import re
from typing import Any

from contracts.explaining import did_you_mean
from contracts.field import BASE_TYPES, DECIMAL, Field
from contracts.vocabulary import Term, Vocabulary


def filled(name: str, field: Field, vocabulary: Vocabulary) -> tuple[Field, list[str]]:
    """The field with its term's type, unit, pattern, bounds and texts, and what contradicts the term."""
    by_type = vocabulary.terms.get(field.type)
    term_name = field.type if by_type else name
    term = by_type or vocabulary.term_named(name)
    if by_type is None and not _is_base(field.type):
        return field, [_unknown_type(field.type, vocabulary)]
    if term is None:
        return field, []
    faults = _contradictions(term_name, term, field, typed_by_term=by_type is not None)
    inherited: dict[str, Any] = {"term": term_name}
    if by_type or "type" not in field.model_fields_set:
        inherited["type"] = term.type
    for attribute in ("unit", "pattern", "values", "empty", "min", "max", "about", "label"):
        listed = attribute == "pattern" and field.type == "enum"
        if getattr(field, attribute) in (None, ()) and not listed:
            inherited[attribute] = getattr(term, attribute)
    return field.model_copy(update=inherited), faults


def _is_base(type_name: str) -> bool:
    match = DECIMAL.fullmatch(type_name)
    return type_name in BASE_TYPES or (match is not None and int(match[2]) <= int(match[1]) <= 38)


def _unknown_type(type_name: str, vocabulary: Vocabulary) -> str:
    if DECIMAL.fullmatch(type_name):
        return f"type: {type_name} has more digits than 38, or more after the point than in all"
    hint = did_you_mean(type_name, [*BASE_TYPES, "decimal(12,2)", *vocabulary.terms])
    return f"type: {type_name!r} is neither a base type nor a term of the vocabulary. {hint}".rstrip()


def _contradictions(name: str, term: Term, field: Field, *, typed_by_term: bool) -> list[str]:
    faults = []
    listed = field.type == "enum" and term.type == "string"  # a list of texts is tighter than a text
    if listed and term.pattern:
        unfit = [word for word in (field.values or {}).values() if not re.fullmatch(term.pattern, word)]
        faults += [f"values: {word!r} is not of the pattern of {name}" for word in unfit[:1]]
    if not typed_by_term and "type" in field.model_fields_set and field.type != term.type and not listed:
        faults.append(f"type: {field.type}, while the vocabulary's {name} is {term.type}")
    if field.unit is not None and term.unit is not None and field.unit != term.unit:
        faults.append(f"unit: {field.unit}, while the vocabulary's {name} is in {term.unit}")
    if field.min is not None and term.min is not None and field.min < term.min:
        faults.append(f"min: {field.min} is looser than the vocabulary's {name} ({term.min})")
    if field.max is not None and term.max is not None and field.max > term.max:
        faults.append(f"max: {field.max} is looser than the vocabulary's {name} ({term.max})")
    return faults
