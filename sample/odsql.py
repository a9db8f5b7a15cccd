"""The part of ODSQL's `where` that the sample's portal understands; the rest is refused, as a portal does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import shapely

Record = dict[str, Any]
Test = Callable[[Record], bool]
_TOKENS = re.compile(
    r"\s*(?:(?P<word>[A-Za-z_][\w.]*)|(?P<text>\"[^\"]*\"|'[^']*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<sign><=|>=|!=|[=<>(),]))"
)
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


class Malformed(ValueError):
    """Not a condition that can be read here."""


def condition(text: str) -> Test:
    """Whether a record meets a condition: comparisons, `and`, `or`, `not`, brackets, `is null`, `within`.

    Raises:
        Malformed: anything else.
    """
    parser = _Parser(_tokens(text))
    test = parser.either()
    if parser.tokens:
        raise Malformed(f"unexpected « {parser.tokens[0][1]} »")
    return test


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at, text = [], 0, text.rstrip()
    while at < len(text):
        met = _TOKENS.match(text, at)
        if met is None:
            raise Malformed(f"invalid expression « {text[at : at + 20]} »")
        kind = met.lastgroup or ""
        tokens.append((kind, met[kind]))
        at = met.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens

    def either(self) -> Test:
        tests = [self.both()]
        while self._skipped("or"):
            tests.append(self.both())
        return lambda record: any(test(record) for test in tests)

    def both(self) -> Test:
        tests = [self.one()]
        while self._skipped("and"):
            tests.append(self.one())
        return lambda record: all(test(record) for test in tests)

    def one(self) -> Test:
        if self._skipped("not"):
            test = self.one()
            return lambda record: not test(record)
        if self._skipped("("):
            test = self.either()
            self._take("sign", ")")
            return test
        field = self._take("word")
        if field.lower() == "within":
            return self._within()
        if self._skipped("is"):
            negated = self._skipped("not")
            self._take("word", "null")
            return lambda record: (_at(record, field) is None) != negated
        return _comparison(field, self._take("sign"), self._literal())

    def _within(self) -> Test:
        """`within(geo_point_2d, geom'POLYGON((…))')`."""
        self._take("sign", "(")
        field = self._take("word")
        self._take("sign", ",")
        self._take("word", "geom")
        area = shapely.from_wkt(self._take("text")[1:-1], on_invalid="ignore")
        self._take("sign", ")")
        if area is None:
            raise Malformed("no geometry")
        shapely.prepare(area)
        return lambda record: (
            (point := _at(record, field)) is not None
            and bool(area.contains(shapely.Point(point["lon"], point["lat"])))
        )

    def _literal(self) -> str | float:
        kind, text = self.tokens.pop(0) if self.tokens else ("", "")
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return float(text)
        raise Malformed(f"no literal « {text} »")

    def _skipped(self, word: str) -> bool:
        met = bool(self.tokens) and self.tokens[0][0] != "text" and self.tokens[0][1].lower() == word
        if met:
            self.tokens.pop(0)
        return met

    def _take(self, kind: str, word: str | None = None) -> str:
        if not self.tokens or self.tokens[0][0] != kind or word not in (None, self.tokens[0][1].lower()):
            raise Malformed(f"expected {word or kind}")
        return self.tokens.pop(0)[1]


def _comparison(field: str, sign: str, wanted: str | float) -> Test:
    """Of a multivalued field one value is enough; an empty one meets nothing."""

    def test(record: Record) -> bool:
        met = _at(record, field)
        values = met if isinstance(met, list) else [met]
        if sign == "!=":
            return wanted not in values
        if sign == "=":
            return wanted in values
        return any(type(value) in (type(wanted), int) and _COMPARED[sign](value, wanted) for value in values)

    if sign not in ("=", "!=", *_COMPARED):
        raise Malformed(f"no comparison « {sign} »")
    return test


def _at(record: Record, path: str) -> Any:
    value: Any = record
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
