"""What a reader is told beside the data: whose it is, the dictionary of the columns, and the licence."""

from __future__ import annotations

from contracts.field import Field
from contracts.view import View
from distributions import licences

_TYPES = {
    "string": "texte", "enum": "texte (liste fermée)", "siren": "texte (SIREN)", "siret": "texte (SIRET)",
    "boolean": "vrai ou faux", "integer": "nombre entier", "number": "nombre", "date": "date",
    "instant": "date et heure, à l'heure de Paris (UTC dans les autres fichiers)",
    "geometry": "géométrie (WKT, WGS 84 : longitude puis latitude), coupée après 32\u00a0767 caractères",
}  # fmt: skip
# UCUM writes ASCII, and braces around what it does not know.
_UNITS = {"deg": "degré", "EUR": "euro", "g/(kW.h)": "g/kWh", "{electeur}": "électeur"}
_AUDIENCES = {"public": "tout public", "restricted": "agents habilités, ne pas diffuser"}


def notice_of(view: View) -> dict[str, str]:
    """What a file says of itself where its format has a place for it, of the view and of nothing else."""
    known = {
        "dataset": view.dataset_id, "audience": view.audience, "title": view.title,
        "description": view.description, "publisher": view.publisher, "contact": view.contact,
        "licence": licences.NAMES[view.licence], "licence_url": licences.ADDRESSES[view.licence],
        "attribution": view.attribution, "vintage": view.vintage,
    }  # fmt: skip
    return {key: text for key, text in known.items() if text is not None}


def dictionary_of(view: View) -> list[tuple[str, ...]]:
    """A header, then a line per column, in French: a unit is a word or its usual sign."""
    lines = [
        (
            column.name,
            _type(view.fields[column.name]),
            _unit(column.unit or ""),
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


def _unit(code: str) -> str:
    return _UNITS.get(code, code.strip("{}"))


def _type(field: Field) -> str:
    if field.decimal:
        return "nombre décimal, {} chiffres dont {} après la virgule".format(*field.decimal)
    return _TYPES[field.type]
