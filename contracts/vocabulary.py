"""The shared columns: each quantity once, with its type, unit and meaning (`config/vocabulary.yml`)."""

from __future__ import annotations

from pydantic import Field as Setting
from pydantic import model_validator

from contracts.model import Frozen


class Term(Frozen):
    """One shared column; a field of that name or type takes what stands here and may only tighten it."""

    type: str = Setting("string", description="A base type (see `types` in the docs).")
    unit: str | None = Setting(None, description="UCUM code: m, cm, MW, EUR, {place} …")
    pattern: str | None = Setting(None, description="A regular expression the whole text matches.")
    values: dict[str, str] | None = Setting(
        None, description="enum: the source's word → the published one, for a table that many share."
    )
    empty: tuple[str, ...] = Setting((), description="Words that mean `no value` in that table.")
    min: float | int | None = None
    max: float | int | None = None
    about: str = Setting(description="What it is, in French, one sentence.")
    label: str | None = Setting(None, description="Its English label for the dictionary.")
    reference: str | None = Setting(None, description="Where the definition comes from.")
    homonyms: bool = Setting(
        False, description="An everyday word: a field takes the term by its `type:` alone, never by its name."
    )


class Either(Frozen):
    """Alternatives of a model: all terms of one of them are enough."""

    either: tuple[tuple[str, ...], ...] = Setting(min_length=2)


class Vocabulary(Frozen):
    """All terms by name, and the columns that each model must fill."""

    terms: dict[str, Term]
    models: dict[str, tuple[str | Either, ...]] = Setting(
        default_factory=dict, description="Model → the terms that a dataset of it must have."
    )

    @model_validator(mode="after")
    def _models_are_of_terms(self) -> Vocabulary:
        for model, needs in self.models.items():
            for need in needs:
                terms = (need,) if isinstance(need, str) else [one for terms in need.either for one in terms]
                if unknown := [term for term in terms if term not in self.terms]:
                    raise ValueError(f"the model {model} names {unknown[0]!r}, which is no term")
        return self

    def term_named(self, name: str) -> Term | None:
        """The term that a field of that name takes."""
        term = self.terms.get(name)
        return None if term is None or term.homonyms else term

    @property
    def by_name(self) -> Vocabulary:
        """The vocabulary of terms that a name alone says: what a column may be proposed as."""
        kept = {name: term for name, term in self.terms.items() if not term.homonyms}
        return self.model_copy(update={"terms": kept})
