"""One page of JSON: its list of records and what stands beside it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from connectors.connector import FetchedFile
from connectors.web.request import Request
from connectors.web.session import Session
from contracts.errors import SourceChanged
from contracts.formats import JsonFormat

MISSING = object()


def document_in(file: FetchedFile, place: str) -> Any:
    """The document.

    Raises:
        SourceChanged: it is not JSON.
    """
    try:
        return json.loads(file.path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        failure = SourceChanged(place, f"{file.name} is not JSON", promised="a page of records")
    raise failure  # outside the handler: the library's error holds the whole text


def at(document: Any, path: str) -> Any:
    """What stands at a path of names (`meta.total`), `MISSING` where nothing does; empty: the document."""
    for name in path.split(".") if path else ():
        if not isinstance(document, dict) or name not in document:
            return MISSING
        document = document[name]
    return document


def records_at(document: Any, path: str, place: str) -> list[Any]:
    """The list of records.

    Raises:
        SourceChanged: there is no list; where it is an error message, in the source's words.
    """
    found = at(document, path)
    if isinstance(found, list):
        return found
    where = f"at {path!r}" if path else "as its document"
    kinds = {dict: "an object", str: "a text", type(None): "null"}
    met = "nothing" if found is MISSING else kinds.get(type(found), "a value")
    raise SourceChanged(place, f"the source sends {met} {where}", promised="a list of records")


def total_at(document: Any, path: str, place: str) -> int:
    """The total that a page tells, as a number or as its digits.

    Raises:
        SourceChanged: there is no such number.
    """
    found = at(document, path)
    whole = isinstance(found, int) and not isinstance(found, bool) and found >= 0
    if not whole and not (isinstance(found, str) and re.fullmatch(r"\d{1,18}", found, re.ASCII)):
        met = f"the source tells no number at {path!r}"
        raise SourceChanged(place, met, promised="the total of its records")
    return int(found)


def mark_of(records: Sequence[Any]) -> str:
    """A digest of the records alone: an offset or a date beside them changes nothing."""
    return hashlib.sha256(json.dumps(records).encode()).hexdigest()


def asked_of(session: Session, request: Request) -> Any:
    """The JSON document that answers a request, whatever format the contract promises for the data.

    Raises:
        SourceUnavailable, SourceIncomplete, SourceChanged: as `Session.read`; it is not JSON.
    """
    file = session.read(replace(request, answer=JsonFormat(type="json"), accept="application/json")).file
    return document_in(file, session.visit.place)
