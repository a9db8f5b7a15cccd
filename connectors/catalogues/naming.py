"""What a catalogue's entry is: a file with a name, or a service that another kind reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from contracts.errors import SourceChanged

_KINDS = {  # formats that portals write for services, and the kind that reads them
    "wfs": "wfs", "ogc:wfs": "wfs", "wms": "", "ogc:wms": "", "wmts": "", "ogc:wmts": "", "tms": "",
    "ogc api - features": "ogc_features", "arcgis geoservices rest api": "arcgis", "esri rest": "arcgis",
    "api": "rest", "rest": "rest", "sparql": "", "html": "", "url": "", "web page": "", "www:link": "",
}  # fmt: skip


def file_name(entry: Mapping[str, Any]) -> str:
    """The last part of the entry's `url` where it is a file's name, else its `id` and its `format`."""
    last = unquote(urlsplit(str(entry.get("url") or "")).path.rpartition("/")[2])
    name = re.sub(r"[^\w. ()-]", "_", last).strip(". ")[-150:]
    ending = re.sub(r"\W", "", str(entry.get("format") or "").lower())
    identity = str(entry.get("id"))
    return name if "." in name else f"{identity}.{ending}" if ending else identity


def refuse_service(form: str, title: str, place: str) -> None:
    """Nothing, where the entry's format may be a file's.

    Raises:
        SourceChanged: it is a service or a web page.
    """
    kind = _KINDS.get(form.strip().lower())
    if kind is not None:
        remedy = f"Take `kind: {kind}` with its address." if kind else "Take another resource of the dataset."
        raise SourceChanged(
            place, f"the resource « {title} » is a {form} and no file", promised="a file", remedy=remedy
        )
