"""Redirects: followed by hand, a few, never downwards, never inwards, and without the secret."""

import pytest

from connectors.http_file import HttpFile
from connectors.web.access import access_from
from connectors.web.patience import Later
from connectors.web.redirects import Rules
from connectors.web.ways import Ways
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

    access = access_from(connect(url, **extra))
    return Rules(access, "mobility.parkings", Ways(access, "mobility.parkings", resolve))


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


def test_a_link_of_the_source_is_joined_and_loses_the_key(connect):
    access = access_from(connect("https://data.example.org/api", password="k", query="apikey"))
    known = Rules(access, "mobility.parkings", Ways(access, "mobility.parkings", lambda host, _: NAMES[host]))
    at = "https://data.example.org/api/items?page=1"
    assert known.linked(at, "?page=2&apikey=k") == "https://data.example.org/api/items?page=2"
    assert known.linked(at, "/v2/items?page=2") == "https://data.example.org/v2/items?page=2"
    assert known.linked(at, "https://cdn.example.org/p?apikey=k&x=1") == "https://cdn.example.org/p?x=1"


@pytest.mark.parametrize("link", ["http://data.example.org/b?p=2", "http://data.example.org:80/b?p=2"])
def test_a_link_of_a_server_that_does_not_know_its_own_tls_is_asked_by_https(connect, link):
    assert rules(connect).linked("https://data.example.org/x", link) == "https://data.example.org/b?p=2"


@pytest.mark.parametrize(
    ("link", "met"),
    [
        ("http://cdn.example.org/a", "the source links from https to http, at cdn.example.org"),
        ("https://inner.example.org/a", "leads to inner.example.org, an inner address"),
        ("javascript:alert(1)", "the source links to something that is not a web address"),
        ("", "the source links to something that is not a web address"),
    ],
)
def test_a_link_is_followed_under_the_rules_of_redirects(connect, link, met):
    with pytest.raises(SourceChanged, match=met):
        rules(connect).linked("https://data.example.org/x", link)
