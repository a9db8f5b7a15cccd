"""A connection is opened to the address that was checked: a name that changes its mind in between gains nothing."""

import http.server
import ssl
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from web_habits import Answer, serving

from connectors.web import pinning
from connectors.web.request import Request
from connectors.web.session import Session
from contracts.errors import SourceChanged, SourceUnavailable

PUBLIC, INNER = "93.184.216.34", "10.0.0.7"


class Names:
    """A resolver with the given answers in turn (the last repeats), over a network where every address is loopback."""

    def __init__(self, monkeypatch, **answers):
        self.answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.opened, self.asked = [], []
        real = pinning.create_connection

        def create(address, *timeout, **more):
            self.opened.append(address[0])
            return real(("127.0.0.1", address[1]), *timeout, **more)

        monkeypatch.setattr(pinning, "create_connection", create)

    def __call__(self, host, port):
        self.asked.append(host)
        given = self.answers[host]
        return (given.pop(0) if len(given) > 1 else given[0],)


def at(name, server):
    return f"http://{name}:{urlsplit(server.url).port}"


def test_the_checked_address_is_opened_and_the_name_looked_up_once(monkeypatch, visit, connect):
    names = Names(monkeypatch, data_example_org=[PUBLIC, INNER])
    with serving(lambda asked: Answer(asked.headers["host"].encode())) as server:
        session = Session(connect(at("data.example.org", server)), visit, names)
        with session:
            read = [session.read(Request(name=name, path=name)) for name in ("a", "b")]
    assert (set(names.opened), names.asked) == ({PUBLIC}, ["data.example.org"])
    host = urlsplit(at("data.example.org", server)).netloc
    assert [one.file.path.read_text() for one in read] == [host, host]  # the name, not the address


def at_session(visit, connect, names, server):
    return Session(connect(at("data.example.org", server)), visit, names)


def test_a_redirect_to_a_name_that_turns_inwards_meets_the_checked_address(monkeypatch, visit, connect):
    names = Names(monkeypatch, data_example_org=[PUBLIC], cdn_example_org=["93.184.216.35", INNER])
    with serving(lambda _: Answer(b"a;b\n")) as cdn:
        moved = Answer(status=302, headers={"Location": at("cdn.example.org", cdn)})
        with serving(lambda _: moved) as home, at_session(visit, connect, names, home) as session:
            session.read(Request(name="a"))
    assert names.opened == [PUBLIC, "93.184.216.35"]
    assert names.asked.count("cdn.example.org") == 1


@pytest.mark.parametrize("inner", [INNER, "127.0.0.1", "169.254.169.254", "::1", "64:ff9b::7f00:1"])
def test_a_redirect_to_an_inner_address_is_not_even_asked(monkeypatch, visit, connect, inner):
    names = Names(monkeypatch, data_example_org=[PUBLIC], meta_example_org=[inner])
    met = "leads to meta.example.org, an inner address .adresse interne refusée"
    with serving(lambda _: Answer(b"secret")) as other:
        moved = Answer(status=302, headers={"Location": at("meta.example.org", other)})
        with serving(lambda _: moved) as home:
            session = at_session(visit, connect, names, home)
            with session, pytest.raises(SourceChanged, match=met):
                session.read(Request(name="a"))
        assert other.asked == []


def test_the_sources_own_name_may_not_turn_inwards_during_a_visit(monkeypatch, visit, connect):
    names = Names(monkeypatch, data_example_org=[PUBLIC, INNER])
    with serving(lambda _: Answer(status=503)) as server:
        session = at_session(visit, connect, names, server)
        with session, pytest.raises(SourceChanged, match="adresse interne refusée"):
            session.read(Request(name="a"))
        assert len(server.asked) == 1  # looked up anew after the failure, and refused


def test_an_inner_source_is_opened_because_the_connection_names_it(monkeypatch, visit, connect):
    names = Names(monkeypatch, intranet_example_org=[INNER])
    with serving(lambda _: Answer(b"a;b\n")) as server:
        session = Session(connect(at("intranet.example.org", server)), visit, names)
        with session:
            session.read(Request(name="a"))
    assert names.opened == [INNER]


def test_the_next_address_is_tried_where_the_first_is_closed(monkeypatch, visit, connect):
    with serving(lambda _: Answer(b"a;b\n")) as server:
        session = Session(
            connect(at("two.example.org", server)), visit, lambda *_: ("127.0.0.2", "127.0.0.1")
        )
        real = pinning.create_connection

        def create(address, *timeout, **more):
            if address[0] == "127.0.0.2":
                raise ConnectionRefusedError(111, "Connection refused")
            return real(address, *timeout, **more)

        monkeypatch.setattr(pinning, "create_connection", create)
        with session:
            assert session.read(Request(name="a")).file.bytes == 4


@pytest.fixture
def authority(tmp_path):
    """A certificate of data.example.org that signs itself, and its key."""
    certificate, key = tmp_path / "ca.pem", tmp_path / "key.pem"
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "data.example.org")])
    day = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, own.public_key(), x509.random_serial_number())
        .not_valid_before(day - timedelta(days=1))
        .not_valid_after(day + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("data.example.org")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(own, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, key


@pytest.fixture
def secure(authority):
    """The port of a server that shows that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority)

    class Speaking(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.headers["Host"].encode())

        def log_message(self, format, *values):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Speaking)
    server.handle_error = lambda *_: None
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_tls_checks_the_name_and_not_the_address(monkeypatch, visit, connect, authority, secure):
    names = Names(monkeypatch, data_example_org=[PUBLIC], other_example_org=[PUBLIC])
    trusting = {"ca_file": str(authority[0])}
    with Session(connect(f"https://data.example.org:{secure}", **trusting), visit, names) as session:
        read = session.read(Request(name="a"))
    assert read.file.path.read_text() == f"data.example.org:{secure}"
    other = Session(connect(f"https://other.example.org:{secure}", **trusting), visit, names)
    with (
        other,
        pytest.raises(SourceUnavailable, match=r"the certificate of other\.example\.org is not accepted"),
    ):
        other.read(Request(name="a"))
