"""The strict YAML reader: what stands in the file, where it stands, and nothing invented.

YAML 1.1 turns `no` into false, `07001` into 3585 and `12:30` into 750; contracts are full of codes
that must survive. Only `true`, `false`, `null` and plain numbers without a leading zero are typed
here; tags, anchors, aliases, merges and duplicate keys are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from contracts.errors import ContractInvalid, Fault

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
Place = tuple[str | int, ...]

MAX_BYTES = 256 * 1024  # a contract is a page, not a program; the cap also bounds the parser's work
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d*)\.\d+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Document:
    """A YAML file as plain values, with the line (from 1) of every key and item."""

    file: str
    value: Plain
    lines: dict[Place, int] = field(default_factory=dict)

    def line_of(self, place: Place) -> int:
        """The line of the nearest known ancestor of `place`."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)


def document_at(path: Path, shown_as: str | None = None) -> Document:
    """The file's values and lines.

    Raises:
        ContractInvalid: unreadable, too large, not UTF-8, not YAML, or not strict.
    """
    name = shown_as or str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ContractInvalid((Fault(name, 1, "", f"cannot be read ({error.strerror})"),)) from error
    return document_of(content, name)


def document_of(content: bytes, name: str) -> Document:
    """Same as `document_at`, for bytes already read."""
    if len(content) > MAX_BYTES:
        raise ContractInvalid((Fault(name, 1, "", f"is larger than {MAX_BYTES // 1024} kB"),))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = Fault(name, line, "", f"byte {error.start} is not UTF-8", "Save the file as UTF-8.")
        raise ContractInvalid((fault,)) from error
    try:
        faults = _forbidden(text, name)
        node = None if faults else yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ContractInvalid((_syntax_fault(error, name),)) from error
    document = Document(name, None, {(): 1})
    if node is not None:
        document.value = _plain(node, (), document, faults)
    if faults:
        raise ContractInvalid(tuple(faults))
    return document


def _forbidden(text: str, name: str) -> list[Fault]:
    """Anchors, aliases and tags, found in the event stream before anything is expanded."""
    faults = []
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            faults.append(Fault(name, line, "", "anchors and aliases are not allowed", "Write it out."))
        elif tag := getattr(event, "tag", None):
            faults.append(Fault(name, line, "", f"the tag {tag} is not allowed", "Remove it."))
    return faults


def _syntax_fault(error: yaml.YAMLError, name: str) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    hint = "Put the value between quotes." if "mapping values" in problem else ""
    return Fault(name, mark.line + 1 if mark else 1, "", f"is not YAML: {problem}", hint)


def _plain(node: yaml.Node, place: Place, document: Document, faults: list[Fault]) -> Plain:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        items: list[Plain] = []
        for index, item in enumerate(node.value):
            document.lines[(*place, index)] = item.start_mark.line + 1
            items.append(_plain(item, (*place, index), document, faults))
        return items
    return _mapping(node, place, document, faults)


def _mapping(node: yaml.Node, place: Place, document: Document, faults: list[Fault]) -> Plain:
    mapping: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            faults.append(Fault(document.file, line, dotted(place), "a key must be a word"))
            continue
        key = key_node.value
        if key in mapping:
            first = document.lines[(*place, key)]
            met = f"the key {key!r} stands twice, first on line {first}"
            faults.append(Fault(document.file, line, dotted(place), met, "Keep one of them."))
            continue
        document.lines[(*place, key)] = line
        mapping[key] = _plain(value_node, (*place, key), document, faults)
    return mapping


def _scalar(node: yaml.ScalarNode) -> Plain:
    text: str = node.value
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def dotted(place: Place) -> str:
    """`("fields", "nom", "type")` as `fields.nom.type`."""
    return ".".join(str(part) for part in place)
