"""Databases, against real servers: everything of one moment, exactly, or one clear sentence."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from pyarrow import parquet
from servers import postgres_serving
from town import served
from typer.testing import CliRunner

from bench.cluster.servers import postgres_folder
from connectors.connector import Visit
from connectors.databases import opening
from connectors.sql import Sql
from contracts.connection import Connection, connection_of
from contracts.errors import SourceChanged, SourceUnavailable
from pipeline.cost import peak_memory
from sample.airflow import free_port

SECRET = "p@ss/wörd %s"
SETUP = ("DROP TABLE IF EXISTS rues", "CREATE TABLE rues (id int PRIMARY KEY, nom varchar(40), vue {moment})")


@dataclass
class Server:
    """A real server: its connection as the city's reader, and the words of its chief."""

    conn_type: str
    port: int
    do: Callable[..., list[tuple[Any, ...]]]
    moment: str

    def connection(self, password: str = SECRET, port: int | None = None, **extra: Any) -> Connection:
        return connection_of(
            "voirie", host="127.0.0.1", scheme="ville", port=port or self.port, login="lecteur", password=password,
            extra=extra, conn_type=self.conn_type,
        )  # fmt: skip

    def fill(self, rows: int) -> None:
        for statement in SETUP:
            self.do(statement.format(moment=self.moment))
        numbers = f"generate_series(1, {rows}) AS seq" if self.conn_type == "postgres" else f"seq_1_to_{rows}"
        self.do(f"INSERT INTO rues SELECT seq, concat('rue ', seq), '2026-03-10 12:00:00' FROM {numbers}")

    def sessions(self) -> int:
        """How many the reader still has, once the server noticed that it left."""
        until = time.monotonic() + 5
        while self._sessions() and time.monotonic() < until:
            time.sleep(0.02)
        return self._sessions()

    def _sessions(self) -> int:
        listed = {
            "postgres": "SELECT count(*) FROM pg_stat_activity WHERE usename = 'lecteur'",
            "mysql": "SELECT count(*) FROM information_schema.processlist WHERE user = 'lecteur'",
        }
        return self.do(listed[self.conn_type])[0][0]


@pytest.fixture(scope="module")
def postgres(postgres_at):
    with psycopg.connect(postgres_at.address, autocommit=True) as chief:
        chief.execute("CREATE DATABASE ville")
    with psycopg.connect(postgres_at.address.replace("/postgres?", "/ville?"), autocommit=True) as chief:

        def do(statement: str) -> list[tuple[Any, ...]]:
            found = chief.execute(statement)
            return found.fetchall() if found.description else []

        do(f"CREATE ROLE lecteur LOGIN PASSWORD '{SECRET}'")
        do("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO lecteur")
        yield Server("postgres", postgres_at.port, do, "timestamptz")


@pytest.fixture(scope="module")
def mariadb(mariadb_at):
    chief = pymysql.connect(unix_socket=mariadb_at.socket, user="root", charset="utf8mb4", autocommit=True)

    def do(statement: str) -> list[tuple[Any, ...]]:
        with chief.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    do("SET SESSION time_zone = '+00:00', sql_mode = ''")
    do("CREATE DATABASE ville")
    do("USE ville")
    do(f"CREATE USER lecteur IDENTIFIED BY '{SECRET}'")
    do("GRANT SELECT ON ville.* TO lecteur")
    yield Server("mysql", mariadb_at.port, do, "timestamp")
    chief.close()


@pytest.fixture(params=["postgres", "mariadb"])
def server(request) -> Server:
    return request.getfixturevalue(request.param)


def table_of(fetched):
    return parquet.read_table(fetched.files[0].path)


def test_a_table_comes_whole_in_the_order_of_its_key_with_its_count(server, visit):
    server.fill(25_000)  # three batches and more
    fetched = Sql(table="rues").fetch(server.connection(), visit)
    (file,) = fetched.files
    rows = table_of(fetched).to_pylist()
    assert (fetched.rows, fetched.expected, len(rows)) == (25_000, 25_000, 25_000)
    assert rows[9] == {"id": "10", "nom": "rue 10", "vue": "2026-03-10 12:00:00+00"}
    assert [row["id"] for row in rows] == [str(number + 1) for number in range(25_000)]
    assert fetched.proof == "count(*) in the same snapshot, in the order of id"
    assert (file.name, file.media_type) == ("rues.parquet", "application/vnd.apache.parquet")
    assert file.origin.endswith(f"://127.0.0.1:{server.port}/ville#rues")
    assert file.request == {"query": "table rues"}


def test_the_same_rows_are_the_same_bytes_and_another_row_is_not(server, visit):
    server.fill(3000)
    first = Sql(table="rues").fetch(server.connection(), visit).files[0].sha256
    server.do("DELETE FROM rues WHERE id = 7")
    server.do("INSERT INTO rues VALUES (7, 'rue 7', '2026-03-10 12:00:00')")
    assert Sql(table="rues").fetch(server.connection(), visit).files[0].sha256 == first
    server.do("UPDATE rues SET nom = 'rue VII' WHERE id = 7")
    assert Sql(table="rues").fetch(server.connection(), visit).files[0].sha256 != first


def test_the_snapshot_holds_while_another_session_writes(server, visit):
    server.fill(30_000)
    writes = iter(
        ["DELETE FROM rues WHERE id > 29000", "UPDATE rues SET nom = 'x'", "INSERT INTO rues (id) VALUES (0)"]
    )
    seen = replace(
        visit, progress=lambda done, total: [server.do(write) for write in [next(writes, "SELECT 1")]]
    )
    rows = table_of(Sql(table="rues").fetch(server.connection(), seen)).to_pylist()
    assert server.do("SELECT count(*), max(nom) FROM rues") == [(29_001, "x")]
    assert [row["nom"] for row in rows] == [f"rue {number + 1}" for number in range(30_000)]


def test_a_query_may_hold_colons_percents_quotes_and_comments(server, visit):
    server.fill(3)
    query = "SELECT id AS \"n°\", 'a:b %s 50%' AS t -- l'âge\nFROM rues WHERE nom LIKE '%rue%';".replace(
        '"', '"' if server.conn_type == "postgres" else "`"
    )
    fetched = Sql(query=query, order_by=["n°"]).fetch(server.connection(), visit)
    assert table_of(fetched).to_pylist() == [{"n°": str(number), "t": "a:b %s 50%"} for number in (1, 2, 3)]
    assert fetched.files[0].name == "query.parquet"


def test_an_empty_table_is_a_file_with_its_columns_and_no_row(server, visit):
    server.fill(1)
    server.do("DELETE FROM rues")
    fetched = Sql(table="rues").fetch(server.connection(), visit)
    assert (fetched.rows, fetched.expected) == (0, 0)
    assert table_of(fetched).column_names == ["id", "nom", "vue"]


def test_an_increment_takes_what_is_new_and_what_has_no_watermark(server, visit):
    server.fill(4)
    server.do("UPDATE rues SET vue = '2026-03-11 00:00:00' WHERE id IN (2, 3)")
    server.do("INSERT INTO rues VALUES (9, 'sans date', '2026-03-09 12:00:00')")
    server.do("ALTER TABLE rues ADD COLUMN n int")
    server.do("UPDATE rues SET n = id WHERE id < 9")
    by_instant, by_number = replace(visit, since="2026-03-10T23:59:59.5Z"), replace(visit, since="4")
    fetched = Sql(table="rues", watermark="vue").fetch(server.connection(), by_instant)
    assert table_of(fetched)["id"].to_pylist() == ["2", "3"]
    assert (fetched.rows, fetched.expected) == (2, 2)
    assert fetched.files[0].request["since"] == "2026-03-10T23:59:59.5Z"
    fetched = Sql(table="rues", watermark="n").fetch(server.connection(), by_number)
    assert table_of(fetched)["id"].to_pylist() == ["4", "9"]
    assert Sql(table="rues", watermark="n").fetch(server.connection(), visit).rows == 5
    with pytest.raises(SourceChanged, match=r"`watermark: nom` is of another kind"):
        Sql(table="rues", watermark="nom").fetch(server.connection(), by_number)


POSTGRES_TYPES = [
    ("numeric(10,2)", "1.50", "1.50"), ("numeric(10,2)", "'NaN'", "NaN"),
    ("numeric", "12345678901234567890.1234567890", "12345678901234567890.1234567890"),
    ("bigint", "-9223372036854775808", "-9223372036854775808"),
    ("timestamptz", "'2026-03-29 02:30+01'", "2026-03-29 01:30:00+00"), ("timestamptz", "'infinity'", "infinity"),
    ("timestamp", "'2026-03-29 02:30:00.5'", "2026-03-29 02:30:00.5"), ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
    ("time", "'24:00'", "24:00:00"), ("interval", "'1 day 02:00'", "P1DT2H"), ("boolean", "true", "true"),
    ("bytea", r"'\xDEAD'", "dead"), ("json", """'{"a": 1.10, "a": 2}'""", '{"a": 1.10, "a": 2}'),
    ("jsonb", """'{"a":1.10}'""", '{"a": 1.10}'), ("int[]", "'{1,null,3}'", "[1,null,3]"),
    ("text[]", """'{"a,b",c}'""", '["a,b","c"]'), ("uuid", "'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("float8", "'NaN'", "NaN"), ("float8", "0.1", "0.1"), ("real", "16777215", "1.6777215e+07"),
    ("money", "3.50", "3.50"), ("inet", "'10.0.0.1'", "10.0.0.1/32"), ("int4range", "'[1,3)'", "[1,3)"),
    ("text", "NULL", None), ("text", "''", ""), ("text", "'07001 été 🚲'", "07001 été 🚲"), ("char(5)", "'ab'", "ab"),
]  # fmt: skip

MARIADB_TYPES = [
    ("decimal(20,4)", "12345678901234.5", "12345678901234.5000"),
    ("bigint unsigned", "18446744073709551615", "18446744073709551615"), ("tinyint(1)", "1", "1"), ("bit(9)", "b'101010101'", "341"),
    ("float", "16777215", "16777215"), ("float", "3.14", "3.14"), ("double", "0.1", "0.1"), ("year", "2026", "2026"),
    ("date", "'0000-00-00'", "0000-00-00"), ("datetime(3)", "'2026-03-29 02:30:00.5'", "2026-03-29 02:30:00.500"),
    ("datetime", "'0000-00-00'", "0000-00-00 00:00:00"), ("timestamp", "'2026-03-29 02:30:00'", "2026-03-29 02:30:00+00"),
    ("time", "'-838:59:59'", "-838:59:59"), ("varbinary(9)", "x'00ff'", "00ff"), ("blob", "x'DEAD'", "dead"),
    ("json", """'{"a": 1.10}'""", '{"a": 1.10}'), ("enum('a','é')", "'é'", "é"), ("varchar(9) charset latin1", "'été'", "été"),
    ("text charset utf8mb4", "'07001 🚲'", "07001 🚲"), ("text", "''", ""), ("int", "NULL", None),
    ("point", "point(1, 2)", "000000000101000000000000000000f03f0000000000000040"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "types"), [("postgres", POSTGRES_TYPES), ("mariadb", MARIADB_TYPES)])
def test_every_type_comes_as_the_exact_text_of_its_value(request, visit, name, types):
    server = request.getfixturevalue(name)
    server.do("DROP TABLE IF EXISTS kinds")
    server.do(
        f"CREATE TABLE kinds ({', '.join(f'c{number} {kind} NULL' for number, (kind, *_) in enumerate(types))})"
    )
    server.do(f"INSERT INTO kinds VALUES ({', '.join(value for _, value, _ in types)})")
    (row,) = table_of(Sql(table="kinds").fetch(server.connection(), visit)).to_pylist()
    assert [(types[number][0], text) for number, text in enumerate(row.values())] == [
        (kind, text) for kind, _, text in types
    ]


def test_a_geometry_of_postgis_comes_as_it_writes_itself(postgres, visit):
    """PostGIS is not installed here; what makes its geometry EWKB is its own output function, used by `::text`."""
    postgres.do("CREATE DOMAIN insee AS text CHECK (value ~ '^[0-9]{5}$')")
    postgres.do("CREATE TYPE adresse AS (voie text, numero int)")
    postgres.do("CREATE TABLE lieux AS SELECT '92040'::insee AS commune, row('Rue', 3)::adresse AS ou")
    (row,) = table_of(Sql(table="public.lieux").fetch(postgres.connection(), visit)).to_pylist()
    assert row == {"commune": "92040", "ou": '{"voie":"Rue","numero":3}'}


def test_a_view_and_a_table_without_a_key_say_that_nothing_fixes_their_order(server, visit):
    server.fill(2)
    server.do("CREATE OR REPLACE VIEW vues AS SELECT * FROM rues")
    assert (
        Sql(table="vues").fetch(server.connection(), visit).proof.endswith("in an order that nothing fixes")
    )
    assert (
        Sql(table="vues", order_by=["id"])
        .fetch(server.connection(), visit)
        .proof.endswith("in the order of id")
    )
    server.do("DROP VIEW vues")


def test_a_table_without_transactions_says_so(mariadb, visit):
    mariadb.do("CREATE TABLE vieux (a int) ENGINE = MyISAM")
    fetched = Sql(table="vieux").fetch(mariadb.connection(), visit)
    assert fetched.proof == "count(*) just before; MyISAM keeps no snapshot, in an order that nothing fixes"


REFUSED = [
    ({"table": "inconnue"}, SourceChanged, "inconnue"),
    ({"table": "rues", "order_by": ["nm"]}, SourceChanged, r"no column 'nm'; it gives 'id', 'nom', 'vue'"),
    ({"table": "rues", "watermark": "nm"}, SourceChanged, "no column 'nm'"),
    ({"query": "SELECT id, id FROM rues"}, SourceChanged, "twice|error 1060"),
    ({"query": "SELECT * FROM rues WHERE"}, SourceChanged, "42601|1064"),
    ({"query": "SELECT * FROM rues FOR UPDATE"}, SourceChanged, "25006|1792"),
    ({"query": "SELECT * FROM secrets"}, SourceChanged, "42501|1142"),
    (
        {"table": "rues", "max_rows": 1},
        SourceChanged,
        r"holds 2 rows; promised was at most 1. Raise `max_rows:`",
    ),
    ({"query": "SELECT id, {sleep} AS s FROM rues", "time_limit": 1}, SourceUnavailable, "57014|1969"),
]


@pytest.mark.parametrize(("options", "error", "met"), REFUSED)
def test_what_cannot_be_read_is_one_sentence(server, visit, options, error, met):
    server.fill(2)
    revoked = {"postgres": "REVOKE ALL ON secrets FROM lecteur", "mysql": "SELECT 1"}[server.conn_type]
    for statement in ("DROP TABLE IF EXISTS secrets", "CREATE TABLE secrets (a int)", revoked):
        server.do(statement)
    if server.conn_type == "mysql" and "secrets" in str(options):
        options = {"table": "mysql.user"}
    sleep = {"postgres": "pg_sleep(2)::text", "mysql": "sleep(2)"}[server.conn_type]
    given = {
        name: value.replace("{sleep}", sleep) if isinstance(value, str) else value
        for name, value in options.items()
    }
    with pytest.raises(error, match=met) as caught:
        Sql.model_validate(given).fetch(server.connection(), visit)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert server.sessions() == 0


@pytest.mark.parametrize(
    "query", ["SELECT nom::int AS n FROM rues", "SELECT extractvalue(1, concat('~', nom)) AS n FROM rues"]
)
def test_a_value_of_a_row_never_enters_a_sentence(postgres, mariadb, visit, query):
    server = postgres if "::" in query else mariadb
    server.fill(2)
    with pytest.raises(SourceChanged, match=r"InvalidTextRepresentation \(22P02\)\.|error 1105\.") as caught:
        Sql(query=query).fetch(server.connection(), visit)
    assert "rue 1" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_refused_login_and_a_closed_port_never_show_the_password(server, visit):
    server.fill(1)
    wrong = "très-secret"
    for connection in (server.connection(wrong), server.connection(wrong, port=free_port())):
        with pytest.raises((SourceUnavailable, SourceChanged)) as caught:
            Sql(table="rues").fetch(connection, visit)
        assert wrong not in str(caught.value)
        assert caught.value.__context__ is None


def test_a_session_that_is_ended_in_the_middle_is_no_short_file(server, visit):
    server.fill(60_000)
    ending = {
        "postgres": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'lecteur'",
        "mysql": "KILL USER lecteur",
    }[server.conn_type]
    with pytest.raises(SourceUnavailable):
        Sql(table="rues").fetch(server.connection(), replace(visit, progress=lambda *_: server.do(ending)))


def test_a_server_that_is_killed_in_the_middle_is_no_short_file(visit):
    programs = postgres_folder()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed on this machine")
    with postgres_serving(programs) as address:
        with psycopg.connect(address, autocommit=True) as chief:
            chief.execute("CREATE TABLE t AS SELECT generate_series(1, 60000) AS a")
        folder = address.split("host=")[1].split("&")[0]
        pid = int(Path(folder, "data", "postmaster.pid").read_text().split()[0])
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

        def kill(*_: object) -> None:
            now = (
                Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                if Path(f"/proc/{pid}").exists()
                else []
            )
            for one in {pid, *children, *map(int, now)}:
                try:
                    os.kill(one, signal.SIGKILL)
                except ProcessLookupError:
                    continue

        connection = connection_of(
            "db", host=None, scheme="postgres", port=None, login="postgres", password=None, extra={"socket": folder},
            conn_type="postgres",
        )  # fmt: skip
        with pytest.raises(SourceUnavailable, match="cannot be reached|57P01"):
            Sql(table="t").fetch(connection, replace(visit, progress=kill))


def test_a_visit_that_fails_cuts_its_session_instead_of_reading_to_the_end(server, visit):
    server.fill(60_000)
    asked = []

    def fail(*_: object) -> None:
        asked.append(1)
        raise OSError(28, "the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        Sql(table="rues").fetch(server.connection(), replace(visit, progress=fail))
    assert len(asked) == 1
    assert server.sessions() == 0


def test_time_that_is_up_between_two_batches_ends_the_visit(server, visit):
    server.fill(3000)
    ticks = iter([datetime(2026, 3, 10, 12, tzinfo=UTC)] + [datetime(2026, 3, 10, 14, tzinfo=UTC)] * 99)
    with pytest.raises(SourceUnavailable, match=r"did not end in time \(10 rows arrived\)"):
        Sql(table="rues").fetch(server.connection(), replace(visit, clock=lambda: next(ticks)))


def test_a_driver_that_is_missing_is_one_sentence_with_the_line_that_installs_it(visit, monkeypatch):
    def missing(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'pymssql'", name="pymssql")

    monkeypatch.setattr(opening.sqlalchemy, "create_engine", missing)
    connection = connection_of(
        "rh", host="db", scheme="rh", port=None, login="x", password="y", extra={}, conn_type="mssql"
    )
    with pytest.raises(SourceUnavailable, match=r'needs the driver pymssql, .*pip install -e "\.\[mssql\]"'):
        Sql(table="t").fetch(connection, visit)


@pytest.mark.parametrize("conn_type", ["oracle", "mssql"])
def test_the_other_dialects_open_their_driver_and_say_that_nobody_answers(visit, conn_type):
    connection = connection_of(
        "rh",
        host="127.0.0.1",
        scheme="rh",
        port=free_port(),
        login="x",
        password="très-secret",
        extra={},
        conn_type=conn_type,
    )
    with pytest.raises(SourceUnavailable, match="the database") as caught:
        Sql(table="t").fetch(connection, visit)
    assert "très-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("connection", "met"),
    [
        (Connection(name="db", url="https://x.org"), r"connection db: is no database \(https\)"),
        (Connection(name="db"), r"is no database \(without an address\)"),
        (
            Connection(name="db", url="postgresql://x", extra={"pasword": "très-secret"}),
            r"not understood \(pasword\)",
        ),
        (
            Connection(name="db", url="postgresql://x", extra={"sslmode": "très-secret"}),
            r"not understood \(sslmode\)",
        ),
    ],
)
def test_a_connection_that_is_no_database_is_named(visit, connection, met):
    with pytest.raises(SourceUnavailable, match=met) as caught:
        Sql(table="t").fetch(connection, visit)
    assert "très-secret" not in str(caught.value)


def test_tls_that_is_asked_for_and_not_had_is_refused(server, visit):
    server.fill(1)
    with pytest.raises((SourceUnavailable, SourceChanged), match=r"SSL"):
        Sql(table="rues").fetch(server.connection(sslmode="require"), visit)


FIELDS = {
    "id": {"type": "integer", "public": True, "about": "Numéro."},
    "montant": {"type": "decimal(8,2)", "unit": "EUR", "public": True, "about": "Montant."},
    "vue": {"type": "instant", "public": True, "about": "Dernière visite."},
    "pose": {"type": "date", "empty": ["0000-00-00"], "public": True, "about": "Pose."},
    "ouverte": {"type": "boolean", "words": {True: ["true", "1"], False: ["false", "0"]}, "public": True, "about": "Ouverte."},
}  # fmt: skip


def test_the_contract_types_what_the_database_writes(server, tmp_path, monkeypatch):
    from concentrator import app  # here, for the child that measures memory imports this file

    server.do("DROP TABLE IF EXISTS voies")
    server.do(
        f"CREATE TABLE voies (id int PRIMARY KEY, montant decimal(8,2), vue {server.moment} NULL, pose date, ouverte boolean)"
    )
    zero = "NULL" if server.conn_type == "postgres" else "'0000-00-00'"
    server.do(
        f"INSERT INTO voies VALUES (10, 1234.50, '2026-03-10 12:00:00', '2026-03-10', true), (9, NULL, NULL, {zero}, false)"
    )
    connection = {
        "conn_type": server.conn_type, "host": "127.0.0.1", "port": server.port, "schema": "ville", "login": "lecteur",
        "password": SECRET,
    }  # fmt: skip
    with served(tmp_path) as town:
        town.contract(
            source={"kind": "sql", "connection": "voirie", "table": "voies"},
            format={"type": "parquet"},
            fields=FIELDS,
        )
        for name, value in {**town.environment, "AIRFLOW_CONN_VOIRIE": json.dumps(connection)}.items():
            monkeypatch.setenv(name, value)
        ran = CliRunner().invoke(app, ["run", "mobility.parks", "--until", "standardize"])
        assert ran.exit_code == 0, ran.output
        (staged,) = [
            path
            for path in (tmp_path / "work").rglob("*.parquet")
            if "id" in parquet.read_schema(path).names and "staging" in str(path)
        ]
        assert parquet.read_table(staged).select(list(FIELDS)).to_pylist() == [
            {"id": 9, "montant": None, "vue": None, "pose": None, "ouverte": False},
            {"id": 10, "montant": Decimal("1234.50"), "vue": datetime(2026, 3, 10, 12, tzinfo=UTC), "pose": date(2026, 3, 10), "ouverte": True},
        ]  # fmt: skip


WIDE = "SELECT id, nom, concat(nom, repeat('x', 1000)) AS texte FROM rues"


def _measured(connection: Connection, folder: Path, answers: Any) -> None:
    visit = Visit(place="a.b", folder=folder, clock=lambda: datetime.now(UTC))
    Sql(query="SELECT 1 AS a").fetch(connection, visit)
    before = peak_memory()
    rows = Sql(query=WIDE, order_by=["id"]).fetch(connection, visit).rows
    answers.put((rows, peak_memory() - before))


def test_many_rows_are_read_in_little_memory(server, visit):
    """50,000 rows of 1 kB held at once take 200 MiB and more; batches take about 60."""
    server.fill(50_000)
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    child = context.Process(target=_measured, args=(server.connection(), visit.folder, answers))
    child.start()
    rows, grown = answers.get(timeout=120)
    child.join()
    assert rows == 50_000
    assert grown < 120 << 20, f"{grown >> 20} MiB"
