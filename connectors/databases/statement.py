"""What a contract may ask of a database: one table by its name, or one SELECT."""

from __future__ import annotations

import re

# Quoted texts and names by the standard's rule (a quote is doubled), PostgreSQL's $$…$$, and comments.
_SPANS = re.compile(
    r"""(?P<kept>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"""
    r"|--[^\n]*|/\*.*?\*/",
    re.DOTALL,
)
_SELECTS = re.compile(r"[\s(]*(select|with)\b", re.IGNORECASE)
_PART = r"[^\s.\"'`;\[\]()\x00-\x1f][^.\"'`;\[\]()\x00-\x1f]*"
TABLE = rf"^{_PART}(\.{_PART}){{0,2}}$"


def single_select(query: str) -> str:
    """The query without its comments and its last semicolon.

    The refusals are strict rather than clever: what a dialect reads in another way than the standard is
    refused too. They are one of three guards; the others are the read-only transaction, and that the query
    only ever runs inside a pair of parentheses.

    Raises:
        ValueError: it is not one SELECT.
    """
    bare = _SPANS.sub(lambda found: " '' " if found["kept"] else " ", query).strip()
    if "\\'" in query or '\\"' in query:
        raise ValueError("a quote inside quotes is doubled ('l''eau'), not written with a backslash")
    if re.search(r"['\"`]|/\*|\*/", bare.replace("''", "")):
        raise ValueError("a quote or a comment of the query does not end")
    if ";" in bare.rstrip(";\t\n "):
        raise ValueError("the query holds several statements; give one SELECT")
    if not _SELECTS.match(bare):
        raise ValueError("the query is no SELECT; a source is only ever read")
    return _SPANS.sub(lambda found: found["kept"] or " ", query).strip().rstrip(";\t\n ")
