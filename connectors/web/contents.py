"""Data or something else: web pages and error messages that arrive under a status of 200."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.web.reports import exception_in
from contracts.errors import SourceChanged
from contracts.formats import Format

_HEAD = 64 * 1024  # an error message is shorter; more is data
_QUOTED = 200
_PAGE = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|title|meta|script)\b",
    re.IGNORECASE | re.DOTALL,
)
_REPORT = re.compile(r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<([\w.-]+:)?(Service)?ExceptionReport\b", re.DOTALL)
_JSON = ("json", "jsonl", "geojson", "decp", "gbfs", "sensorthings", "arcgis")  # may be a JSON object
_CLOSED = re.compile(rb'"code"\s*:\s*"?(401|403|498|499)\b')  # 498, 499: ArcGIS wants a token, or another one
_FAILURE = ("error", "errors", "error_code", "message", "exception", "detail", "title")
_ENVELOPE = {*_FAILURE, "code", "details", "help", "instance", "path", "status", "success", "timestamp",
             "type", "trace_id", "request_id"}  # fmt: skip


def refuse_compressed(encoding: str | None, promised: Format | None, place: str) -> None:
    """Nothing, where the answer is as plain as it was asked for, or the contract knows that it is not.

    Raises:
        SourceChanged: it is compressed, and the contract does not say so; the bytes are never undone here.
    """
    coded = (encoding or "identity").strip().lower()
    known = promised is None or (promised.archive == "gz" and coded in ("gzip", "x-gzip"))
    if coded != "identity" and not known:
        met = f"the source sends {coded} although it was asked for plain bytes"
        raise SourceChanged(place, met, remedy="If it always does, declare `archive: gz` under `format:`.")


def refuse_other_content(
    path: Path, media_type: str | None, promised: Format | None, place: str,
    *, masked: Callable[[str], str], allow_html: bool, remedy: str = "",
) -> None:  # fmt: skip
    """Nothing, where the file may be data.

    Raises:
        SourceChanged: it is a web page, or an error message and nothing else.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD + 1)
    wanted = promised.type if promised else "a data file"
    if not allow_html and _is_page(_text(head), media_type):
        remedy = "Open its address in a browser: a login, a maintenance page or a moved file."
        raise SourceChanged(place, "the source sent a web page", promised=wanted, remedy=remedy)
    if message := failure_in(head, promised):
        if _CLOSED.search(head):
            remedy = "Check the login, the password and the extra of its connection."
        remedy = remedy or "Check `path:` and `query:` against the source's documentation."
        met = f"the source sent an error: {shortened(masked(message))}"
        raise SourceChanged(place, met, promised=wanted, remedy=remedy)


def failure_in(head: bytes, promised: Format | None) -> str | None:
    """The message of a JSON object or an OGC exception report that is an error and nothing else, else none.

    Where another format than JSON was promised, any JSON object is one.
    """
    text = _text(head).strip()
    if text.startswith("<"):
        return exception_in(text) if _REPORT.match(text) else None
    if len(head) > _HEAD or not text.startswith("{"):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return None
    foreign = promised is not None and promised.type not in _JSON
    if foreign or (set(document) <= _ENVELOPE and any(document.get(word) for word in _FAILURE)):
        return _message(document)
    return None


def shortened(message: str) -> str:
    """The first 200 characters on one line, in guillemets."""
    line = " ".join(message.split())
    return f"« {line if len(line) <= _QUOTED else line[: _QUOTED - 1] + '…'} »"


def _message(document: dict[str, Any]) -> str:
    """The most telling text: a `message` anywhere near the top, else the document itself."""
    for word in ("message", *_FAILURE):
        found = document.get(word)
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict):
            return _message(found)
        if isinstance(found, str) and found.strip():
            return found
    return json.dumps(document, ensure_ascii=False)


def _is_page(text: str, media_type: str | None) -> bool:
    """A file called HTML that does not begin like markup is data: PHP calls every answer text/html."""
    called_page = (media_type or "").partition(";")[0].strip().lower() in (
        "text/html",
        "application/xhtml+xml",
    )
    return bool(_PAGE.match(text)) or (called_page and text.lstrip().startswith("<"))


def _text(head: bytes) -> str:
    utf_16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return head.decode("utf-16" if utf_16 else "utf-8-sig", errors="replace")
