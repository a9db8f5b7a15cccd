"""The query as a whole: rows kept and rejected, nothing lost, missing and new columns."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from laid import source_in

from contracts.dataset import Dataset
from contracts.errors import SourceChanged
from transforms.conform import (
    Conformed,
    column_findings,
    conform,
    conform_query,
    first_misfit,
    restored_findings,
)
from transforms.engine import engine
from transforms.geometry import communes_known


@pytest.fixture
def parcs(contract_of: Any) -> Dataset:
    return contract_of({"n": {"type": "integer"}, "p": {"type": "integer", "required": True}})


def conformed(
    dataset: Dataset, folder: Path, rows: list[tuple[Any, ...]]
) -> tuple[Conformed, list[Any], list[Any]]:
    with engine(folder) as connection:
        connection.execute("CREATE TABLE source (id VARCHAR, n VARCHAR, p VARCHAR)")
        connection.executemany("INSERT INTO source VALUES (?, ?, ?)", rows)
        # A blank line before the third record moves it one line down.
        connection.execute(
            "CREATE TABLE source_lines AS SELECT *, 'parcs.csv' AS file FROM (VALUES (0, 2), (2, 5)) AS l(first, line)"
        )
        connection.execute(
            "CREATE TABLE source_ragged AS SELECT 9 AS line, 'trop de cellules' AS reason, 'x;y' AS text, 'parcs.csv' AS file"
        )
        counts = conform(
            connection, dataset, source_in(connection), folder / "kept.parquet", folder / "rejects.parquet"
        )
        kept = connection.execute(f"SELECT * FROM '{folder}/kept.parquet'").fetchall()
        rejects = connection.execute(f"SELECT * EXCLUDE (file) FROM '{folder}/rejects.parquet'").fetchall()
    return counts, kept, rejects


def test_a_misfit_voids_an_optional_cell_and_rejects_the_row_of_a_required_one(
    parcs: Dataset, tmp_path: Path
) -> None:
    rows = [("a", "1", "1"), ("b", "x", "2"), ("c", "3", "y"), (None, "4", "4"), ("e", "z", None)]
    counts, kept, rejects = conformed(parcs, tmp_path, rows)
    assert kept == [("a", 1, 1), ("b", None, 2)]
    entier = "n'est pas un nombre entier (de 19 chiffres au plus)"
    assert rejects == [
        (3, "n", "x", entier, False),
        (5, "p", "y", entier, True),
        (6, "id", None, "valeur obligatoire absente", True),
        (7, "n", "z", entier, True),
        (7, "p", None, "valeur obligatoire absente", True),
        (9, None, "x;y", "trop de cellules", True),
    ]
    assert counts == Conformed(
        rows_read=6, rows_kept=2, rows_rejected=4, rows_with_misfits=5, voided={"n": 1}
    )


def test_a_word_for_nothing_is_an_answer_where_a_national_schema_has_it_and_an_empty_cell_is_none(
    contract_of: Any, tmp_path: Path
) -> None:
    height = {"type": "integer", "min": 100, "required": True, "empty": ["N/A"]}
    rows = [("a", "N/A", ""), ("b", "190", ""), ("c", None, ""), ("d", "haut", ""), ("e", "9", "")]
    dataset = contract_of({"n": {**height, "empty_as": "N/A"}, "p": {}}, conforms_to="a/b@1")
    _, kept, rejects = conformed(dataset, tmp_path, rows)
    assert kept == [("a", None, None), ("b", 190, None)]
    assert [(line, reason) for line, _, _, reason, _ in rejects[:3]] == [
        (5, "valeur obligatoire absente"),
        (6, "n'est pas un nombre entier (de 19 chiffres au plus)"),
        (7, "est inférieur à 100"),
    ]
    (tmp_path / "usual").mkdir()
    _, kept, _ = conformed(contract_of({"n": height, "p": {}}), tmp_path / "usual", rows)
    assert kept == [("b", 190, None)]


def test_every_row_read_is_kept_or_rejected(parcs: Dataset, tmp_path: Path) -> None:
    rows = [(str(n), "x" if n % 3 else "1", "y" if n % 5 else "1") for n in range(500)]
    counts, kept, _ = conformed(parcs, tmp_path, rows)
    assert counts.rows_read == counts.rows_kept + counts.rows_rejected == 501
    assert len(kept) == counts.rows_kept


def test_a_misfits_text_is_cut(parcs: Dataset, tmp_path: Path) -> None:
    _, _, rejects = conformed(parcs, tmp_path, [("a", "x" * 5000, "1")])
    assert len(rejects[0][2]) == 500


def test_the_first_misfit_is_told_by_place_and_never_by_value(parcs: Dataset, tmp_path: Path) -> None:
    conformed(parcs, tmp_path, [("a", "secret", "1")])
    told = first_misfit(duckdb.connect(), tmp_path / "rejects.parquet")
    assert told == "line 2, field n: n'est pas un nombre entier (de 19 chiffres au plus)"


def test_a_missing_column_is_refused_with_what_came_instead(parcs: Dataset) -> None:
    with pytest.raises(SourceChanged) as refusal:
        column_findings(parcs, ("id", "nn", "p"))
    assert str(refusal.value) == (
        'mobility.parcs: the source has no column "n"; it sends "id", "nn", "p"; promised was fields.n. '
        'Did you mean "nn"? Rename it in `from:`.'
    )


def test_a_column_may_be_left_out_where_the_contract_says_so_and_not_be_renamed(contract_of: Any) -> None:
    dataset = contract_of({"n": {"may_lack": True}, "p": {}})
    assert column_findings(dataset, ("id", "p")) == ()
    with pytest.raises(SourceChanged, match='has no column "n"; it sends "id", "p", "nn"'):
        column_findings(dataset, ("id", "p", "nn"))
    with pytest.raises(SourceChanged, match='has no column "p"; it sends "id"'):
        column_findings(dataset, ("id",))
    assert contract_of({"n": {"may_lack": True, "from": "p"}, "p": {}}).columns_that_may_lack == ()
    with pytest.raises(ValueError, match="contradict"):
        contract_of({"n": {"may_lack": True, "required": True}})


def test_ten_thousand_columns_still_make_one_sentence(parcs: Dataset) -> None:
    with pytest.raises(SourceChanged) as refusal:
        column_findings(parcs, tuple(f"column {number}" for number in range(10_000)))
    assert len(str(refusal.value)) < 600
    assert "and 9988 more" in str(refusal.value)


def test_an_undeclared_column_is_a_warning_unless_it_is_ignored(contract_of: Any) -> None:
    dataset = contract_of({}, ignores=["% *"])
    (finding,) = column_findings(dataset, ("id", "new", "% Abs/Ins"))
    assert (finding.severity, finding.count) == ("warning", 1)
    assert '"new"' in finding.met


def test_names_and_words_of_a_contract_cannot_break_out_of_the_query(
    contract_of: Any, tmp_path: Path
) -> None:
    dataset = contract_of(
        {"f": {"from": 'a"; DROP TABLE source; --', "empty": ["'; DROP TABLE source; --"], "pattern": "it's"}}
    )
    query = conform_query(dataset, "source")
    with engine(tmp_path) as connection:
        connection.execute('CREATE TABLE source (id VARCHAR, "a""; DROP TABLE source; --" VARCHAR)')
        connection.execute("INSERT INTO source VALUES ('1', 'it''s')")
        assert connection.execute(f"SELECT f FROM ({query})").fetchall() == [("it's",)]
        assert connection.execute("SELECT count(*) FROM source").fetchone() == (1,)


OWN = ("ordinal", "rejected", "misfits", "misfit", "rowid", "ROWID", "line", "met", "source", "select")
GROWING = ("file_row_number", "old", "new", "twice", "place", "o", "n")


@pytest.mark.parametrize(
    ("name", "load"),
    [*((name, {}) for name in OWN), *((name, {"mode": "upsert", "by": name}) for name in (*OWN, *GROWING))],
)
def test_no_field_or_source_column_bears_a_name_that_the_query_takes_for_its_own(
    contract_of: Any, tmp_path: Path, name: str, load: dict[str, str]
) -> None:
    dataset = contract_of({name: {"type": "integer"}}, load=load)
    kept, rejects = tmp_path / "kept.parquet", tmp_path / "rejects.parquet"
    with engine(tmp_path) as connection:
        connection.execute(f'CREATE TABLE source (id VARCHAR, "{name}" VARCHAR)')
        connection.execute("INSERT INTO source VALUES ('a', '9'), ('b', 'x'), (NULL, '7'), ('c', '8')")
        connection.execute(
            "CREATE TABLE source_lines AS SELECT 0::BIGINT AS first, 2::BIGINT AS line, 'f' AS file"
        )
        connection.execute(
            "CREATE TABLE source_ragged (line BIGINT, reason VARCHAR, text VARCHAR, file VARCHAR)"
        )
        counts = conform(connection, dataset, source_in(connection), kept, rejects)
        assert (counts.rows_read, counts.rows_kept, counts.rows_rejected, sum(counts.voided.values())) == (
            4,
            3,
            1,
            1,
        )
        rows = connection.execute(f"SELECT * FROM '{kept}'").fetchall()
        assert rows == [("a", 9), ("b", None), ("c", 8)]
        met = connection.execute(f"SELECT line, field, row_rejected FROM '{rejects}'").fetchall()
        assert met == [(3, name, False), (4, "id", True)]


def test_an_empty_code_is_that_of_the_commune_around_the_point_and_an_unfit_one_stays_empty(
    contract_of: Any, tmp_path: Path
) -> None:
    square = {"type": "Polygon", "coordinates": [[[2, 48], [3, 48], [3, 49], [2, 49], [2, 48]]]}
    features = [{"type": "Feature", "properties": {"code": "92040"}, "geometry": square}]
    outlines = tmp_path / "communes.geojson"
    outlines.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    dataset = contract_of(
        {
            "n": {"pattern": r"\d{5}", "else_commune_of": "p"},
            "p": {"type": "geometry", "written_as": "lat_lon"},
        }
    )
    rows = [
        ("own", "75056", "48.5,2.5"), ("found", None, "48.5,2.5"), ("outside", "", "48.5,3.5"),
        ("unfit", "9204", "48.5,2.5"), ("nowhere", None, None), ("no point", None, "x"),
    ]  # fmt: skip
    with engine(tmp_path) as connection:
        connection.execute("CREATE TABLE source (id VARCHAR, n VARCHAR, p VARCHAR)")
        connection.executemany("INSERT INTO source VALUES (?, ?, ?)", rows)
        with communes_known(connection, outlines):
            found = connection.execute(f"SELECT id, n FROM ({conform_query(dataset, 'source')})").fetchall()
    assert found == [
        ("own", "75056"), ("found", "92040"), ("outside", None),
        ("unfit", None), ("nowhere", None), ("no point", None),
    ]  # fmt: skip


def test_codes_that_got_their_leading_zeros_back_are_counted(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of({"n": {"digits": 2}, "zone": {"from": ["n", "p"], "digits": 2, "joined_by": "-"}})
    counts, kept, _ = conformed(dataset, tmp_path, [("a", "1", "2"), ("b", "2A", "10"), ("c", None, "3")])
    assert kept == [("a", "01", "01-02"), ("b", "2A", "2A-10"), ("c", None, "03")]
    assert counts.restored == {"n": 1, "zone": 3}
    assert [(one.field, one.count) for one in restored_findings(dataset, counts.restored)] == [
        ("n", 1),
        ("zone", 3),
    ]
