"""The forms of a value, held against encoders that know nothing of them."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import struct
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.encodings import encodings_of
from privacy.scan.hunting import hunt
from privacy.scan.parts import Unit

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=8, max_size=24)
NAME = "Adélaïde d'Été & Cie"


def met(content: bytes, value: str) -> set[str]:
    return {leak.encoding for leak in hunt([Unit("a", content)], {"it": value})}


@settings(deadline=None)
@given(TEXTS, st.binary(max_size=7), st.binary(max_size=7))
def test_base64_is_found_wherever_the_value_begins(value: str, before: bytes, after: bytes) -> None:
    content = before + value.encode() + after
    assert "base64" in met(base64.b64encode(content), value)
    assert "base64" in met(base64.urlsafe_b64encode(content), value)


@settings(deadline=None)
@given(TEXTS)
def test_any_text_is_found_as_it_is_and_in_utf_16(value: str) -> None:
    assert met(f"; {value};".encode(), value)
    assert met(value.encode("utf-16"), value)


@pytest.mark.parametrize(
    ("encoding", "written", "value"),
    [
        ("utf-8", NAME.encode(), NAME), ("cp1252", NAME.encode("cp1252"), NAME),
        ("utf-16", NAME.encode("utf-16-be"), NAME), ("folded", b"ADELAIDE D'ETE & CIE", NAME),
        ("compact", b"adelaide_detecie".replace(b"_", b""), NAME),
        ("hex", NAME.encode().hex().upper().encode(), NAME), ("hex", NAME.encode("utf-16-le").hex().encode(), NAME),
        ("url", quote(NAME).encode(), NAME), ("url", quote(NAME, encoding="cp1252").encode(), NAME),
        ("url", "".join(f"%{byte:02X}" for byte in NAME.encode()).encode(), NAME),
        ("markup", html.escape(NAME).encode("ascii", "xmlcharrefreplace"), NAME),
        ("markup", "".join(f"&#x{ord(sign):X};" for sign in NAME).encode(), NAME),
        ("markup", b"Ad&eacute;la&iuml;de d'&Eacute;t&eacute; &amp; Cie", NAME),
        ("json", json.dumps(NAME).encode(), NAME), ("json", "".join(f"\\u{ord(sign):04X}" for sign in NAME).encode(), NAME),
        ("json", NAME.encode("unicode_escape"), NAME),
        ("digest", hashlib.sha256(NAME.encode()).hexdigest().upper().encode(), NAME),
        ("digest", hashlib.md5(NAME.upper().encode()).hexdigest().encode(), NAME),
        ("digest", hashlib.sha512(NAME.encode()).digest(), NAME),
        ("digest", base64.b64encode(hashlib.sha1(NAME.encode()).digest()), NAME),
        ("digest", hashlib.sha1(b"0639981234").hexdigest().encode(), "06 39 98 12 34"),
        ("compact", b"06.39.98.12.34", "0639981234"), ("compact", b"0639981234", "06 39 98 12 34"),
        ("compact", b"+33639981234", "0639981234"), ("compact", b"+33 6 39 98 12 34", "0639981234"),
        ("compact", b"732 829 320 00074", "73282932000074"),
        ("compact", "732\u00a0829\u00a0320".encode(), "732829320"),
        ("compact", b"1 84 12 76 451 089 46", "184127645108946"),
        ("compact", b"FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),
        ("rewritten", b"69,3412345", "69.3412345"), ("rewritten", b"69.34123", "69.3412345"),
        ("rewritten", b"69.3413", "69.34125"), ("rewritten", b"69.3412", "69.34129"),
        ("rewritten", b"1 234 567,89", "1234567.89"), ("rewritten", "1\u202f234\u202f567".encode(), "1234567"),
        ("rewritten", b"07/03/1875", "1875-03-07"), ("rewritten", "7 août 1875".encode(), "1875-08-07"),
        ("compact", b"18750307", "1875-03-07"),
        ("rewritten", b"2026-03-07 11:22:33", "2026-03-07T11:22:33Z"),
        ("rewritten", b"1772882553", "2026-03-07T11:22:33Z"), ("rewritten", b"1772882553123", "2026-03-07T11:22:33.123456Z"),
        ("rewritten", b"07/03/2026 11:22:33", "2026-03-07T11:22:33.5Z"),
        ("binary", struct.pack("<d", 69.3412345), "69.3412345"), ("binary", struct.pack(">d", 69.34123), "69.3412345"),
    ],
)  # fmt: skip
def test_a_value_is_found_in_that_form(encoding: str, written: bytes, value: str) -> None:
    assert met(b"x;" + written + b";x", value) == {encoding}


def test_there_are_at_least_twelve_encodings() -> None:
    every = {name for value in (NAME, "69.3412345", "0639981234") for name in encodings_of(value)}
    assert len(every) >= 12


@pytest.mark.parametrize("value", ["a", "", "12.5", "2026-03-07"])
def test_a_short_value_has_no_pattern_that_is_met_by_accident(value: str) -> None:
    assert all(len(pattern) >= 4 for patterns in encodings_of(value).values() for pattern in patterns)


@settings(deadline=None)
@given(TEXTS)
def test_a_pattern_tells_of_one_encoding_only(value: str) -> None:
    patterns = [pattern for found in encodings_of(value).values() for pattern in found]
    assert len(patterns) == len(set(patterns))
