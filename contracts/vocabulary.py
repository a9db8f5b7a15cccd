"""The shared columns: each quantity once, with its type, unit and meaning (`config/vocabulary.yml`)."""

from __future__ import annotations

from pydantic import Field as Setting

from contracts.model import Frozen


class Term(Frozen):
    """One shared column; a field of that name or type takes what stands here and may only tighten it."""

    type: str = Setting("string", description="A base type (see `types` in the docs).")
    unit: str | None = Setting(None, description="UCUM code: m, cm, MW, EUR, {place} …")
    pattern: str | None = Setting(None, description="A regular expression the whole text matches.")
    min: float | int | None = None
    max: float | int | None = None
    about: str = Setting(description="What it is, in French, one sentence.")
    label: str | None = Setting(None, description="Its English label for the dictionary.")
    reference: str | None = Setting(None, description="Where the definition comes from.")


class Vocabulary(Frozen):
    """All terms by name, and the columns that each model must fill."""

    terms: dict[str, Term]
    models: dict[str, tuple[str, ...]] = Setting(
        default_factory=dict, description="Model → the terms that a dataset of it must have."
    )
