"""Which columns are personal by what they are called, and the kinds that the privacy gate knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Literal

from contracts.field import Field

Rule = Literal[
    "email", "phone", "nir", "iban", "plate", "sole_trader", "birth_date", "home_address", "person_name",
    "row_number", "differencing",
]  # fmt: skip

# Who a person's name, address or birth is told of in a column's name. Holders and beneficiaries are not
# among them: they are mostly firms and associations, and the gate looks at what the cells hold.
_PERSONS = {
    "adjoint", "adjointe", "agent", "auteur", "autrice", "candidat", "candidate", "conducteur",
    "conductrice", "conseiller", "conseillere", "contact", "declarant", "defunt", "demandeur", "demandeuse",
    "directeur", "directrice", "elu", "elue", "eleve", "enfant", "gardien", "habitant", "interlocuteur",
    "locataire", "maire", "occupant", "patient", "personne", "president", "presidente", "proprietaire",
    "rapporteur", "referent", "resident", "responsable", "signataire", "suppleant", "tuteur", "usager",
}  # fmt: skip
_COUNTS = {
    "nb", "nbre", "nombre", "effectif", "total", "taux", "part", "type", "categorie", "code", "numero",
    "morale",
}  # fmt: skip
_TEXT = ("string", "enum")
_TYPES: dict[Rule, tuple[str, ...]] = {  # what such a column can be; a boolean `telephone` tells of nobody
    "phone": ("string", "integer"), "nir": ("string", "integer"), "email": ("string",), "iban": ("string",),
    "plate": ("string",), "home_address": _TEXT, "person_name": _TEXT,
    "birth_date": ("string", "integer", "date", "instant"),
}  # fmt: skip


def kind_of(name: str, field: Field) -> Rule | None:
    """What a column is by its name, its term and its type, or None.

    A public column of a kind states its legal basis. A SIRET is none: it is personal only beside the name of
    a sole trader, which no column's name tells.
    """
    for called in (name, field.term or ""):
        words = words_of(called)
        for rule, says in _SIGNS.items():
            if field.type in _TYPES[rule] and says(words):
                return rule
    return None


def words_of(name: str) -> list[str]:
    """`dateNaissance`, `DATE_NAISSANCE` and `date_naissance` alike, without accents or numbering."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", plain).lower()
    return re.findall(r"[a-z]+", apart)


def admits(name: str, field: Field) -> Rule | None:
    """The one rule that `basis:` lets through in this column, or None where it states none."""
    if not field.basis:
        return None
    return "sole_trader" if field.type in ("siren", "siret") else kind_of(name, field)


def _any(*signs: str) -> Callable[[list[str]], bool]:
    return lambda words: bool(set(signs) & set(words)) and not {"url", "nb", "nombre"} & set(words)


def _is_birth(words: list[str]) -> bool:
    """Not `naissances`, which are counted, nor the name that one is born with."""
    born = {"naissance", "naiss", "ddn", "birth", "birthdate", "birthday", "dob"} & set(words)
    return bool(born or words[:2] in (["ne", "le"], ["nee", "le"])) and not (_COUNTS | {"nom"}) & set(words)


def _is_home(words: list[str]) -> bool:
    home = {"domicile", "personnelle", "perso", "privee"} | _PERSONS - {"contact"}
    address = {"adresse", "address", "voie", "rue"} & set(words)
    return bool(address and home & set(words)) or words == ["domicile"]


def _is_name(words: list[str]) -> bool:
    """`prenom`, `nom_famille`, `candidat_nom`; `nom` alone is mostly that of a place."""
    if _COUNTS & set(words):
        return False
    alone = {"prenom", "prenoms", "patronyme", "firstname", "lastname", "surname", "fullname", "signataire"}
    named = {"nom", "noms", "libelle", "identite", "name"} & set(words)
    whose = _PERSONS | {
        "famille", "naissance", "usage", "usuel", "complet", "first", "last", "family", "user",
    }  # fmt: skip
    head = "tete" in words and "liste" in words
    return bool(alone & set(words) or (named and whose & set(words)) or head)


_SIGNS: dict[Rule, Callable[[list[str]], bool]] = {
    "email": _any("mail", "mails", "email", "emails", "mel", "courriel", "courriels"),
    "phone": _any("tel", "telephone", "telephones", "mobile", "portable", "gsm", "fax", "telecopie", "phone"),
    "nir": _any("nir", "secu", "nss"),
    "iban": _any("iban", "rib"),
    "plate": lambda words: (
        _any("immatriculation", "immat", "plaque")(words)
        and not {"rcs", "rna", "copropriete", "rue", "commemorative"} & set(words)
    ),
    "person_name": _is_name,
    "birth_date": _is_birth,
    "home_address": _is_home,
}
