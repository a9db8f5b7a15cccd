"""One SQL condition for each way in which a cell can tell of a person."""

from __future__ import annotations

from contracts.sql import literal
from privacy import patterns


def has(cell: str, pattern: str) -> str:
    """The cell holds a match of the pattern."""
    return f"regexp_matches({cell}, {literal(pattern)})"


def plain(cell: str) -> str:
    """The cell without web addresses, accents, typographic apostrophes and blanks that do not break."""
    folded = f"strip_accents({cell})"
    for odd, even in ((8217, "chr(39)"), (160, "' '"), (8239, "' '")):
        folded = f"replace({folded}, chr({odd}), {even})"
    ascii_kept = f"CASE WHEN strlen({cell}) = length({cell}) THEN {cell} ELSE {folded} END"
    unlinked = f"regexp_replace({ascii_kept}, '(?:https?://|www\\.)\\S+', ' ', 'g')"
    return (
        f"CASE WHEN contains({cell}, '://') OR contains({cell}, 'www.') THEN {unlinked} ELSE {ascii_kept} END"
    )


def without_eponyms(cell: str) -> str:
    """The plain cell without the names of streets and schools, and of those whom they are called after."""
    for pattern in (patterns.EPONYM, patterns.FAMOUS):
        cell = f"regexp_replace({cell}, {literal(pattern)}, ' ', 'g')"
    return cell


def is_email(cell: str) -> str:
    """Holds a mailbox that is not a desk's."""
    others = f"regexp_replace({cell}, {literal(patterns.DESK)}, ' ', 'g')"
    return f"{has(cell, patterns.EMAIL)} AND {has(others, patterns.EMAIL)}"


def is_nir(cell: str) -> str:
    """Holds a NIR with its key, or one without that is called so."""
    return f"({_any_keyed(cell, patterns.NIR, 'nir_key')} OR {has(cell, patterns.NIR_NAMED)})"


def is_fifteen_digits(cell: str) -> str:
    """Is a number of fifteen digits and nothing else: a NIR, or one of many identifiers."""
    return rf"regexp_full_match({cell}, '\d{{15}}')"


def is_iban(cell: str) -> str:
    """Holds an IBAN with its key."""
    return _any_keyed(cell, patterns.IBAN, "iban_key")


def is_plate_alone(cell: str) -> str:
    """Is nothing but what could be a number plate."""
    return f"regexp_full_match({cell}, {literal(patterns.ANY_PLATE)})"


def is_home(cell: str) -> str:
    """Tells at which address somebody lives, which is not where a firm has its seat."""
    unseated = f"regexp_replace({cell}, {literal(patterns.SEAT)}, ' ', 'g')"
    return f"{has(cell, patterns.HOME)} AND {has(unseated, patterns.HOME)}"


def is_named_in_text(cell: str) -> str:
    """Names a person in a text: five words with a title, or a sentence with a given name and a surname."""
    blanks = f"length({cell}) - length(replace({cell}, ' ', ''))"
    titled = f"{blanks} >= 4 AND {has(cell, patterns.TITLED)}"
    named = f"{blanks} >= 5 AND {has(cell, patterns.NAMED)} AND {has(cell, patterns.SENTENCE)}"
    return f"({titled} OR {named})"


def is_name_alone(cell: str) -> str:
    """Is a person's name and nothing else."""
    whole = f"regexp_full_match({cell}, {literal(patterns.NAME_ALONE)})"
    return f"({whole} AND NOT {has(cell, patterns.FIRM)})"


def is_siret(cell: str) -> str:
    """Is a SIRET with its key (`siret_key` is a macro of `transforms.engine`)."""
    digits, shape = f"replace({cell}, ' ', '')", r"'\d{14}'"
    long_enough = f"strlen({cell}) BETWEEN 14 AND 17"
    return (
        f"CASE WHEN {long_enough} THEN CASE WHEN regexp_full_match({digits}, {shape}) "
        f"THEN siret_key({digits}) ELSE FALSE END ELSE FALSE END"
    )


def _any_keyed(cell: str, pattern: str, key: str) -> str:
    """Whether one of the pattern's matches has its key; blanks and signs between the groups do not count."""
    found = f"regexp_extract_all({cell}, {literal(pattern)}, 1)"
    bare = "upper(regexp_replace(met, '[ /-]', '', 'g'))"
    kept = f"list_filter({found}, lambda met: {key}({bare}))"
    return f"CASE WHEN {has(cell, pattern)} THEN len({kept}) > 0 ELSE FALSE END"
