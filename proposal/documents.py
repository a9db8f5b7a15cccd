"""Where the records lie in a JSON or an XML document, found without holding it in memory."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from proposal.dialect import Written
from proposal.encodings import encoding_of
from transforms.decode.elements import local_name
from transforms.decode.source import Source

Path = tuple[str, ...]

_WHOLE = 32 << 20  # bytes of JSON that memory takes as a whole
_HEAD = 4 << 20
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]')
_DEEPEST = 100
_MOST_PATHS = 20_000
_PREFERRED = {"results", "records", "data", "features", "items", "rows", "value"}


def json_format(source: Source) -> Written:
    """JSON, JSON Lines or GeoJSON, and the path to its records.

    Raises:
        SourceChanged: it holds no list of objects.
    """
    encoding = encoding_of(source)
    with source.path.open("rb") as file:
        head = file.read(_HEAD).decode(encoding.name, "ignore").lstrip("\ufeff \t\r\n")
    if _is_collection(head):
        return Written({"type": "geojson"})
    own = {} if encoding.name == "utf-8" else {"encoding": encoding.name}
    if _is_lines(head):
        return Written({"type": "jsonl", **own}, ("Un objet JSON par ligne.",))
    path, others = _path_in(source, encoding.name, head)
    if path is None:
        met = "holds no list of objects"
        raise source.changed(met, promised="records", remedy="Is it the answer of an API? Name its kind.")
    records = {"records": ".".join(path)} if path else {}
    where = f"sous « {'.'.join(path)} »" if path else "à la racine"
    also = f" ; autres listes : {', '.join('.'.join(one) for one in others[:5])}" if others else ""
    note = f"Les enregistrements sont {where}{also} (à confirmer)."
    return Written({"type": "json", **records, **own}, (note,))


def _is_collection(head: str) -> bool:
    """Whether the document itself, not a part of it, is a GeoJSON FeatureCollection."""
    found = re.search(r'"type"\s*:\s*"FeatureCollection"', head)
    if found is None or not head.startswith("{"):
        return False
    marks = [token[0] for token in _TOKENS.finditer(head, 0, found.start()) if token[0] in "{}[]"]
    return sum(1 if mark in "{[" else -1 for mark in marks) == 1


def _is_lines(head: str) -> bool:
    lines = head.split("\n", 2)
    if len(lines) < 2 or not lines[0].lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(lines[0]), dict) and (
            not lines[1].strip() or lines[1].lstrip()[0] == "{"
        )
    except ValueError:
        return False


def _path_in(source: Source, encoding: str, head: str) -> tuple[Path | None, list[Path]]:
    """The path of the longest list of objects, and those of the others."""
    if head.startswith("["):
        return (), []
    if source.path.stat().st_size > _WHOLE:
        return _open_list(head), []
    try:
        document = json.loads(source.path.read_bytes().decode(encoding).lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise source.changed(f"is no JSON ({str(error)[:80]})", promised="JSON") from error
    lists = _lists_in(document, ())
    if not lists:
        return None, []
    best = max(lists, key=lambda one: (one[1], one[0][-1] in _PREFERRED))[0]
    return best, [path for path, _ in lists if path != best]


def _lists_in(value: Any, path: Path) -> list[tuple[Path, int]]:
    """The lists of objects that objects alone lead to, each with its length."""
    if isinstance(value, list):
        return [(path, len(value))] if value and all(isinstance(one, dict) for one in value) else []
    if not isinstance(value, dict) or len(path) > 5:
        return []
    return [found for key, one in value.items() for found in _lists_in(one, (*path, key))]


def _open_list(head: str) -> Path | None:
    """The path of the outermost list that a document's first megabytes leave open: it is the large one."""
    stack: list[tuple[str, str]] = []  # (bracket, the key it stands under)
    key = last = ""
    for found in _TOKENS.finditer(head):
        token = found[0]
        if token in "{[":
            stack.append((token, key))
            key = ""
        elif token in "}]":
            if stack:
                stack.pop()
        elif token == ":":
            key = last
        elif token != ",":
            last = json.loads(token)
    for depth, (bracket, _) in enumerate(stack):
        if bracket == "[":
            return tuple(name for _, name in stack[1 : depth + 1])
    return None


@dataclass
class _Seen:
    """What was seen of the elements at one path."""

    count: int = 0
    inside: int = 0  # elements below them
    several: bool = False  # twice in one parent


@dataclass
class _Outline:
    """The paths of a document, while it is read."""

    paths: dict[Path, _Seen] = field(default_factory=dict)
    open: list[tuple[str, Counter[str]]] = field(default_factory=list)

    def start(self, name: str) -> None:
        if self.open:
            self.open[-1][1][name] += 1
        several = bool(self.open) and self.open[-1][1][name] > 1
        self.open.append((name, Counter()))
        path = tuple(name for name, _ in self.open)
        for end in range(1, len(path)):
            self.paths[path[:end]].inside += 1
        known = self.paths.setdefault(path, _Seen())
        known.count += 1
        known.several |= several


def xml_format(source: Source) -> Written:
    """XML, the path to its records and what comes several times in one of them.

    The records are the elements that come several times, right below what comes once, and hold the most.

    Raises:
        SourceChanged: not XML, with a document type, or nothing in it comes several times.
    """
    paths = _outline(source)
    records = [
        path for path, seen in paths.items()
        if seen.several and len(path) > 1 and all(paths[path[:end]].count == 1 for end in range(1, len(path)))
    ]  # fmt: skip
    if not records:
        raise source.changed("holds no element that comes several times", promised="records")
    best = max(records, key=lambda path: (paths[path].inside, paths[path].count))
    lists: list[Path] = []
    for path, seen in paths.items():
        below = path[len(best) :]
        covered = any(below[: len(one)] == one for one in lists)
        if path[: len(best)] == best and below and seen.several and not covered:
            lists.append(below)
    keys: dict[str, Any] = {"type": "xml", "records": ".".join(best)}
    if lists:
        keys["lists"] = [".".join(one) for one in lists]
    note = f"{paths[best].count} éléments « {best[-1]} » sont pris pour les enregistrements (à confirmer)."
    return Written(keys, (note,))


def _outline(source: Source) -> dict[Path, _Seen]:
    outline = _Outline()
    parser = expat.ParserCreate(namespace_separator="}")

    def doctype(*declared: object) -> None:
        raise source.changed("declares a document type (DTD)", promised="XML without one")

    def start(tag: str, attributes: object) -> None:
        if len(outline.open) == _DEEPEST or len(outline.paths) == _MOST_PATHS:
            raise source.changed("is nested or varied beyond measure", promised="records")
        outline.start(local_name(tag))

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: outline.open.pop()
    try:
        with source.path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise source.changed(f"is no XML that can be read ({error})", promised="XML") from error
    return outline.paths
