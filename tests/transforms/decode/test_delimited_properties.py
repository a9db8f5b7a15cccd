import csv
import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.errors import ConcentratorError

FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
CELL = st.text(st.sampled_from("ab;,\"'\n é0"), max_size=5).map(lambda cell: cell.strip(" "))
TABLE = st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=8)


@FEW
@given(TABLE, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_what_a_writer_wrote_is_what_is_read(read, table, end, quoting):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator=end, quoting=quoting).writerows([["x", "y", "z"], *table])
    met = read(text.getvalue().encode())
    assert [[cell or "" for cell in row] for row in met.rows] == table
    line, lines = 2, []
    for row in table:
        lines.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    assert (met.lines, met.ragged) == (lines, 0)


@FEW
@given(
    st.lists(
        st.sampled_from(['"', '""', ";", "\n", "\r\n", "a", " ", "b;c\n", '"d;";e\n', '"\n']), max_size=25
    )
)
def test_whatever_comes_is_accounted_for_or_refused(read, tokens):
    text = "x;y\n" + "".join(tokens)
    try:
        met = read(text.encode())
    except ConcentratorError:
        return
    lines = [*met.lines, *(line for line, _, _ in met.misfits)]
    assert len(set(lines)) == len(lines)
    assert met.lines == sorted(met.lines)
    kept = sum(len(cell or "") for row in met.rows for cell in row) + sum(
        len(text) for _, _, text in met.misfits
    )
    assert kept >= sum(text.count(letter) for letter in "abcde")
