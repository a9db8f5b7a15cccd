"""Where a redirect may lead: never from https to http, never from outside into an inner network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from connectors.web.access import Access
from connectors.web.addresses import is_public, origin_of
from connectors.web.patience import Later
from contracts.errors import SourceChanged, SourceUnavailable


@dataclass(frozen=True)
class Rules:
    """The rules of one connection.

    The name is looked up here and once more by the connection that is then opened: a name that changes
    in between is not caught yet (pinning the checked address is a later issue).
    """

    access: Access
    place: str
    resolve: Callable[[str, int], tuple[str, ...]]

    def next_address(self, url: str, location: str | None) -> str:
        """The address to ask next.

        Raises:
            SourceChanged: there is none, or it is not followed.
            Later: its name does not resolve.
        """
        target = _joined(url, location or "")
        if target is None:
            raise self._refused("to something that is not a web address")
        scheme, host, port = origin_of(target)
        if scheme == "http" and urlsplit(url).scheme == "https":
            raise self._refused(f"from https to http, at {host}")
        if not self.access.is_home(target) and not self._may_enter(host, port):
            raise self._refused(f"to {host}, an inner address (adresse interne refusée)")
        return target

    def _may_enter(self, host: str, port: int) -> bool:
        """An outer host may always; an inner one where the connection itself is inner, or says so."""
        extra = self.access.extra
        if extra.allow_private or extra.proxy:  # a proxy resolves the names, so it is what guards
            return True
        _, home, home_port = origin_of(self.access.url)
        return self._is_outer(host, port) or not self._is_outer(home, home_port)

    def _is_outer(self, host: str, port: int) -> bool:
        try:
            return all(is_public(address) for address in self.resolve(host, port))
        except (OSError, UnicodeError):
            failure = Later(SourceUnavailable(self.place, f"the name {host} does not resolve"))
        raise failure

    def _refused(self, met: str) -> SourceChanged:
        remedy = "If that is right, let the connection name the new address."
        return SourceChanged(self.place, f"the source redirects {met}", remedy=remedy)


def _joined(url: str, location: str) -> str | None:
    """The address that the Location header means at `url`; none where it means no web address."""
    try:
        target = urljoin(url, location)
        origin_of(target)
    except ValueError:
        return None
    return target if location else None
