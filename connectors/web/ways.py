"""Where a visit's connections may lead: to the connection's own hosts, else not into an inner network."""

from __future__ import annotations

from collections.abc import Callable

from connectors.web.access import Access
from connectors.web.addresses import is_public, origin_of
from contracts.errors import SourceChanged


class Ways:
    """The addresses of each name, looked up once, checked, and kept for the visit.

    The connection's own host may be an inner one, for a person named it. One that was outer when the visit
    began stays so: a name that is turned inwards later is refused.
    """

    def __init__(self, access: Access, place: str, resolve: Callable[[str, int], tuple[str, ...]]) -> None:
        named = [access.url, *([access.extra.token_url] if access.extra.token_url else [])]
        self._own = {origin_of(url)[1:] for url in named}
        self._home, self._place, self._resolve = origin_of(access.url)[1:], place, resolve
        # a proxy resolves the names, so it is what guards
        self._anywhere = access.extra.allow_private or access.extra.proxy is not None
        self._pins: dict[tuple[str, int], tuple[str, ...]] = {}
        self._outer: set[tuple[str, int]] = set()  # own hosts that were met outside

    def to(self, host: str, port: int) -> tuple[str, ...]:
        """The IP addresses to open, the same until they are forgotten.

        Raises:
            SourceChanged: one of them is an inner address that may not be entered.
            OSError: the name does not resolve.
            UnicodeError: it is no host name.
        """
        way = host, port
        if way not in self._pins:
            self._pins[way] = self._checked(way, self._resolve(host, port))
        return self._pins[way]

    def forget(self) -> None:
        """Look every name up anew, and check it anew: the host may have moved since it failed."""
        self._pins.clear()

    def _checked(self, way: tuple[str, int], addresses: tuple[str, ...]) -> tuple[str, ...]:
        if all(is_public(address) for address in addresses):
            self._outer |= {way} & self._own
        elif not self._may_be_inner(way):
            met = f"the source leads to {way[0]}, an inner address (adresse interne refusée)"
            remedy = "If that is right, let the connection name the new address."
            raise SourceChanged(self._place, met, remedy=remedy)
        return addresses

    def _may_be_inner(self, way: tuple[str, int]) -> bool:
        """Where the connection says so, for its own hosts, and from one inner host to another."""
        if self._anywhere:
            return True
        if way in self._own:
            return way not in self._outer
        return not all(is_public(address) for address in self.to(*self._home))
