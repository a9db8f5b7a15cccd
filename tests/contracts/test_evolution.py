"""What happened to the columns, when that is refused, and how it is told."""

from datetime import date

import pytest

from contracts.batch import Column, FileEntry
from contracts.errors import QualityRefused
from contracts.evolution import (
    Counted,
    SchemaDifference,
    changes_of,
    refusal_of_evolution,
    schema_difference,
    sentence_of,
)  # fmt: skip

TODAY = date(2026, 11, 25)
SAME = SchemaDifference()


def columns(*described: str) -> tuple[Column, ...]:
    """`nb integer m` as a column."""
    parts = [(*text.split(" "), None)[:3] for text in described]
    return tuple(Column(name=name, type=kind, unit=unit) for name, kind, unit in parts)


def counted(**counts: int) -> Counted:
    return Counted(rows_before=10, rows_after=10, **counts)


def refusal(before: str, after: str | None, announced: date | None = None, **deprecated: date) -> str | None:
    """The sentence for one field beside `id`, or None."""
    old = columns(before)[0].model_copy(update={"deprecated": announced})
    found = refusal_of_evolution(
        "mobility.parcs", (*columns("id string"), old), columns("id string", *([after] if after else [])),
        deprecated, TODAY,
    )  # fmt: skip
    return None if found is None else str(found)


# --- the columns ---------------------------------------------------------------------------------------


def test_columns_are_added_removed_and_retyped_by_name():
    before = columns("id string", "b integer", "gone date", "kept number m")
    after = columns("kept number m", "new string", "id string", "b number")
    assert schema_difference(before, after) == SchemaDifference(
        added=("new",), removed=("gone",), retyped=("b",)
    )


def test_equal_columns_in_another_order_are_no_difference():
    assert schema_difference(columns("a date", "b date"), columns("b date", "a date")) == SAME


@pytest.mark.parametrize(
    ("before", "after", "departs"),
    [
        ("h number m", "h number cm", True),
        ("h number m", "h number", True),
        ("h number", "h number m", False),  # the same values, better told
        ("h decimal(12,2)", "h decimal(12,3)", True),
        ("h string", "h enum", True),
    ],
)
def test_another_type_or_unit_makes_another_column(before, after, departs):
    assert schema_difference(columns(before), columns(after)).retyped == (("h",) if departs else ())


def test_a_space_inside_a_decimal_type_means_nothing():
    spaced = (Column(name="h", type="decimal(12, 2)"),)
    assert schema_difference(columns("h decimal(12,2)"), spaced) == SAME


def test_a_capital_makes_another_column():
    assert schema_difference(columns("Nom string"), columns("nom string")) == SchemaDifference(
        added=("nom",), removed=("Nom",)
    )


def test_only_what_leaves_or_changes_type_breaks():
    assert not SchemaDifference(added=("a",)).breaking
    assert SchemaDifference(removed=("a",)).breaking
    assert SchemaDifference(retyped=("a",)).breaking


# --- the refusal ---------------------------------------------------------------------------------------


def test_a_field_that_leaves_without_notice_is_refused_with_the_line_to_write():
    assert refusal("tel string", None) == (
        'mobility.parcs: of the fields that readers have, "tel" leaves; promised was that each stays as it is '
        "until the day announced under `deprecated:`. "
        "Keep them until then, with `deprecated: {tel: <date>}` in the contract."
    )


def test_a_field_that_changes_type_or_unit_without_notice_is_refused():
    assert '"nb" becomes number instead of integer;' in refusal("nb integer", "nb number")
    assert '"h" becomes number in cm instead of number in m;' in refusal("h number m", "h number cm")


def test_the_day_that_the_contract_announces_frees_the_field():
    assert refusal("tel string", None, tel=date(2026, 11, 25)) is None
    assert refusal("tel string", "tel integer", tel=date(2026, 1, 1)) is None


def test_before_its_day_the_field_stays_and_the_day_is_told():
    told = refusal("tel string", None, tel=date(2026, 11, 26))
    assert '"tel" leaves (announced for 2026-11-26);' in told
    assert "`deprecated: {tel: 2026-11-26}`" in told


def test_the_day_that_the_last_release_announced_counts_too():
    assert refusal("tel string", None, announced=date(2026, 11, 1)) is None
    assert "announced for 2027-01-01" in refusal("tel string", None, announced=date(2027, 1, 1))


def test_the_contract_may_put_the_announced_day_off():
    assert "2027-01-01" in refusal("tel string", None, announced=date(2026, 11, 1), tel=date(2027, 1, 1))


def test_a_new_field_and_another_fields_notice_are_never_refused():
    assert refusal("nb integer", "nb integer", tel=date(2030, 1, 1)) is None
    assert refusal_of_evolution("a.b", columns("a date"), columns("a date", "b date"), {}, TODAY) is None


def test_every_field_concerned_stands_in_one_sentence():
    before, after = columns("a date", "b date", "c date"), columns("b string", "c date")
    found = refusal_of_evolution("a.b", before, after, {"b": date(2027, 1, 1)}, TODAY)
    assert isinstance(found, QualityRefused)
    assert '"a" leaves, "b" becomes string instead of date (announced for 2027-01-01)' in found.met
    assert "`deprecated: {a: <date>, b: 2027-01-01}`" in found.remedy


# --- the sentence --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "schema", "french", "english"),
    [
        (
            {"added": 3, "removed": 1, "changed": 12, "cells": 15}, {"added": ("x",)},
            "3 lignes ajoutées, 1 retirée, 12 modifiées (15 valeurs) ; colonne « x » ajoutée.",
            '3 rows added, 1 removed, 12 changed (15 values); column "x" added.',
        ),
        ({"added": 1}, {}, "1 ligne ajoutée.", "1 row added."),
        ({"removed": 2}, {}, "2 lignes retirées.", "2 rows removed."),
        ({"changed": 1, "cells": 1}, {}, "1 ligne modifiée (1 valeur).", "1 row changed (1 value)."),
        (
            {"removed": 1, "changed": 2, "cells": 2}, {},
            "1 ligne retirée, 2 modifiées (2 valeurs).", "1 row removed, 2 changed (2 values).",
        ),
        ({}, {}, "Aucune ligne changée.", "No row changed."),
        (
            {"added": 1234567, "removed": 1000}, {},
            "1 234 567 lignes ajoutées, 1 000 retirées.", "1,234,567 rows added, 1,000 removed.",
        ),
        (
            {}, {"added": ("a", "b", "c"), "removed": ("d", "e"), "retyped": ("f",)},
            "Aucune ligne changée ; colonnes « a », « b » et « c » ajoutées ; colonnes « d » et « e » retirées ; "
            "colonne « f » redéfinie (type ou unité).",
            'No row changed; columns "a", "b" and "c" added; columns "d" and "e" removed; '
            'column "f" redefined (type or unit).',
        ),
        (
            {}, {"added": tuple("abcde"), "retyped": ("f", "g")},
            "Aucune ligne changée ; 5 colonnes ajoutées ; colonnes « f » et « g » redéfinies (type ou unité).",
            'No row changed; 5 columns added; columns "f" and "g" redefined (type or unit).',
        ),
        (
            {"rekeyed": True}, {"removed": ("id",)},
            "La clé a changé, les lignes ne se comparent pas à celles de la version précédente ; "
            "colonne « id » retirée.",
            "The key changed, rows cannot be compared with those of the previous release; "
            'column "id" removed.',
        ),
    ],
)  # fmt: skip
def test_the_sentence_in_both_languages(counts, schema, french, english):
    told = sentence_of(counted(**counts), SchemaDifference(**schema))
    assert told["en"] == english
    assert told["fr"].replace("\u00a0", " ").replace("\u202f", " ") == french


def test_french_numbers_quotes_and_semicolons_do_not_break_over_a_line():
    told = sentence_of(counted(added=1000), SchemaDifference(added=("x",)))["fr"]
    assert told == "1\u202f000\u00a0lignes ajoutées\u202f; colonne «\u00a0x\u00a0» ajoutée."


# --- the record ----------------------------------------------------------------------------------------


def test_the_record_holds_counts_columns_files_and_the_sentence():
    file = FileEntry(name="changes.csv", media_type="text/csv", bytes=1, sha256="0")
    counts = Counted(rows_before=10, rows_after=12, added=3, removed=1, changed=2, cells=4)
    schema = SchemaDifference(added=("x",))
    made = changes_of("a.b", "new", "old", counts, schema, (file,))
    assert made.model_dump(exclude={"sentence", "files"}) == {
        "dataset_id": "a.b", "release_id": "new", "previous_release_id": "old", "rows_before": 10,
        "rows_after": 12, "added": 3, "removed": 1, "changed": 2, "cells": 4, "columns_added": ("x",),
        "columns_removed": (), "columns_retyped": (), "breaking": False,
    }  # fmt: skip
    assert (made.sentence, made.files) == (sentence_of(counts, schema), (file,))


def test_another_key_breaks_even_where_no_column_did():
    assert changes_of("a.b", "new", "old", counted(rekeyed=True), SAME, ()).breaking


def test_a_column_that_left_breaks():
    made = changes_of("a.b", "new", "old", counted(), SchemaDifference(removed=("x",), retyped=("y",)), ())
    assert (made.breaking, made.columns_removed, made.columns_retyped) == (True, ("x",), ("y",))
