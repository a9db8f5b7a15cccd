"""From a validation error of pydantic to faults that a person can mend: place, line, remedy."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from contracts.errors import Fault
from contracts.reading import Document, Place, dotted

_EXPECTED = {"tuple_type": "a list, or one value", "dict_type": "a mapping of `key: value`",
             "string_type": "a text", "bool_type": "true or false", "bool_parsing": "true or false",
             "int_type": "a whole number", "int_parsing": "a whole number",
             "int_from_float": "a whole number",
             "float_type": "a number", "float_parsing": "a number", "finite_number": "a number",
             "model_type": "a mapping of `key: value`",
             "model_attributes_type": "a mapping of `key: value`"}  # fmt: skip


def did_you_mean(met: str, known: Iterable[str]) -> str:
    """`Did you mean "x"?` for the nearest known word, else an empty text."""
    near = difflib.get_close_matches(met, list(known), n=1, cutoff=0.6)
    return f'Did you mean "{near[0]}"?' if near else ""


def faults_of(error: ValidationError, model: type[BaseModel], document: Document) -> list[Fault]:
    """One fault for each place, in the order of the file."""
    faults: dict[str, Fault] = {}
    for details in error.errors(include_url=False):
        if details["type"] == "too_short" and details["input"]:
            continue  # pydantic's count of what is left once the faulty items are out
        fault = _fault(details, model, document)
        faults.setdefault(fault.field, fault)
    return sorted(faults.values(), key=lambda fault: fault.line)


def _fault(details: ErrorDetails, model: type[BaseModel], document: Document) -> Fault:
    kind, given = details["type"], _shown(details.get("input"))
    place, known = _walked(details["loc"], model)
    line = document.line_of(place)
    name = str(place[-1]) if place else ""
    if kind == "missing":
        return Fault(document.file, line, dotted(place), "is missing", "Add it.")
    if kind == "extra_forbidden":
        remedy = did_you_mean(name, known) or f"Known here: {', '.join(sorted(known))}."
        return Fault(document.file, line, dotted(place), "is not a key of this place", remedy)
    if kind == "literal_error":
        words = str(details["ctx"]["expected"])
        options = [word.strip("' ") for word in words.replace(" or ", ", ").split(",")]
        remedy = did_you_mean(str(details["input"]), options) or f"Write one of {words}."
        return Fault(document.file, line, dotted(place), f"{given} is not allowed", remedy)
    met = details["msg"].removeprefix("Value error, ").removeprefix("Input should ").rstrip(".")
    if kind in _EXPECTED:
        met = f"{given} is not {_EXPECTED[kind]}"
    elif kind == "string_pattern_mismatch":
        met = f"{given} is not of the form {details['ctx']['pattern']}"
    elif kind == "too_short":
        met = "is empty"
    elif details["msg"].startswith("Input should "):
        met = f"{given} should {met}"
    return Fault(document.file, line, dotted(place), met)


def _shown(given: Any) -> str:
    """What stands in the file, shortened."""
    return "null" if given is None else repr(given)[:100]


def _walked(location: tuple[str | int, ...], model: type[BaseModel]) -> tuple[Place, set[str]]:
    """The location in the file (pydantic's union tags taken out), and the keys known beside it."""
    place: Place = ()
    here: list[Any] = [model]
    known: set[str] = set()
    for step in location:
        models = [item for item in here if _is_model(item)]
        if models and any(_tag_of(item) == step for item in models) and len(models) > 1:
            here = [item for item in models if _tag_of(item) == step]
            continue
        if here and isinstance(step, str) and not any(_is_model(i) or get_origin(i) is dict for i in here):
            continue
        known = {name for item in models for name in _keys(item)}
        place = (*place, step)
        here = [inner for item in here for inner in _inside(item, step)]
    return place, known


def _is_model(item: Any) -> bool:
    return isinstance(item, type) and issubclass(item, BaseModel)


def _tag_of(model: type[BaseModel]) -> str | None:
    """The one word of a discriminating `type` field; formats of several words share a tag list."""
    info = model.model_fields.get("type")
    words = get_args(info.annotation) if info else ()
    return words[0] if words else None


def _keys(model: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()}


def _inside(item: Any, step: str | int) -> list[Any]:
    """The annotations that may stand under `step` in an annotation."""
    if _is_model(item):
        for name, info in item.model_fields.items():
            if step in (name, info.alias):
                return _alternatives(info.annotation)
        return []
    arguments = get_args(item)
    if get_origin(item) is dict:
        return _alternatives(arguments[1])
    if get_origin(item) in (tuple, list):
        return _alternatives(arguments[0])
    return []


def _alternatives(annotation: Any) -> list[Any]:
    """The members of a union, annotated or not."""
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [inner for part in get_args(annotation) for inner in _alternatives(part)]
    return [annotation]
