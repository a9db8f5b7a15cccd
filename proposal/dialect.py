"""How a delimited text is written: its delimiter, the lines above and below its records, its header."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from proposal.encodings import encoding_of
from proposal.names import folded
from proposal.tabletop import Top, top_of
from transforms.decode.source import Source

_HEAD = 1 << 20  # bytes in which the dialect shows; whether all records keep it, the decoding says
_ROWS = 2_000
_TAIL = 1 << 16
_NOTES = 10  # lines below the records that can be notes
_DELIMITERS = (";", "\t", "|", ",")
_SHOWN = {"\t": "tabulation", ";": "point-virgule", ",": "virgule", "|": "barre"}


@dataclass(frozen=True)
class Written:
    """A format's keys as a contract has them, and what there is to say of them in French."""

    format: dict[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Split:
    """The first records under one delimiter, each with the physical lines before it."""

    delimiter: str
    rows: list[tuple[int, list[str]]]

    @cached_property
    def filled(self) -> list[list[str]]:
        """Those that are not blank lines."""
        return [cells for _, cells in self.rows if any(cells)]

    @cached_property
    def width(self) -> int:
        """The cells that most of them have."""
        counted = Counter(len(cells) for cells in self.filled)
        return counted.most_common(1)[0][0] if counted else 0

    @cached_property
    def alike(self) -> list[int]:
        """The places of the filled ones that have as many."""
        return [i for i, cells in enumerate(self.filled) if len(cells) == self.width]

    @cached_property
    def merit(self) -> tuple[bool, int, int]:
        """Most records alike, few lines above the first of them, many cells."""
        steady = self.width > 1 and len(self.alike) * 10 >= len(self.filled) * 8
        return steady, -self.alike[0] if self.alike else 0, self.width


def csv_format(source: Source) -> Written:
    """The dialect of a delimited text.

    Raises:
        SourceChanged: it is written in two encodings.
    """
    encoding = encoding_of(source)
    text = _head(source, encoding.name)
    splits = [_split(text, delimiter) for delimiter in _DELIMITERS]
    split = max(splits, key=lambda one: one.merit)  # the first of equals
    keys: dict[str, Any] = {"type": "csv", "delimiter": split.delimiter, "encoding": encoding.name}
    doubt = " (à confirmer : d'autres caractères n'y ont pas de sens)" if encoding.doubtful else ""
    notes = [f"Encodage {encoding.name} : {encoding.evidence}{doubt}.", _about_width(split)]
    rows = [(before, cells) for before, cells in split.rows if any(cell.strip() for cell in cells)]
    if rows:
        top = top_of([cells for _, cells in rows[:200]])
        told, more = _top_keys(rows, top, split.width)
        keys |= told
        notes += more
        if bottom := _bottom(source, encoding.name, split, rows[top.first][0]):
            keys["skip_bottom"] = bottom
            notes.append(f"Les {len(bottom)} dernières lignes ne sont pas des données (à confirmer).")
    return Written(keys, tuple(notes))


def _about_width(split: _Split) -> str:
    mark, share = _SHOWN[split.delimiter], f"{len(split.alike)}/{len(split.filled)}"
    return f"Séparateur {mark} : {share} des premières lignes ont {split.width} cellules."


def _head(source: Source, encoding: str) -> str:
    with source.path.open("rb") as file:
        content = file.read(_HEAD)
        whole = not file.read(1)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(content, whole)
    return (text if whole else text.rpartition("\n")[0] or text).removeprefix("\ufeff")


def _split(text: str, delimiter: str) -> _Split:
    # Lines end as the file has them: CR alone is a line end too, as the decoder reads it.
    lines = iter(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for cells in reader:
            rows.append((before, cells))
            before = reader.line_num
            if len(rows) >= _ROWS:
                break
    except csv.Error:  # a cell of more than 128 kB: what was read will do
        pass
    return _Split(delimiter, rows)


def _top_keys(rows: list[tuple[int, list[str]]], top: Top, width: int) -> tuple[dict[str, Any], list[str]]:
    above = rows[top.first][0]
    keys: dict[str, Any] = {"skip_top": above} if above else {}
    notes = [f"Les {above} premières lignes sont un titre, pas des données (à confirmer)."] if above else []
    if top.header is None:
        keys |= {"header": None, "columns": [f"colonne_{number}" for number in range(1, width + 1)]}
        return keys, [
            *notes,
            "La première ligne est déjà une donnée : le fichier n'a pas d'en-tête (à confirmer).",
        ]
    header = rows[top.header][1]
    ended = len(header) == width > 1 and not header[-1].strip()
    if (ended or len(header) == width - 1) and all(
        not cells[-1].strip() for _, cells in rows if len(cells) == width
    ):
        header = header[:-1] if ended else header
        keys["trailing_delimiter"] = True
        notes.append("Chaque ligne finit par un séparateur de trop.")
    if odd := _odd_headers(header):
        names = _renamed(header)
        keys |= {"skip_top": _line_after(rows, top.header), "header": None, "columns": names}
        notes.append(
            f"L'en-tête ne nomme pas chaque colonne une fois ({odd}) : elle est renommée ici (à confirmer)."
        )
    return keys, notes


def _line_after(rows: list[tuple[int, list[str]]], header: int) -> int:
    """The physical lines up to the header's last."""
    before, cells = rows[header]
    return before + 1 + sum(cell.count("\n") for cell in cells)


def _odd_headers(header: list[str]) -> str:
    blank = [str(number) for number, name in enumerate(header, 1) if not name.strip()]
    if blank:
        return f"sans nom : colonne {', '.join(blank[:5])}"
    twins = [name for name, count in Counter(name.lower() for name in header).items() if count > 1]
    return f"plusieurs fois : {', '.join(twins[:5])}" if twins else ""


def _renamed(header: list[str]) -> list[str]:
    """The same names, with the number of its column behind each that is blank or was there before."""
    seen: set[str] = set()
    names = []
    for number, name in enumerate(header, 1):
        unique = name if name.strip() else f"colonne_{number}"
        while unique.lower() in seen:
            unique = f"{unique}_{number}"
        seen.add(unique.lower())
        names.append(unique)
    return names


def _bottom(source: Source, encoding: str, split: _Split, above: int) -> list[str]:
    """How each of the last lines begins that is no record."""
    size = source.path.stat().st_size
    with source.path.open("rb") as file:
        file.seek(max(0, size - _TAIL) // 2 * 2)  # UTF-16 has two bytes
        content = file.read()
    bare = "utf-16-le" if encoding == "utf-16" else encoding
    text = content.decode(bare, "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line.strip()]
    notes: list[str] = []
    for line in reversed(lines[1 + above :] if size <= _TAIL else lines[1:]):
        cells = next(csv.reader([line], delimiter=split.delimiter))
        strange = len(cells) < split.width and len(cells) <= 2 and '"' not in line
        if not strange or split.width < 2 or len(notes) == _NOTES:
            break
        beginning = line.lstrip("\ufeff").split(split.delimiter)[0]
        notes.insert(0, beginning[:40] if folded(beginning) else line[:40])
    return notes if len(notes) < _NOTES else []
