"""Where an address leads: its origin, and whether it is the open internet or an inner network."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_NAT64 = (  # RFC 6052 and RFC 8215: the last 32 bits are an IPv4 address
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
)
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291 §2.5.5.1, deprecated and still routed by some

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port, with the port that the scheme implies.

    Raises:
        ValueError: it is no http or https address.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("not an http or https address")
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def addresses_of(host: str, port: int) -> tuple[str, ...]:
    """The IP addresses that the host's name leads to now.

    Raises:
        OSError: the name does not resolve.
        UnicodeError: it is no host name.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether it is on the open internet, and so is every IPv4 address written inside it.

    `is_global` alone is true for 64:ff9b::7f00:1, for 2002:7f00:1:: and for multicast (Python 3.11).
    """
    outer = ipaddress.ip_address(address.partition("%")[0])
    return all(one.is_global and not one.is_multicast for one in (outer, *_inside(outer)))


def _inside(address: _Address) -> tuple[_Address, ...]:
    """The IPv4 addresses that an IPv6 address carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    last = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    carried += [last for network in (*_NAT64, _COMPATIBLE) if address in network]
    return tuple(one for one in carried if one is not None)
