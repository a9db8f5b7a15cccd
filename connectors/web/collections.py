"""One answer of a WFS: how many features it holds and says that there are, in GeoJSON or GML."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError, iterparse

from connectors.connector import FetchedFile
from connectors.web.contents import shortened
from connectors.web.documents import at, document_in, mark_of, records_at
from connectors.web.links import next_in_links
from connectors.web.markup import local, refuse_doctype, root_of
from connectors.web.reports import exception_in
from contracts.errors import SourceChanged, SourceIncomplete

_WRAPPERS = ("member", "featureMember", "featureMembers")
_TAIL = 64 * 1024


@dataclass(frozen=True)
class Collected:
    """The features of one answer, and what it says of itself."""

    records: int
    mark: str  # of the features without their ids, which some services make anew for each answer
    identifiers: tuple[str | int, ...]
    systems: frozenset[str]
    matched: int | None  # on all pages
    returned: int | None  # on this one, as it says
    next: str | None
    features: tuple[Any, ...] = ()  # of GeoJSON


def hits_in(file: FetchedFile, place: str) -> int | None:
    """The number of features that there are; none where the service does not know it (`unknown`).

    Raises:
        SourceChanged: it is no answer to the question for hits.
    """
    root = root_of(file, place)
    if local(root) != "FeatureCollection":
        raise SourceChanged(place, f"the service answers {local(root)} when asked for its number of features")
    return _number(root.get("numberMatched", root.get("numberOfFeatures")))


def collected_in(file: FetchedFile, place: str, masked: Callable[[str], str]) -> Collected:
    """What a page holds.

    Raises:
        SourceChanged: it is no collection, or an exception ends it.
        SourceIncomplete: it says that it was cut.
    """
    try:
        return _of_json(file, place) if file.name.endswith(".geojson") else _of_markup(file, place)
    except SourceChanged as error:
        told = exception_in(_tail(file))
        if told is None:
            raise
        met = f"{file.name} ends in an exception: {shortened(masked(told))}"
        failure = SourceChanged(place, met, promised=error.promised)
    raise failure


def _of_json(file: FetchedFile, place: str) -> Collected:
    document = document_in(file, place)
    features = records_at(document, "features", place)
    objects = [one for one in features if isinstance(one, dict)]
    system = at(document, "crs.properties.name")
    return Collected(
        records=len(features),
        mark=mark_of([(one.get("properties"), one.get("geometry")) for one in objects]),
        identifiers=tuple(one["id"] for one in objects if one.get("id") is not None),
        systems=frozenset({system} if isinstance(system, str) else ()),
        matched=_number(at(document, "numberMatched")),
        returned=_number(at(document, "numberReturned")),
        next=next_in_links(document),
        features=tuple(features),
    )


def _of_markup(file: FetchedFile, place: str) -> Collected:
    with file.path.open("rb") as head:
        refuse_doctype(head.read(_TAIL), file.name, place)
    digest, identifiers, systems, records, root = hashlib.sha256(), [], set(), 0, None
    try:
        for element in _members(file):
            if root is None:
                root = element
                continue
            records += 1
            identifiers += [
                one for key, one in element.attrib.items() if key.rpartition("}")[2] in ("id", "fid")
            ][:1]
            systems |= {system for one in element.iter() if (system := one.get("srsName"))}
            digest.update("\x1f".join(element.itertext()).encode() + b"\x1e")
    except ParseError as error:
        line, column = error.position
        failure = SourceChanged(place, f"{file.name} is not XML on line {line}, at character {column + 1}")
    else:
        return _counted(file, place, root, (records, digest.hexdigest(), identifiers, systems))
    raise failure


def _counted(
    file: FetchedFile, place: str, root: Element | None, found: tuple[int, str, list[str], set[str]]
) -> Collected:
    if root is None or local(root) != "FeatureCollection":
        met = f"{file.name} is {local(root) if root is not None else 'nothing'}"
        raise SourceChanged(place, met, promised="a FeatureCollection")
    if any(local(one) == "truncatedResponse" for one in root):
        raise SourceIncomplete(place, f"{file.name} says that it was cut (truncatedResponse)")
    records, mark, identifiers, systems = found
    return Collected(
        records=records, mark=mark, identifiers=tuple(identifiers), systems=frozenset(systems),
        matched=_number(root.get("numberMatched")), next=root.get("next"),
        returned=_number(root.get("numberReturned", root.get("numberOfFeatures"))),
    )  # fmt: skip


def _members(file: FetchedFile) -> Iterator[Element]:
    """The root, as soon as it opens, then every feature; each is emptied when the next is asked for."""
    opened: list[Element] = []
    with file.path.open("rb") as stream:
        for event, element in iterparse(stream, ("start", "end")):
            if event == "start":
                opened.append(element)
                if len(opened) == 1:
                    yield element
                continue
            opened.pop()
            if len(opened) == 2 and local(opened[1]) in _WRAPPERS:
                yield element
                element.clear()
                opened[1].clear()
            elif len(opened) == 1 and local(element) in _WRAPPERS:
                opened[0].remove(element)


def _number(told: Any) -> int | None:
    """A whole number, as such or in digits; none for `unknown`, or where nothing is told."""
    if isinstance(told, int) and not isinstance(told, bool):
        return told
    return int(told) if isinstance(told, str) and re.fullmatch(r"\d{1,18}", told, re.ASCII) else None


def _tail(file: FetchedFile) -> str:
    with file.path.open("rb") as stream:
        stream.seek(max(0, file.bytes - _TAIL))
        return stream.read().decode("utf-8", "replace")
