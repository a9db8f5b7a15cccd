"""Which addresses are the open internet."""

import pytest

from connectors.web.addresses import addresses_of, is_public, origin_of


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_the_open_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:7f00:1::1",
    ],
)  # fmt: skip
def test_inner_addresses_are_seen_also_inside_others(address):
    assert not is_public(address)


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "localhost"])
def test_odd_spellings_of_loopback_resolve_to_it(host):
    assert not any(is_public(address) for address in addresses_of(host, 80))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a", "https://EXAMPLE.org:443/b"),
        ("http://example.org", "http://example.org:80/"),
    ],
)
def test_the_port_of_the_scheme_goes_without_saying(one, other):
    assert origin_of(one) == origin_of(other)


@pytest.mark.parametrize(
    "other", ["http://example.org:443", "https://example.org:8443", "https://sub.example.org"]
)
def test_another_scheme_port_or_host_is_another_origin(other):
    assert origin_of("https://example.org") != origin_of(other)
