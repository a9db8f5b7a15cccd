"""Exception reports of OGC services (OWS Common, and the older ServiceExceptionReport), wherever they are."""

from __future__ import annotations

import re
from html import unescape

_REPORT = re.compile(r"<(?:[\w.-]+:)?(?:Service)?ExceptionReport\b")
_TEXT = re.compile(
    r"<(?:[\w.-]+:)?(ExceptionText|ServiceException)\b[^>]*>(.*?)</(?:[\w.-]+:)?\1>",
    re.DOTALL,
)
_CODE = re.compile(r"\b(?:exceptionCode|code)\s*=\s*[\"']([^\"']*)[\"']")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)


def exception_in(text: str) -> str | None:
    """Code and words of the first exception in the text, none where there is no report.

    A report that stands behind data is found too: an error that came up after the answer had begun.
    """
    report = _REPORT.search(text)
    if report is None:
        return None
    words, code = _TEXT.search(text, report.start()), _CODE.search(text, report.start())
    said = _CDATA.sub(r"\1", words[2]) if words else ""
    parts = (code[1] if code else "", unescape(said).strip())
    return ": ".join(part for part in parts if part) or "an exception without words"
