"""A JSON document read from a sliding window of text: many records at once, or value by value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from contracts.errors import SourceChanged
from transforms.decode.jsonvalues import DECODER, TwiceNamed
from transforms.decode.source import MAX_RECORD, Source
from transforms.decode.structure import Structure, structure_of

_WINDOW = 1 << 20  # characters read at once
_BLANK = " \t\r\n"
_EXCUSES = ("error", "message", "detail", "errors", "msg", "error_message", "title", "description")


@dataclass(frozen=True)
class Run:
    """Items of a list as they stand, with their commas: not decoded, and not yet proven to be sound JSON."""

    first: int  # the number of the first of them
    text: bytes
    counted: Structure


class JsonStream:
    """Where reading stands in one document."""

    def __init__(self, source: Source, file: TextIO, *, before: int = 0, by_value: bool = False) -> None:
        self._source, self._file, self._before, self._by_value = source, file, before, by_value
        self._text, self._at, self._ended = "", 0, False

    def runs(self, path: Sequence[str]) -> Iterator[Run | tuple[int, Any]]:
        """The items of the list at `path`, as runs or as (number from 1, value); then the rest is checked.

        Raises:
            SourceChanged: there is no list there, or the document is not JSON or ends early.
        """
        for depth in range(len(path)):
            self._enter(path, depth)
        if self._mark() != "[":
            raise self._no_list(path, len(path), {})
        self._at += 1
        yield from self._items()
        self._end(path)

    def members(self, path: Sequence[str]) -> Iterator[tuple[str, Any]]:
        """The values of the list at `path`, each with an empty name, or of the object there, by their keys.

        Of a key's list each item comes by itself. Only for streams that read by value.

        Raises:
            SourceChanged: there is neither, or the document is not JSON or ends early.
        """
        for depth in range(len(path)):
            self._enter(path, depth)
        mark = self._mark()
        if mark not in ("[", "{"):
            raise self._no_list(path, len(path), {})
        self._at += 1
        if mark == "[":
            yield from (("", item[1]) for item in self._items() if not isinstance(item, Run))
        else:
            yield from self._keyed()
        self._end(path)

    def _keyed(self) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        while self._separator("}", "an object") if seen else self._mark() != "}":
            key = self._key()
            if key in seen:
                raise self._source.changed(f"names {key!r} twice in one object", promised="each value once")
            seen.add(key)
            if self._mark() == "[":
                self._at += 1
                yield from ((key, item[1]) for item in self._items() if not isinstance(item, Run))
            else:
                yield key, self._value(f"the value of {key!r}")
        if not seen:
            self._at += 1

    def _end(self, path: Sequence[str]) -> None:
        """Read what stands around the list or object at `path`, up to the document's end."""
        for _ in path:
            self._leave()
        if self._mark():
            met = "goes on after its JSON document"
            raise self._source.changed(met, promised="one", remedy="Is it `type: jsonl`?")

    def _items(self) -> Iterator[Run | tuple[int, Any]]:
        if self._mark() == "]":
            self._at += 1
            return
        number = self._before
        while number == self._before or self._separator("]", f"record {number}"):
            run = self._run(number + 1)
            if run:
                number += run.counted.records
                yield run
            else:
                number += 1
                yield number, self._value(f"record {number}")

    def _run(self, first: int) -> Run | None:
        """The records that end within the window; None where the next one does not, or values are wanted."""
        if self._mark() == "" or self._by_value:
            return None
        if len(self._text) - self._at < _WINDOW:
            self._more()
        text = self._text[self._at :].encode()
        found = structure_of(text)
        if not found.records:
            return None
        self._text, self._at = text[found.end :].decode(), 0
        return Run(first, text[: found.end], found)

    def _enter(self, path: Sequence[str], depth: int) -> None:
        """Stand before the value of the key `path[depth]` of the object that comes."""
        seen: dict[str, Any] = {}
        if self._mark() != "{":
            raise self._no_list(path, depth, seen)
        self._at += 1
        while self._mark() != "}" and (not seen or self._separator("}", "an object")):
            key = self._key()
            if key == path[depth]:
                return
            seen[key] = self._value(f"the value of {key!r}")
        raise self._no_list(path, depth, seen)

    def _leave(self) -> None:
        """Read an object's other values up to its end."""
        while self._separator("}", "an object"):
            key = self._key()
            self._value(f"the value of {key!r}")

    def _key(self) -> str:
        key = self._value("a key")
        if type(key) is not str or self._mark() != ":":
            raise self._broken("an object's key", "expected a name and a colon")
        self._at += 1
        return key

    def _separator(self, end: str, after: str) -> bool:
        """Whether a comma comes; False at the end of the list or object."""
        mark = self._mark()
        if mark not in (",", end):
            raise self._broken(f"after {after}", f"expected a comma or {end}") if mark else self._cut(after)
        self._at += 1
        return mark == ","

    def _mark(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANK:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _more(self) -> bool:
        text = self._file.read(_WINDOW)
        self._text, self._at = self._text[self._at :] + text, 0
        self._ended = not text
        return not self._ended

    def _value(self, what: str) -> Any:
        """The next value; a number at the window's end may go on beyond it."""
        if not self._mark():
            raise self._cut(what)
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > MAX_RECORD or not self._more():
                    raise self._unread(what, error) from error
                continue
            except TwiceNamed as error:
                raise self._source.changed(f"{error}, in {what}", promised="each value once") from error
            if end < len(self._text) or not self._more():
                self._at = end if end < len(self._text) or not self._ended else len(self._text)
                return value

    def _unread(self, what: str, error: json.JSONDecodeError) -> SourceChanged:
        if len(self._text) - self._at > MAX_RECORD:
            return self._source.changed(f"has {what} of more than {MAX_RECORD >> 20} MB, or a broken one")
        if error.pos >= len(self._text.rstrip()) or "Unterminated" in error.msg:
            return self._cut(what)
        return self._broken(what, f"{error.msg} at its character {error.pos - self._at + 1}")

    def _broken(self, where: str, reason: str) -> SourceChanged:
        return self._source.changed(f"is not JSON: {where}: {reason}", promised="JSON",
                                    remedy="Is it `type: jsonl`, or another format?")  # fmt: skip

    def _cut(self, where: str) -> SourceChanged:
        return self._source.changed(f"ends within {where}: it is cut short", promised="a whole document",
                                    remedy="Ask the source for it again.")  # fmt: skip

    def _no_list(self, path: Sequence[str], depth: int, seen: dict[str, Any]) -> SourceChanged:
        mark = self._mark()
        if not mark:
            return self._cut("the document")
        if depth == 0 and not seen and mark == "{":
            whole = self._value("the document")
            seen = whole if isinstance(whole, dict) else {}
        excuse = next((str(seen[key])[:200] for key in _EXCUSES if isinstance(seen.get(key), str)), "")
        said = f' and says "{excuse}"' if excuse else ""
        keys = ", ".join(list(seen)[:10])
        held = f"holds an object with {keys}" if seen else "holds no list there"
        where = f"at `{'.'.join(path)}`" if path else "as the document"
        return self._source.changed(f"{held}{said}", promised=f"a list of records {where}",
                                    remedy="Declare `records:`, the path to the list.")  # fmt: skip
