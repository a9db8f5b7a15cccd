"""What DuckDB needs to be told of a path."""

from __future__ import annotations

from pathlib import Path

from transforms.decode.source import Source


def readable_path(source: Source) -> Path:
    """A path to the same file without the signs that DuckDB takes for patterns (`[table].csv`)."""
    if not set("*?[") & set(str(source.path)):
        return source.path
    link = source.copy_as("link")
    link.unlink(missing_ok=True)
    link.symlink_to(source.path.resolve())
    return link
