"""A drop folder that is not on this machine: SFTP, S3 and WebDAV, by servers that are not ours."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from servers import FRESH, rclone_serving, sftp_serving, webdav_serving

from connectors.connector import Fetched, Visit
from connectors.drop_folder import DropFolder
from connectors.folders import ssh
from contracts.connection import Connection, connection_of
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECRET = "mot-de-passe-très-long"
OPTIONS = DropFolder(folder="elections", pattern="*.csv")


@dataclass
class Depot:
    """A server's folder on this disk, and the connection that leads to it."""

    root: Path
    connection: Connection
    stop: Callable[[], None]

    @property
    def folder(self) -> Path:
        return self.root / "ville" / "elections"

    def drop(self, name: str, content: bytes = b"a;b\n1;2\n", hours_old: float = 1) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        moment = (NOON - timedelta(hours=hours_old)).timestamp()
        os.utime(path, (moment, moment))
        return path

    def fetch(self, visit: Visit, known: Fetched | None = None, options: DropFolder = OPTIONS) -> Fetched:
        files = tuple(file.landed(f"landing/{file.name}") for file in known.files) if known else ()
        return options.fetch(self.connection, replace(visit, known=files))


@dataclass
class Keys:
    private: Path
    public: str


def new_keys(path: Path) -> Keys:
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    path.chmod(0o600)
    return Keys(path, key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())


def served(kind: str, root: Path, stack: ExitStack, keys: Keys) -> Depot:
    (root / "ville" / "elections").mkdir(parents=True)
    if kind == "sftp":
        address = stack.enter_context(sftp_serving(root, keys.private, "--user", "ville", "--pass", SECRET))
        parts = {"host": "127.0.0.1", "port": int(address.rpartition(":")[2]), "conn_type": "sftp"}
        extra = {"host_key": keys.public, "path": "/ville"}
    elif kind == "s3":
        endpoint = stack.enter_context(rclone_serving(root, "cle", SECRET, *FRESH))
        parts, extra = (
            {"host": "ville", "port": None, "conn_type": "aws"},
            {"endpoint_url": endpoint, "region_name": "eu-west-3"},
        )
    else:
        address = stack.enter_context(webdav_serving(root, "--user", "ville", "--pass", SECRET))
        parts, extra = (
            {"host": f"{address}/ville", "port": None, "conn_type": "http"},
            {"requests_per_second": 1000},
        )
    login = "cle" if kind == "s3" else "ville"
    connection = connection_of("depot", scheme=None, login=login, password=SECRET, extra=extra, **parts)
    return Depot(root, connection, stack.close)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return new_keys(tmp_path_factory.mktemp("keys") / "host")


@pytest.fixture(scope="module", params=["sftp", "s3", "webdav"])
def server(request, tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Depot]:
    with ExitStack() as stack:
        yield served(request.param, tmp_path_factory.mktemp(request.param), stack, keys)


@pytest.fixture
def depot(server: Depot) -> Depot:
    shutil.rmtree(server.folder)
    server.folder.mkdir()
    return server


def test_a_dropped_file_is_copied_whole_and_stays_where_it_was(depot, visit, naps):
    content = os.urandom(3_000_000)
    path = depot.drop("résultats n° 1.csv", content)
    fetched = depot.fetch(visit)
    (file,) = fetched.files
    assert file.path.read_bytes() == path.read_bytes() == content
    assert (file.sha256, file.bytes, file.name) == (
        hashlib.sha256(content).hexdigest(),
        3_000_000,
        "résultats n° 1.csv",
    )
    assert SECRET not in file.model_dump_json()
    assert file.origin.endswith("/elections/résultats n° 1.csv")
    assert fetched.proof == "the same at two looks, 5 s apart"
    assert naps == [5.0]
    assert [path.name for path in visit.folder.iterdir()] == [file.name]


def test_what_people_and_their_programs_leave_is_no_drop(depot, visit):
    for name in ("~$resultats.csv", ".~lock.resultats.csv", "notes.txt", "a.csv.part"):
        depot.drop(name)
    (depot.folder / "archive.csv").mkdir()
    (depot.folder / "archive.csv" / "older.csv").write_bytes(b"a")
    depot.drop("RESULTATS.CSV")
    assert [file.name for file in depot.fetch(visit).files] == ["RESULTATS.CSV"]


def test_each_file_is_consumed_once_and_history_stays(depot, visit, naps):
    known = None
    for month in range(3):
        depot.drop(f"{month}.csv", f"mois;{month}".encode(), hours_old=9 - month)
        known = depot.fetch(visit, known)
        assert [file.name for file in known.files] == [f"{month}.csv"]
    naps.clear()
    again = depot.fetch(visit, known)
    assert (again.unchanged, again.files, naps) == (True, (), [])


def test_the_same_bytes_under_a_new_date_are_unchanged_and_others_are_not(depot, visit):
    depot.drop("resultats.csv", b"a;b\n1;2\n", hours_old=5)
    first = depot.fetch(visit)
    depot.drop("resultats.csv", b"a;b\n1;2\n", hours_old=3)
    assert depot.fetch(visit, first).unchanged
    depot.drop("resultats.csv", b"a;b\n1;3\n", hours_old=1)
    assert [file.path.read_bytes() for file in depot.fetch(visit, first).files] == [b"a;b\n1;3\n"]


def test_two_new_files_and_an_older_one_are_refused_by_name(depot, visit):
    depot.drop("a.csv", hours_old=5)
    first = depot.fetch(visit)
    depot.drop("b.csv", hours_old=9)
    with pytest.raises(SourceChanged, match=r"« b.csv » is older than a.csv, consumed last"):
        depot.fetch(visit, first)
    depot.drop("b.csv", hours_old=2)
    depot.drop("c.csv", hours_old=1)
    with pytest.raises(SourceChanged, match=r"« b.csv », « c.csv » are all new; promised was one file"):
        depot.fetch(visit, first)


def test_a_file_that_grows_between_two_looks_or_while_it_is_copied_waits(depot, visit):
    path = depot.drop("resultats.csv", b"a" * 2_000_000)

    def write_on(*_: object) -> None:
        with path.open("ab") as file:
            file.write(b"b")

    for watched in (replace(visit, sleep=write_on), replace(visit, progress=write_on)):
        depot.drop("resultats.csv", b"a" * 2_000_000)
        with pytest.raises((SourceUnavailable, SourceChanged), match=r"being written|PreconditionFailed"):
            depot.fetch(watched)


def test_an_empty_file_is_incomplete(depot, visit):
    depot.drop("resultats.csv", b"")
    with pytest.raises(SourceIncomplete, match=r"« resultats.csv » is empty"):
        depot.fetch(visit)


def test_an_empty_or_missing_folder_says_so(depot, visit):
    with pytest.raises(SourceUnavailable, match=r"nothing new lies in .*elections\. Drop a file"):
        depot.fetch(visit)
    with pytest.raises((SourceUnavailable, SourceChanged), match=r"cannot be read|answers 404|nothing new"):
        depot.fetch(visit, options=DropFolder(folder="budget"))


def test_a_wrong_secret_is_one_sentence_without_it(depot, visit):
    depot.drop("resultats.csv")
    wrong = depot.connection.model_copy(
        update={"password": type(depot.connection.password)("faux-mot-de-passe")}
    )
    with pytest.raises(
        (SourceUnavailable, SourceChanged),
        match=r"refuses the login|SignatureDoesNotMatch|AccessDenied|answers 401",
    ) as caught:
        OPTIONS.fetch(wrong, visit)
    assert "faux-mot-de-passe" not in str(caught.value)
    assert caught.value.__cause__ is None or "faux-mot-de-passe" not in repr(caught.value.__cause__)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # paramiko's own thread
@pytest.mark.parametrize("kind", ["sftp", "s3", "webdav"])
def test_a_server_that_ends_in_the_middle_gives_no_short_file(kind, tmp_path, keys, visit):
    with ExitStack() as stack:
        depot = served(kind, tmp_path / "root", stack, keys)
        depot.drop("resultats.csv", os.urandom(40_000_000))
        with pytest.raises((SourceUnavailable, SourceIncomplete)):
            depot.fetch(replace(visit, progress=lambda *_: depot.stop()))


def with_extra(depot: Depot, **extra: object) -> Connection:
    return depot.connection.model_copy(update={"extra": {"path": "/ville", **extra}})


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Depot]:
    """An SFTP server that is opened by a key, or by the password."""
    folder = tmp_path_factory.mktemp("sftp-keys")
    own = new_keys(folder / "own")
    (folder / "authorized").write_text(own.public + "\n")
    with ExitStack() as stack:
        flags = ("--user", "ville", "--pass", SECRET, "--authorized-keys", str(folder / "authorized"))
        address = stack.enter_context(sftp_serving(folder, keys.private, *flags))
        (folder / "ville" / "elections").mkdir(parents=True)
        connection = connection_of(
            "depot", host="127.0.0.1", port=int(address.rpartition(":")[2]), scheme=None, login="ville", password=None,
            extra={"path": "/ville"}, conn_type="sftp",
        )  # fmt: skip
        depot = Depot(folder, connection, stack.close)
        depot.drop("resultats.csv")
        yield depot


def test_a_server_whose_key_is_not_known_is_not_entered_and_its_key_is_told(sftp, visit, keys):
    blob = paramiko.PKey.from_path(str(keys.private)).fingerprint
    with pytest.raises(SourceUnavailable, match="does not know the key of") as caught:
        OPTIONS.fetch(with_extra(sftp), visit)
    assert f"ssh-ed25519 {blob}" in str(caught.value)
    assert blob.startswith("SHA256:")


def test_a_server_that_shows_another_key_than_the_known_one_is_refused(sftp, visit, tmp_path):
    other = new_keys(tmp_path / "other")
    with pytest.raises(SourceChanged, match=r"shows another key \(ssh-ed25519 SHA256:.* than the known one"):
        OPTIONS.fetch(with_extra(sftp, host_key=other.public, key_file=str(sftp.root / "own")), visit)


def test_a_key_opens_instead_of_a_password_and_known_hosts_are_read(sftp, visit, tmp_path, keys):
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sftp.connection.url.rpartition(':')[2]} {keys.public}\n")
    for extra in (
        {"known_hosts_file": str(known), "key_file": str(sftp.root / "own")},
        {"host_key": keys.public.split()[1], "private_key": (sftp.root / "own").read_text()},
    ):
        assert OPTIONS.fetch(with_extra(sftp, **extra), visit).files[0].name == "resultats.csv"


@pytest.mark.parametrize(
    ("extra", "met"),
    [
        ({"host_key": "ssh-ed25519 AAAAnonsense"}, "`host_key` that is no public key"),
        ({"host_key": "nothing"}, "`host_key` that is no public key"),
        ({"known_hosts_file": "/nowhere/known_hosts"}, "`known_hosts_file` that cannot be read"),
        ({"private_key": "-----BEGIN très-secret"}, "private key that cannot be read"),
        ({"key_file": "/nowhere/key"}, "private key that cannot be read"),
        ({"no_host_key_check": True}, r"not understood \(no_host_key_check\)"),
    ],
)
def test_an_sftp_connection_that_cannot_be_used_is_named(sftp, visit, extra, met):
    with pytest.raises(SourceUnavailable, match=met) as caught:
        OPTIONS.fetch(with_extra(sftp, **extra), visit)
    assert "très-secret" not in str(caught.value)


def test_a_server_that_is_silent_or_is_none_is_unavailable(visit, wire, monkeypatch):
    monkeypatch.setattr(ssh, "_CONNECT_SECONDS", 0.3)
    for url in (wire(hang=True), wire(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "http://127.0.0.1:1"):
        connection = Connection(name="depot", url=url.replace("http", "sftp"), login="x")
        with pytest.raises(SourceUnavailable, match=r"cannot be entered by SSH|in time"):
            OPTIONS.fetch(connection, visit)


def test_a_bucket_of_many_pages_is_seen_whole_and_its_subfolders_are_not(s3_server, visit):
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    client.create_bucket(Bucket="depot")
    for number in range(5):
        client.put_object(Bucket="depot", Key=f"a/elections/{number}.tmp", Body=b"x")
    client.put_object(Bucket="depot", Key="a/elections/", Body=b"")
    client.put_object(Bucket="depot", Key="a/elections/older/z.csv", Body=b"x")
    client.put_object(Bucket="depot", Key="a/elections/z.csv", Body=b"a;b\n")
    extra = {"endpoint_url": s3_server.endpoint, "region_name": "us-east-1"}
    connection = Connection(name="depot", url="s3://depot/a", extra=extra)  # boto3 finds its own key
    listings = []

    def two_at_once(environ, start, moto):
        if "list-type=2" in environ["QUERY_STRING"]:
            listings.append(environ["QUERY_STRING"])
            environ["QUERY_STRING"] += "&max-keys=2"
        return moto(environ, start)

    s3_server.fault = two_at_once
    (file,) = OPTIONS.fetch(connection, visit).files
    s3_server.fault = None
    assert (file.name, file.origin, file.bytes) == ("z.csv", "s3://depot/a/elections/z.csv", 4)
    assert len(listings) > 9
    with pytest.raises(SourceUnavailable, match=r"cannot be read \(S3: NoSuchBucket\)"):
        OPTIONS.fetch(Connection(name="depot", url="s3://nowhere", extra=extra), visit)


def test_an_object_that_is_replaced_between_the_look_and_the_copy_is_not_taken(s3_server, visit):
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    client.create_bucket(Bucket="replaced")
    client.put_object(Bucket="replaced", Key="z.csv", Body=b"a;b\n")
    extra = {"endpoint_url": s3_server.endpoint, "region_name": "us-east-1"}
    options = DropFolder(pattern="*.csv")

    def fault(environ, start, moto):
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].endswith("/z.csv"):
            s3_server.fault = None
            client.put_object(Bucket="replaced", Key="z.csv", Body=b"c;d\n")
        return moto(environ, start)

    s3_server.fault = fault
    with pytest.raises(SourceUnavailable, match=r"« z.csv » cannot be copied \(S3: PreconditionFailed\)"):
        options.fetch(Connection(name="depot", url="s3://replaced", extra=extra), visit)


LISTING = b'<?xml version="1.0"?>%s<d:multistatus xmlns:d="DAV:"><d:response><d:href>%s</d:href><d:propstat><d:prop>%s</d:prop></d:propstat></d:response></d:multistatus>'
WHOLE = b"<d:getcontentlength>4</d:getcontentlength><d:getlastmodified>Tue, 10 Mar 2026 08:00:00 GMT</d:getlastmodified>"


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Connexion", b"{}", b"<a/>", LISTING % (b"", b"/depot/a.csv", b"<d:getcontentlength>4</d:getcontentlength>"),
        LISTING % (b'<!DOCTYPE d [<!ENTITY x "y">]>', b"/depot/a.csv", WHOLE), LISTING % (b"", b"/other/a.csv", WHOLE),
        (LISTING % (b"", b"/depot/a.csv", WHOLE))[:-9],
    ],
)  # fmt: skip
def test_a_listing_that_is_none_or_tells_too_little_is_refused(site, visit, connect, body):
    site.says("/depot/", 207, body, Content_Type="application/xml")
    with pytest.raises(
        (SourceUnavailable, SourceChanged), match=r"listing cannot be read|web page|sent an error"
    ):
        DropFolder(pattern="*.csv").fetch(connect(f"{site.url}/depot"), visit)


def test_a_listing_that_names_its_members_by_another_host_is_read_at_home(site, visit, connect):
    site.says(
        "/depot/",
        207,
        LISTING % (b"", b"http://inside.local/depot/a%20b.csv", WHOLE),
        Content_Type="application/xml",
    )
    site.says("/depot/a%20b.csv", 200, b"a;b\n", ETag='"1"')
    (file,) = DropFolder(pattern="*.csv").fetch(connect(f"{site.url}/depot"), visit).files
    assert (file.name, file.path.read_bytes()) == ("a b.csv", b"a;b\n")


def test_a_touched_file_is_read_once_to_see_that_it_is_the_same(site, visit, connect):
    for hour in (b"08", b"08", b"08", b"09"):  # three looks of the first visit, one of the second
        listing = LISTING % (b"", b"/depot/a.csv", WHOLE.replace(b"08:00", hour + b":00"))
        site.says("/depot/", 207, listing, Content_Type="application/xml")
    site.says("/depot/a.csv", 200, b"a;b\n")
    options, connection = DropFolder(pattern="*.csv"), connect(f"{site.url}/depot")
    (file,) = options.fetch(connection, visit).files
    again = options.fetch(connection, replace(visit, known=(file.landed("landing/a.csv"),)))
    assert again.unchanged
    assert site.paths().count("/depot/a.csv") == 2


def test_a_connection_of_another_kind_is_no_folder(visit):
    with pytest.raises(SourceUnavailable, match=r"connection depot: is no folder \(ftp\)"):
        OPTIONS.fetch(Connection(name="depot", url="ftp://depot"), visit)
