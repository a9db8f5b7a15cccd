"""What a person types beside the address: options of the kind and the format, as YAML would read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.errors import SourceChanged
from contracts.reading import document_of
from proposal.address import AddressUnclear, Reached
from proposal.formats import model_of
from proposal.proposing import Proposal


def options_in(given: Sequence[str]) -> dict[str, Any]:
    """The options of `name=value` texts.

    Raises:
        AddressUnclear: one has no `=`.
        ContractInvalid: a value is not YAML.
    """
    options = {}
    for one in given:
        name, mark, value = one.partition("=")
        if not mark:
            raise AddressUnclear(f"--option {one}", "has no `=`", remedy="Write it as name=value.")
        options[name.strip()] = _value(value, f"--option {name}")
    return options


def format_in(given: str | None, reached: Reached) -> dict[str, Any] | None:
    """The keys of `--format`, where a word alone is its type; without it, what the kind always sends.

    None where the bytes have to tell.

    Raises:
        AddressUnclear: it is neither a word nor a mapping.
        ContractInvalid: it is not YAML.
    """
    if given is None:
        return {"type": reached.connector.form} if reached.connector.form else None
    value = _value(given, "--format")
    if isinstance(value, str):
        return {"type": value}
    if not isinstance(value, dict):
        raise AddressUnclear("--format", "is no format", remedy="Write it as `{type: gtfs, table: stops}`.")
    return value


def require_kind(place: str, reached: Reached, proposal: Proposal) -> None:
    """Nothing, where the kind of source sends what the proposal reads.

    Raises:
        SourceChanged: the kind says that it does not.
    """
    if fault := reached.connector.format_fault(model_of(proposal.format)):
        raise SourceChanged(place, fault[0], remedy=f"{fault[1]} Give it as `--format`.")


def _value(text: str, place: str) -> Any:
    document: Any = document_of(f"value: {text}".encode(), place).value
    return document["value"]
