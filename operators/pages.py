"""What Airflow's own pages say of a dataset, in French, made from its contract."""

from __future__ import annotations

from contracts.dataset import Dataset, Field

_WHEN_IT_FAILS = """\
## Si ça échoue

La dernière ligne du journal de la tâche rouge dit en une phrase ce qui a été trouvé, ce qui était promis
et ce qu'il faut faire. Rien n'est publié et la dernière version reste en place.

"""
_FAILURES = (
    ("`extract` en attente", "la source ne répond pas : trois nouveaux essais à cinq minutes", "attendre"),
    ("`extract` rouge", "réponse tronquée, page d'erreur, connexion absente", "voir la source, la connexion"),
    (
        "`standardize` rouge",
        "colonnes ou format changés, trop de lignes écartées",
        "corriger l'un ou l'autre",
    ),
    ("`validate` rouge", "une promesse du contrat n'est pas tenue", "corriger, ou revoir `quality:`"),
    ("`publish_…` rouge", "un dépôt refuse l'écriture", "vérifier l'espace et les droits, puis relancer"),
    ("tout rose", "rien de nouveau à la source : c'est normal", "rien, ou relancer avec *force*"),
)


def page_of(dataset: Dataset, contract: str) -> str:
    """The Markdown page: what it is, whence, for whom, its fields, its contract, what to do on failure."""
    about = dataset.about
    facts = {
        "Identifiant": f"`{dataset.id}`",
        "Producteur": about.publisher,
        "Contact": f"[{about.contact}](mailto:{about.contact})",
        "Source": f"`{dataset.source.kind}`, connexion `{dataset.source.connection}`",
        "Origine": about.source,
        "Millésime": about.vintage,
        "Licence": f"`{about.licence}`",
        "Publics": ", ".join(f"`{audience}`" for audience in dataset.audiences),
        "Restreint parce que": dataset.hidden_because,
        "Horaire": f"`{dataset.schedule}`" if dataset.schedule else "à la demande",
        "Clé": ", ".join(f"`{name}`" for name in dataset.key),
    }
    return "\n\n".join(
        [
            f"# {about.title.fr}",
            about.description.fr,
            _table(("", ""), [(f"**{name}**", fact) for name, fact in facts.items() if fact]),
            "## Champs",
            _table(("Nom", "Type", "Unité", "Vu par", "Ce que c'est"), _field_rows(dataset.fields)),
            _WHEN_IT_FAILS + _table(("Tâche", "Ce que cela veut dire", "Que faire"), list(_FAILURES)),
            f"## Le contrat\n\n`config/datasets/{dataset.theme}/{dataset.name}.yml`",
            f"~~~yaml\n{contract.strip()}\n~~~",
        ]
    )


def _field_rows(fields: dict[str, Field]) -> list[tuple[str, ...]]:
    return [
        (
            f"`{name}`", field.type, field.unit or "", "tous" if field.public else "agents",
            field.about or "",
        )
        for name, field in fields.items()
    ]  # fmt: skip


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
