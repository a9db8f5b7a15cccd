"""French codes and the vocabulary's columns, by their form, their key and what the header calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.vocabulary import Vocabulary
from proposal.columns import Column
from proposal.guess import Guess
from proposal.names import folded, is_quantity

# INSEE, code officiel géographique: departments 01 to 95, 2A, 2B, 971 to 976; the collectivities 977 to 988.
_DEPARTMENT = r"0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-8]|98[4-8]"
_COMMUNE = r"(?:0[1-9]|[1-8]\d|9[0-8]|2[AB])\d{3}"


@dataclass(frozen=True)
class Code:
    """A code: its term in the vocabulary, the form of most cells, how headers call it (folded)."""

    term: str
    form: str
    called: str
    says: str
    type: str = "string"
    pattern: str | None = None
    by_form: bool = False  # its key or its form tells it, whatever the header says


CODES = (
    Code("siret", r"(?:\d[ \u00a0\u202f]?){13}\d", r".*siret.*", "sont des SIRET (14 chiffres, clé juste)",
         "siret", by_form=True),
    Code("siren", r"(?:\d[ \u00a0\u202f]?){8}\d", r".*siren.*", "sont des SIREN (9 chiffres, clé juste)",
         "siren", by_form=True),
    Code("insee_commune", _COMMUNE,
         r".*insee.*|.*depcom.*|codgeo|code_geo|com|cog|code_commune.*|codecommune|.*commune_code|codcom|code_com",
         "ont la forme d'un code INSEE de commune", pattern=r"([013-9]\d|2[AB1-9])\d{3}"),
    Code("code_postal", r"\d{5}", r"cp|.*code_?postal.*|.*_cp|cp_.*|codpost.*|postal.*|.*postcode.*|.*zip.*",
         "ont la forme d'un code postal", pattern=r"\d{5}"),
    Code("code_departement", _DEPARTMENT, r"dep|dpt|dept|.*departement.*|code_dep.*|.*code_dept.*|codedep.*",
         "sont des codes de département", pattern=r"\d{2}|2[AB]|97\d|98\d"),
    Code("code_region", r"0[1-6]|[1-9]\d", r"reg|code_?reg.*|.*code_de_la_region.*|region_code",
         "sont des codes de région", pattern=r"\d{2}"),
)  # fmt: skip

# Term → how headers call it (folded); a term's own name always counts.
_CALLED = {
    "longitude": r"lon|lng|longitude|xlong|long|x_long|coordonnees_longitude|.*_longitude|.*_lon",
    "latitude": r"lat|latitude|ylat|y_lat|.*_latitude|.*_lat",
    "commune_nom": r"commune|nom_commune|libelle_commune|libcom|nom_com|ville|commune_name|nom_de_la_commune",
    "voie_nom": r"nom_voie|voie|rue|libelle_voie",
    "date_maj": r"maj|date_mise_a_jour|date_de_mise_a_jour|derniere_maj|date_derniere_maj|last_updated?",
    "telephone": r"tel|telephone|telephone_.*|.*_tel",
    "url": r"url|site_web|site_internet|.*_url|lien|web|website",
    "horaires": r"horaires?(?:_d_?ouverture)?|opening_hours",
    "capacite": r"capacite|nb_places|nombre_de_places",
    "capacite_pmr": r"nb_pmr|capacite_pmr|places_pmr", "hauteur_max_cm": r"hauteur_max",
    "inscrits": r"inscrits?", "abstentions": r"abstentions?", "votants": r"votants?", "blancs": r"blancs?",
    "nuls": r"nuls?", "exprimes": r"exprimes?",
}  # fmt: skip


def codes(column: Column, vocabulary: Vocabulary) -> Iterator[Guess]:
    """The codes that the samples may be; the header decides where the form does not."""
    name = folded(column.header)
    if is_quantity(column.header) and not any(re.fullmatch(code.called, name) for code in CODES):
        return
    for code in CODES:
        called = bool(re.fullmatch(code.called, name))
        if (called or code.by_form) and column.share(code.form) > 0.5:
            yield _guess(code, vocabulary, needs_all=not called)


def five_digits(column: Column) -> str | None:
    """A sentence for a column of five digits whose header does not say which code it is."""
    if not column.samples or column.share(_COMMUNE) < 1:
        return None
    if column.share(r"\d{4}0") > 0.8:
        return "Sans doute des codes postaux : presque tous finissent par 0 (à confirmer)."
    return "Code INSEE de commune ou code postal ? Son nom ne le dit pas (à confirmer)."


def _guess(code: Code, vocabulary: Vocabulary, needs_all: bool) -> Guess:
    if code.term in vocabulary.terms:
        return Guess({"type": code.term}, code.says, needs_all=needs_all, term=code.term)
    own = {"pattern": code.pattern} if code.pattern else {}
    options = {"type": code.type} if code.type != "string" else {}
    return Guess({**options, **own}, code.says, needs_all=needs_all)


def terms_for(header: str, vocabulary: Vocabulary) -> list[str]:
    """The terms of the vocabulary that a header may mean, its own name first."""
    name = folded(header)
    found = [name] if name in vocabulary.terms else []
    return found + [
        term for term, called in _CALLED.items()
        if term in vocabulary.terms and term not in found and re.fullmatch(called, name)
    ]  # fmt: skip


# Headers (folded) that mean the term and nothing more: the field takes the term's own name.
_SAME = {
    "siret": "num_siret numero_siret n_siret no_siret", "siren": "num_siren numero_siren n_siren",
    "insee_commune": "insee code_insee codgeo depcom com code_commune code_insee_commune insee_com cog",
    "code_postal": "cp codepostal codpost", "code_departement": "dep dept departement code_dep code_dept dpt",
    "code_region": "reg code_reg", "longitude": "lon lng long xlong", "latitude": "lat ylat",
    "commune_nom": "commune nom_commune libcom nom_com libelle_commune", "voie_nom": "nom_voie voie",
    "date_maj": "maj date_mise_a_jour date_de_mise_a_jour", "telephone": "tel",
}  # fmt: skip


def name_of_term(header: str, term: str) -> bool:
    """Whether a header means the term and nothing beside."""
    return folded(header) == term or folded(header) in _SAME.get(term, "").split()
