"""What a French reader is told beside the data: the dictionary of the columns, and the licence."""

from __future__ import annotations

from contracts.dataset import Field
from contracts.view import View
from distributions import licences

_TYPES = {
    "string": "texte", "enum": "texte (liste fermée)", "siren": "texte (SIREN)", "siret": "texte (SIRET)",
    "boolean": "vrai ou faux", "integer": "nombre entier", "number": "nombre", "date": "date",
    "instant": "date et heure, à l'heure de Paris",
    "geometry": "géométrie (WKT, WGS 84 : longitude puis latitude, en degrés), coupée à 32767 caractères",
}  # fmt: skip
_AUDIENCES = {"public": "tout public", "restricted": "agents habilités, ne pas diffuser"}


def dictionary_of(view: View) -> list[tuple[str, ...]]:
    """A header, then a line per column; units are UCUM codes."""
    lines = [
        (
            column.name,
            _type(view.fields[column.name]),
            column.unit or "",
            column.about or "",
            column.label or "",
        )
        for column in view.columns
    ]
    return [("Colonne", "Type", "Unité", "Description", "Libellé anglais"), *lines]


def licence_of(view: View) -> list[tuple[str, ...]]:
    """A header, then a line per thing to know before using the data."""
    lines = [
        ("Titre", view.title),
        ("Description", view.description),
        ("Producteur", view.publisher),
        ("Licence", licences.NAMES[view.licence]),
        ("Texte de la licence", licences.ADDRESSES[view.licence]),
        ("Mention de la source", view.attribution),
        ("Millésime", view.vintage),
        ("Contact", view.contact),
        ("Jeu de données", view.dataset_id),
        ("Accès", _AUDIENCES[view.audience]),
    ]
    return [("À savoir", ""), *((topic, text) for topic, text in lines if text)]


def _type(field: Field) -> str:
    if field.decimal:
        return "nombre décimal, {} chiffres dont {} après la virgule".format(*field.decimal)
    return _TYPES[field.type]
