"""One cell as SQL: its trimmed text, its typed value, and in French why it does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from contracts.field import EPOCHS, Field
from contracts.sql import identifier, literal
from contracts.units import factor_between
from transforms.converting import NUMBER, converted

# Clocks on earth are at most 14 hours from UTC; DuckDB would read +99:99 too.
_OFFSET = r"(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)"
# What each part of a date format may look like; strptime alone reads the year 24 from `%Y`.
_PARTS = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "I": r"\d{1,2}",
    "M": r"\d{1,2}", "S": r"\d{1,2}", "f": r"\d{1,9}", "j": r"\d{1,3}", "p": r"[AaPp][Mm]",
    "z": _OFFSET, "b": r"\pL+\.?", "B": r"\pL+", "a": r"\pL+\.?", "A": r"\pL+",
    "%": "%",
}  # fmt: skip
_ISO_DATE = r"\d{4}-\d{2}-\d{2}"
_ISO_CLOCK = _ISO_DATE + r"[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
_MINUS = " − "
_FRENCH = {"%Y": "aaaa", "%y": "aa", "%m": "mm", "%d": "jj", "%H": "hh", "%M": "mm", "%S": "ss"}


@dataclass(frozen=True)
class Cell:
    """The SQL of one field, over columns named in double quotes.

    `text` reads the source columns; `value` reads the text (as `"text:<field>"`); `reasons` are
    (condition, French reason) pairs over text and value, the first that holds being the one given.
    `restored` counts the source cells whose leading zeros came back, where the field has `digits`.
    """

    text: str
    value: str
    reasons: tuple[tuple[str, str], ...]
    restored: str | None = None


def cell_for(name: str, field: Field) -> Cell:
    """The three expressions for a field of a contract."""
    sources = field.source or (name,)
    text = identifier(f"text:{name}")
    if field.type == "geometry":
        return _geometry(field, sources, text, identifier(name))
    cells = [f"trimmed({identifier(source)})" for source in sources]
    if field.digits is not None:
        cells = [_suffixless(field, cell) for cell in cells]
    parts = [_filled_up(field, cell) for cell in cells]
    column = f"coalesce({', '.join(parts)})" if field.several == "first" else _joined(parts, field.joined_by)
    if field.fixed is not None:
        column = literal(field.fixed)
    if field.minus:
        return _difference(name, field, column, f"trimmed({identifier(field.minus)})")
    value, unread = _typed(field, text)
    none = f"{identifier(name)} IS NULL"
    if field.required and field.empty_as and field.empty:  # a word for nothing is an answer
        value = f"CASE WHEN {text} NOT IN ({_words(field)}) THEN {value} END"
        none = f"{none} AND {text} NOT IN ({_words(field)})"
        field = field.model_copy(update={"empty": ()})
    reasons = ((none, unread), *_bounds(field, identifier(name)))
    return Cell(_cleaned(field, column), value, reasons, _restored(field, cells))


def _difference(name: str, field: Field, column: str, taken: str) -> Cell:
    """What is left of one column when the other is taken away; nothing where either is empty."""
    text = identifier(f"text:{name}")
    both = f"{_cleaned(field, column)} || {literal(_MINUS)} || {_cleaned(field, taken)}"
    (first, unread), (second, _) = (
        _typed(field, f"split_part({text}, {literal(_MINUS)}, {place})") for place in (1, 2)
    )
    exact = "DECIMAL(38,{1})".format(*field.decimal) if field.decimal else ""
    wide, kind = {"integer": ("HUGEINT", "BIGINT"), "number": ("DOUBLE", "DOUBLE")}.get(
        field.type, (exact, field.type)
    )
    value = (
        f"CASE WHEN len(string_split({text}, {literal(_MINUS)})) = 2 "
        f"THEN try_cast(({first})::{wide} - ({second})::{wide} AS {kind}) END"
    )
    reasons = ((f"{identifier(name)} IS NULL", f"l'un des deux termes {unread}"),)
    return Cell(both, value, (*reasons, *_bounds(field, identifier(name))))


def _joined(cells: list[str], mark: str | None) -> str:
    """The cells with a mark between them; an empty one is left out, and never takes the others along."""
    between = literal(" " if mark is None else mark)
    return cells[0] if len(cells) == 1 else f"nullif(concat_ws({between}, {', '.join(cells)}), '')"


def _filled_up(field: Field, cell: str) -> str:
    """A code of digits with the leading zeros that a spreadsheet took; a code with letters as it is."""
    if field.digits is None:
        return cell
    return f"CASE WHEN {_is_short(field, cell)} THEN lpad({cell}, {field.digits}, '0') ELSE {cell} END"


def _is_short(field: Field, cell: str) -> str:
    return rf"regexp_full_match({cell}, '\d{{1,{(field.digits or 2) - 1}}}')"


def _restored(field: Field, parts: list[str]) -> str | None:
    if field.digits is None:
        return None
    return " + ".join(f"CAST(coalesce({_is_short(field, part)}, FALSE) AS BIGINT)" for part in parts)


def _cleaned(field: Field, column: str) -> str:
    """The trimmed text without the words for nothing and the declared suffix, or the part that is wanted."""
    if field.empty:
        column = f"CASE WHEN {column} NOT IN ({_words(field)}) THEN {column} END"
    if field.digits is None:
        column = _suffixless(field, column)
    if field.part:
        whole, group = literal(rf"\A(?:{field.part})\z"), re.compile(field.part).groups
        column = f"nullif(trim(regexp_extract({column}, {whole}, {group})), '')"
    return column


def _words(field: Field) -> str:
    return ", ".join(literal(word) for word in field.empty)


def _suffixless(field: Field, cell: str) -> str:
    return f"without_suffix({cell}, {literal(field.drop_suffix)})" if field.drop_suffix else cell


def _typed(field: Field, text: str) -> tuple[str, str]:
    """The typed value, and the reason for a text that has none."""
    if field.written_in and field.unit and (factor := factor_between(field.written_in, field.unit)):
        return converted(field, _plain_number(field, text), factor)
    if field.decimal:
        return _decimal(field, text, *field.decimal)
    makers = {
        "string": _string, "enum": _enum, "boolean": _boolean, "integer": _integer, "number": _number,
        "date": _date, "instant": _instant, "siren": _siren, "siret": _siret,
    }  # fmt: skip
    return makers[field.type](field, text)


def _string(field: Field, text: str) -> tuple[str, str]:
    return text, "texte illisible"


def _enum(field: Field, text: str, published: Callable[[str], str] = literal) -> tuple[str, str]:
    values = field.values or {}
    cases = " ".join(f"WHEN {literal(word)} THEN {published(kept)}" for word, kept in values.items())
    shown = ", ".join(list(values)[:12]) + (" …" if len(values) > 12 else "")
    return f"CASE {text} {cases} END", f"valeur hors de la liste : {shown}"


def _boolean(field: Field, text: str) -> tuple[str, str]:
    words = field.words
    true, false = (words.true, words.false) if words else (("true",), ("false",))
    cases = " ".join(
        f"WHEN lower({text}) IN ({', '.join(literal(word.lower()) for word in group)}) THEN {result}"
        for group, result in ((true, "TRUE"), (false, "FALSE"))
    )
    sentence = f"ni vrai ({', '.join(true)}) ni faux ({', '.join(false)})"
    return f"CASE {cases} END", sentence


def _plain_number(field: Field, text: str) -> str:
    """The number's text with a point and without marks between groups of exactly three digits."""
    if field.thousands:
        mark = _marks(field.thousands)
        grouped = rf"[+-]?\d{{1,3}}(?:[{mark}]\d{{3}})+(?:[^\d{mark}][^{mark}]*)?"
        text = (
            f"CASE WHEN regexp_full_match({text}, {literal(grouped)}) "
            f"THEN regexp_replace({text}, {literal(f'[{mark}]')}, '', 'g') ELSE {text} END"
        )
    if field.decimal_mark == ",":
        # A text that has a point as well stays unread: which of the two is the decimal mark is a guess.
        text = f"CASE WHEN contains({text}, '.') THEN NULL ELSE replace({text}, ',', '.') END"
    return text


def _marks(mark: str) -> str:
    """A blank between groups is written in three ways: space, U+00A0, U+202F."""
    return "\\x{20}\\x{a0}\\x{202f}" if mark.isspace() else re.escape(mark)


def _integer(field: Field, text: str) -> tuple[str, str]:
    if field.values:
        return _enum(field, text, lambda word: f"CAST({int(word)} AS BIGINT)")
    digits = _plain_number(field, text)
    value = (
        rf"CASE WHEN regexp_full_match({digits}, '[+-]?\d{{1,400}}') THEN try_cast({digits} AS BIGINT) END"
    )
    return value, "n'est pas un nombre entier (de 19 chiffres au plus)"


def _number(field: Field, text: str) -> tuple[str, str]:
    plain = _plain_number(field, text)
    # inf and NaN are words that DuckDB would read; 1e400 becomes infinite: none is a measure.
    number = f"CASE WHEN regexp_full_match({plain}, {literal(NUMBER)}) THEN try_cast({plain} AS DOUBLE) END"
    value = f"CASE WHEN isfinite({number}) THEN {number} END"
    return value, f"n'est pas un nombre (décimales après « {field.decimal_mark} »)"


def _decimal(field: Field, text: str, precision: int, scale: int) -> tuple[str, str]:
    plain = _plain_number(field, text)
    # The cast alone would round what has more digits than declared; zeros beyond the scale are no digits.
    exact = rf"[+-]?(?:\d+(?:\.\d{{0,{scale}}}0*)?|\.\d{{0,{scale}}}0*)"
    value = (
        f"CASE WHEN regexp_full_match({plain}, {literal(exact)}) THEN try_cast({plain} AS {field.type}) END"
    )
    size = f"{precision - scale} chiffres et {scale} décimales au plus"
    return value, f"n'est pas un nombre de {size}, après « {field.decimal_mark} »"


def _date(field: Field, text: str) -> tuple[str, str]:
    pattern = _pattern_of(field.format) if field.format else _ISO_DATE
    written = field.format or "%Y-%m-%d"
    value = (
        f"CASE WHEN regexp_full_match({text}, {literal(pattern)}) "
        f"THEN try_strptime({text}, {literal(written)})::DATE END"
    )
    return value, f"n'est pas une date (attendu : {_shown(written)})"


def _instant(field: Field, text: str) -> tuple[str, str]:
    if field.format in EPOCHS:
        factor = EPOCHS[field.format]
        micros = f"try_cast(try_cast({text} AS HUGEINT) * {factor} AS BIGINT)"
        value = rf"CASE WHEN regexp_full_match({text}, '-?\d{{1,14}}') THEN make_timestamptz({micros}) END"
        return value, "n'est pas un instant (attendu : un nombre depuis 1970)"
    written = field.format or "%Y-%m-%dT%H:%M:%S"
    reason = f"n'est pas un instant qui existe une seule fois (attendu : {_shown(written)})"
    if field.format is None:
        offset = _cast_where(text, _ISO_CLOCK + _OFFSET, "TIMESTAMPTZ")
        if field.zone is None:
            return offset, reason
        clock = _cast_where(text, _ISO_CLOCK, "TIMESTAMP")
        return f"coalesce({offset}, {_local(field, clock)})", reason
    # DuckDB's %z knows no Z.
    read = f"regexp_replace({text}, 'Z$', '+00')" if field.format.endswith("%z") else text
    parsed = f"try_strptime({read}, {literal(field.format)})"
    matched = f"CASE WHEN regexp_full_match({text}, {literal(_pattern_of(field.format))}) THEN {parsed} END"
    return (matched if "%z" in field.format else _local(field, matched)), reason


def _cast_where(text: str, pattern: str, type_name: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, {literal(pattern)}) THEN try_cast({text} AS {type_name}) END"


def _local(field: Field, clock: str) -> str:
    """A clock time of the declared zone as an instant, by the declared policy for the doubled hour."""
    zone = literal(field.zone or "UTC")
    instant = f"timezone({zone}, {clock})"
    twice = {
        "reject": "NULL", "later": instant, "earlier": f"{instant} - INTERVAL 1 HOUR",
    }[field.ambiguous]  # fmt: skip
    return (
        f"CASE WHEN clock_skipped({clock}, {zone}) THEN NULL "
        f"WHEN clock_twice({clock}, {zone}) THEN {twice} ELSE {instant} END"
    )


def _siren(field: Field, text: str) -> tuple[str, str]:
    return _numbered(text, 9, "luhn"), "n'est pas un SIREN (9 chiffres, clé juste)"


def _siret(field: Field, text: str) -> tuple[str, str]:
    return _numbered(text, 14, "siret_key"), "n'est pas un SIRET (14 chiffres, clé juste)"


def _numbered(text: str, length: int, key: str) -> str:
    """The digits of an identifier, blanks between them left out, where their key is right."""
    digits = rf"regexp_replace({text}, '[{_marks(' ')}]', '', 'g')"
    return rf"CASE WHEN regexp_full_match({digits}, '\d{{{length}}}') AND {key}({digits}) THEN {digits} END"


def _bounds(field: Field, value: str) -> tuple[tuple[str, str], ...]:
    """The declared limits of a value that was read."""
    reasons = []
    if field.type in ("date", "instant"):
        # What Python, Excel and most readers of Parquet can hold; DuckDB begins in 290 309 BC.
        within = f"{value} >= '0001-01-01' AND {value} < '10000-01-01'"
        reasons.append((f"NOT ({within})", "n'est pas dans les années 1 à 9999"))
    if field.pattern is not None:
        reasons.append(
            (f"NOT regexp_full_match({value}, {literal(field.pattern)})", "n'a pas la forme attendue")
        )
    if field.max_length is not None:
        reasons.append((f"length({value}) > {field.max_length}", f"dépasse {field.max_length} caractères"))
    if field.min is not None:
        reasons.append((f"{value} < {field.min}", f"est inférieur à {field.min}"))
    if field.max is not None:
        reasons.append((f"{value} > {field.max}", f"est supérieur à {field.max}"))
    return tuple(reasons)


def _geometry(field: Field, sources: tuple[str, ...], text: str, value: str) -> Cell:
    """WKB in WGS 84 from two coordinates, a "lat,lon" text, WKT or GeoJSON."""
    cells = [_cleaned(field, f"trimmed({identifier(source)})") for source in sources]
    crs = literal(field.crs)
    if len(sources) == 2:
        # Of a missing one its place stays, so that a cell with a blank inside is never taken for both.
        either = f"nullif(concat({cells[0]}, ' ', {cells[1]}), ' ')"
        x, y = (f"split_part({text}, ' ', {part})" for part in (1, 2))
        point = f"point_wkb({_coordinate(field, x)}, {_coordinate(field, y)}, {crs})"
        made = f"CASE WHEN len(string_split({text}, ' ')) = 2 THEN {point} END"
        sentence = f"n'est pas une position (x y) dans l'emprise de {field.crs}"
        return Cell(either, made, ((f"{value} IS NULL", sentence),))
    if field.written_as == "lat_lon":
        latitude, longitude = (
            _coordinate(field, f"trimmed(split_part({text}, ',', {part}))") for part in (1, 2)
        )
        made = (
            f"CASE WHEN len(string_split({text}, ',')) = 2 THEN point_wkb({longitude}, {latitude}, {crs}) END"
        )
        return Cell(cells[0], made, ((f"{value} IS NULL", "n'est pas une position « latitude,longitude »"),))
    made = f"{field.written_as}_wkb({text}, {crs})"
    kind = {"wkt": "WKT", "geojson": "GeoJSON"}[field.written_as or "wkt"]
    sentence = f"n'est pas une géométrie {kind} dans l'emprise de {field.crs}"
    return Cell(cells[0], made, ((f"{value} IS NULL", sentence),))


def _coordinate(field: Field, text: str) -> str:
    return _number(Field(decimal_mark=field.decimal_mark), text)[0]


def _pattern_of(written: str) -> str:
    """The regular expression of what a strptime format may read."""
    parts = re.split(r"((?:%[YymdHIMSfj])+|%.)", written)
    return "".join(_run(part) if index % 2 else re.escape(part) for index, part in enumerate(parts))


def _run(codes: str) -> str:
    """Digits that touch digits have their full width: 2024112 may be two days."""
    pattern = "".join(_PARTS[code] for code in codes[1::2])
    return pattern if len(codes) == 2 else re.sub(r"\{1,([23])\}", r"{\1}", pattern)


def _shown(written: str) -> str:
    """A strptime format as French readers write it: jj/mm/aaaa."""
    for code, french in _FRENCH.items():
        written = written.replace(code, french)
    return written
