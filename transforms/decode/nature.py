"""What a file is by its first bytes, where that is not what was promised."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Nature:
    """What stands there instead, and what to do about it."""

    what: str
    remedy: str


# Signatures: RFC 1952 (gzip), APPNOTE.TXT 4.3.7 (zip), ISO 32000 (PDF), MS-CFB 2.2, parquet-format.
_SIGNATURES = (
    (b"\x1f\x8b", Nature("a gzip file", "Declare `archive: gz`.")),
    (b"PK\x03\x04", Nature("a zip file or a workbook", "Declare `archive: zip`, or `type: xlsx`.")),
    (b"PK\x05\x06", Nature("an empty zip file", "Ask the source for the file again.")),
    (b"BZh", Nature("a bzip2 file", "Ask the source for gzip or zip.")),
    (b"7z\xbc\xaf\x27\x1c", Nature("a 7z file", "Ask the source for gzip or zip.")),
    (b"%PDF", Nature("a PDF", "Ask the source for the data itself.")),
    (b"\xd0\xcf\x11\xe0", Nature("an Excel or Word file of before 2007", "Declare `type: xls`.")),
    (b"PAR1", Nature("a Parquet file", "Declare `type: parquet`.")),
)
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body")


def nature_of(head: bytes) -> Nature | None:
    """The known binary format, web page or XML document that starts so; None for what may be plain data."""
    for signature, nature in _SIGNATURES:
        if head.startswith(signature):
            return nature
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    if start.startswith(_PAGES):
        return Nature("a web page", "Open its address in a browser: it may ask for a login or say sorry.")
    if start.startswith(b"<?xml"):
        return Nature("an XML document", "It may be an error message; open it in an editor.")
    return None
