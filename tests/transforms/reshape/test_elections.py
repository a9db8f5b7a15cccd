from pathlib import Path

import duckdb
import pytest

from contracts.errors import SourceChanged
from contracts.formats import SheetFormat
from transforms.decode.decoding import decode
from transforms.reshape import ReshapeRefused, reshape_fault, reshape_named
from transforms.reshape.elections import candidate_blocks, stacked_zones

HEADER = ["Zone", "Inscrits", "N°Liste", "Nom", "Voix"]


def reshaped(*rows: list[str | None]) -> list[tuple[int, list[str | None]]]:
    return list(candidate_blocks(iter(enumerate(rows, 1))))


def test_each_block_becomes_a_row_with_its_zone_and_line():
    assert reshaped(HEADER, ["A", "9", "1", "X", "4", "2", "Y", "5"], ["B", "7", "2", "Y", "7"]) == [
        (1, HEADER),
        (2, ["A", "9", "1", "X", "4"]),
        (2, ["A", "9", "2", "Y", "5"]),
        (3, ["B", "7", "2", "Y", "7"]),
    ]


def test_a_header_that_repeats_itself_or_is_blank_is_the_same():
    row: list[str | None] = ["A", "9", "1", "X", "4", "2", "Y", "5"]
    for tail in (["N°Liste", "Nom", "Voix"], ["", "", ""], [None] * 3):
        assert reshaped([*HEADER, *tail], row)[1:] == [
            (2, ["A", "9", "1", "X", "4"]),
            (2, ["A", "9", "2", "Y", "5"]),
        ]


def test_blank_blocks_are_no_lists():
    assert len(reshaped(HEADER, ["A", "9", "1", "X", "4", None, None, None, None, None, None])) == 2


def test_a_last_block_may_lack_its_last_cell():
    header = [*HEADER, "Sièges"]
    assert reshaped(header, ["A", "9", "1", "X", "4", "0", "2", "Y", "5"])[2] == (
        2,
        ["A", "9", "2", "Y", "5"],
    )


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (["A", "9", "1", "X", "4", "Y", "2", "5"], "on line 2, column 6, no block"),
        (["A", "9", "1", "X"], "on line 2, column 3, no block"),
        (["A", "9", "1", "X", None], "on line 2, column 3, no block"),
        (["A", "9", "1", "X", "4", "1", "Y", "5"], "the list 1 twice"),
        (["A", "9"], "a zone without any list"),
    ],
)
def test_rows_that_do_not_fall_into_blocks_are_refused(row, sentence):
    with pytest.raises(ReshapeRefused, match=sentence):
        reshaped(HEADER, row)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (["Zone", "Voix"], "none of N°Liste"),
        (["Zone", "N°Liste", "Nom"], "no 'Voix' in the block"),
        ([*HEADER, "N°Liste", "Voix", "Nom"], "names column 7 'Voix' where a block says 'Nom'"),
    ],
)
def test_headers_of_another_shape_are_refused(header, sentence):
    with pytest.raises(ReshapeRefused, match=sentence):
        reshaped(header)


def test_a_reshape_that_does_not_exist_is_told_with_the_nearest():
    assert reshape_fault("elections.candidate_blocks") is None
    assert "candidate_blocks" in (reshape_fault("elections.candidate_block") or "")
    assert "elections" in (reshape_fault("election.candidate_blocks") or "")
    with pytest.raises(SourceChanged, match="has no function '_block_in'"):
        reshape_named("elections._block_in")


def decoded(
    path: Path, tmp_path: Path, connection: duckdb.DuckDBPyConnection,
    reshape: str = "elections.candidate_blocks", **form: object,
) -> int:  # fmt: skip
    return decode(
        connection, path, path.name, SheetFormat(type="xlsx", **form), table="t", scratch=tmp_path,
        place="elections.test", reshape=reshape,
    ).read("SELECT 1").rows  # fmt: skip


def test_europeennes_2019_has_the_ministry_s_totals(shared_data, tmp_path):
    with duckdb.connect() as connection:
        path = shared_data / "03-elections" / "europeennes2019_par_circonscription.xlsx"
        assert decoded(path, tmp_path, connection) == 577 * 34
        lists = dict(connection.execute('SELECT "N°Liste", sum("Voix"::INT) FROM t GROUP BY 1').fetchall())
        assert (sum(lists.values()), lists["23"], lists["5"]) == (22_655_174, 5_286_939, 5_079_015)
        zones = connection.execute(
            'SELECT count(*), sum("Inscrits"::INT), sum("Votants"::INT), sum("Blancs"::INT), sum("Nuls"::INT), '
            'sum("Exprimés"::INT) FROM t WHERE "N°Liste" = \'1\''
        ).fetchone()
        assert zones == (577, 47_345_328, 23_730_740, 555_033, 520_533, 22_655_174)


def test_legislatives_2022_has_every_candidate(shared_data, tmp_path):
    with duckdb.connect() as connection:
        path = shared_data / "03-elections" / "legislatives2022_t1_cirlg.xlsx"
        assert decoded(path, tmp_path, connection) == 6290
        assert connection.execute('SELECT sum("Voix"::INT) FROM t').fetchone() == (22_745_602,)


def test_polling_stations_of_loire_atlantique_add_up_to_its_votes(shared_data, tmp_path):
    with duckdb.connect() as connection:
        path = shared_data / "03-elections" / "presidentielle2022_bureaux_vote_06_44.xlsx"
        assert decoded(path, tmp_path, connection, sheet="Données Loire-Atlantique") == 1110 * 12
        assert connection.execute('SELECT sum("Voix"::INT) FROM t').fetchone() == (802_422,)


@pytest.mark.parametrize(
    ("file", "form", "count", "valid"),
    [
        ("europeennes2019_par_circonscription.xlsx", {}, 577, 22_655_174),
        ("legislatives2022_t1_cirlg.xlsx", {}, 577, 22_745_602),
        ("presidentielle2017_t2.xls", {"sheet": "Circo. Leg. Tour 2"}, 577, 31_381_603),
    ],
)
def test_general_results_have_each_zone_once(shared_data, tmp_path, file, form, count, valid):
    with duckdb.connect() as connection:
        path = shared_data / "03-elections" / file
        assert decoded(path, tmp_path, connection, reshape="elections.zones", **form) == count
        assert connection.execute('SELECT sum("Exprimés"::INT) FROM t').fetchone() == (valid,)
        assert "Voix" not in [row[0] for row in connection.execute("DESCRIBE t").fetchall()]


def test_sheets_of_one_layout_are_one_table(shared_data, tmp_path):
    with duckdb.connect() as connection:
        path = shared_data / "03-elections" / "presidentielle2022_bureaux_vote_06_44.xlsx"
        sheets = ["Données Loire-Atlantique", "Données Alpes-Maritimes"]
        assert decoded(path, tmp_path, connection, reshape="elections.zones", sheet=sheets) == 1110 + 981
        found = connection.execute("SELECT file, line FROM t_lines ORDER BY first").fetchall()
        assert found[0] == (f"{path.name}, Données Loire-Atlantique", 2)
        assert found[-1][0] == f"{path.name}, Données Alpes-Maritimes"


STACKED: list[list[str | None]] = [
    ["Résultats"], ["France"], [".", "Nombre", "%ins", "Candidat", "Voix"],
    ["Inscrits", "9", "", "X", "4"], ["Abstentions", "1", "", "Y", "3"], ["Votants", "8", "", "", "7"],
    ["Blancs", "1"], ["Nuls", "0"], ["Exprimés", "7"],
]  # fmt: skip


def stacked(rows: list[list[str | None]]) -> list[tuple[int, list[str | None]]]:
    return list(stacked_zones(iter(enumerate(rows, 1))))


def test_zones_below_each_other_become_rows():
    head = ["Zone", "Inscrits", "Abstentions", "Votants", "Blancs", "Nuls", "Exprimés", "Candidat", "Voix"]
    counts: list[str | None] = ["9", "1", "8", "1", "0", "7"]
    other: list[list[str | None]] = [["Outre-mer"], *STACKED[2:]]
    assert stacked([*STACKED, *other]) == [
        (1, head), (4, ["France", *counts, "X", "4"]), (5, ["France", *counts, "Y", "3"]),
        (12, ["Outre-mer", *counts, "X", "4"]), (13, ["Outre-mer", *counts, "Y", "3"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "row", "sentence"),
    [
        (5, ["Votants", "8", "", "", "8"], "a total that is not its candidates' votes"),
        (6, ["Blancs et nuls", "1"], "other rows than Inscrits"),
        (2, [".", "Nombre", "%ins", "Liste", "Voix"], "a heading without Candidat"),
        (1, ["France", "entière"], "neither a zone's name nor its heading"),
    ],
)
def test_a_sheet_of_zones_in_another_shape_is_refused(place, row, sentence):
    with pytest.raises(ReshapeRefused, match=sentence):
        stacked([*STACKED[:place], row, *STACKED[place + 1 :]])
    with pytest.raises(ReshapeRefused, match="no heading"):
        stacked(STACKED[:2])
