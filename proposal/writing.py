"""The proposal as the text of a contract: YAML, with French comments for the people of the town hall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from contracts.confirming import TO_CONFIRM
from contracts.errors import SourceChanged
from contracts.reading import MAX_BYTES
from contracts.schema import MODELINE
from contracts.vocabulary import Vocabulary
from proposal.draft import Draft
from proposal.names import without_unit
from proposal.people import GROUNDS
from proposal.proposing import Proposal
from proposal.yamltext import block, comments, flow

NO_LICENCE = "La licence de la source"
NO_SERVICE = "Service à nommer"
_ONE_LINE = 105
_WIDE = 200  # fields beyond which each takes one line: a contract has 256 kB at most


@dataclass(frozen=True)
class Answers:
    """What only a person can say, and where the data came from."""

    service: str | None = None
    licence: str | None = None
    public: bool = False
    contact: str = ""
    source: dict[str, Any] = field(default_factory=dict)  # kind, connection and the connector's options
    file_name: str = ""


def contract_text(proposal: Proposal, answers: Answers, vocabulary: Vocabulary, place: str) -> str:
    """The contract, which `concentrator check` accepts as it is.

    Raises:
        SourceChanged: it would be larger than a contract may be.
    """
    shown = _shown_to_all(proposal, answers)
    lines = [
        MODELINE, *comments(_opening(proposal, answers)),
        *_about(answers, place), "",
        *block("source", answers.source),
        *comments(proposal.notes), *block("format", proposal.format), "",
        *comments(_key_notes(proposal)), *block("key", list(proposal.key)),
        *_likeness(proposal), "fields:",
    ]  # fmt: skip
    for draft in proposal.drafts:
        lines += _field(draft, vocabulary.by_name, shown, wide=len(proposal.drafts) > _WIDE)
    lines += ["", *_quality(proposal), *_audiences(shown, answers)]
    text = "\n".join(lines) + "\n"
    if len(text.encode()) > MAX_BYTES:
        met = f"makes a contract of {len(text.encode()) >> 10} kB, with {len(proposal.drafts)} fields"
        raise SourceChanged(
            place, met, promised=f"at most {MAX_BYTES >> 10} kB", remedy="Have it split into several."
        )
    return text


def _shown_to_all(proposal: Proposal, answers: Answers) -> bool:
    """Whether a public audience can be proposed at all: the key must be public too."""
    hidden = {draft.name for draft in proposal.drafts if draft.suspicion}
    return answers.public and not hidden & set(proposal.key)


def _opening(proposal: Proposal, answers: Answers) -> Iterator[str]:
    yield (
        f"Proposition de `concentrator new`, d'après les {proposal.rows} lignes de {answers.file_name}. Une "
        "personne décide de ce qui reste ouvert ; `concentrator check` le rappelle."
    )
    yield "Les textes `about:` reprennent les en-têtes de la source : à remplacer par une phrase."
    doubtful = [draft.name for draft in proposal.drafts if draft.suspicion]
    if doubtful:
        yield f"Données personnelles soupçonnées, donc non publiques : {', '.join(doubtful)} ({TO_CONFIRM})."


def _about(answers: Answers, place: str) -> Iterator[str]:
    title = place.partition(".")[2].replace("_", " ").replace("-", " ").capitalize()
    yield "about:"
    yield from comments([f"Titre et description : {TO_CONFIRM}."], 2)
    yield from block("title", {"fr": title}, 2)
    yield from block("description", {"fr": f"{title}, d'après {answers.file_name}."}, 2)
    yield from comments([] if answers.service else [f"Le service qui répond des données : {TO_CONFIRM}."], 2)
    yield from block("publisher", answers.service or NO_SERVICE, 2)
    yield from comments([] if answers.licence else [f"{NO_LICENCE} : {TO_CONFIRM}."], 2)
    yield from block("licence", answers.licence or "etalab-2.0", 2)
    yield from comments([f"Rythme des mises à jour : {TO_CONFIRM} ; `schedule:` dira quand aller voir."], 2)
    yield from block("frequency", "irregular", 2)
    yield from block("contact", answers.contact, 2)


def _key_notes(proposal: Proposal) -> Iterator[str]:
    names = " + ".join(proposal.key)
    if not proposal.rows:
        yield f"Aucune ligne : la clé est une simple supposition ({TO_CONFIRM})."
    elif proposal.twins >= proposal.rows:
        yield f"Aucune colonne n'est remplie et lisible sur toutes les lignes : pas de clé ({TO_CONFIRM})."
    elif proposal.twins:
        yield (
            f"Pas de clé : {proposal.twins} lignes répètent {names} d'une autre ({TO_CONFIRM}). "
            "Lignes en double dans la source, ou une colonne qui manque ?"
        )
    else:
        rows = proposal.rows
        yield f"{rows}/{rows} lignes ont chacune leur {names} ({TO_CONFIRM} : est-ce stable ?)."


def _likeness(proposal: Proposal) -> Iterator[str]:
    if proposal.likeness:
        yield from comments([f"Ressemble à un schéma national : {proposal.likeness} ({TO_CONFIRM})."])
        yield from comments([f"conforms_to: {proposal.likeness.schema}"])


def _field(draft: Draft, vocabulary: Vocabulary, shown: bool, *, wide: bool) -> Iterator[str]:
    one = draft.chosen
    yield from comments([*_evidence(draft), *one.guess.notes], 2)
    keys: dict[str, Any] = {}
    if draft.sources != (draft.name,):
        keys["from"] = draft.sources[0] if len(draft.sources) == 1 else list(draft.sources)
    if "type" in one.options and not (one.options["type"] == draft.name in vocabulary.terms):
        keys["type"] = one.options["type"]
    keys |= {name: value for name, value in one.options.items() if name != "type"}
    if draft.suspicion:
        keys["hidden_because"] = f"{GROUNDS[draft.suspicion][1]} ({TO_CONFIRM})."
    elif shown:
        keys["public"] = True
    if draft.name not in vocabulary.terms and one.options.get("type") not in vocabulary.terms:
        keys["about"] = f"« {draft.sources[0]} »." if wide else _told(draft)
    line = f"  {draft.name}: {flow(keys)}"
    if len(line) <= _ONE_LINE or wide:
        yield line
        return
    yield f"  {draft.name}:"
    for name, value in keys.items():
        yield from block(name, value, 4)


def _evidence(draft: Draft) -> Iterator[str]:
    one = draft.chosen
    yield f"{one.fit.fits}/{one.fit.filled} valeurs {one.guess.says}." if one.fit.filled else "Aucune valeur."
    if draft.suspicion:
        count = f" ({draft.suspects} sur {one.column.filled})" if draft.suspects else ""
        yield f"Contient peut-être {GROUNDS[draft.suspicion][0]}{count} ({TO_CONFIRM})."


def _told(draft: Draft) -> str:
    names = " et ".join(f"« {without_unit(source).strip() or source} »" for source in draft.sources)
    return f"{'Colonnes' if len(draft.sources) > 1 else 'Colonne'} {names} de la source."


def _quality(proposal: Proposal) -> Iterator[str]:
    yield "quality:"
    if proposal.rows:
        yield from comments([f"{proposal.rows} lignes aujourd'hui ; bornes élargies : {TO_CONFIRM}."], 2)
        yield from block("rows", [proposal.rows // 2, proposal.rows * 2], 2)
    yield from block("rejected", 0.05, 2)


def _audiences(shown: bool, answers: Answers) -> Iterator[str]:
    yield ""
    if shown:
        yield from comments([f"Ce qui est public est une proposition : {TO_CONFIRM}."])
        yield from block("audiences", ["public", "restricted"])
        return
    if answers.public:
        yield from comments(
            [f"Pas de public proposé : la clé contient une colonne soupçonnée ({TO_CONFIRM})."]
        )
    yield from comments([f"Rien n'est public tant que personne ne l'a décidé ; motif {TO_CONFIRM}."])
    yield from block("audiences", ["restricted"])
    yield from block("hidden_because", "CRPA L311-5 et L311-6 : à examiner avant toute diffusion.")
