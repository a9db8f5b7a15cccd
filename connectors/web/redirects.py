"""Where a redirect or a link may lead: never from https to http, never from outside into an inner network."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from connectors.web.access import Access
from connectors.web.addresses import origin_of
from connectors.web.patience import Later
from connectors.web.ways import Ways
from contracts.errors import SourceChanged, SourceUnavailable


@dataclass(frozen=True)
class Rules:
    """The rules of one connection."""

    access: Access
    place: str
    ways: Ways

    def next_address(self, url: str, location: str | None) -> str:
        """The address that a redirect means.

        Raises:
            SourceChanged: there is none, or it is not followed.
            Later: its name does not resolve.
        """
        return self._allowed(url, _joined(url, location or ""), "the source redirects")

    def linked(self, url: str, link: str) -> str:
        """The address that a link in the answer from `url` means, without the secret.

        A server behind a proxy that ends TLS often writes http:// before its own name: at the connection's
        own host it is asked by https as before.

        Raises:
            SourceChanged: it is no web address, or it is not followed.
            Later: its name does not resolve.
        """
        target = _joined(url, link)
        if target is not None:
            target = self.access.without_key(_upgraded(target, self.access.url))
        return self._allowed(url, target, "the source links")

    def _allowed(self, url: str, target: str | None, verb: str) -> str:
        if target is None:
            raise self._refused(f"{verb} to something that is not a web address")
        scheme, host, port = origin_of(target)
        if scheme == "http" and urlsplit(url).scheme == "https":
            raise self._refused(f"{verb} from https to http, at {host}")
        if not self.access.is_home(target):
            self._enter(host, port)
        return target

    def _enter(self, host: str, port: int) -> None:
        try:
            self.ways.to(host, port)
        except (OSError, UnicodeError):
            failure = Later(SourceUnavailable(self.place, f"the name {host} does not resolve"))
        else:
            return
        raise failure

    def _refused(self, met: str) -> SourceChanged:
        remedy = "If that is right, let the connection name the new address."
        return SourceChanged(self.place, met, remedy=remedy)


def _joined(url: str, location: str) -> str | None:
    """The address that `location` means at `url`; none where it means no web address."""
    try:
        target = urljoin(url, location)
        origin_of(target)
    except ValueError:
        return None
    return target if location else None


def _upgraded(target: str, home: str) -> str:
    parts, own = urlsplit(target), urlsplit(home)
    same = own.scheme == "https" and parts.hostname == own.hostname and parts.port in (None, 80, own.port)
    return parts._replace(scheme=own.scheme, netloc=own.netloc).geturl() if same else target
