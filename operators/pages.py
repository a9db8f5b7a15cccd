"""What Airflow's own pages say of a dataset, in French, made from its contract."""

from __future__ import annotations

from contracts.audience import Aggregate, Waiver
from contracts.dataset import Dataset
from contracts.field import Field, Precision

_WHEN_IT_FAILS = """\
## Si ça échoue

La dernière ligne du journal de la tâche rouge dit en une phrase ce qui a été trouvé, ce qui était promis
et ce qu'il faut faire. Rien n'est publié et la dernière version reste en place.

"""
_PRECISIONS: dict[Precision | None, str] = {
    None: "tous", "year": "tous, à l'année", "month": "tous, au mois", "commune": "tous, à la commune",
    "grid_1km": "tous, au carreau d'un kilomètre", "surrogate": "tous, pseudonyme",
}  # fmt: skip
_FAILURES = (
    ("`extract` en attente", "la source ne répond pas : trois nouveaux essais à cinq minutes", "attendre"),
    ("`extract` rouge", "réponse tronquée, page d'erreur, connexion absente", "voir la source, la connexion"),
    (
        "`standardize` rouge",
        "colonnes ou format changés, trop de lignes écartées",
        "corriger l'un ou l'autre",
    ),
    ("`validate` rouge", "une promesse du contrat n'est pas tenue", "corriger, ou revoir `quality:`"),
    (
        "`publish_restricted` rouge",
        "un dépôt refuse l'écriture, ou une autre exécution a été plus rapide",
        "vérifier l'espace et les droits, puis relancer",
    ),
    (
        "`hand_over` rouge",
        "le contrôle de confidentialité a trouvé ce que le public ne doit pas voir",
        "masquer la colonne, ou une dérogation sous `privacy:`, motivée et approuvée",
    ),
    ("`hand_over` rose", "sous embargo : rien de public n'existe avant l'instant fixé", "rien"),
    (
        "`publish_public` rouge",
        "le dépôt public refuse, ou un champ public disparaît sans annonce",
        "vérifier les droits, ou `deprecated:`, puis relancer",
    ),
    ("tout rose", "rien de nouveau à la source : c'est normal", "rien, ou relancer avec *force*"),
)


def _source_of(dataset: Dataset) -> str:
    if dataset.joined is not None:
        return f"les versions courantes de tous les jeux de données du modèle `{dataset.joined.model}`"
    return f"`{dataset.source.kind}`, connexion `{dataset.source.connection}`"


def page_of(dataset: Dataset, contract: str) -> str:
    """The Markdown page: what it is, whence, for whom, its fields, its contract, what to do on failure."""
    about = dataset.about
    facts = {
        "Identifiant": f"`{dataset.id}`",
        "Producteur": about.publisher,
        "Contact": f"[{about.contact}](mailto:{about.contact})",
        "Source": _source_of(dataset),
        "Origine": about.source,
        "Millésime": about.vintage,
        "Licence": f"`{about.licence}`",
        "Moissonnage": None if about.harvest else "non : copie d'un jeu publié ailleurs",
        "Publics": ", ".join(f"`{audience}`" for audience in dataset.audiences),
        "Restreint parce que": dataset.hidden_because,
        "Embargo": dataset.embargo and f"rien de public avant le {dataset.embargo.isoformat(' ', 'minutes')}",
        "Le public voit": dataset.public_aggregate and _in_words(dataset.public_aggregate),
        "Horaire": f"`{dataset.schedule}`" if dataset.schedule else "à la demande",
        "Clé": ", ".join(f"`{name}`" for name in dataset.key),
    }
    return "\n\n".join(
        [
            f"# {about.title.fr}",
            about.description.fr,
            _table(("", ""), [(f"**{name}**", fact) for name, fact in facts.items() if fact]),
            "## Champs",
            _table(("Nom", "Type", "Unité", "Vu par", "Ce que c'est"), _field_rows(dataset)),
            *_waivers(dataset.privacy.waives),
            _WHEN_IT_FAILS + _table(("Tâche", "Ce que cela veut dire", "Que faire"), list(_FAILURES)),
            f"## Le contrat\n\n`config/datasets/{dataset.theme}/{dataset.name}.yml`",
            f"~~~yaml\n{contract.strip()}\n~~~",
        ]
    )


def _in_words(cells: Aggregate) -> str:
    """The aggregate in one line."""
    by = ", ".join(f"`{name}`" for name in cells.by)
    share = f", aucun n'y faisant plus de {cells.dominance:.0%}" if cells.dominance else ""
    return f"des effectifs et des sommes par {by} ; au moins {cells.minimum} contributeurs par cellule{share}"


def _waivers(waives: tuple[Waiver, ...]) -> list[str]:
    """What the privacy gate lets through, and who answers for it."""
    rows: list[tuple[str, ...]] = [
        (f"`{one.field}`", f"`{one.rule}`", one.because, one.approved_by) for one in waives
    ]
    header = ("Champ", "Règle", "Pourquoi", "Approuvé par")
    return ["## Dérogations", _table(header, rows)] if rows else []


def _field_rows(dataset: Dataset) -> list[tuple[str, ...]]:
    return [
        (f"`{name}`", field.type, field.unit or "", _seen_by(name, field, dataset), field.about or "")
        for name, field in dataset.fields.items()
    ]


def _seen_by(name: str, field: Field, dataset: Dataset) -> str:
    cells = dataset.public_aggregate
    if cells and any(one.of == name for one in cells.sums.values()):
        return "agents ; tous, en somme"
    shown = name in cells.by if cells else field.public
    return _PRECISIONS[field.precision] if shown and "public" in dataset.audiences else "agents"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
