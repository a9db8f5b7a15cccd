"""The forms in which a value may show where it should not: what a scan has to look for."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import struct
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from html.entities import codepoint2name
from urllib.parse import quote, quote_plus

# Bytes under which a pattern of that encoding would be met by accident: 10 signs of base64 without regard to
# case are 52 bits. 64 bits of a digest are enough to know it by, also where somebody has cut it short.
LEAST_PATTERN = {"base64": 10, "hex": 10, "digest": 8}
LEAST_OTHERWISE = 4
DIGEST_BYTES = 8
LEAST_DECIMALS = 4  # of a coordinate: 11 m; a number with fewer is met everywhere
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
    "novembre", "décembre",
)  # fmt: skip
_BLANKS = (" ", "\u00a0", "\u202f")
# How people group the digits of a telephone, SIREN, NIR (without, with key), SIRET.
_GROUPS = {
    9: (3, 3, 3), 10: (2, 2, 2, 2, 2), 13: (1, 2, 2, 2, 3, 3), 14: (3, 3, 3, 5),
    15: (1, 2, 2, 2, 3, 3, 2),
}  # fmt: skip
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")  # they combine
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|\+00(:?00)?)?")


def folded(text: str) -> str:
    """The text without accents and case."""
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()


def encodings_of(value: str) -> dict[str, tuple[bytes, ...]]:
    """Encoding → the byte patterns by which the value would show in it; a pattern stands once, in the first.

    | encoding | patterns                                                                              |
    |----------|---------------------------------------------------------------------------------------|
    | utf-8    | as it is; ASCII too                                                                   |
    | utf-16   | both byte orders                                                                      |
    | cp1252   | as old Windows programs write it (Latin-1 but for a few signs)                        |
    | folded   | without accents, to be looked for in a content folded likewise                        |
    | compact  | without blanks and signs; telephones, SIREN, SIRET, NIR, IBAN in their usual groups   |
    | base64   | standard and URL-safe, at each of the three places where it may begin in a longer one |
    | hex      | of UTF-8 and UTF-16                                                                   |
    | url      | percent-encoded where it must be or everywhere, from UTF-8 and cp1252                 |
    | markup   | HTML and XML references: named, decimal, hexadecimal, few or all                      |
    | json     | with the escapes of JSON, JavaScript, N-Triples and Python                            |
    | digest   | MD5, SHA-1, SHA-256, SHA-512 in hex, base64 and bytes (the first 64 bits)             |
    | rewritten| a number rounded, cut, with a comma, in groups; a date or an instant written otherwise|
    | binary   | a number as IEEE 754 double, both byte orders: WKB, SQLite, Parquet                   |

    All are in small letters: they are to be looked for in a content whose ASCII letters were made small, so
    that one automaton finds them all; what that loses of a digest's or a double's 64 bits is little.
    """
    found: dict[str, tuple[bytes, ...]] = {}
    seen: set[bytes] = set()
    for name, forms in _FORMS.items():
        least = LEAST_PATTERN.get(name, LEAST_OTHERWISE)
        patterns = (form.lower() for form in forms(value) if len(form) >= least)
        found[name] = tuple(form for form in dict.fromkeys(patterns) if form not in seen)
        seen.update(found[name])
    return {name: patterns for name, patterns in found.items() if patterns}


def _utf_8(value: str) -> Iterator[bytes]:
    yield value.encode()


def _utf_16(value: str) -> Iterator[bytes]:
    yield from (value.encode("utf-16-le"), value.encode("utf-16-be"))


def _cp1252(value: str) -> Iterator[bytes]:
    for codec in ("cp1252", "latin-1"):
        try:
            yield value.encode(codec)
        except UnicodeEncodeError:
            continue


def _folded(value: str) -> Iterator[bytes]:
    yield folded(value).encode()


def _compact(value: str) -> Iterator[bytes]:
    compact = "".join(sign for sign in folded(value) if sign.isalnum())
    if len(compact) < 8 or _INSTANT.fullmatch(value) or ("." in value and _NUMBER.fullmatch(value)):
        return
    yield compact.encode()
    for groups in _grouped(compact):
        for mark in (*_BLANKS, ".", "-"):
            yield mark.join(groups).encode()
    if re.fullmatch(r"0\d{9}", compact):
        yield from (f"+33{compact[1:]}".encode(), f"+33 {compact[1]} ".encode() + _pairs(compact[2:]))


def _pairs(digits: str) -> bytes:
    return " ".join(re.findall("..", digits)).encode()


def _grouped(compact: str) -> Iterator[list[str]]:
    if re.fullmatch(r"[a-z]{2}\d\d[a-z0-9]{10,30}", compact):  # an IBAN
        yield re.findall(".{1,4}", compact)
    if compact.isdigit() and (lengths := _GROUPS.get(len(compact))):
        ends = [sum(lengths[: number + 1]) for number in range(len(lengths))]
        yield [compact[end - length : end] for length, end in zip(lengths, ends, strict=True)]


def _base64(value: str) -> Iterator[bytes]:
    content = value.encode()
    for shift, first in ((0, 0), (1, 2), (2, 3)):  # the first signs mix with what stands before
        signs = base64.b64encode(b"\0" * shift + content)
        whole = signs[first : (shift + len(content)) * 8 // 6]  # the last ones with what follows
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))


def _hex(value: str) -> Iterator[bytes]:
    for codec in ("utf-8", "utf-16-le"):
        yield value.encode(codec).hex().encode()


def _url(value: str) -> Iterator[bytes]:
    for codec in ("utf-8", "cp1252"):
        content = value.encode(codec, "replace")
        for written in (quote(content, safe=""), quote(content), quote_plus(content)):
            yield written.encode()
        yield b"".join(b"%%%02x" % byte for byte in content)


def _markup(value: str) -> Iterator[bytes]:
    escaped = html.escape(value)
    yield from (escaped.encode(), html.escape(value, quote=False).encode())
    yield escaped.encode("ascii", "xmlcharrefreplace")
    yield "".join(_reference(sign, "&#x{:x};") if sign > "\x7f" else sign for sign in escaped).encode()
    yield "".join(f"&{codepoint2name.get(ord(sign), '')};" if ord(sign) in codepoint2name else sign
                  for sign in value).encode()  # fmt: skip
    for style in ("&#{};", "&#x{:x};"):
        yield "".join(_reference(sign, style) for sign in value).encode()


def _reference(sign: str, style: str) -> str:
    return style.format(ord(sign))


def _json(value: str) -> Iterator[bytes]:
    yield json.dumps(value)[1:-1].encode()
    yield json.dumps(value, ensure_ascii=False)[1:-1].replace("/", "\\/").encode()
    yield value.encode("unicode_escape")
    units = value.encode("utf-16-be")
    yield b"".join(b"\\u%02x%02x" % (high, low) for high, low in zip(units[::2], units[1::2], strict=True))


def _digest(value: str) -> Iterator[bytes]:
    compact = "".join(sign for sign in value if sign.isalnum())
    texts = dict.fromkeys((value, value.lower(), value.upper(), compact))
    for text in texts:
        for name in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(name, text.encode(), usedforsecurity=False).digest()[:DIGEST_BYTES]
            yield digest.hex().encode()
            if text == value:
                yield from (digest, base64.b64encode(digest)[: DIGEST_BYTES * 8 // 6])


def _rewritten(value: str) -> Iterator[bytes]:
    for text in (*_numbers(value), *_moments(value)):
        yield text.encode()


def _numbers(value: str) -> Iterator[str]:
    if not _NUMBER.fullmatch(value) or len(value.strip("+-0.")) < 6:
        return
    number = Decimal(value)
    yield from (f"{number:f}", f"{float(number):.16g}", f"{float(number):.17g}")
    whole, _, decimals = f"{number:f}".partition(".")
    for rounded in _rounded(number):
        yield from (f"{rounded:f}", f"{rounded:f}".replace(".", ","))
    for mark in (*_BLANKS, ",", "."):
        grouped = f"{int(whole):,}".replace(",", mark)
        yield from (grouped + point + decimals if decimals else grouped for point in ",.")
    if decimals:
        yield from (f"{number:f}".replace(".", ","), f"{number.normalize():f}")


def _rounded(number: Decimal) -> Iterator[Decimal]:
    """The number with fewer decimals, rounded and cut, down to `LEAST_DECIMALS`."""
    digits = -int(number.as_tuple().exponent)
    for decimals in range(LEAST_DECIMALS, digits):
        for mode in (ROUND_HALF_UP, ROUND_DOWN):
            yield number.quantize(Decimal(1).scaleb(-decimals), rounding=mode)


def _moments(value: str) -> Iterator[str]:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        yield from _days(date.fromisoformat(value))
    if match := _INSTANT.fullmatch(value):
        fraction = (match[3] or ".")[1:].ljust(6, "0")
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}.{fraction}").replace(tzinfo=UTC)
        yield from _instants(moment)


def _days(day: date) -> Iterator[str]:
    for mark in "/-.":
        yield f"{day.day:02}{mark}{day.month:02}{mark}{day.year}"
    yield f"{day.year}/{day.month:02}/{day.day:02}"
    yield f"{day.year}{day.month:02}{day.day:02}"
    yield f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _instants(moment: datetime) -> Iterator[str]:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    for mark in "T ":
        yield from (moment.isoformat(mark, "seconds")[:19], moment.isoformat(mark, "milliseconds")[:23])
    yield f"{moment:%d/%m/%Y %H:%M:%S}"
    for unit in (timedelta(seconds=1), timedelta(milliseconds=1), timedelta(microseconds=1)):
        yield str(since // unit)
    # A spreadsheet counts days from 30 December 1899.
    yield f"{(moment - datetime(1899, 12, 30, tzinfo=UTC)) / timedelta(days=1):.16g}"


def _binary(value: str) -> Iterator[bytes]:
    if "." not in value or not _NUMBER.fullmatch(value) or len(value.strip("+-0.")) < 6:
        return
    number = Decimal(value)
    for each in (number, *_rounded(number)):
        yield from (struct.pack("<d", float(each)), struct.pack(">d", float(each)))


_FORMS: dict[str, Callable[[str], Iterator[bytes]]] = {
    "utf-8": _utf_8, "utf-16": _utf_16, "cp1252": _cp1252, "folded": _folded, "compact": _compact,
    "base64": _base64, "hex": _hex, "url": _url, "markup": _markup, "json": _json, "digest": _digest,
    "rewritten": _rewritten, "binary": _binary,
}  # fmt: skip
