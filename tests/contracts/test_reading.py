"""The strict YAML reader."""

import pytest

from contracts.errors import ContractInvalid
from contracts.reading import MAX_BYTES, document_of


def value_of(text: str) -> object:
    return document_of(text.encode(), "x.yml").value


def refusal_of(content: bytes) -> str:
    with pytest.raises(ContractInvalid) as refusal:
        document_of(content, "x.yml")
    return str(refusal.value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("07001", "07001"), ("no", "no"), ("yes", "yes"), ("on", "on"), ("12:30", "12:30"), ("1e3", "1e3"),
        ("2024-01-31", "2024-01-31"), ("0x1F", "0x1F"), ("1_000", "1_000"), (".inf", ".inf"), ("True", "True"),
        ("true", True), ("false", False), ("null", None), ("~", None), ("12", 12), ("-3", -3), ("0.5", 0.5),
        ("'12'", "12"), ('"true"', "true"),
    ],
)  # fmt: skip
def test_only_plain_numbers_and_true_false_null_are_typed(written: str, read: object) -> None:
    assert value_of(f"a: {written}\n") == {"a": read}


def test_every_key_and_item_knows_its_line() -> None:
    document = document_of(b"a: 1\nb:\n  c: [x,\n    y]\n", "x.yml")
    assert document.lines[("b", "c")] == 3
    assert document.lines[("b", "c", 1)] == 4
    assert document.line_of(("b", "c", 7)) == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a: 1\na: 2\n", "x.yml:2: the key 'a' stands twice, first on line 1"),
        (b"a: &x 1\n", "x.yml:1: anchors and aliases are not allowed"),
        (b"a: 1\nb: *x\n", "x.yml:2: anchors and aliases are not allowed"),
        (b"a: !!python/object:os.system 3\n", "x.yml:1: the tag"),
        (b"a: b: c\n", "x.yml:1: is not YAML"),
        (b"a: [1\n", "is not YAML"),
        (b"a: caf\xe9\n", "x.yml:1: byte 6 is not UTF-8"),
        (b"a: 1\n" * MAX_BYTES, "is larger than 256 kB"),
        (b"? [a]\n: 1\n", "a key must be a word"),
    ],
)
def test_what_is_not_strict_is_refused_with_its_line(content: bytes, sentence: str) -> None:
    assert sentence in refusal_of(content)


def test_an_alias_bomb_is_refused_before_it_is_expanded() -> None:
    bomb = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
        b"%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n" % ((letter, letter) + (letter - 1,) * 9)
        for letter in range(ord("b"), ord("j"))
    )
    assert "anchors and aliases are not allowed" in refusal_of(bomb)
