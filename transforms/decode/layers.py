"""What an ArcGIS layer's description says of its fields: labels of coded values, and which are instants."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from transforms.decode.source import Source

Labels = dict[str, str]  # code → label

_BETWEEN = "\x1f"
_MILLISECONDS = r"^-?\d{1,14}$"  # up to the year 5138
_WHOLE = re.compile(r"(-?\d+)\.0+")


@dataclass(frozen=True)
class Description:
    """The fields of one layer."""

    instants: Mapping[str, bool] = field(default_factory=dict)  # whether they are in UTC
    labels: Mapping[str, Labels] = field(default_factory=dict)
    type_field: str = ""
    types: Mapping[str, Mapping[str, Labels]] = field(default_factory=dict)  # type → field → labels
    has_geometry: bool = True

    def translated(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """Columns of texts with labels for codes and ISO 8601 for milliseconds; what is unknown stays."""
        return {name: self._translated(name, texts, columns) for name, texts in columns.items()}

    def _translated(self, name: str, texts: pa.Array, columns: Mapping[str, pa.Array]) -> pa.Array:
        if name in self.instants:
            return _instants(texts, in_utc=self.instants[name])
        own = self.labels.get(name, {})
        varying = {one: labels[name] for one, labels in self.types.items() if name in labels}
        if not varying or self.type_field not in columns:
            return _labelled(texts, {"": own}) if own else texts
        kinds = pc.fill_null(columns[self.type_field], "")
        keys = pc.binary_join_element_wise(kinds, texts, _BETWEEN)
        return _labelled(keys, {one: own for one in pc.unique(kinds).to_pylist()} | varying)


def description_in(source: Source, codes: Collection[str]) -> Description:
    """The fields of the layer that the file describes; those of `codes` keep their codes.

    Raises:
        SourceChanged: it describes none, or has no field of a name in `codes`.
    """
    try:
        document = json.loads(source.path.read_bytes().decode("utf-8-sig"))
        fields = {one["name"]: one for one in document["fields"]}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise source.changed("describes no layer", promised="its fields") from error
    if unknown := [name for name in codes if name not in fields]:
        raise source.changed(f"has no field {unknown[0]!r}", promised="`codes:`, which names it")
    type_field, types = _types_in(document, fields)
    labels = {name: _labels(one.get("domain")) for name, one in fields.items()}
    labels[type_field] = labels.get(type_field) or {kind: label for kind, (label, _) in types.items()}
    return Description(
        instants=_instants_in(document, fields),
        labels={name: known for name, known in labels.items() if known and name not in codes},
        type_field=type_field,
        types={kind: _varying(domains, codes) for kind, (_, domains) in types.items()},
        has_geometry=bool(document.get("geometryType")),
    )


def _instants_in(document: dict[str, Any], fields: dict[str, Any]) -> dict[str, bool]:
    """Dates are milliseconds in UTC, unless the zone is unknown: then only the editor's dates are.

    Which zone they are stored in (`dateFieldsTimeReference`) changes nothing in the answers (ArcGIS REST API,
    Query and Layer, 11.x).
    """
    known = document.get("datesInUnknownTimezone") is not True
    edited = set((document.get("editFieldsInfo") or {}).values()) if not known else set()
    dates = [name for name, one in fields.items() if one.get("type") == "esriFieldTypeDate"]
    return {name: known or name in edited for name in dates}


def _types_in(
    document: dict[str, Any], fields: dict[str, Any]
) -> tuple[str, dict[str, tuple[str, dict[str, Any]]]]:
    """The field that tells a feature's type, and of each type its label and its own domains."""
    for named, listed, code in (("typeIdField", "types", "id"), ("subtypeField", "subtypes", "code")):
        wanted, found = str(document.get(named) or "").lower(), document.get(listed)
        name = next((name for name in fields if name.lower() == wanted), "")
        if name and isinstance(found, list):
            return name, {
                str(one.get(code)): (str(one.get("name")), one.get("domains") or {}) for one in found
            }
    return "", {}


def _varying(domains: dict[str, Any], codes: Collection[str]) -> dict[str, Labels]:
    found = {name: _labels(domain) for name, domain in domains.items() if name not in codes}
    return {name: labels for name, labels in found.items() if labels}


def _labels(domain: Any) -> Labels:
    if not isinstance(domain, dict) or domain.get("type") != "codedValue":
        return {}
    return {_plain(str(one["code"])): str(one["name"]) for one in domain.get("codedValues", ())}


def _plain(code: str) -> str:
    """A whole number without its zeros behind the point: 1.0 and 1 are one code."""
    whole = _WHOLE.fullmatch(code)
    return whole[1] if whole else code


def _labelled(keys: pa.Array, labels: Mapping[str, Labels]) -> pa.Array:
    """Looked up once for each distinct text: a kind and a code, or a code alone."""
    coded = keys.dictionary_encode()
    found = []
    for key in coded.dictionary.to_pylist():
        kind, _, code = key.rpartition(_BETWEEN)
        found.append(labels[kind].get(_plain(code), code))
    return pa.array(found, pa.string()).take(coded.indices)


def _instants(texts: pa.Array, *, in_utc: bool) -> pa.Array:
    whole = pc.match_substring_regex(texts, _MILLISECONDS)
    numbers = pc.if_else(whole, texts, pa.scalar(None, pa.string())).cast(pa.int64())
    clock = numbers.cast(pa.timestamp("ms", "UTC" if in_utc else None)).cast(pa.string())
    return pc.coalesce(pc.replace_substring(clock, " ", "T"), texts)
