"""Redirects: followed by hand, a few, never downwards, never inwards, and without the secret."""

import pytest

from connectors.http_file import HttpFile
from connectors.web.access import access_from
from connectors.web.patience import Later
from connectors.web.redirects import Rules
from connectors.web.session import Request, Session
from contracts.errors import SourceChanged


def test_a_redirect_is_followed_and_the_origin_stays_the_address_of_the_contract(site, visit, connect):
    site.says("/a.csv", 302, Location="/b.csv")
    site.says("/b.csv", 200, b"a;b\n")
    (file,) = HttpFile(path="a.csv").fetch(connect(site.url), visit).files
    assert (file.origin, file.name) == (f"{site.url}/a.csv", "a.csv")


@pytest.mark.parametrize("hops", [1, 5])
def test_five_redirects_are_followed(site, visit, connect, hops):
    for hop in range(hops):
        site.says(f"/{hop}", 307, Location=f"{hop + 1}")
    site.says(f"/{hops}", 200, b"a;b\n")
    assert HttpFile(path="0").fetch(connect(site.url), visit).files


def test_a_loop_ends_after_five(site, visit, connect):
    site.says("/a", 301, Location="/b")
    site.says("/b", 301, Location="/a")
    with pytest.raises(SourceChanged, match="redirects more than 5 times"):
        HttpFile(path="a").fetch(connect(site.url), visit)
    assert len(site.asked) == 6


def test_the_password_is_sent_at_home_and_not_elsewhere(sites, visit, connect):
    home, elsewhere = sites(), sites()
    home.says("/a.csv", 302, Location="/b.csv")
    home.says("/b.csv", 302, Location=f"{elsewhere.url}/c.csv")
    elsewhere.says("/c.csv", 200, b"a;b\n")
    HttpFile(path="a.csv").fetch(connect(home.url, login="city", password="s3cret"), visit)
    assert [headers.get("Authorization") for _, headers in home.asked] == ["Basic Y2l0eTpzM2NyZXQ="] * 2
    assert "Authorization" not in elsewhere.asked[0][1]


def test_a_header_key_is_sent_at_home_and_not_elsewhere(sites, visit, connect):
    home, elsewhere = sites(), sites()
    home.says("/a.csv", 302, Location=f"{elsewhere.url}/c.csv")
    elsewhere.says("/c.csv", 302, Location=f"{home.url}/d.csv")
    home.says("/d.csv", 200, b"a;b\n")
    HttpFile(path="a.csv").fetch(connect(home.url, password="Apikey k", header="X-Api-Key"), visit)
    assert [headers.get("X-Api-Key") for _, headers in home.asked] == ["Apikey k"] * 2
    assert "X-Api-Key" not in elsewhere.asked[0][1]


def test_a_query_key_is_sent_at_home_and_taken_out_elsewhere_even_if_the_source_repeats_it(
    sites, visit, connect
):
    home, elsewhere = sites(), sites()
    home.says("/a.csv", 302, Location="/b.csv?x=1")
    home.says("/b.csv", 302, Location=f"{elsewhere.url}/c.csv?signature=a%2Fb&apikey=k%26y")
    elsewhere.says("/c.csv", 200, b"a;b\n")
    HttpFile(path="a.csv").fetch(connect(home.url, password="k&y", query="apikey"), visit)
    assert home.paths() == ["/a.csv?apikey=k%26y", "/b.csv?x=1&apikey=k%26y"]
    assert elsewhere.paths() == ["/c.csv?signature=a%2Fb"]


def test_a_signed_address_elsewhere_is_asked_to_the_letter(sites, visit, connect):
    home, elsewhere = sites(), sites()
    signed = "/c.csv?X-Sig=a+b%2F~&empty=&b=2"
    home.says("/a.csv", 302, Location=elsewhere.url + signed)
    elsewhere.says("/c.csv", 200, b"a;b\n")
    HttpFile(path="a.csv").fetch(connect(home.url, password="k", query="apikey"), visit)
    assert elsewhere.paths() == [signed]


PUBLIC, INNER = ("93.184.216.34",), ("10.0.0.7",)
NAMES = {
    "data.example.org": PUBLIC, "cdn.example.org": PUBLIC, "inner.example.org": INNER,
    "both.example.org": PUBLIC + INNER, "127.0.0.1": ("127.0.0.1",),
}  # fmt: skip


def rules(connect, url="https://data.example.org", **extra):
    def resolve(host, port):
        if host not in NAMES:
            raise OSError("no such name")
        return NAMES[host]

    return Rules(access_from(connect(url, **extra)), "mobility.parkings", resolve)


@pytest.mark.parametrize(
    ("location", "met"),
    [
        ("http://data.example.org/a", "from https to http, at data.example.org"),
        ("//inner.example.org/a", "to inner.example.org, an inner address"),
        ("https://both.example.org/a", "an inner address"),
        ("https://127.0.0.1/a", "an inner address"),
        ("ftp://cdn.example.org/a", "not a web address"),
        ("file:///etc/passwd", "not a web address"),
        ("https://[::1/a", "not a web address"),
        ("https://cdn.example.org:99999/a", "not a web address"),
        (None, "not a web address"),
    ],
)
def test_a_redirect_that_leads_down_inwards_or_nowhere_is_refused(connect, location, met):
    with pytest.raises(SourceChanged, match=met):
        rules(connect).next_address("https://data.example.org/x", location)


@pytest.mark.parametrize("location", ["https://cdn.example.org/a", "/b", "?page=2", "//cdn.example.org/a"])
def test_a_redirect_that_stays_outside_is_followed(connect, location):
    assert rules(connect).next_address("https://data.example.org/x", location).startswith("https://")


@pytest.mark.parametrize(
    ("url", "extra"),
    [
        ("https://inner.example.org", {}),
        ("https://data.example.org", {"allow_private": True}),
        ("https://data.example.org", {"proxy": "http://proxy.example.org:3128"}),
    ],
)
def test_an_inner_source_or_one_that_says_so_may_lead_inwards(connect, url, extra):
    assert rules(connect, url, **extra).next_address(f"{url}/x", "https://127.0.0.1/a")


def test_a_redirect_to_a_name_that_does_not_resolve_may_pass_later(connect):
    with pytest.raises(Later, match=r"gone\.example\.org does not resolve"):
        rules(connect).next_address("https://data.example.org/x", "https://gone.example.org/a")


def test_an_inner_address_is_not_even_asked(sites, visit, connect):
    home, inner = sites(), sites()
    home.says("/a.csv", 302, Location=f"{inner.url.replace('127.0.0.1', 'localhost')}/secret")
    names = {"127.0.0.1": PUBLIC, "localhost": ("127.0.0.1",)}
    session = Session(connect(home.url), visit, resolve=lambda host, port: names[host])
    with session, pytest.raises(SourceChanged, match="adresse interne refusée"):
        session.download(Request(path="a.csv", name="a.csv"))
    assert inner.asked == []
