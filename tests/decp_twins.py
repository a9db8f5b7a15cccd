"""A file of public contracts in JSON written as XML, as the XSD of DECP 2.0 has it."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape


def xml_of(name: str, value: Any) -> str:
    """The element that the XSD has for a member of the JSON: a list's items stand side by side."""
    if isinstance(value, list):
        return "".join(xml_of(name, item) for item in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(xml_of(key, item) for key, item in value.items())}</{name}>"
    text = "oui" if value is True else "non" if value is False else "" if value is None else str(value)
    return f"<{name}>{escape(text)}</{name}>"


def twin_of(content: bytes) -> bytes:
    """The document in XML: `[{"titulaire": …}, …]` becomes one `titulaires` with several `titulaire`."""

    def gathered(value: Any) -> Any:
        if (
            isinstance(value, list)
            and value
            and all(isinstance(one, dict) and len(one) == 1 for one in value)
        ):
            (name,) = {key for one in value for key in one}
            return {name: [gathered(one[name]) for one in value]}
        if isinstance(value, list):
            return [gathered(one) for one in value]
        return {key: gathered(one) for key, one in value.items()} if isinstance(value, dict) else value

    return xml_of("marches", gathered(json.loads(content, parse_float=str)["marches"])).encode()
