"""The name of every object in all three stores; no other module writes one."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from contracts.dataset import NAME, Audience
from contracts.errors import StorageRefused

MANIFEST = "manifest.json"
CURRENT = "current.json"
FEED = "changes.atom"

_NAME_LIMIT = 120  # of safe_name: file systems end at 255 bytes, and people read these
_KEY_LIMIT = 1024  # S3: "Object key names", bytes
_PART_LIMIT = 255  # ext4, XFS, APFS: bytes of one name


def parts_of(key: str) -> tuple[str, ...]:
    """The key's parts, each a plain file name.

    Raises:
        StorageRefused: absolute, empty, hidden (`.…`, so also `..`) or overlong parts, backslashes
            or control characters.
    """
    parts = tuple(key.split("/"))
    if not key.isprintable() or len(key.encode()) > _KEY_LIMIT or not all(map(_is_plain, parts)):
        raise StorageRefused(ascii(key[:200]), "is no name for an object")
    return parts


def _is_plain(part: str) -> bool:
    return 0 < len(part.encode()) <= _PART_LIMIT and not part.startswith(".") and "\\" not in part


def safe_name(name: str) -> str:
    """A name given by others as ASCII letters, digits and `._-`: at most 120, never empty.

    What is already safe stays as it is. A name that had to change carries 8 digits of its sha256
    before the extension, so that two different names stay different.
    """
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", folded)
    if safe == name and 0 < len(safe) <= _NAME_LIMIT and not safe.startswith("."):
        return safe
    stem, _, extension = safe.rpartition(".")
    if not 0 < len(extension) <= 10:  # .parquet, .geojson: longer ones are parts of a sentence
        stem, extension = safe, ""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    ending = f"-{digest}.{extension}" if extension else f"-{digest}"
    return (stem.lstrip(".")[: _NAME_LIMIT - len(ending)] or "file") + ending


def name_of(dataset_id: str) -> str:
    """`name` of `theme.name`."""
    return _folder(dataset_id).split("/")[1]


def _folder(dataset_id: str) -> str:
    parts = dataset_id.split(".")
    if len(parts) != 2 or not all(re.fullmatch(NAME, part) for part in parts):
        raise StorageRefused(ascii(dataset_id[:200]), "is no dataset id", promised="<theme>.<name>")
    return "/".join(parts)


# --- a public or restricted store ------------------------------------------------------------------


def stable(dataset_id: str, file_name: str) -> str:
    """The name that catalogues and people keep: `<theme>/<name>/<name>.<ext>`.

    Raises:
        StorageRefused: the file is not called `<name>.<ext>`, or takes a name of the protocol.
    """
    name = name_of(dataset_id)
    if not file_name.startswith(f"{name}.") or "/" in file_name or file_name in (MANIFEST, CURRENT):
        raise StorageRefused(dataset_id, f"{file_name!a} is no file of it", promised=f"{name}.<ext>")
    return f"{_folder(dataset_id)}/{file_name}"


def stable_prefix(dataset_id: str) -> str:
    """What the stable names of a dataset, and only they, begin with."""
    return f"{_folder(dataset_id)}/{name_of(dataset_id)}."


def stable_manifest(dataset_id: str) -> str:
    """What the stable names hold now."""
    return f"{_folder(dataset_id)}/{MANIFEST}"


def pointer(dataset_id: str) -> str:
    """Which release readers should take now."""
    return f"{_folder(dataset_id)}/{CURRENT}"


def release_file(dataset_id: str, release_id: str, file_name: str) -> str:
    """A data file of an immutable release."""
    return f"{_folder(dataset_id)}/releases/{release_id}/{file_name}"


def release_manifest(dataset_id: str, release_id: str) -> str:
    """The manifest of an immutable release."""
    return release_file(dataset_id, release_id, MANIFEST)


def commit(dataset_id: str, sequence: int) -> str:
    """One entry of the log; the first is 1."""
    return f"{_folder(dataset_id)}/commits/{sequence:010d}.json"


def provenance(dataset_id: str, release_id: str) -> str:
    """What a release was made from; in the restricted store only."""
    return f"provenance/{_folder(dataset_id)}/{release_id}.json"


def changes(dataset_id: str, release_id: str, file_name: str) -> str:
    """What a release changed against the one before it; outside the release, so that a withdrawal of
    either can take it away.
    """
    return f"{_folder(dataset_id)}/changes/{release_id}/{file_name}"


def changes_prefix(dataset_id: str, release_id: str) -> str:
    """What all of a release's changes begin with."""
    return changes(dataset_id, release_id, "")


def feed(dataset_id: str | None = None) -> str:
    """The Atom feed of a dataset's releases, or of the whole store's."""
    return f"{_folder(dataset_id)}/{FEED}" if dataset_id else FEED


def tombstone(dataset_id: str, release_id: str) -> str:
    """That a release was withdrawn, when and why; kept for ever."""
    return f"{_folder(dataset_id)}/withdrawn/{release_id}.json"


def releases_prefix(dataset_id: str) -> str:
    """What the files of all releases of a dataset begin with."""
    return f"{_folder(dataset_id)}/releases/"


def commits_prefix(dataset_id: str) -> str:
    """What all entries of a dataset's log begin with."""
    return f"{_folder(dataset_id)}/commits/"


def dataset_prefix(dataset_id: str) -> str:
    """What everything of a dataset in an audience's store begins with."""
    return f"{_folder(dataset_id)}/"


def release_of(dataset_id: str, key: str) -> str | None:
    """The release that a file or a difference belongs to; None for the dataset's other objects."""
    kind, _, rest = key.removeprefix(dataset_prefix(dataset_id)).partition("/")
    return rest.partition("/")[0] if kind in ("releases", "changes") else None


def collection_plan() -> str:
    """What the collector means to delete, written a day before it does."""
    return "upkeep/collection.json"


# --- the restricted store alone --------------------------------------------------------------------


def withdrawn_content(dataset_id: str, audience: Audience, content_sha256: str) -> str:
    """That this content was withdrawn and may not come back; a public hash would confirm guesses."""
    return f"withdrawn/{_folder(dataset_id)}/{audience}/{content_sha256}.json"


def withdrawn_prefix(dataset_id: str, audience: Audience) -> str:
    """What the withdrawn contents of an audience begin with."""
    return withdrawn_content(dataset_id, audience, "").removesuffix(".json")


def surrogates(dataset_id: str, field: str, part: int) -> str:
    """One part of a field's table of values and their random surrogates; parts are only ever added."""
    return f"surrogates/{_folder(dataset_id)}/{field}/{part:06d}.parquet"


# --- the hand-over store: projected views only, between the restricted side and the public publisher --


def handed_view(dataset_id: str, attempt: str) -> str:
    """The rows that the public may see."""
    return f"{_folder(dataset_id)}/views/{safe_name(attempt)}/view.parquet"


def handed_record(dataset_id: str, attempt: str) -> str:
    """What the publisher needs to know about them."""
    return f"{_folder(dataset_id)}/views/{safe_name(attempt)}/view.json"


def receipt(dataset_id: str) -> str:
    """What the publisher made of the last view it was handed."""
    return f"{_folder(dataset_id)}/receipt.json"


# --- the work store --------------------------------------------------------------------------------


def landed(dataset_id: str, batch_id: str, file_name: str) -> str:
    """A raw file as the source sent it; `raw/` keeps a source's `batch.json` apart from ours."""
    return f"landing/{_folder(dataset_id)}/{safe_name(batch_id)}/raw/{safe_name(file_name)}"


def batch(dataset_id: str, batch_id: str) -> str:
    """The record of one extraction."""
    return f"landing/{_folder(dataset_id)}/{safe_name(batch_id)}/batch.json"


def latest(dataset_id: str) -> str:
    """The record of the last extraction that brought something new."""
    return f"landing/{_folder(dataset_id)}/latest.json"


def staged_table(dataset_id: str, batch_id: str, attempt: str) -> str:
    """The conformed table."""
    return _staging(dataset_id, batch_id, attempt, "table.parquet")


def staged_rejects(dataset_id: str, batch_id: str, attempt: str) -> str:
    """The cells and rows that did not fit."""
    return _staging(dataset_id, batch_id, attempt, "rejects.parquet")


def staged(dataset_id: str, batch_id: str, attempt: str) -> str:
    """The record of one standardizing."""
    return _staging(dataset_id, batch_id, attempt, "staged.json")


def verdict(dataset_id: str, batch_id: str, attempt: str) -> str:
    """What Great Expectations said of the staged table."""
    return _staging(dataset_id, batch_id, attempt, "verdict.json")


def latest_staged(dataset_id: str) -> str:
    """The record of the last standardizing that was within its promises."""
    return f"staging/{_folder(dataset_id)}/latest.json"


def outcome(dataset_id: str) -> str:
    """How the last run ended."""
    return f"outcomes/{_folder(dataset_id)}.json"


def cost(dataset_id: str, work: str) -> str:
    """What a stage of the last run took."""
    return f"costs/{_folder(dataset_id)}/{work}.json"


def done(dataset_id: str, audience: Audience) -> str:
    """Which batch an audience's last publish took."""
    return f"done/{_folder(dataset_id)}/{audience}.json"


def handed(dataset_id: str) -> str:
    """What was last handed over to the public publisher."""
    return f"handed/{_folder(dataset_id)}.json"


def embargo(dataset_id: str) -> str:
    """Which embargo a run has seen while it was still ahead."""
    return f"embargoes/{_folder(dataset_id)}.json"


def _staging(dataset_id: str, batch_id: str, attempt: str, file_name: str) -> str:
    return f"staging/{_folder(dataset_id)}/{safe_name(batch_id)}/{safe_name(attempt)}/{file_name}"


# --- any store -------------------------------------------------------------------------------------

PROBES = "probes/"


def probe(nonce: str) -> str:
    """A short-lived object that shows what a store and its credentials can do."""
    return PROBES + nonce


# --- what the collector looks through --------------------------------------------------------------


def landing_prefix(dataset_id: str) -> str:
    """What all landed batches of a dataset begin with (work store)."""
    return f"landing/{_folder(dataset_id)}/"


def staging_prefix(dataset_id: str) -> str:
    """What all staged tables of a dataset begin with (work store)."""
    return f"staging/{_folder(dataset_id)}/"


def provenance_prefix(dataset_id: str) -> str:
    """What all records of what a release was made from begin with (restricted store)."""
    return provenance(dataset_id, "").removesuffix(".json")


def handed_prefix(dataset_id: str) -> str:
    """What all views that wait for the publisher begin with (hand-over store)."""
    return f"{_folder(dataset_id)}/views/"
