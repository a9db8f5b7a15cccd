"""A GBFS system: the files that its discovery file names for one feed, 2.x and 3.0 alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field as Setting

from connectors.connector import Connector, Fetched, FetchedFile, Visit
from connectors.web.documents import document_in
from connectors.web.queries import Below, Query, written
from connectors.web.request import Request
from connectors.web.session import Session
from contracts.connection import Connection
from contracts.errors import SourceChanged
from contracts.formats import Format, GbfsFormat
from contracts.gbfs import DISCOVERY, FEEDS, Feed, NotAFeed, by_language, records_in

_LONGEST = timedelta(days=1)  # a `ttl` beyond it is a slip: the file would never be asked for again
_SKEW = timedelta(minutes=5)  # clocks differ
_BYTES = 64 << 20  # of one file, which is read into memory; Paris (1,500 stations) has half a megabyte
_NO_FEED = ("`kind: gbfs` fetches the files of one feed", "Say `format: {type: gbfs, feed: stations}`.")
_LIVE = ("station_status", "vehicle_status", "free_bike_status")


class Gbfs(Connector):
    """What a contract says of `kind: gbfs`; which feed, and in what language, is said by its `format:`."""

    path: Below = Setting(DISCOVERY, description="The discovery file, below the connection's address.")
    query: Query = Setting(default_factory=dict, description="What stands behind its `?`.")
    max_age: float = Setting(
        24, gt=0, description="Hours; an older `last_updated` of a live file is a warning."
    )
    read_timeout: float = Setting(60, gt=0, description="Seconds of silence that end an attempt.")
    time_limit: float = Setting(600, gt=0, description="Seconds for each file.")

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """The discovery file and the feed's files; none of them before the `ttl` of the known ones ended.

        Raises:
            SourceUnavailable, SourceIncomplete: as the session.
            SourceChanged: the feed is not offered, or a file is not what the specification says.
        """
        form = self._promised(visit)
        with Session(connection, visit) as session:
            first = self._request(DISCOVERY, path=self.path, query=written(self.query))
            asked = {"feed": form.feed, "language": form.language}
            if until := _fresh_until(visit, session.address(first), asked):
                return Fetched(proof=f"nothing newer before {until:%H:%M:%S} UTC (`ttl`)", unchanged=True)
            discovery = session.read(first).file
            links = _links_in(document_in(discovery, visit.place), form.language, visit.place)
            files = [
                session.read(self._request(f"{name}.json", link=session.linked(discovery.origin, url))).file
                for name, url in _wanted(FEEDS[form.feed], links, visit.place)
            ]
        kept = discovery.model_copy(update={"request": {**discovery.request, **asked}})
        return self._counted(kept, files, FEEDS[form.feed], visit)

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None for a feed."""
        return None if isinstance(promised, GbfsFormat) else _NO_FEED

    def _promised(self, visit: Visit) -> GbfsFormat:
        if isinstance(visit.promised, GbfsFormat):
            return visit.promised
        met, remedy = _NO_FEED
        raise SourceChanged(
            visit.place, met, promised=visit.promised.type if visit.promised else "", remedy=remedy
        )

    def _request(self, name: str, **where: Any) -> Request:
        return Request(
            name=name, accept="application/json", quiet_seconds=self.read_timeout,
            whole_seconds=self.time_limit, most_bytes=_BYTES,
            if_larger="A feed has some megabytes: look at its address.", **where,
        )  # fmt: skip

    def _counted(self, discovery: FetchedFile, files: list[FetchedFile], feed: Feed, visit: Visit) -> Fetched:
        """The files with how long they are good for, and the number of rows that they make."""
        documents = {file.name.removesuffix(".json"): document_in(file, visit.place) for file in files}
        now = visit.clock()
        stamps = {name: _stamp(document, name, visit.place) for name, document in documents.items()}
        dated = [
            file.model_copy(update={"fresh_until": min(stamp, now) + ttl})
            for file, (stamp, ttl) in zip(files, stamps.values(), strict=True)
        ]
        keys = {name: _keys(document, name, feed, visit.place) for name, document in documents.items()}
        rows = set().union(*(keys[name] for name in keys if name in (*feed.names, feed.joined)))
        told = ", ".join(f"{len(found)} in {name}" for name, found in keys.items())
        both = f", {len(set.intersection(*keys.values()))} in both" if feed.joined else ""
        return Fetched(
            files=(discovery, *dated), rows=len(rows), expected=None if rows else 0,  # an empty list says so
            proof=f"no count: whole documents, {told}{both}", warnings=tuple(self._odd(stamps, now)),
        )  # fmt: skip

    def _odd(self, stamps: Mapping[str, tuple[datetime, timedelta]], now: datetime) -> Iterator[str]:
        for name, (stamp, _) in stamps.items():
            if stamp > now + _SKEW:
                yield f"{name} says that it was updated at {stamp:%Y-%m-%d %H:%M} UTC, which is to come"
            elif name in _LIVE and now - stamp > timedelta(hours=self.max_age):
                hours = (now - stamp) / timedelta(hours=1)
                yield f"{name} was updated {hours:.0f} h ago; promised was at most {self.max_age:g} h"


def _fresh_until(visit: Visit, address: str, asked: Mapping[str, str]) -> datetime | None:
    """When the known files end, if they answer the same question and that is still to come."""
    discovery = next((file for file in visit.known if file.name == DISCOVERY), None)
    if discovery is None or discovery.origin != address or not asked.items() <= discovery.request.items():
        return None
    ends = [file.fresh_until for file in visit.known if file.name != DISCOVERY and file.fresh_until]
    return min(ends) if ends and min(ends) > visit.clock() else None


def _links_in(document: Any, language: str, place: str) -> dict[str, str]:
    """Feed → address: flat in 3.0, by language before."""
    data = document.get("data") if isinstance(document, dict) else None
    if isinstance(data, dict) and "feeds" not in data:
        chosen = by_language([name for name in data if isinstance(data[name], dict)], language)
        data = data[chosen] if chosen else None
    feeds = data.get("feeds") if isinstance(data, dict) else None
    links = {
        one["name"]: one["url"] for one in (feeds if isinstance(feeds, list) else [])
        if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("url"), str)
    }  # fmt: skip
    if not links:
        met = f"{DISCOVERY} names no feeds"
        remedy = "Check `path:`; it names the system's discovery file."
        raise SourceChanged(place, met, promised="`data.feeds`, by language before 3.0", remedy=remedy)
    return links


def _wanted(feed: Feed, links: Mapping[str, str], place: str) -> list[tuple[str, str]]:
    """The feed's files under the names that the system gives them."""
    main = next((name for name in feed.names if name in links), feed.names[0])
    needed = [main, *([feed.joined] if feed.joined else [])]
    missing = [name for name in needed if name not in links]
    if missing:
        met = f"the system offers {', '.join(sorted(links))}"
        raise SourceChanged(
            place, met, promised=" and ".join(missing), remedy="Take another `feed:`, or ask the operator."
        )
    also = [feed.looked_up] if feed.looked_up in links else []
    return [(name, links[name]) for name in (*needed, *also)]


def _keys(document: Any, name: str, feed: Feed, place: str) -> set[str]:
    try:
        if name == feed.looked_up:
            return set(records_in(document, (name,), feed.looked_up_by))
        return set(records_in(document, feed.lists, feed.key))
    except NotAFeed as error:
        raise SourceChanged(place, f"{name} {error}", promised="GBFS 2.x or 3.0") from error


def _stamp(document: Any, name: str, place: str) -> tuple[datetime, timedelta]:
    """When it was updated, and how long it is good for from then on."""
    found = document.get("last_updated") if isinstance(document, dict) else None
    ttl = document.get("ttl") if isinstance(document, dict) else None
    good = timedelta(seconds=ttl) if isinstance(ttl, int) and 0 < ttl <= _LONGEST.total_seconds() else None
    try:
        stamp = datetime.fromisoformat(found) if isinstance(found, str) else _posix(found)
    except (ValueError, OverflowError, OSError, TypeError):
        stamp = None
    if stamp is None or stamp.tzinfo is None:
        met = f"{name} says `last_updated: {str(found)[:40]}`"
        raise SourceChanged(place, met, promised="seconds since 1970, or RFC 3339 with an offset")
    return stamp.astimezone(UTC), good or timedelta(0)


def _posix(seconds: Any) -> datetime:
    if isinstance(seconds, bool):
        raise TypeError
    return datetime.fromtimestamp(seconds, UTC)
