"""The encoding of a text, by all of its bytes: UTF-8, UTF-16, or the French letters that they make."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import numpy as np

from transforms.decode.source import CHUNK, Source

_LEGACY = ("cp1252", "mac_roman", "cp850")
# How well a character suits a French (or neighbouring) text; what is not listed speaks against the encoding.
_WEIGHTS = {
    **dict.fromkeys("éèàêçâîôûùëïœ", 4), **dict.fromkeys("ÉÈÀÊÇÂÎÔüöäßñáíóúã", 2),
    **dict.fromkeys("’«»°€²³µ·–—…\xa0“”‘ŒÏËÜÖÄÛÙœæ½¼×øåòìÁÍÓÚÑ•", 1),
}  # fmt: skip
_AGAINST = -4
_PAIRS = re.compile(rb"[\xc2\xc3\xe2][\x80-\xbf]")


@dataclass(frozen=True)
class Encoding:
    """A Python codec's name, and in French how it is known."""

    name: str
    evidence: str
    doubtful: bool = False


def encoding_of(source: Source) -> Encoding:
    """The encoding of a text.

    Raises:
        SourceChanged: some of it is UTF-8 and some is not.
    """
    with source.path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16", "marque UTF-16 au début du fichier")
    if wide := _wide(head):
        return Encoding(wide, "un octet nul sur deux")
    counts, broken, pairs = _bytes_of(source)
    high = int(counts[128:].sum())
    if broken is None:
        return Encoding("utf-8", "tous les octets sont de l'UTF-8" if high else "sans accents")
    if pairs * 4 > high:
        met = f"is UTF-8 in most places, but not on line {broken}"
        raise source.changed(met, promised="one encoding", remedy="Have it exported again in one encoding.")
    return _legacy(counts[128:], high)


def _wide(head: bytes) -> str | None:
    for codec, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        half = head[first::2]
        if half and half.count(0) > len(half) * 0.9:
            return codec
    return None


def _bytes_of(source: Source) -> tuple[np.ndarray, int | None, int]:
    """How often each byte comes, the first line that is not UTF-8, and how many pairs look like UTF-8."""
    counts = np.zeros(256, np.int64)
    decoder = codecs.getincrementaldecoder("utf-8")()
    broken: int | None = None
    line, pairs = 1, 0
    with source.path.open("rb") as file:
        while chunk := file.read(CHUNK):
            counts += np.bincount(np.frombuffer(chunk, np.uint8), minlength=256)
            pairs += len(_PAIRS.findall(chunk))
            if broken is None:
                broken = _break_in(decoder, chunk, line)
                line += chunk.count(b"\n")
    if broken is None and decoder.getstate()[0]:
        broken = line
    return counts, broken, pairs


def _break_in(decoder: codecs.IncrementalDecoder, chunk: bytes, line: int) -> int | None:
    if chunk.isascii() and not decoder.getstate()[0]:
        return None
    waiting = len(decoder.getstate()[0])
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        return line + chunk.count(b"\n", 0, max(0, error.start - waiting))
    return None


def _legacy(counts: np.ndarray, high: int) -> Encoding:
    scores = {name: _score(name, counts) for name in _LEGACY}
    best = max(_LEGACY, key=lambda name: scores[name][0])
    french = scores[best][1]
    evidence = f"{french}/{high} caractères accentués plausibles en français, qui ne sont pas de l'UTF-8"
    return Encoding(best, evidence, doubtful=french < high * 0.9)


def _score(name: str, counts: np.ndarray) -> tuple[float, int]:
    """The sum of its characters' weights, and how many suit; a byte without a meaning rules it out."""
    score, french = 0, 0
    for offset in np.flatnonzero(counts):
        count = int(counts[offset])
        try:
            character = bytes([128 + int(offset)]).decode(name)
        except UnicodeDecodeError:
            return -np.inf, 0
        weight = _WEIGHTS.get(character, _AGAINST)
        score += count * weight
        french += count if weight > 0 else 0
    return score, french
